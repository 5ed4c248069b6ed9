package graph_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestEverythingIsDescribed reads the schema as clients see it: what people
// find in GraphiQL is the API's first documentation.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	types := 0
	for _, def := range schema.Types {
		if def.BuiltIn {
			continue
		}
		types++
		// The three roots need none: their fields say it all.
		if root := def == schema.Query || def == schema.Mutation || def == schema.Subscription; !root {
			described(t, def.Name, def.Description)
		}
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(t, def.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(t, def.Name+"."+f.Name+"("+a.Name+":)", a.Description)
			}
		}
		for _, v := range def.EnumValues {
			described(t, def.Name+"."+v.Name, v.Description)
		}
	}
	if types < 40 {
		t.Errorf("only %d types were found", types)
	}
	for _, d := range schema.Directives {
		if d.Position == nil || d.Position.Src.BuiltIn {
			continue
		}
		described(t, "@"+d.Name, d.Description)
		for _, a := range d.Arguments {
			described(t, "@"+d.Name+"("+a.Name+":)", a.Description)
		}
	}
}

// TestNamesFollowTheRules holds what clients rely on: mutations take one input
// and give a payload, both named after them and with clientMutationId, and
// lists come in pages.
func TestNamesFollowTheRules(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	for _, m := range schema.Mutation.Fields {
		name := strings.ToUpper(m.Name[:1]) + m.Name[1:]
		if len(m.Arguments) != 1 || m.Arguments[0].Name != "input" || m.Arguments[0].Type.String() != name+"Input!" {
			t.Errorf("mutation %s does not take input: %sInput!", m.Name, name)
		}
		if m.Type.String() != name+"Payload!" {
			t.Errorf("mutation %s gives %s, not %sPayload!", m.Name, m.Type, name)
		}
		for _, of := range []string{name + "Input", name + "Payload"} {
			if def := schema.Types[of]; def == nil || def.Fields.ForName("clientMutationId") == nil {
				t.Errorf("%s has no clientMutationId", of)
			}
		}
	}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			if !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			if f.Arguments.ForName("first") == nil || f.Arguments.ForName("after") == nil {
				t.Errorf("%s.%s is a list without first and after", def.Name, f.Name)
			}
			for _, part := range []string{"edges", "nodes", "pageInfo", "totalCount"} {
				if schema.Types[f.Type.Name()].Fields.ForName(part) == nil {
					t.Errorf("%s has no %s", f.Type.Name(), part)
				}
			}
		}
	}
}

func described(t *testing.T, what, description string) {
	t.Helper()
	if text := strings.TrimSpace(description); !strings.HasSuffix(text, ".") {
		t.Errorf("%s needs a description that ends like a sentence, not %q", what, text)
	}
}

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema files: %v", err)
	}
	var sources []*ast.Source
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
