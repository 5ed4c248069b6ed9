package spec

import (
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestTags reads every tag of the plan language: a wrong one must not wait for
// the plan that meets it.
func TestTags(t *testing.T) {
	t.Parallel()
	for _, table := range tables {
		l := layoutOf(table.typ)
		for _, f := range l.fields {
			name := table.typ.Name() + "." + f.name
			if f.doc == "" || !strings.HasSuffix(f.doc, ".") || f.example == "" {
				t.Errorf("%s needs a doc that is a sentence, and an example", name)
			}
			for _, form := range []string{f.pattern, f.keys} {
				if _, ok := forms[form]; form != "" && !ok {
					t.Errorf("%s: there is no form %q", name, form)
				}
			}
			if f.matcher != "" && matchersOf[f.matcher] == nil {
				t.Errorf("%s: there is no matcher %q", name, f.matcher)
			}
			if f.typ == reflect.TypeFor[*Matcher]() && f.matcher == "" {
				t.Errorf("%s: what does its short form mean?", name)
			}
		}
	}
}

// TestExamples reads the example of every key as that key's value.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, table := range tables {
		for _, f := range layoutOf(table.typ).fields {
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(f.example), &doc); err != nil {
				t.Errorf("%s.%s: %v", table.typ.Name(), f.name, err)
				continue
			}
			d, v := newDecoder(), &validator{}
			root := &place{index: -1}
			at := root.child(f.name, doc.Content[0], doc.Content[0])
			out := reflect.New(f.typ).Elem()
			d.value(at, out, f, f.kind, 0)
			v.decoder, v.plan = d, &Plan{}
			switch value := out.Interface().(type) {
			case *Matcher:
				v.matcherOf(value, f.matcher, f.name)
			case *Locator:
				v.locator(value)
			case *Expect:
				v.expect(value)
			}
			if err := d.err(); err != nil {
				t.Errorf("%s.%s: %s: %v", table.typ.Name(), f.name, f.example, err)
			}
			if out.IsZero() && f.example != "false" && f.example != "0" {
				t.Errorf("%s.%s: the example %s was not read", table.typ.Name(), f.name, f.example)
			}
		}
	}
}

// TestEveryStructHasATable keeps the reference whole.
func TestEveryStructHasATable(t *testing.T) {
	t.Parallel()
	listed := map[reflect.Type]bool{}
	for _, table := range tables {
		listed[table.typ] = true
	}
	var visit func(reflect.Type)
	seen := map[reflect.Type]bool{}
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(typ.Elem())
		case reflect.Struct:
			if seen[typ] || typ == reflect.TypeFor[Value]() || typ == reflect.TypeFor[Schema]() {
				return
			}
			seen[typ] = true
			if !listed[typ] {
				t.Errorf("%s has no table in the reference", typ.Name())
			}
			for i := range typ.NumField() {
				if _, written := typ.Field(i).Tag.Lookup("yaml"); written {
					visit(typ.Field(i).Type)
				}
			}
		}
	}
	visit(reflect.TypeFor[Plan]())
}
