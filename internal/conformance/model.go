package conformance

import (
	"context"
	"net/http"
)

// Judge knows the formats. Questions have passed the bounds of the service. An
// error of code INVALID_INPUT says which part of a question cannot be used.
type Judge interface {
	Schema(ctx context.Context, q SchemaQuestion) (*SchemaValidation, error)
	Response(ctx context.Context, q ResponseQuestion) (*ResponseValidation, error)
	Contract(ctx context.Context, q ContractQuestion) (*ContractValidation, error)
}

// SchemaQuestion asks what is wrong with a schema, and with a document by it.
// The texts are JSON or YAML.
type SchemaQuestion struct {
	Schema   string // JSON Schema or an OpenAPI document
	At       string // JSON pointer to the schema in it that judges Document; empty is its top
	Document *string
	Strict   bool // refuse properties that the schema does not name
}

// SchemaValidation is the judgement of a schema.
type SchemaValidation struct {
	Dialect    string // "JSON Schema 2020-12", "OpenAPI 3.1.0"; empty where nothing could be read
	Mistakes   []Place
	Conforms   *bool // nil where no document was given, or the schema has mistakes
	Deviations []Place
}

// Place is what is wrong at one place of a text.
type Place struct {
	Pointer string // JSON pointer; empty is the top
	Line    int    // from 1; 0 where it is not known
	Column  int    // from 1, in characters
	Rule    string
	Message string
}

// ResponseQuestion asks whether an answer is what an OpenAPI document says.
type ResponseQuestion struct {
	OpenAPI string
	Method  string
	Path    string // as it was asked for, or the document's template
	Status  int
	Header  http.Header
	Body    string
	Strict  bool
}

// ResponseValidation is the judgement of an answer.
type ResponseValidation struct {
	Operation string   // "GET /orders/{id}"
	Checks    []string // what was looked at, by the names that contract cases use
	Findings  []Finding
	Notes     []string // what could not be judged, and why
}

// Finding is a check that an answer does not pass.
type Finding struct{ Check, Message, Expected, Actual string }

// ContractQuestion asks what a new version of a document breaks.
type ContractQuestion struct{ Base, Revision string }

// Format is what a contract is written in.
type Format string

// The formats of contracts.
const (
	OpenAPI Format = "openapi"
	GraphQL Format = "graphql"
)

// ContractValidation is the judgement of a new version.
type ContractValidation struct {
	Format  Format
	Changes []Change // those that break first
	Total   int      // of all changes, also of those that are too many to be told
}

// Change is a difference that a caller may notice.
type Change struct {
	ID        string // of the rule: "response-property-removed", "FIELD_REMOVED"
	Operation string // "GET /orders", "Query.orders"
	Message   string
	Breaking  bool // otherwise it may break somebody
}

// Valid reports whether the schema is without a mistake.
func (v *SchemaValidation) Valid() bool { return len(v.Mistakes) == 0 }

// Valid reports whether the answer passes every check.
func (v *ResponseValidation) Valid() bool { return len(v.Findings) == 0 }

// Compatible reports whether nothing breaks callers of the older version.
func (v *ContractValidation) Compatible() bool { return len(v.Changes) == 0 || !v.Changes[0].Breaking }
