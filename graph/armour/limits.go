package armour

import (
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/internal/apperr"
)

// Limits of one operation. Zero values stand for the defaults in brackets.
type Limits struct {
	Body       int // bytes of a request (256 KiB)
	Upload     int // bytes of a signed-in request whose fields take plans and files (16 MiB)
	Document   int // bytes of the query text (100 KiB)
	Tokens     int // tokens of it (1000)
	Depth      int // fields within fields (10)
	Schema     int // the same below __schema and __type (20)
	Aliases    int // with those of fragments, as often as they are spread (20)
	Directives int // counted alike (20)
	Selections int // fields and fragments, counted alike (2000)
	Duplicates int // the same field in one selection set (20)
	Nesting    int // lists and objects within one another, in variables and literals (32)
	Complexity int // objects that the answer may hold (1000)

	Within        time.Duration // for a query or a mutation (10 s)
	Introspection Introspection // (SignedIn)
}

// Introspection says who may read the schema.
type Introspection string

// Who may.
const (
	Everybody Introspection = "on"
	SignedIn  Introspection = "signed-in"
	Nobody    Introspection = "off"
)

// WithDefaults fills in what is zero.
func (l Limits) WithDefaults() Limits {
	set(&l.Body, 256<<10)
	set(&l.Upload, 16<<20)
	set(&l.Document, 100<<10)
	set(&l.Tokens, 1000)
	set(&l.Depth, 10)
	set(&l.Schema, 20)
	set(&l.Aliases, 20)
	set(&l.Directives, 20)
	set(&l.Selections, 2000)
	set(&l.Duplicates, 20)
	set(&l.Nesting, 32)
	set(&l.Complexity, 1000)
	set(&l.Within, 10*time.Second)
	set(&l.Introspection, SignedIn)
	return l
}

func set[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// refuse names a limit that was hit.
func refuse(limit, what string, actual, most int) *gqlerror.Error {
	err := gqlerror.Errorf("the operation has %s: %d; the limit (%s) is %d", what, actual, limit, most)
	err.Extensions = map[string]any{"code": apperr.InvalidInput, "limit": limit, "actual": actual, "max": most}
	return err
}
