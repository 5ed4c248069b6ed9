package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/contract/graphql"
	"github.com/semantest/semantest/executors/graphschema"
	"github.com/semantest/semantest/internal/spec"
)

var (
	openAPIKey = regexp.MustCompile(`(?m)^["']?(openapi|swagger)["']?[ \t]*:`)
	graphType  = regexp.MustCompile(`(?m)^[ \t]*(extend[ \t]+)?(type|interface|union|enum|input|scalar)[ \t]+[A-Za-z_]\w*|^[ \t]*schema\b[^:\n]*\{|^[ \t]*directive[ \t]+@`)
)

// excerptKey holds the schema in what a finding keeps of it.
const excerptKey = "graphql"

// loadGraph reads a GraphQL schema: its language, an introspection, or the part
// that a finding keeps. It returns nil for what is none.
func loadGraph(data []byte) (*document, error) {
	text := bytes.TrimLeft(data, "\ufeff \t\r\n")
	var err error
	d := &document{source: data, schemes: map[string]scheme{}}
	switch {
	case len(text) == 0 || openAPIKey.Match(text):
		return nil, nil
	case text[0] == '{' && bytes.Contains(text, []byte(`"__schema"`)):
		schema, err := graphschema.FromIntrospection(text)
		if err != nil {
			return nil, err
		}
		d.graph = graphql.New(schema)
	case text[0] == '{' && bytes.Contains(text, []byte(`"`+excerptKey+`"`)):
		var kept struct {
			GraphQL *string `json:"graphql"`
		}
		if err := json.Unmarshal(text, &kept); err != nil || kept.GraphQL == nil {
			return nil, nil //nolint:nilerr // another document, whose reader says what is wrong with it
		}
		d.graph, err = readSDL(*kept.GraphQL)
	case text[0] != '{' && graphType.Match(text):
		d.graph, err = readSDL(string(text))
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range d.graph.Fields(true) {
		kind := "query"
		if f.Mutates() {
			kind = "mutation"
		}
		d.operations = append(d.operations, &operation{id: f.Name(), method: http.MethodPost, path: f.Name(), tags: []string{kind}, graph: d.graph, field: f})
	}
	if len(d.operations) == 0 {
		return nil, fmt.Errorf("it has no queries")
	}
	return d, nil
}

func readSDL(text string) (*graphql.Schema, error) {
	schema, err := graphschema.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("it is no valid GraphQL schema: %w", err)
	}
	return graphql.New(schema), nil
}

// introspect asks the server for its schema.
func (e *Executor) introspect(ctx context.Context, k spec.ContractCase, task executors.Task) (*document, error) {
	c := newClient(ctx, e.policy, k.RequestTimeout.Or(defaultTimeout), 1)
	defer c.close()
	c.headers = k.Headers
	if err := c.identify(task.Use, task.Scope, task.Files, e.policy.Mode()); err != nil {
		return nil, err
	}
	if err := c.aim(&document{graph: &graphql.Schema{}}, k, task.Scope); err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{"query": graphschema.Introspection, "operationName": "Introspection"})
	if err != nil {
		return nil, err
	}
	got, err := c.play(ctx, []*Request{graphRequest(string(body))})
	if err != nil {
		return nil, err
	}
	a := got[0]
	switch {
	case a.broken != "":
		return nil, executors.Errorf("%s cannot be asked for its schema: %s", c.base.Redacted(), a.broken)
	case a.status != http.StatusOK:
		return nil, executors.Errorf("%s cannot be asked for its schema: the answer is %d", c.base.Redacted(), a.status)
	}
	return e.keep("that "+c.base.Redacted()+" tells", a.body)
}

func graphRequest(body string) *Request {
	return &Request{Method: http.MethodPost, Auth: authGiven, Body: body, Headers: map[string]string{
		"Content-Type": "application/json", "Accept": "application/graphql-response+json, application/json;q=0.9"}}
}

// writeGraph writes an operation as a request.
func (c *call) writeGraph() (*Request, bool) {
	if c.raw != nil {
		r := graphRequest(*c.raw)
		r.Method, r.Auth = c.method, c.auth
		return r, true
	}
	query, variables := c.graph.Document()
	payload := map[string]any{"query": query}
	if len(variables) > 0 {
		payload["variables"] = variables
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(payload) != nil {
		return nil, false
	}
	r := graphRequest(strings.TrimSuffix(b.String(), "\n"))
	r.Auth = c.auth
	return r, true
}

// queryOf is the operation of a request.
func queryOf(r *Request) string {
	var payload struct {
		Query string `json:"query"`
	}
	if json.Unmarshal([]byte(r.Body), &payload) != nil {
		return ""
	}
	return payload.Query
}

// The step that sends what is no GraphQL.
const protocolName = "requests that are no GraphQL"

func protocol(schema *graphql.Schema) *operation {
	return &operation{id: protocolName, method: http.MethodPost, path: protocolName, graph: schema}
}

// protocolCalls lists requests that every GraphQL server must refuse.
func protocolCalls(op *operation) []*call {
	var out []*call
	for _, bad := range []struct{ what, body string }{
		{"a body that is not JSON", `{"query": `},
		{"no operation", `{}`},
		{"an operation that is no text", `{"query": 42}`},
		{"an operation that does not end", `{"query": "{ __typename"}`},
		{"two operations without saying which", `{"query": "query A { __typename } query B { __typename }"}`},
		{"an operation that does not exist", `{"query": "query A { __typename }", "operationName": "B"}`},
		{"variables that are no mapping", `{"query": "{ __typename }", "variables": "text"}`},
	} {
		out = append(out, &call{op: op, purpose: negative, method: http.MethodPost, auth: authGiven, what: bad.what, raw: &bad.body})
	}
	query := `{"query": "{ __typename }"}`
	return append(out, &call{op: op, purpose: otherMethod, method: http.MethodPut, auth: authGiven, what: "the method PUT", raw: &query})
}

// learnGraph keeps what an answer holds, and counts its fields.
func (r *run) learnGraph(c *call, a *answer) {
	v, ok := a.json()
	if !ok {
		return
	}
	request, ok := c.wire()
	data := asObject(v)["data"]
	if !ok || asObject(data) == nil {
		return
	}
	// What does not conform is told by the judgement.
	_, _ = c.op.graph.Conforms(queryOf(request), data, func(typ, field string, v any) {
		r.cover.field(typ, field)
		if s, ok := v.(string); ok && s != "" && len(s) < 200 {
			for _, key := range []string{typ + "." + field, "." + field} {
				if seen := r.planner.seen[key]; len(seen) < 3 && !slices.Contains(seen, v) {
					r.planner.seen[key] = append(seen, v)
				}
			}
		}
	})
}

// generate makes the operations of a field.
func (p *planner) graphGenerator() *graphql.Generator {
	return &graphql.Generator{Rand: p.rng, Depth: p.depth, Scalars: p.scalars, Seen: func(key string) []any { return p.seen[key] }}
}

func (p *planner) graphPositives(op *operation) []*call {
	var out []*call
	for _, g := range p.graphGenerator().Positives(op.field) {
		why := positive
		if !g.Sure {
			why = guess
		}
		out = append(out, &call{op: op, purpose: why, what: g.What, method: http.MethodPost, auth: authGiven, graph: g})
	}
	return out
}

func (p *planner) graphNegatives(op *operation, good *call) []*call {
	var out []*call
	for _, g := range p.graphGenerator().Negatives(op.field, good.graph) {
		out = append(out, &call{op: op, purpose: negative, what: g.What, method: http.MethodPost, auth: authGiven, graph: g})
	}
	return out
}

// graphChanges is the step that compares the schema with an older one.
func (r *run) graphChanges(before []byte) executors.Step {
	return r.changesStep(func() ([]change, error) {
		old, err := loadGraph(before)
		if err != nil {
			return nil, fmt.Errorf("the older schema: %w", err)
		}
		if old == nil {
			return nil, fmt.Errorf("the older document is no GraphQL schema")
		}
		return compareGraphs(old.graph, r.doc.graph), nil
	})
}

func compareGraphs(before, after *graphql.Schema) []change {
	var out []change
	for _, c := range graphql.Compare(before, after) {
		out = append(out, change{id: c.ID, operation: c.Path, text: c.Text, breaking: c.Breaking})
	}
	return out
}
