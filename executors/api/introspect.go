package api

import (
	"context"
	"fmt"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/executors/graphschema"
	"github.com/semantest/semantest/internal/spec"
)

// schemas holds what the targets of an attempt told of their schemas.
type schemas struct {
	mu    sync.Mutex
	known map[string]toldSchema
}

type toldSchema struct {
	schema *ast.Schema
	why    string // there is none
}

// schemaOf returns the schema of a target, or why there is none. It is asked
// for once in an attempt. The error is that of a target that is away.
func (a *attempt) schemaOf(ctx context.Context, g spec.GraphQL) (*ast.Schema, string, error) {
	out, err := a.build(spec.HTTPRequest{Method: "POST", URL: g.URLOr(), Headers: g.Headers,
		JSON: &spec.Value{V: map[string]any{"query": graphschema.Introspection, "operationName": "Introspection"}}})
	if err != nil {
		return nil, "", err
	}
	out.header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	a.schemas.mu.Lock()
	defer a.schemas.mu.Unlock()
	if told, ok := a.schemas.known[out.url.String()]; ok {
		return told.schema, told.why, nil
	}
	in, err := a.exchange(ctx, out, hold)
	if err != nil && !in.answered() {
		return nil, "", err
	}
	told := toldSchema{why: "introspection failed"}
	switch {
	case err != nil:
		told.why += ": " + err.Error()
	case in.status != 200:
		told.why = fmt.Sprintf("the server answered introspection with %d", in.status)
	default:
		if told.schema, err = graphschema.FromIntrospection(in.body); err != nil {
			told.why = cause(err)
		}
	}
	if a.schemas.known == nil {
		a.schemas.known = map[string]toldSchema{}
	}
	a.schemas.known[out.url.String()] = told
	return told.schema, told.why, nil
}
