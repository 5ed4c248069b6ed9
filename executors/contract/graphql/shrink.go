package graphql

import (
	"reflect"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Reductions lists operations that are a little smaller and of the same kind:
// right if this one is, or wrong in the same place. lesser lists smaller values.
func (c *Call) Reductions(lesser func(any) []any) []*Call {
	var out []*Call
	is := c.fault()
	try := func(change func(n *Call)) {
		n := c.clone()
		change(n)
		if n.fault().same(is) {
			out = append(out, n)
		}
	}
	given := c.Field.def.Arguments
	for _, a := range given {
		v, ok := c.args[a.Name]
		if ok && !required(a.Type, a.DefaultValue) {
			try(func(n *Call) { delete(n.args, a.Name) })
		}
		if less := c.Field.schema.least(a.Type, v); ok && !reflect.DeepEqual(less, v) {
			try(func(n *Call) { n.args[a.Name] = less })
		}
	}
	for _, list := range cuts(c.selection) {
		try(func(n *Call) { n.selection = list })
	}
	for _, a := range given {
		for _, w := range lesser(c.args[a.Name]) {
			try(func(n *Call) { n.args[a.Name] = w })
		}
	}
	return out
}

// least is a value with only what its type asks for.
func (s *Schema) least(t *ast.Type, v any) any {
	def := s.ast.Types[t.Name()]
	if l, ok := v.([]any); ok && t.Elem != nil {
		out := []any{}
		for _, e := range l[:min(1, len(l))] {
			out = append(out, s.least(t.Elem, e))
		}
		return out
	}
	o, ok := v.(object)
	if !ok || def == nil || def.Kind != ast.InputObject {
		return v
	}
	out := object{}
	for _, f := range def.Fields {
		if e, given := o[f.Name]; given && (required(f.Type, f.DefaultValue) || def.Directives.ForName("oneOf") != nil) {
			out[f.Name] = s.least(f.Type, e)
		}
	}
	return out
}

// cuts lists smaller selections, the largest cuts first; at least one field is
// left everywhere, and what the schema does not know stays.
func cuts(list []*selected) [][]*selected {
	var out [][]*selected
	if n := len(list); n > 1 {
		for _, part := range [][]*selected{list[:1], list[:n/2], list[n/2:]} {
			if len(part) < n && keeps(list, part) {
				out = append(out, part)
			}
		}
		for i := range list {
			if n > 2 && list[i].name != stranger {
				out = append(out, slices.Delete(slices.Clone(list), i, i+1))
			}
		}
	}
	for i, e := range list {
		for _, sub := range cuts(e.sub) {
			less := *e
			less.sub = sub
			next := slices.Clone(list)
			next[i] = &less
			out = append(out, next)
		}
	}
	return out
}

func keeps(whole, part []*selected) bool {
	odd := func(e *selected) bool { return e.name == stranger || e.name == "__typename" }
	return !slices.ContainsFunc(whole, odd) || slices.ContainsFunc(part, odd)
}
