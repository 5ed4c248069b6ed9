package graphql

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

const (
	maxTokens     = 50_000 // of an operation
	maxDeviations = 20     // of one answer
	maxSteps      = 5_000_000
)

// Deviation says where an answer is not what the schema promises.
type Deviation struct {
	Place   string // as /products/items/*/sku
	Subject string // the type and field, wherever they are: Product.sku
	Rule    string
	Text    string
}

// String says it as a sentence.
func (d Deviation) String() string { return "at " + d.Place + ": " + d.Text }

// Conforms holds the data of an answer to the operation that asked for it, and
// tells visit each field of it that is not null, where visit is given. The error
// says that the operation itself cannot be read.
func (s *Schema) Conforms(query string, data any, visit func(typ, field string, v any)) ([]Deviation, error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Name: "operation", Input: query}, maxTokens)
	if err != nil {
		return nil, err
	}
	if len(doc.Operations) != 1 {
		return nil, fmt.Errorf("the document has %d operations", len(doc.Operations))
	}
	validator.Walk(s.ast, doc, &validator.Events{})
	op := doc.Operations[0]
	root := s.ast.Query
	if op.Operation == ast.Mutation {
		root = s.ast.Mutation
	}
	if root == nil {
		return nil, fmt.Errorf("the schema has no %s", op.Operation)
	}
	a := &answers{schema: s, visit: visit, subject: root.Name, selections: map[selectionKey]map[string]*ast.Field{}}
	a.object(root, op.SelectionSet, data, "")
	if a.steps > maxSteps && len(a.found) == 0 {
		return nil, fmt.Errorf("it has too many values")
	}
	return a.found, nil
}

type answers struct {
	schema *Schema
	visit  func(typ, field string, v any)
	found  []Deviation
	steps  int

	subject string // the type and field at hand

	selections map[selectionKey]map[string]*ast.Field // what was collected before
}

type selectionKey struct {
	def   *ast.Definition
	first *ast.Selection
}

func (a *answers) add(place, rule, format string, args ...any) {
	if place == "" {
		place = "/"
	}
	d := Deviation{place, a.subject, rule, fmt.Sprintf(format, args...)}
	same := func(o Deviation) bool { return o.Place == d.Place && o.Rule == d.Rule }
	if len(a.found) < maxDeviations && !slices.ContainsFunc(a.found, same) {
		a.found = append(a.found, d)
	}
}

func (a *answers) object(def *ast.Definition, set ast.SelectionSet, v any, place string) {
	o, ok := v.(object)
	if !ok {
		a.add(place, "object", "an object of the type %s is expected, not %s", def.Name, describe(v))
		return
	}
	if def.IsAbstractType() {
		name, _ := o["__typename"].(string)
		concrete := a.schema.ast.Types[name]
		if concrete == nil || !slices.Contains(a.schema.ast.GetPossibleTypes(def), concrete) {
			a.add(place+"/__typename", "type", "%s is none of the types of %s", quote(o["__typename"]), def.Name)
			return
		}
		def = concrete
	}
	wanted := a.wanted(def, set)
	if a.steps += len(wanted) + len(o); a.steps > maxSteps {
		return
	}
	for _, key := range sorted(wanted) {
		f := wanted[key]
		a.subject = def.Name + "." + f.Name
		value, there := o[key]
		at := place + "/" + key
		switch {
		case !there:
			a.add(at, "missing", "the field was asked for and is not there")
		case f.Name == "__typename":
			if value != def.Name {
				a.add(at, "type", "%s is not the type %s", quote(value), def.Name)
			}
		case f.Definition != nil:
			if a.visit != nil && value != nil {
				a.visit(def.Name, f.Name, value)
			}
			a.value(f.Definition.Type, f.SelectionSet, value, at)
		}
	}
	for _, key := range sorted(o) {
		if wanted[key] == nil {
			a.subject = def.Name + "." + key
			a.add(place+"/"+key, "extra", "the field was not asked for")
		}
	}
}

// wanted is what a selection asks of a concrete type, by the names in the answer.
func (a *answers) wanted(def *ast.Definition, set ast.SelectionSet) map[string]*ast.Field {
	key := selectionKey{def: def}
	if len(set) > 0 {
		key.first = &set[0]
	}
	if known, ok := a.selections[key]; ok {
		return known
	}
	wanted := map[string]*ast.Field{}
	a.collect(def, set, wanted, 0)
	a.selections[key] = wanted
	return wanted
}

// collect lists what a selection asks of a concrete type.
func (a *answers) collect(def *ast.Definition, set ast.SelectionSet, into map[string]*ast.Field, depth int) {
	if depth > 50 {
		return
	}
	for _, e := range set {
		switch e := e.(type) {
		case *ast.Field:
			into[e.Alias] = e
		case *ast.InlineFragment:
			on := a.schema.ast.Types[e.TypeCondition]
			if e.TypeCondition == "" || on == def || on != nil && slices.Contains(a.schema.ast.GetPossibleTypes(on), def) {
				a.collect(def, e.SelectionSet, into, depth+1)
			}
		}
	}
}

func (a *answers) value(t *ast.Type, set ast.SelectionSet, v any, place string) {
	switch {
	case v == nil:
		if t.NonNull {
			a.add(place, "null", "null is there, but the type is %s", t)
		}
	case t.Elem != nil:
		l, ok := v.([]any)
		if !ok {
			a.add(place, "list", "a list is expected, not %s", describe(v))
			return
		}
		for _, e := range l {
			if a.steps++; a.steps > maxSteps {
				return
			}
			a.value(t.Elem, set, e, place+"/*")
		}
	default:
		a.named(t.NamedType, set, v, place)
	}
}

func (a *answers) named(name string, set ast.SelectionSet, v any, place string) {
	def := a.schema.ast.Types[name]
	switch {
	case def == nil:
	case def.IsCompositeType():
		a.object(def, set, v, place)
	case def.Kind == ast.Enum:
		if text, ok := v.(string); !ok || def.EnumValues.ForName(text) == nil {
			a.add(place, "enum", "%s is none of %s's values", describe(v), name)
		}
	case !result(name, v):
		a.add(place, name, "%s is expected, not %s", name, describe(v))
	}
}

// result reports whether a value of an answer is one of GraphQL's own scalars.
func result(name string, v any) bool {
	n, isNumber := toFloat(v)
	switch _, isText := v.(string); name {
	case "Int":
		return isNumber && n == math.Trunc(n) && n >= math.MinInt32 && n <= math.MaxInt32
	case "Float":
		return isNumber
	case "String", "ID":
		return isText
	case "Boolean":
		_, ok := v.(bool)
		return ok
	}
	return true
}

func toFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case object:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "the text " + strings.ToValidUTF8(quote(v), "?")
	case bool:
		return fmt.Sprintf("the boolean %t", v)
	}
	return fmt.Sprintf("the number %.60v", v)
}
