package graphql

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// Schema is what operations are made from.
type Schema struct {
	ast *ast.Schema
}

// New takes a schema that was read.
func New(s *ast.Schema) *Schema { return &Schema{s} }

// Field is a field of the query or mutation type.
type Field struct {
	schema *Schema
	root   *ast.Definition
	kind   ast.Operation
	def    *ast.FieldDefinition
}

// Name is how findings call the field: "Query.products".
func (f *Field) Name() string { return f.root.Name + "." + f.def.Name }

// Mutates reports whether the field belongs to the mutations.
func (f *Field) Mutates() bool { return f.kind == ast.Mutation }

// Arguments lists the names of the field's arguments.
func (f *Field) Arguments() []string {
	names := make([]string, len(f.def.Arguments))
	for i, a := range f.def.Arguments {
		names[i] = a.Name
	}
	return names
}

// Fields lists the fields of the roots as a caller would use them: queries that
// need nothing first, so that ids are known when they are needed; mutations last,
// and only where they are wanted.
func (s *Schema) Fields(mutations bool) []*Field {
	var out []*Field
	add := func(root *ast.Definition, kind ast.Operation) {
		if root == nil {
			return
		}
		for _, def := range root.Fields {
			if !strings.HasPrefix(def.Name, "__") {
				out = append(out, &Field{s, root, kind, def})
			}
		}
	}
	add(s.ast.Query, ast.Query)
	if mutations {
		add(s.ast.Mutation, ast.Mutation)
	}
	slices.SortStableFunc(out, func(a, b *Field) int {
		if a.kind != b.kind {
			return strings.Compare(string(b.kind), string(a.kind)) // query, then mutation
		}
		return a.needs() - b.needs()
	})
	return out
}

// needs counts the arguments that must be given.
func (f *Field) needs() int {
	n := 0
	for _, a := range f.def.Arguments {
		if required(a.Type, a.DefaultValue) {
			n++
		}
	}
	return n
}

func required(t *ast.Type, def *ast.Value) bool { return t.NonNull && def == nil }

// Reachable lists, for every object type that the fields lead to, its fields.
func (s *Schema) Reachable(fields []*Field) map[string][]string {
	out := map[string][]string{}
	for _, f := range fields {
		out[f.root.Name] = append(out[f.root.Name], f.def.Name)
	}
	for name := range s.closure(fields, false) {
		def := s.ast.Types[name]
		if def.Kind != ast.Object || out[name] != nil {
			continue
		}
		for _, f := range def.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				out[name] = append(out[name], f.Name)
			}
		}
	}
	return out
}

// closure is every type that the fields lead to, with inputs where wanted.
func (s *Schema) closure(fields []*Field, inputs bool) map[string]bool {
	seen := map[string]bool{}
	var queue []string
	want := func(name string) {
		if !seen[name] && s.ast.Types[name] != nil {
			seen[name] = true
			queue = append(queue, name)
		}
	}
	follow := func(f *ast.FieldDefinition) {
		want(f.Type.Name())
		for _, a := range f.Arguments {
			if inputs {
				want(a.Type.Name())
			}
		}
	}
	for _, f := range fields {
		follow(f.def)
	}
	for len(queue) > 0 {
		def := s.ast.Types[queue[0]]
		queue = queue[1:]
		for _, f := range def.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				follow(f)
			}
		}
		for _, other := range slices.Concat(def.Types, def.Interfaces) {
			want(other)
		}
		if def.IsAbstractType() {
			for _, p := range s.ast.GetPossibleTypes(def) {
				want(p.Name)
			}
		}
	}
	return seen
}

// Excerpt writes the part of the schema that one field needs.
func (s *Schema) Excerpt(f *Field) string {
	doc := &ast.SchemaDocument{}
	names := s.closure([]*Field{f}, true)
	roots := ast.OperationTypeDefinitionList{{Operation: f.kind, Type: f.root.Name}}
	if f.kind == ast.Mutation { // a schema has queries, also where none is needed
		roots = append(roots, &ast.OperationTypeDefinition{Operation: ast.Query, Type: s.ast.Query.Name})
		if !names[s.ast.Query.Name] {
			doc.Definitions = append(doc.Definitions, &ast.Definition{Kind: ast.Object, Name: s.ast.Query.Name,
				Fields: ast.FieldList{{Name: "none", Type: ast.NamedType("String", nil)}}})
		}
	}
	doc.Schema = ast.SchemaDefinitionList{{OperationTypes: roots}}
	if !names[f.root.Name] {
		doc.Definitions = append(doc.Definitions, plain(&ast.Definition{Kind: ast.Object, Name: f.root.Name, Fields: ast.FieldList{f.def}}))
	}
	list := make([]string, 0, len(names))
	for name := range names {
		if !s.ast.Types[name].BuiltIn {
			list = append(list, name)
		}
	}
	sort.Strings(list)
	for _, name := range list {
		doc.Definitions = append(doc.Definitions, plain(s.ast.Types[name]))
	}
	var b bytes.Buffer
	formatter.NewFormatter(&b).FormatSchemaDocument(doc)
	return b.String()
}

// plain is a definition without words and without directives, but for @oneOf.
func plain(d *ast.Definition) *ast.Definition {
	out := &ast.Definition{Kind: d.Kind, Name: d.Name, Interfaces: d.Interfaces, Types: d.Types}
	if oneOf := d.Directives.ForName("oneOf"); oneOf != nil {
		out.Directives = ast.DirectiveList{oneOf}
	}
	for _, v := range d.EnumValues {
		out.EnumValues = append(out.EnumValues, &ast.EnumValueDefinition{Name: v.Name})
	}
	for _, f := range d.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		own := &ast.FieldDefinition{Name: f.Name, Type: f.Type, DefaultValue: f.DefaultValue}
		for _, a := range f.Arguments {
			own.Arguments = append(own.Arguments, &ast.ArgumentDefinition{Name: a.Name, Type: a.Type, DefaultValue: a.DefaultValue})
		}
		out.Fields = append(out.Fields, own)
	}
	return out
}
