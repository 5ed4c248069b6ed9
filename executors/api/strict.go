package api

import (
	"errors"
	"strings"
)

// applicators are keywords whose schemas judge the same value as the schema
// that holds them.
var applicators = []string{"allOf", "anyOf", "oneOf", "if", "then", "else"}

// strict closes every object of a schema that names properties: it gets
// unevaluatedProperties: false where the value begins, so that what parts of it
// (allOf, $ref) name counts too. What says itself which others it takes stays.
func strict(doc any) (any, error) {
	root, ok := doc.(map[string]any)
	if !ok {
		return doc, nil
	}
	if draft, _ := root["$schema"].(string); draft != "" && !strings.Contains(draft, "2020-12") && !strings.Contains(draft, "2019-09") {
		return nil, errors.New("strict needs a schema of draft 2019-09 or 2020-12")
	}
	s := strictener{root: root}
	out := s.value(copyJSON(root))
	if m, ok := out.(map[string]any); ok {
		for _, key := range []string{"$defs", "definitions"} {
			if defs, ok := m[key].(map[string]any); ok {
				for name, d := range defs {
					defs[name] = s.inner(d)
				}
			}
		}
	}
	return out, nil
}

type strictener struct{ root map[string]any }

// value closes the schema of a value.
func (s strictener) value(v any) any {
	schema, ok := v.(map[string]any)
	if !ok {
		return v
	}
	closed := s.namesProperties(schema, map[string]bool{})
	s.inner(schema)
	_, additional := schema["additionalProperties"]
	_, unevaluated := schema["unevaluatedProperties"]
	if closed && !additional && !unevaluated {
		schema["unevaluatedProperties"] = false
	}
	return schema
}

// inner closes the values below a schema, but not its own.
func (s strictener) inner(v any) any {
	schema, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for _, key := range []string{"properties", "patternProperties"} {
		if of, ok := schema[key].(map[string]any); ok {
			for name, p := range of {
				of[name] = s.value(p)
			}
		}
	}
	for _, key := range []string{"items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"} {
		if of, ok := schema[key]; ok {
			schema[key] = s.value(of)
		}
	}
	if list, ok := schema["prefixItems"].([]any); ok {
		for i := range list {
			list[i] = s.value(list[i])
		}
	}
	for _, key := range applicators {
		switch of := schema[key].(type) {
		case []any:
			for i := range of {
				of[i] = s.inner(of[i])
			}
		case map[string]any:
			s.inner(of)
		}
	}
	return schema
}

// namesProperties reports whether a schema, or what it applies to the same
// value, says which properties there are.
func (s strictener) namesProperties(schema map[string]any, seen map[string]bool) bool {
	if _, ok := schema["properties"]; ok {
		return true
	}
	if ref, ok := schema["$ref"].(string); ok && !seen[ref] {
		seen[ref] = true
		if target, ok := s.resolve(ref); ok && s.namesProperties(target, seen) {
			return true
		}
	}
	for _, key := range applicators {
		switch of := schema[key].(type) {
		case []any:
			for _, e := range of {
				if m, ok := e.(map[string]any); ok && s.namesProperties(m, seen) {
					return true
				}
			}
		case map[string]any:
			if s.namesProperties(of, seen) {
				return true
			}
		}
	}
	return false
}

// resolve follows a reference into the schema itself.
func (s strictener) resolve(ref string) (map[string]any, bool) {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	var at any = s.root
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		object, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	out, ok := at.(map[string]any)
	return out, ok
}
