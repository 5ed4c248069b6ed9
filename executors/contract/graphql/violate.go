package graphql

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
)

// stranger is a name that no schema has.
const stranger = "semantestUnknown"

// Negatives lists operations that the schema does not allow. They differ from a
// good one, one that was accepted where there was such, in one thing.
func (g *Generator) Negatives(f *Field, good *Call) []*Call {
	var out []*Call
	add := func(what string, change func(c *Call)) {
		c := good.clone()
		c.What = what
		change(c)
		out = append(out, c)
	}
	for _, a := range f.def.Arguments {
		if required(a.Type, a.DefaultValue) {
			add("without the required argument "+a.Name, func(c *Call) { delete(c.args, a.Name) })
		}
		g.work = 0
		for _, v := range g.violations(f.schema, a.Type, 0) {
			add("argument "+a.Name+": "+v.what, func(c *Call) { c.args[a.Name] = v.value })
		}
	}
	broken := settle(out, func(c *Call) bool { return c.fault() != nil })
	out = nil
	add("with an argument that does not exist", func(c *Call) { c.extra = stranger })
	unknown := &selected{name: stranger, def: &ast.FieldDefinition{Name: stranger}}
	if len(good.selection) > 0 {
		add("with a field that does not exist", func(c *Call) { c.selection = append(append([]*selected{}, c.selection...), unknown) })
		add("without a selection of fields", func(c *Call) { c.bare = true })
	} else {
		add("with a selection of fields where there are none", func(c *Call) { c.selection = []*selected{unknown} })
	}
	return append(settle(out, func(*Call) bool { return true }), broken...)
}

// violations lists values that a type does not take; the caller drops what it
// takes after all.
func (g *Generator) violations(s *Schema, t *ast.Type, depth int) []sample {
	var out []sample
	add := func(what string, v any) { out = append(out, sample{v, what}) }
	def := s.ast.Types[t.Name()]
	if def == nil || depth >= maxNest {
		return nil
	}
	if t.NonNull {
		add("null", nil)
	}
	if def.Kind == ast.Scalar && !def.BuiltIn {
		return out
	}
	for _, w := range []sample{{object{stranger: int64(1)}, "wrong type, an object"}, {[]any{[]any{int64(1)}}, "wrong type, a list"}, {"text", "wrong type, a text"},
		{int64(42), "wrong type, a number"}, {1.5, "wrong type, a fraction"}, {true, "wrong type, a boolean"}} {
		add(w.what, w.value)
	}
	switch {
	case t.Elem != nil:
		for _, v := range g.violations(s, t.Elem, depth+1) {
			add("an element: "+v.what, []any{v.value})
		}
	case def.Kind == ast.Enum:
		add("not in the enumeration", stranger)
	case def.Kind == ast.InputObject:
		out = append(out, g.brokenObjects(s, def, depth)...)
	case def.Name == "Int":
		add("beyond 32 bits", int64(math.MaxInt32)+1)
		add("a number in quotes", "1")
	}
	return out[:min(len(out), 3*maxVariants)]
}

func (g *Generator) brokenObjects(s *Schema, def *ast.Definition, depth int) []sample {
	var out []sample
	for _, f := range def.Fields {
		if required(f.Type, f.DefaultValue) && g.work <= maxWork {
			o := g.object(s, def, full, depth)
			delete(o, f.Name)
			out = append(out, sample{o, "without the required field " + f.Name})
		}
	}
	more := g.object(s, def, full, depth)
	more[stranger] = "extra"
	out = append(out, sample{more, "with a field that does not exist"})
	return append(out, g.members(s, def, depth, g.violations)...)
}
