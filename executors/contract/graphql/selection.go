package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// selection selects fields of a type, plain ones before those that lead further,
// so that a bound meets the depths first. A type without fields needs none.
func (g *Generator) selection(s *Schema, name string, depth int, how fullness) []*selected {
	def := s.ast.Types[name]
	if def == nil || !def.IsCompositeType() {
		return nil
	}
	var out []*selected
	if def.IsAbstractType() {
		out = append(out, typename()) // which tells what else is to be there
	}
	out = append(out, g.fieldsOf(s, def, "", depth, how)...)
	if def.IsAbstractType() && how != minimal {
		for _, p := range s.ast.GetPossibleTypes(def) {
			out = append(out, g.fieldsOf(s, p, p.Name, depth-1, how)...)
		}
	}
	if len(out) == 0 {
		out = append(out, typename())
	}
	return out
}

// fieldsOf selects the fields of a type; within a fragment they get names of
// their own, since fields of two types may differ under one name.
func (g *Generator) fieldsOf(s *Schema, def *ast.Definition, on string, depth int, how fullness) []*selected {
	var out []*selected
	take := func(leaves bool) {
		for _, f := range def.Fields {
			target := s.ast.Types[f.Type.Name()]
			if target == nil || len(f.Name) > 1 && f.Name[:2] == "__" || target.IsLeafType() != leaves {
				continue
			}
			switch {
			case g.left <= 0, !leaves && depth <= 1, how == minimal && len(out) > 0, how == byChance && g.Rand.IntN(2) == 0, g.needsGuess(s, f):
				continue
			}
			g.left--
			e := &selected{def: f, on: on, name: f.Name, args: map[string]any{}}
			if on != "" {
				e.name = on + "_" + f.Name
			}
			g.arguments(s, f, e.args, minimal)
			if !leaves {
				e.sub = g.selection(s, target.Name, depth-1, how)
			}
			out = append(out, e)
		}
	}
	take(true)
	take(false)
	return out
}

// needsGuess reports whether a field within a selection asks for a value that
// nobody knows.
func (g *Generator) needsGuess(s *Schema, f *ast.FieldDefinition) bool {
	for _, a := range f.Arguments {
		if required(a.Type, a.DefaultValue) && g.unknown(s, a.Type) {
			return true
		}
	}
	return false
}
