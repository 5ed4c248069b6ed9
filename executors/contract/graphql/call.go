package graphql

import (
	"fmt"
	"maps"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Call is an operation on one field, by its values, so that it can be made
// smaller.
type Call struct {
	Field *Field
	What  string // what is special about it
	Sure  bool   // no value is a guess, so the schema says that it must be accepted

	args      map[string]any // those that are given
	selection []*selected
	extra     string // an argument that the field does not have
	bare      bool   // without the selection that its type asks for
}

// selected is a field of a selection.
type selected struct {
	def  *ast.FieldDefinition // nil is __typename
	on   string               // the type of an inline fragment, or ""
	name string               // as the answer calls it
	args map[string]any
	sub  []*selected
}

func (c *Call) clone() *Call {
	n := *c
	n.args = maps.Clone(c.args)
	return &n
}

// Arguments lists the arguments that are given.
func (c *Call) Arguments() []string { return sorted(c.args) }

// Document writes the operation and its variables.
func (c *Call) Document() (query string, variables map[string]any) {
	w := &writer{variables: map[string]any{}}
	w.b.WriteString(" { " + c.Field.def.Name)
	w.arguments(c.Field.def.Arguments, c.args, c.extra)
	if !c.bare {
		w.selection(c.selection)
	}
	w.b.WriteString(" }")
	head := string(c.Field.kind) + " Semantest"
	if len(w.declared) > 0 {
		head += "(" + strings.Join(w.declared, ", ") + ")"
	}
	return head + w.b.String(), w.variables
}

type writer struct {
	b         strings.Builder
	declared  []string
	variables map[string]any
}

// arguments writes every value as a variable.
func (w *writer) arguments(defs ast.ArgumentDefinitionList, args map[string]any, extra string) {
	var parts []string
	for _, a := range defs {
		v, ok := args[a.Name]
		if !ok {
			continue
		}
		name := a.Name
		if _, taken := w.variables[name]; taken {
			name = fmt.Sprintf("%s_%d", name, len(w.declared))
		}
		w.variables[name] = v
		w.declared = append(w.declared, "$"+name+": "+a.Type.String())
		parts = append(parts, a.Name+": $"+name)
	}
	if extra != "" {
		parts = append(parts, extra+": 1")
	}
	if len(parts) > 0 {
		w.b.WriteString("(" + strings.Join(parts, ", ") + ")")
	}
}

func (w *writer) selection(list []*selected) {
	if len(list) == 0 {
		return
	}
	w.b.WriteString(" {")
	for i, s := range list {
		if s.on != "" && (i == 0 || list[i-1].on != s.on) {
			w.b.WriteString(" ... on " + s.on + " {")
		}
		w.b.WriteByte(' ')
		if s.def == nil {
			w.b.WriteString(s.name)
		} else {
			if s.name != s.def.Name {
				w.b.WriteString(s.name + ": ")
			}
			w.b.WriteString(s.def.Name)
			w.arguments(s.def.Arguments, s.args, "")
			w.selection(s.sub)
		}
		if s.on != "" && (i == len(list)-1 || list[i+1].on != s.on) {
			w.b.WriteString(" }")
		}
	}
	w.b.WriteString(" }")
}

// typename is what every type has.
func typename() *selected { return &selected{name: "__typename"} }
