package armour

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/internal/apperr"
)

// Documents keep the text of operations by the SHA-256 of it, in hex. They may
// forget.
type Documents interface {
	Get(ctx context.Context, hash string) (text string, ok bool)
	Put(ctx context.Context, hash, text string)
}

const persistedKey = "persisted"

// recall fills in the text of an operation that names its hash alone: Apollo's
// protocol of automatic persisted queries.
func (g *Guard) recall(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	asked, ok := p.Extensions["persistedQuery"]
	if !ok || asked == nil {
		return nil
	}
	fields, _ := asked.(map[string]any)
	hash, _ := fields["sha256Hash"].(string)
	if raw, err := hex.DecodeString(hash); err != nil || len(raw) != sha256.Size || !one(fields["version"]) {
		return coded(apperr.InvalidInput, "persistedQuery needs version 1 and sha256Hash, the SHA-256 of the query in hex")
	}
	if g.o.Documents == nil {
		return coded("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
	}
	if p.Query == "" {
		text, ok := g.o.Documents.Get(ctx, hash)
		if !ok {
			return coded("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound") // what clients look for
		}
		p.Query = text
		return nil
	}
	if len(p.Query) > g.limits.Document {
		return nil // Check says so
	}
	if sum := sha256.Sum256([]byte(p.Query)); hex.EncodeToString(sum[:]) != hash {
		return coded(apperr.InvalidInput, "sha256Hash is not the SHA-256 of the query")
	}
	graphql.GetOperationContext(ctx).Stats.SetExtension(persistedKey, hash)
	return nil
}

// remember keeps a document that came with its hash and has passed everything.
func (g *Guard) remember(ctx context.Context, op *graphql.OperationContext) {
	if hash, ok := op.Stats.GetExtension(persistedKey).(string); ok && len(op.RawQuery) <= maxKept && g.o.Signed(ctx) {
		g.o.Documents.Put(ctx, hash, op.RawQuery)
	}
}

func one(v any) bool {
	switch v := v.(type) {
	case float64:
		return v == 1
	case int64:
		return v == 1
	case interface{ Int64() (int64, error) }: // json.Number
		n, err := v.Int64()
		return err == nil && n == 1
	}
	return false
}
