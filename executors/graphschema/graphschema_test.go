package graphschema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors/graphschema"
)

func TestSchemasThatCannotBeUsedSayWhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, sdl, want string }{
		{"a type that is not there", "type Query {\n  a: Nothing\n}", "2:6: Undefined type Nothing"},
		{"not finished", "type Query { a: ", "1:17: Expected Name"},
		{"deep", "type Query { a: " + strings.Repeat("[", 1_000_000), "nested deeper than 200 levels"},
		{"deep in a text", "type Query { \"\"\"" + strings.Repeat("[", 1000) + "\"\"\" a: Int }", ""},
		{"a comment", "# " + strings.Repeat("(", 1000) + "\ntype Query { a(b: String = \"" + strings.Repeat("{", 500) + "\"): Int }", ""},
		{"too long", "type Query { a: Int }" + strings.Repeat(" scalar A", 600_000), "exceeded token limit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := graphschema.Parse(tt.sdl)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("the error is %v, want %q", err, tt.want)
			}
		})
	}
}

func TestIntrospectionIsRead(t *testing.T) {
	t.Parallel()
	const told = `{"__schema": {"queryType": {"name": "Query"}, "types": [
		{"kind": "OBJECT", "name": "Query", "fields": [{"name": "a", "args": [{"name": "n", "defaultValue": "1", "type": {"kind": "SCALAR", "name": "Int"}}],
			"type": {"kind": "NON_NULL", "ofType": {"kind": "ENUM", "name": "E"}}}]},
		{"kind": "ENUM", "name": "E", "enumValues": [{"name": "X"}]}]}}`
	for _, tt := range []struct{ name, body, want string }{
		{"alone", told, ""},
		{"an answer", `{"data": ` + told + `}`, ""},
		{"refused", `{"errors": [{"message": "no introspection"}]}`, "the server refuses introspection: no introspection"},
		{"nothing", `{}`, "the server tells no schema"},
		{"not JSON", `{`, "is not JSON"},
		{"a bad name", strings.Replace(told, `"X"`, `"X } type Y { a"`, 1), "is not valid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			schema, err := graphschema.FromIntrospection([]byte(tt.body))
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("the error is %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if f := schema.Query.Fields.ForName("a"); f == nil || f.Type.String() != "E!" || f.Arguments[0].DefaultValue.Raw != "1" {
				t.Errorf("the field is %+v", f)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("type Query { a(b: [Int!] = [1]): E! } enum E { X }")
	f.Add("schema { query: Q } type Q implements I { a: U } interface I { a: U } union U = Q input N @oneOf { a: N }")
	f.Add("extend type Query { a: Int } directive @d(a: Int) repeatable on FIELD")
	f.Fuzz(func(t *testing.T, sdl string) {
		if _, err := graphschema.Parse(sdl); err != nil && err.Error() == "" {
			t.Error("a schema is refused without a word")
		}
	})
}

func FuzzParseIntrospection(f *testing.F) {
	f.Add([]byte(`{"data": {"__schema": {"queryType": {"name": "Query"}, "types": [{"kind": "OBJECT", "name": "Query", "fields": [{"name": "a", "type": {"kind": "LIST", "ofType": {"kind": "SCALAR", "name": "Int"}}}]}]}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		schema, err := graphschema.FromIntrospection(body)
		if err == nil && (schema == nil || !json.Valid(body)) {
			t.Error("what is no JSON was read")
		}
	})
}
