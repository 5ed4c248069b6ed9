package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// JSONSchema returns the JSON Schema (draft 2020-12) of plan files, for editors
// and for the checks of other programs. It says what the shape of a plan can
// be; Parse also checks what only the whole plan can say. It is made from the
// tags of the types of this package.
func JSONSchema() []byte {
	g := schemaMaker{defs: map[string]any{}}
	root := g.object(layoutOf(reflect.TypeFor[Plan]()))
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Semantest plan"
	root["description"] = "A named acceptance specification. See docs/plan-format.md."
	root["$defs"] = g.defs
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic("spec: the schema of the plan cannot be written: " + err.Error())
	}
	return b.Bytes()
}

type object = map[string]any

type schemaMaker struct{ defs map[string]any }

// ref returns a reference to the definition of a struct, which it makes once.
func (g schemaMaker) ref(t reflect.Type) object {
	name := t.Name()
	if _, ok := g.defs[name]; !ok {
		g.defs[name] = nil // ends the recursion
		g.defs[name] = g.object(layoutOf(t))
	}
	return object{"$ref": "#/$defs/" + name}
}

func (g schemaMaker) object(l *layout) object {
	properties, required := object{}, []string{}
	for _, f := range l.fields {
		if f.kind != "" {
			properties[f.name] = true // what it must be depends on the kind
			continue
		}
		properties[f.name] = g.property(f)
		if f.required {
			required = append(required, f.name)
		}
	}
	out := object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	var all []any
	for _, group := range l.groups {
		all = append(all, groupRule(group)...)
	}
	if l.kinds {
		for _, kind := range planKinds() {
			all = append(all, g.kindRule(l, kind))
		}
	}
	if len(all) > 0 {
		out["allOf"] = all
	}
	return out
}

// groupRule says that one of the keys, or at most one, is there.
func groupRule(g group) []any {
	if g.exact {
		var one []any
		for _, f := range g.fields {
			one = append(one, object{"required": []string{f.name}})
		}
		return []any{object{"oneOf": one}}
	}
	var rules []any
	for i, a := range g.fields {
		for _, b := range g.fields[i+1:] {
			rules = append(rules, object{"not": object{"required": []string{a.name, b.name}}})
		}
	}
	return rules
}

func (g schemaMaker) kindRule(l *layout, kind Kind) object {
	properties, required := object{}, []string{}
	for _, f := range l.fields {
		switch {
		case f.kind == "":
		case l.has(f, kind):
			properties[f.name] = g.property(f)
			if f.required {
				required = append(required, f.name)
			}
		default:
			if _, ok := properties[f.name]; !ok {
				properties[f.name] = false
			}
		}
	}
	return object{
		"if":   object{"properties": object{"kind": object{"const": string(kind)}}, "required": []string{"kind"}},
		"then": object{"properties": properties, "required": required},
	}
}

// property is the schema of a key with what authors read about it.
func (g schemaMaker) property(f *field) object {
	out := g.value(f.typ, f)
	doc := f.doc
	if f.def != "" {
		doc += " Default: " + f.def + "."
	}
	out["description"] = doc
	if f.example != "" {
		out["examples"] = []any{exampleValue(f.example)}
	}
	return out
}

func (g schemaMaker) value(t reflect.Type, f *field) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Value]():
		return object{}
	case reflect.TypeFor[Duration]():
		return durationSchema()
	case reflect.TypeFor[StringList]():
		return object{"anyOf": []any{textSchema(nil), object{"type": "array", "items": textSchema(nil)}}}
	case reflect.TypeFor[Schema]():
		return object{"anyOf": []any{
			object{"type": "string", "pattern": forms["file"].expression}, object{"type": "object"}, object{"type": "boolean"},
		}}
	case reflect.TypeFor[Matcher]():
		return g.matcher(f)
	}
	switch t.Kind() {
	case reflect.String:
		return textSchema(f)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return limited(object{"type": "integer"}, f, "minimum", "maximum")
	case reflect.Float64:
		out := limited(object{"type": "number"}, f, "minimum", "maximum")
		if f != nil && f.word != nil {
			return object{"anyOf": []any{out, object{"const": f.word.word}}}
		}
		return out
	case reflect.Slice:
		items := g.value(t.Elem(), nil)
		element(items, f)
		if f.keys != "" {
			items["pattern"] = orReference(forms[f.keys].expression)
		}
		return limited(object{"type": "array", "items": items}, f, "minItems", "maxItems")
	case reflect.Map:
		if f == nil {
			f = &field{}
		}
		values := g.value(t.Elem(), &field{})
		element(values, f)
		out := object{"type": "object", "additionalProperties": values}
		if f.keys != "" {
			out["propertyNames"] = object{"pattern": forms[f.keys].expression}
		}
		return limited(out, f, "minProperties", "maxProperties")
	}
	ref := g.ref(t)
	if short := layoutOf(t).short; short != nil {
		return object{"anyOf": []any{g.value(short.typ, short), ref}}
	}
	return object{"anyOf": []any{ref}}
}

// matcher is a matcher with its short form.
func (g schemaMaker) matcher(f *field) object {
	mapping := g.ref(reflect.TypeFor[Matcher]())
	switch f.matcher {
	case matchStatus:
		code := object{"anyOf": []any{
			object{"type": "integer", "minimum": 100, "maximum": 599},
			object{"type": "string", "pattern": orReference("^[1-5][xX][xX]$")},
		}}
		return object{"anyOf": []any{code, object{"type": "array", "items": code, "minItems": 1, "maxItems": 100}, mapping}}
	case matchDuration:
		d := durationSchema()
		d["pattern"] = orReference(durationForm.String())
		return object{"anyOf": []any{d, mapping}}
	}
	return object{"anyOf": []any{textSchema(nil), mapping}}
}

func durationSchema() object {
	return object{"type": "string", "pattern": durationForm.String()}
}

// textSchema is text, which may be written like a number or a boolean.
func textSchema(f *field) object {
	out := object{"type": []string{"string", "number", "boolean"}}
	if f == nil {
		return out
	}
	if f.enum != nil {
		var values []any
		for _, e := range f.enum {
			values = append(values, e)
			if v, ok := parsePlain(e); ok {
				values = append(values, v)
			}
		}
		return object{"enum": values}
	}
	if f.pattern != "" {
		out["pattern"] = orReference(forms[f.pattern].expression)
		if forms[f.pattern].always {
			out["pattern"] = forms[f.pattern].expression
		}
	}
	return limited(out, f, "minLength", "maxLength")
}

// orReference lets text pass that gets its form only when a variable is filled
// in.
func orReference(expression string) string { return `\$\{\{|` + expression }

func limited(out object, f *field, low, high string) object {
	if f != nil && f.min != nil {
		out[low] = *f.min
	}
	if f != nil && f.max != nil {
		out[high] = *f.max
	}
	return out
}

// element sets the limits of the elements of a list or mapping.
func element(out object, f *field) {
	if f.each == nil {
		return
	}
	low, high := "minLength", "maxLength"
	if out["type"] == "array" {
		low, high = "minItems", "maxItems"
	}
	out[low], out[high] = f.each[0], f.each[1]
}

// exampleValue reads an example as the value that it stands for.
func exampleValue(text string) any {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		panic(fmt.Sprintf("spec: the example %s: %v", text, err))
	}
	d := newDecoder()
	v, ok := d.nested(&place{index: -1, at: &doc, node: doc.Content[0]}, 0)
	if err := d.err(); err != nil || !ok {
		panic(fmt.Sprintf("spec: the example %s: %v", text, err))
	}
	return v
}
