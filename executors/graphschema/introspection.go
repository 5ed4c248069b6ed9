package graphschema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Introspection asks a server for its schema; the name of its operation is Introspection.
const Introspection = `query Introspection {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name
      fields(includeDeprecated: true) { name args { ...value } type { ...type } }
      inputFields { ...value }
      interfaces { name }
      enumValues(includeDeprecated: true) { name }
      possibleTypes { name }
    }
    directives { name locations args { ...value } }
  }
}
fragment value on __InputValue { name defaultValue type { ...type } }
fragment type on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } }
}`

type introspected struct {
	Data struct {
		Schema *struct {
			QueryType, MutationType, SubscriptionType *struct{ Name string }
			Types                                     []toldType
			Directives                                []struct {
				Name      string
				Locations []string
				Args      []toldValue
			}
		} `json:"__schema"`
	}
	Errors []struct{ Message string }
}

type toldType struct {
	Kind, Name string
	Fields     []struct {
		Name string
		Args []toldValue
		Type *toldRef
	}
	InputFields               []toldValue
	Interfaces, PossibleTypes []struct{ Name string }
	EnumValues                []struct{ Name string }
}

type toldValue struct {
	Name         string
	DefaultValue *string
	Type         *toldRef
}

type toldRef struct {
	Kind, Name string
	OfType     *toldRef
}

func (t *toldRef) String() string {
	switch {
	case t == nil:
		return "?"
	case t.Kind == "NON_NULL":
		return t.OfType.String() + "!"
	case t.Kind == "LIST":
		return "[" + t.OfType.String() + "]"
	}
	return t.Name
}

// FromIntrospection makes a schema of what a server told of it, with or without
// the key data around it.
func FromIntrospection(body []byte) (schema *ast.Schema, err error) {
	var told introspected
	if err := json.Unmarshal(body, &told); err != nil {
		return nil, fmt.Errorf("the answer to introspection is not JSON: %w", err)
	}
	if told.Data.Schema == nil {
		if err := json.Unmarshal(body, &told.Data); err != nil {
			return nil, fmt.Errorf("the answer to introspection is not JSON: %w", err)
		}
	}
	if told.Data.Schema == nil {
		if len(told.Errors) > 0 {
			return nil, fmt.Errorf("the server refuses introspection: %s", told.Errors[0].Message)
		}
		return nil, fmt.Errorf("the server tells no schema")
	}
	if schema, err = Parse(told.sdl()); err != nil {
		return nil, fmt.Errorf("the schema that the server tells is not valid: %w", err)
	}
	return schema, nil
}

// builtIn are the types and directives that every schema has.
var builtIn = map[string]bool{"String": true, "Int": true, "Float": true, "Boolean": true, "ID": true,
	"skip": true, "include": true, "deprecated": true, "specifiedBy": true, "oneOf": true, "defer": true}

// sdl writes the schema in its own language. Names are what GraphQL allows:
// anything else ends in a schema that cannot be read, and so does no harm.
func (t *introspected) sdl() string {
	var b strings.Builder
	s := t.Data.Schema
	b.WriteString("schema {")
	for _, root := range []struct {
		name string
		of   *struct{ Name string }
	}{{"query", s.QueryType}, {"mutation", s.MutationType}, {"subscription", s.SubscriptionType}} {
		if root.of != nil {
			fmt.Fprintf(&b, " %s: %s", root.name, root.of.Name)
		}
	}
	b.WriteString(" }\n")
	for _, d := range s.Directives {
		if !builtIn[d.Name] && len(d.Locations) > 0 {
			fmt.Fprintf(&b, "directive @%s%s on %s\n", d.Name, arguments(d.Args), strings.Join(d.Locations, " | "))
		}
	}
	for _, typ := range s.Types {
		if !builtIn[typ.Name] && !strings.HasPrefix(typ.Name, "__") {
			typ.write(&b)
		}
	}
	return b.String()
}

func (t *toldType) write(b *strings.Builder) {
	keyword := map[string]string{"OBJECT": "type", "INTERFACE": "interface", "INPUT_OBJECT": "input", "ENUM": "enum", "UNION": "union", "SCALAR": "scalar"}[t.Kind]
	fmt.Fprintf(b, "%s %s", keyword, t.Name)
	switch t.Kind {
	case "OBJECT", "INTERFACE":
		if names := namesOf(t.Interfaces); len(names) > 0 {
			b.WriteString(" implements " + strings.Join(names, " & "))
		}
		b.WriteString(" {\n")
		for _, f := range t.Fields {
			fmt.Fprintf(b, "  %s%s: %s\n", f.Name, arguments(f.Args), f.Type)
		}
		b.WriteString("}")
	case "INPUT_OBJECT":
		b.WriteString(" {\n")
		for _, f := range t.InputFields {
			fmt.Fprintf(b, "  %s\n", f)
		}
		b.WriteString("}")
	case "ENUM":
		fmt.Fprintf(b, " { %s }", strings.Join(namesOf(t.EnumValues), " "))
	case "UNION":
		fmt.Fprintf(b, " = %s", strings.Join(namesOf(t.PossibleTypes), " | "))
	}
	b.WriteString("\n")
}

func namesOf(list []struct{ Name string }) []string {
	names := map[string]bool{}
	for _, n := range list {
		names[n.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func arguments(args []toldValue) string {
	if len(args) == 0 {
		return ""
	}
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.String()
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func (v toldValue) String() string {
	text := v.Name + ": " + v.Type.String()
	if v.DefaultValue != nil {
		text += " = " + *v.DefaultValue
	}
	return text
}
