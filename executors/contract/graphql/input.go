package graphql

import (
	"fmt"
	"math"
	"sort"

	"github.com/vektah/gqlparser/v2/ast"
)

// object is an input object or an object of an answer.
type object = map[string]any

// fault says where a value is not what its type takes.
type fault struct {
	place string // as /input/items/*/quantity
	rule  string
	more  int // further faults
}

// same reports whether two values are right both, or wrong in the same way.
func (f *fault) same(other *fault) bool {
	if f == nil || other == nil {
		return f == nil && other == nil
	}
	return *f == *other
}

// input holds a value to an input type by the rules of input coercion, in which
// one value stands for a list of one, and a whole number for a Float or an ID.
func (s *Schema) input(t *ast.Type, v any) *fault {
	in := &inputs{schema: s}
	in.check(t, v, "")
	if len(in.found) == 0 {
		return nil
	}
	first := in.found[0]
	first.more = len(in.found) - 1
	return &first
}

type inputs struct {
	schema *Schema
	found  []fault
}

func (in *inputs) add(place, rule string) {
	in.found = append(in.found, fault{place: place, rule: rule})
}

func (in *inputs) check(t *ast.Type, v any, place string) {
	switch {
	case v == nil:
		if t.NonNull {
			in.add(place, "null")
		}
	case t.Elem != nil:
		if l, ok := v.([]any); ok {
			for _, e := range l {
				in.check(t.Elem, e, place+"/*")
			}
			return
		}
		in.check(t.Elem, v, place)
	default:
		in.named(t.NamedType, v, place)
	}
}

func (in *inputs) named(name string, v any, place string) {
	def := in.schema.ast.Types[name]
	switch {
	case def == nil:
	case def.Kind == ast.InputObject:
		in.object(def, v, place)
	case def.Kind == ast.Enum:
		if text, ok := v.(string); !ok || def.EnumValues.ForName(text) == nil {
			in.add(place, "enum")
		}
	case !scalar(name, v):
		in.add(place, name)
	}
}

// scalar reports whether a value fits one of GraphQL's own scalars. What custom
// ones take is known to nobody else.
func scalar(name string, v any) bool {
	n, isInt := v.(int64)
	f, isFloat := v.(float64)
	_, isText := v.(string)
	switch name {
	case "Int":
		return isInt && n >= math.MinInt32 && n <= math.MaxInt32 || isFloat && f == math.Trunc(f) && math.Abs(f) <= math.MaxInt32
	case "Float":
		return isInt || isFloat
	case "String":
		return isText
	case "ID":
		return isText || isInt
	case "Boolean":
		_, ok := v.(bool)
		return ok
	}
	return true
}

func (in *inputs) object(def *ast.Definition, v any, place string) {
	o, ok := v.(object)
	if !ok {
		in.add(place, "object")
		return
	}
	given := 0
	for _, f := range def.Fields {
		value, there := o[f.Name]
		switch {
		case there:
			in.check(f.Type, value, place+"/"+f.Name)
			if value != nil {
				given++
			}
		case required(f.Type, f.DefaultValue):
			in.add(place+"/"+f.Name, "missing")
		}
	}
	if def.Directives.ForName("oneOf") != nil && (given != 1 || len(o) != 1) {
		in.add(place, "oneOf")
	}
	for _, name := range sorted(o) {
		if def.Fields.ForName(name) == nil {
			in.add(place+"/"+name, "unknown")
		}
	}
}

// custom reports whether a value's type holds scalars of the server's own, whose
// values are a guess.
func (s *Schema) custom(t *ast.Type, v any) bool {
	if v == nil {
		return false
	}
	if l, ok := v.([]any); ok && t.Elem != nil {
		for _, e := range l {
			if s.custom(t.Elem, e) {
				return true
			}
		}
		return false
	}
	def := s.ast.Types[t.Name()]
	if def == nil {
		return false
	}
	if o, ok := v.(object); ok && def.Kind == ast.InputObject {
		for name, e := range o {
			if f := def.Fields.ForName(name); f != nil && s.custom(f.Type, e) {
				return true
			}
		}
	}
	return def.Kind == ast.Scalar && !def.BuiltIn
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func quote(v any) string { return fmt.Sprintf("%.60q", fmt.Sprint(v)) }
