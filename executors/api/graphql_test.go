package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/gorilla/websocket"
	"github.com/graphql-go/graphql"

	"github.com/semantest/semantest/internal/spec"
)

// library serves a schema over HTTP, graphql-transport-ws and graphql-sse. The
// counter says how often its schema was asked for.
func library(tb testing.TB) (*httptest.Server, *atomic.Int64) {
	tb.Helper()
	colour := graphql.NewEnum(graphql.EnumConfig{Name: "Colour", Values: graphql.EnumValueConfigMap{"RED": {}, "BLUE": {}}})
	book := graphql.NewObject(graphql.ObjectConfig{Name: "Book", Fields: graphql.Fields{
		"title": {Type: graphql.NewNonNull(graphql.String)},
		"price": {Type: graphql.Int, Resolve: func(graphql.ResolveParams) (any, error) { return nil, errors.New("no price today") }},
	}})
	filter := graphql.NewInputObject(graphql.InputObjectConfig{Name: "Filter", Fields: graphql.InputObjectConfigFieldMap{
		"colour": {Type: colour, DefaultValue: "RED"}, "tags": {Type: graphql.NewList(graphql.NewNonNull(graphql.String))},
	}})
	one := func(graphql.ResolveParams) (any, error) { return map[string]any{"title": "Dune"}, nil }
	schema, err := graphql.NewSchema(graphql.SchemaConfig{
		Query: graphql.NewObject(graphql.ObjectConfig{Name: "Query", Fields: graphql.Fields{
			"book": {Type: book, Args: graphql.FieldConfigArgument{"id": {Type: graphql.NewNonNull(graphql.ID)}, "filter": {Type: filter}}, Resolve: one},
			"fail": {Type: graphql.String, Resolve: func(graphql.ResolveParams) (any, error) { return nil, errors.New("it broke") }},
		}}),
		Mutation:     graphql.NewObject(graphql.ObjectConfig{Name: "Mutation", Fields: graphql.Fields{"lend": {Type: book, Resolve: one}}}),
		Subscription: graphql.NewObject(graphql.ObjectConfig{Name: "Subscription", Fields: graphql.Fields{"lent": {Type: book}}}),
	})
	if err != nil {
		tb.Fatal(err)
	}
	up := websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}, CheckOrigin: func(*http.Request) bool { return true }}
	told := &atomic.Int64{}
	server := serve(tb, func(w http.ResponseWriter, r *http.Request) {
		if websocket.IsWebSocketUpgrade(r) {
			if conn, err := up.Upgrade(w, r, nil); err == nil {
				transportWS(conn)
			}
			return
		}
		var in struct {
			Query         string
			OperationName string
			Variables     map[string]any
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if in.OperationName == "Introspection" {
			if told.Add(1); r.URL.Path == "/closed" {
				_, _ = io.WriteString(w, `{"errors":[{"message":"introspection is off"}]}`)
				return
			}
		}
		if r.Header.Get("Accept") == "text/event-stream" {
			w.Header().Set("Content-Type", "text/event-stream")
			for _, title := range []string{"Dune", "Emma"} {
				_, _ = fmt.Fprintf(w, "event: next\ndata: {\"data\":{\"lent\":{\"title\":%q}}}\n\n", title)
			}
			_, _ = io.WriteString(w, "event: complete\ndata:\n\n")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(graphql.Do(graphql.Params{Schema: schema, RequestString: in.Query, OperationName: in.OperationName, VariableValues: in.Variables}))
	})
	return server, told
}

// transportWS is the server's side of graphql-transport-ws.
func transportWS(conn *websocket.Conn) {
	defer conn.Close()
	type frame struct {
		ID      string         `json:"id,omitempty"`
		Type    string         `json:"type"`
		Payload map[string]any `json:"payload,omitempty"`
	}
	ponged := false
	for {
		var f frame
		if err := conn.ReadJSON(&f); err != nil {
			return
		}
		switch f.Type {
		case "connection_init":
			if f.Payload["token"] == "wrong" {
				_ = conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4403, "Forbidden"))
				return
			}
			_ = conn.WriteJSON(frame{Type: "connection_ack"})
			_ = conn.WriteJSON(frame{Type: "ping"})
		case "pong":
			ponged = true
		case "subscribe":
			for _, title := range []string{"Dune", "Emma"} {
				_ = conn.WriteJSON(frame{ID: f.ID, Type: "next", Payload: map[string]any{"data": map[string]any{"lent": map[string]any{"title": title, "ponged": ponged}}}})
			}
			_ = conn.WriteJSON(frame{ID: f.ID, Type: "complete"})
		}
	}
}

func TestGraphQL(t *testing.T) {
	t.Parallel()
	server, _ := library(t)
	files := fstest.MapFS{"book.graphql": {Data: []byte("query Book($id: ID!) { book(id: $id) { title } }\nmutation Lend { lend { title } }")}}
	tests := []struct{ name, steps, err string }{
		{"query", `
- graphql:
    query: "query($id: ID!, $f: Filter) { book(id: $id, filter: $f) { title } }"
    variables: {id: 7, f: {colour: BLUE, tags: [a]}}
  capture: {title: {jsonpath: $.data.book.title}}
  check: [{status: 200}, {jsonpath: $.data.book.title, equals: Dune}]
- if: {variable: title, equals: Dune, then: [{wait: 1ms}], else: [{http: /none, check: [{status: 1xx}]}]}`, ""},
		{"file", `
- graphql: {file: file://book.graphql, operationName: Book, variables: {id: 7}}
- graphql: {file: file://book.graphql, operationName: Lend}
  check: [{jsonpath: $.data.lend.title, equals: Dune}]`, ""},
		{"which operation", `- graphql: {file: file://book.graphql}`, "the GraphQL document has 2 operations: say with operationName which one is meant"},
		{"unknown operation", `- graphql: {file: file://book.graphql, operationName: Buy}`, "the GraphQL document has no operation named Buy"},
		{"syntax", `- graphql: {query: "{ book("}`, "the GraphQL document cannot be read: line 1, column 8:"},
		{"unknown field", `- graphql: {query: "{ book(id: 1) { titel } }"}`, `does not fit the schema of /graphql, and was not sent: line 1, column 17: Cannot query field "titel" on type "Book". Did you mean "title"?`},
		{"missing argument", `- graphql: {query: "{ book { title } }"}`, `was not sent: line 1, column 3: Field "book" argument "id" of type "ID!" is required`},
		{"wrong enum", `- graphql: {query: "{ book(id: 1, filter: {colour: GREEN}) { title } }"}`, `Value "GREEN" does not exist in "Colour" enum`},
		{"missing variable", `- graphql: {query: "query($id: ID!) { book(id: $id) { title } }"}`, "the variables do not fit the operation, which was not sent: must be defined"},
		{"wrong variable", `- graphql: {query: "query($id: ID!, $f: Filter) { book(id: $id, filter: $f) { title } }", variables: {id: 1, f: {colour: GREEN}}}`, "the variables do not fit the operation, which was not sent: GREEN is not a valid Colour"},
		{"not validated", `- graphql: {query: "{ book { title } }", validate: false, errors: some}`, ""},
		{"closed introspection", `- graphql: {url: /closed, query: "{ book(id: 1) { titel } }"}`, `the answer holds errors without data: Cannot query field "titel"`},
		{"errors", `- graphql: {query: "{ fail }"}`, "the answer holds data and errors: it broke (at fail)"},
		{"errors are allowed", `- {graphql: {query: "{ fail }", errors: any}, check: [{jsonpath: "$.errors[0].message", equals: it broke}]}`, ""},
		{"partial", `- {graphql: {query: "{ book(id: 1) { title price } }", errors: partial}, check: [{jsonpath: $.data.book.title, equals: Dune}]}`, ""},
		{"not partial", `- graphql: {query: "{ book(id: 1) { title } }", errors: partial}`, "the answer holds data without errors, expected data and errors"},
		{"no GraphQL", `- graphql: {url: /graphql, query: "{ __typename }", validate: false, headers: {Accept: text/event-stream}}`, "the answer is no GraphQL answer: the body is not JSON"},
		{"events of a query", `- graphql: {query: "{ __typename }", events: [{expect: {}}]}`, "events are expected, but the operation is a query"},
		{"subscription", `
- graphql:
    query: "subscription { lent { title } }"
    init: {token: right}
    events:
      - expect: {check: [{jsonpath: $.data.lent.title, equals: Dune}], capture: {first: {jsonpath: $.data.lent.title}}}
      - expect: {check: [{jsonpath: $.data.lent.title, notEquals: "${{ first }}"}]}
      - expectClose: {}`, ""},
		{"subscription over SSE", `
- graphql: {query: "subscription { lent { title } }", transport: sse, events: [{expect: {}}, {expect: {check: [{jsonpath: $.data.lent.title, equals: Emma}]}}, {expectClose: {}}]}`, ""},
		{"subscription that is refused", `- graphql: {query: "subscription { lent { title } }", init: {token: wrong}}`, "did not acknowledge the GraphQL connection: the target closed the connection with code 4403 (Forbidden)"},
		{"subscription that stays open", `
- graphql: {query: "subscription { lent { title } }", as: lent}
- graphql: {on: lent, events: [{expect: {skip: true, check: [{jsonpath: $.data.lent.title, equals: Emma}]}}]}`, ""},
		{"subscription that is validated", `- graphql: {query: "subscription { lost { title } }"}`, `Cannot query field "lost" on type "Subscription"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, server.URL, tt.steps, files)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
		})
	}
}

// TestSchemaIsAskedForOnce keeps what a target told for the whole attempt, also
// for steps at the same time.
func TestSchemaIsAskedForOnce(t *testing.T) {
	t.Parallel()
	server, told := library(t)
	r := run(t, server.URL, `
- graphql: {query: "{ __typename }"}
- group: {parallel: true, steps: [{graphql: {query: "{ __typename }"}}, {graphql: {query: "mutation { lend { title } }"}}]}`, nil)
	if r.outcome != spec.OutcomePassed || told.Load() != 1 {
		t.Errorf("%v, asked %d times", r.err, told.Load())
	}
	if got := r.Steps()[0].Detail["validation"]; got != "fits the schema" {
		t.Errorf("validation %v", got)
	}
}
