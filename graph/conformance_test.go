package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

const (
	validateSchema = `mutation($in: ValidateSchemaInput!) { validateSchema(input: $in) { clientMutationId validation {
		valid dialect conforms mistakes { pointer line column rule message } deviations { pointer line column rule message } } } }`
	validateResponse = `mutation($in: ValidateResponseInput!) { validateResponse(input: $in) { clientMutationId validation {
		valid operation checks findings { check message expected actual } notes } } }`
	validateContract = `mutation($in: ValidateContractInput!) { validateContract(input: $in) { clientMutationId validation {
		compatible format changeCount changes { id operation message breaking } } } }`
)

const orders = `openapi: 3.0.3
info: {title: Orders, version: "1"}
servers: [{url: https://shop.test/api}]
paths:
  /orders/{id}:
    get:
      operationId: order
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: The order.
          headers: {X-Version: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}
        "404": {description: There is none.}
components:
  schemas:
    Base: {type: object, required: [id], properties: {id: {type: string}}}
    Order:
      allOf:
        - $ref: '#/components/schemas/Base'
        - type: object
          required: [state]
          properties:
            state: {type: string, enum: [open, closed]}
            note: {type: string, nullable: true}
            parent: {$ref: '#/components/schemas/Order'}
`

type object = map[string]any

// TestValidationOnDemand keeps what is answered in a golden file.
func TestValidationOnDemand(t *testing.T) {
	t.Parallel()
	s := server(t)
	header := func(pairs ...string) []object {
		var out []object
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, object{"name": pairs[i], "value": pairs[i+1]})
		}
		return out
	}
	const person = `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["name"],
 "properties": {"name": {"type": "string", "minLength": 1}, "friends": {"type": "array", "items": {"$ref": "#"}}}}`
	response := func(status int, headers []object, body string, strict bool) object {
		return object{"openapi": orders, "method": "get", "path": "/api/orders/o-1?full=1", "status": status, "headers": headers, "body": body, "strict": strict}
	}
	good := header("content-type", "application/json; charset=utf-8", "X-Version", "7")
	var got bytes.Buffer
	for _, tt := range []struct {
		name, query string
		in          object
	}{
		{"a schema that is valid", validateSchema, object{"schema": person, "clientMutationId": "x"}},
		{"a document that conforms, of a recursive schema", validateSchema, object{"schema": person, "document": "name: Ada\nfriends: [{name: Bo, friends: []}]\nage: 36\n"}},
		{"the same strictly, and another mistake", validateSchema, object{"schema": person, "document": "name: Ada\nfriends:\n  - {name: \"\"}\nage: 36\n", "strict": true}},
		{"a schema with mistakes", validateSchema, object{"schema": "{\n\t\"type\": \"objekt\",\n\t\"properties\": {\"é\": 1, \"n\": {\"minimum\": \"0\"}}\n}", "document": "1"}},
		{"a reference that leads nowhere", validateSchema, object{"schema": "type: object\nproperties:\n  a: {$ref: '#/$defs/none'}\n"}},
		{"a reference to another place", validateSchema, object{"schema": "properties:\n  a: {$ref: 'https://127.0.0.1/secret.json'}\n"}},
		{"a schema that refers to itself alone", validateSchema, object{"schema": "$ref: '#'\n", "document": "1"}},
		{"no JSON", validateSchema, object{"schema": "{\"type\": \"object\",\n  \"properties\": }"}},
		{"no YAML", validateSchema, object{"schema": "type: object\nproperties: [a\n"}},
		{"a document that is no JSON", validateSchema, object{"schema": "true", "document": "{\"a\":"}},
		{"a number for a schema", validateSchema, object{"schema": "42"}},
		{"an OpenAPI document that is valid", validateSchema, object{"schema": orders}},
		{"a schema of it, strictly", validateSchema, object{"schema": orders, "at": "/components/schemas/Order", "strict": true,
			"document": `{"id": "o-1", "state": "open", "note": null, "parent": {"id": "o-0", "state": "lost", "colour": "red"}, "colour": "red"}`}},
		{"an OpenAPI document with mistakes", validateSchema, object{"schema": `openapi: 3.1.0
info: {title: Orders}
paths:
  /orders/{id}:
    get:
      operationId: order
      security: [{key: []}]
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Nobody'}}}}, ok: {description: d}}
    put:
      operationId: order
      parameters: [{name: id, in: path, schema: {type: strin}}, {name: other, in: path, required: true}]
      answers: {}
  /orders/{number}: {}
`}},
		{"an answer as it should be", validateResponse, response(200, good, `{"id": "o-1", "state": "open", "more": 1}`, false)},
		{"the same strictly", validateResponse, response(200, good, `{"id": "o-1", "state": "open", "more": 1}`, true)},
		{"a wrong body and no header", validateResponse, response(200, header("Content-Type", "application/json"), `{"id": 1, "state": "lost"}`, false)},
		{"a status that nobody wrote down", validateResponse, response(204, nil, "", false)},
		{"an error of the server", validateResponse, response(503, nil, "", false)},
		{"another media type", validateResponse, response(200, header("Content-Type", "text/html", "X-Version", "x"), "<p>", false)},
		{"a version that breaks nobody", validateContract, object{"base": orders, "revision": strings.Replace(orders, "title: Orders", "title: All orders", 1), "clientMutationId": "y"}},
		{"a version that breaks callers", validateContract, object{"base": orders, "revision": strings.NewReplacer("required: [state]", "required: []", `"404"`, `"410"`).Replace(orders)}},
		{"a GraphQL schema that breaks callers", validateContract, object{
			"base":     "type Query { orders(first: Int): [Order!]! }\ntype Order { id: ID! note: String }\nenum State { OPEN }",
			"revision": "type Query { orders(first: Int, shop: ID!): [Order!]! }\ntype Order { id: ID! }\nenum State { OPEN CLOSED }",
		}},
	} {
		out, err := json.MarshalIndent(s.Query(t, tt.query, object{"in": tt.in}), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "## %s\n%s\n\n", tt.name, out)
	}
	const golden = "testdata/conformance.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

// TestValidationOnDemandIsBounded asks for what is too much, or cannot be meant.
func TestValidationOnDemandIsBounded(t *testing.T) {
	t.Parallel()
	s := server(t)
	twice := func(n int) string { // schemas that refer to the next one twice
		var b strings.Builder
		b.WriteString(strings.Replace(orders, "'#/components/schemas/Order'}}}", "'#/components/schemas/S0'}}}", 1))
		for i := range n {
			fmt.Fprintf(&b, "    S%d: {allOf: [{$ref: '#/components/schemas/S%d'}, {$ref: '#/components/schemas/S%d'}]}\n", i, i+1, i+1)
		}
		fmt.Fprintf(&b, "    S%d: {type: object}\n", n)
		return b.String()
	}
	answer := object{"openapi": orders, "method": "GET", "path": "/orders/1", "status": 200}
	with := func(key string, v any) object {
		out := object{}
		for k, old := range answer {
			out[k] = old
		}
		out[key] = v
		return out
	}
	for _, tt := range []struct {
		name, query string
		in          object
		field       string
		says        string
	}{
		{"a schema of 5 MiB", validateSchema, object{"schema": strings.Repeat(" ", 5<<20)}, "schema", "at most 4 MiB"},
		{"a document of 5 MiB", validateSchema, object{"schema": "true", "document": strings.Repeat(" ", 5<<20)}, "document", "at most 4 MiB"},
		{"nothing", validateSchema, object{"schema": " "}, "schema", "is empty"},
		{"brackets within brackets", validateSchema, object{"schema": strings.Repeat("[", 3000) + strings.Repeat("]", 3000)}, "schema", "nested deeper than"},
		{"aliases of aliases", validateSchema, object{"schema": bomb()}, "schema", "more than 1000000 values"},
		{"a schema that costs too much", validateSchema, object{"schema": twice(40), "at": "/components/schemas/S0", "document": "{}"}, "document", "too costly"},
		{"an OpenAPI document without a place", validateSchema, object{"schema": orders, "document": "{}"}, "at", "which schema"},
		{"a place that is none", validateSchema, object{"schema": orders, "document": "{}", "at": "/components/schemas/None"}, "at", "leads nowhere"},
		{"an answer of a path that is none", validateResponse, with("path", "/none"), "path", "no path for /none"},
		{"an answer of a method that is none", validateResponse, with("method", "PATCH"), "method", "no method PATCH"},
		{"an answer without a status", validateResponse, with("status", 0), "status", "from 100 to 599"},
		{"an answer of 5 MiB", validateResponse, with("body", strings.Repeat("x", 5<<20)), "body", "at most 4 MiB"},
		{"an answer of no OpenAPI document", validateResponse, with("openapi", "type: object"), "openapi", "no key openapi"},
		{"a contract of 3 MiB", validateContract, object{"base": strings.Repeat(" ", 3<<20), "revision": orders}, "base", "at most 2 MiB"},
		{"a contract that stands for billions of lines", validateContract, object{"base": twice(60), "revision": twice(61)}, "", "refer to one another too often"},
		{"a GraphQL schema that is none any more", validateContract, object{"base": "type Query { a: Int }", "revision": "type Query { a: Int"}, "revision", "the other is not"},
		{"a contract that is none", validateContract, object{"base": orders, "revision": "type: object"}, "", "the newer document"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, out := post(t, s, s.Token, "application/json", gql(tt.query, object{"in": tt.in}))
			ext := first(out)
			if status != http.StatusOK || ext["code"] != "INVALID_INPUT" || tt.field != "" && ext["field"] != tt.field {
				t.Fatalf("%d %v", status, out)
			}
			if m := fmt.Sprint(out["errors"]); !strings.Contains(m, tt.says) {
				t.Errorf("got %s, want %q", m, tt.says)
			}
		})
	}
}

// TestValidationOnDemandIsPriced refuses several at once before any is judged.
func TestValidationOnDemandIsPriced(t *testing.T) {
	t.Parallel()
	s := server(t)
	one := `%s: validateContract(input: {base: "a", revision: "b"}) { validation { compatible } }`
	began := time.Now()
	_, out := post(t, s, s.Token, "application/json", gql("mutation {"+fmt.Sprintf(one+" "+one+" "+one, "a", "b", "c")+"}", nil))
	if ext := first(out); ext["limit"] != "complexity" {
		t.Errorf("got %v after %s", out, time.Since(began))
	}
	if _, out := post(t, s, "", "application/json", gql(validateContract, object{"in": object{"base": "a", "revision": "b"}})); first(out)["code"] != "UNAUTHENTICATED" {
		t.Errorf("a stranger got %v", out)
	}
}

// bomb is a few lines of YAML that stand for billions of values.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}
