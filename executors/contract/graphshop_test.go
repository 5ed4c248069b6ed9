package contract_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/semantest/semantest/executors/graphschema"
)

// graphShop answers every operation that fits testdata/shop.graphqls with data
// that fits too, with a defect that is planted.
type graphShop struct {
	schema *ast.Schema
	fault  string
}

func startGraph(t testing.TB, fault string) string {
	t.Helper()
	schema, err := graphschema.Parse(string(read(t, "testdata/shop.graphqls")))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&graphShop{schema, fault})
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

func (s *graphShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && s.fault != "any-method" {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, _ := io.ReadAll(r.Body)
	var p struct {
		Query         string         `json:"query"`
		Variables     map[string]any `json:"variables"`
		OperationName string         `json:"operationName"`
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	if err := dec.Decode(&p); err != nil {
		if s.fault == "accepts-garbage" {
			graphAnswer(w, 200, map[string]any{"data": map[string]any{"products": []any{}}})
			return
		}
		graphAnswer(w, 400, refusal("the body cannot be read"))
		return
	}
	if s.fault == "crash-at-limit" && strings.Contains(string(body), "2147483647") {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	doc, err := gqlparser.LoadQueryWithRules(s.schema, p.Query, nil)
	if err != nil {
		if s.fault == "ignores-unknown" && strings.Contains(p.Query, "semantestUnknown") {
			graphAnswer(w, 200, map[string]any{"data": map[string]any{"products": []any{}}})
			return
		}
		graphAnswer(w, 400, refusal(err.Error()))
		return
	}
	op := doc.Operations.ForName(p.OperationName)
	if op == nil {
		graphAnswer(w, 400, refusal("which operation?"))
		return
	}
	root := s.schema.Query
	if op.Operation == ast.Mutation {
		root = s.schema.Mutation
	}
	if !s.fits(op, p.Variables) {
		if s.fault != "accepts-wrong-values" {
			graphAnswer(w, 400, refusal("a variable is wrong"))
			return
		}
	}
	if s.fault == "refuses-zero" && p.Variables["limit"] == json.Number("0") {
		graphAnswer(w, 400, refusal("limit must be positive"))
		return
	}
	s.answer(w, map[string]any{"data": s.object(root, op.SelectionSet, 0)})
}

// fits is stricter than the library, which takes numbers for texts.
func (s *graphShop) fits(op *ast.OperationDefinition, given map[string]any) bool {
	if _, err := validator.VariableValues(s.schema, op, given); err != nil {
		return false
	}
	for _, v := range op.VariableDefinitions {
		if !s.strict(v.Type, given[v.Variable]) {
			return false
		}
	}
	return true
}

func (s *graphShop) strict(t *ast.Type, v any) bool {
	if l, ok := v.([]any); ok && t.Elem != nil {
		return !slices.ContainsFunc(l, func(e any) bool { return !s.strict(t.Elem, e) })
	}
	if o, ok := v.(map[string]any); ok && s.schema.Types[t.Name()].Kind == ast.InputObject {
		for _, f := range s.schema.Types[t.Name()].Fields {
			if !s.strict(f.Type, o[f.Name]) {
				return false
			}
		}
		return true
	}
	_, isNumber := v.(json.Number)
	_, isText := v.(string)
	_, isBool := v.(bool)
	switch t.Name() {
	case "String":
		return v == nil || isText
	case "ID":
		return v == nil || isText || isNumber && !strings.ContainsAny(v.(json.Number).String(), ".eE")
	case "Int":
		return v == nil || isNumber && !strings.ContainsAny(v.(json.Number).String(), ".eE") && len(v.(json.Number)) < 12 && v != json.Number("2147483648")
	case "Float":
		return v == nil || isNumber
	case "Boolean":
		return v == nil || isBool
	}
	return true
}

func refusal(message string) map[string]any {
	return map[string]any{"errors": []any{map[string]any{"message": message}}}
}

func graphAnswer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/graphql-response+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *graphShop) answer(w http.ResponseWriter, v map[string]any) {
	switch s.fault {
	case "not-json":
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "<p>ok</p>")
	case "wrong-content-type":
		w.Header().Set("Content-Type", "text/html")
		_ = json.NewEncoder(w).Encode(v)
	case "internal-error":
		graphAnswer(w, 200, map[string]any{"data": nil, "errors": []any{map[string]any{"message": "oh", "extensions": map[string]any{"code": "INTERNAL_SERVER_ERROR"}}}})
	case "data-with-400":
		graphAnswer(w, 400, v)
	case "success-without-data":
		graphAnswer(w, 200, refusal("later"))
	case "no-errors":
		graphAnswer(w, 200, map[string]any{"data": nil})
	case "no-message":
		v["errors"] = []any{map[string]any{"code": 1}}
		graphAnswer(w, 200, v)
	case "own-key":
		v["debug"] = "x"
		graphAnswer(w, 200, v)
	default:
		graphAnswer(w, 200, v)
	}
}

func (s *graphShop) object(def *ast.Definition, set ast.SelectionSet, n int) map[string]any {
	if def.IsAbstractType() {
		possible := s.schema.GetPossibleTypes(def)
		def = possible[n%len(possible)]
	}
	out := map[string]any{}
	var fill func(set ast.SelectionSet)
	fill = func(set ast.SelectionSet) {
		for _, e := range set {
			switch e := e.(type) {
			case *ast.InlineFragment:
				if e.TypeCondition == def.Name {
					fill(e.SelectionSet)
				}
			case *ast.Field:
				if e.Name == "__typename" {
					out[e.Alias] = def.Name
				} else if s.fault != "missing-field" || e.Name != "stock" {
					out[e.Alias] = s.value(e.Definition.Type, e, n)
				}
			}
		}
	}
	fill(set)
	if s.fault == "extra-field" && def.Name == "Product" {
		out["internalId"] = 7
	}
	return out
}

func (s *graphShop) value(t *ast.Type, f *ast.Field, n int) any {
	if t.Elem != nil {
		return []any{s.value(t.Elem, f, 0), s.value(t.Elem, f, 1)}
	}
	def := s.schema.Types[t.NamedType]
	switch {
	case def.IsCompositeType():
		if s.fault == "unknown-type" && def.Name == "Hit" {
			return map[string]any{"__typename": "Shoe"}
		}
		return s.object(def, f.SelectionSet, n)
	case s.fault == "null-name" && f.Name == "name" && t.NonNull:
		return nil
	case def.Kind == ast.Enum:
		if s.fault == "unknown-value" && def.Name == "State" {
			return "LOST"
		}
		return def.EnumValues[0].Name
	case def.Name == "Int" && s.fault == "text-for-number" && f.Name == "stock":
		return "7"
	case def.Name == "Int":
		return 7
	case def.Name == "Float":
		return 1.5
	}
	return f.Name + "-1"
}

// introspectionOf is what a server tells of testdata/shop.graphqls.
func introspectionOf(t testing.TB) []byte {
	t.Helper()
	schema, err := graphschema.Parse(string(read(t, "testdata/shop.graphqls")))
	if err != nil {
		t.Fatal(err)
	}
	var ref func(of *ast.Type) any
	ref = func(of *ast.Type) any {
		switch {
		case of.NonNull:
			inner := *of
			inner.NonNull = false
			return map[string]any{"kind": "NON_NULL", "ofType": ref(&inner)}
		case of.Elem != nil:
			return map[string]any{"kind": "LIST", "ofType": ref(of.Elem)}
		}
		return map[string]any{"kind": schema.Types[of.NamedType].Kind, "name": of.NamedType}
	}
	names := func(list []string) []any {
		out := []any{}
		for _, name := range list {
			out = append(out, map[string]any{"name": name})
		}
		return out
	}
	var types []any
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		def := schema.Types[name]
		typ := map[string]any{"kind": def.Kind, "name": name, "interfaces": names(def.Interfaces), "possibleTypes": names(def.Types)}
		var fields, values []any
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			field := map[string]any{"name": f.Name, "type": ref(f.Type)}
			var args []any
			for _, a := range f.Arguments {
				arg := map[string]any{"name": a.Name, "type": ref(a.Type)}
				if a.DefaultValue != nil {
					arg["defaultValue"] = a.DefaultValue.String()
				}
				args = append(args, arg)
			}
			field["args"] = args
			fields = append(fields, field)
		}
		for _, v := range def.EnumValues {
			values = append(values, map[string]any{"name": v.Name})
		}
		typ["fields"], typ["inputFields"], typ["enumValues"] = fields, fields, values
		types = append(types, typ)
	}
	data, err := json.Marshal(map[string]any{"data": map[string]any{"__schema": map[string]any{
		"queryType": map[string]any{"name": "Query"}, "mutationType": map[string]any{"name": "Mutation"}, "types": types}}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}
