package executors

import (
	"errors"
	"strings"
)

// applicators are keywords whose schemas judge the same value as the schema
// that holds them.
var applicators = []string{"allOf", "anyOf", "oneOf", "if", "then", "else"}

// StrictSchema closes every object of a JSON Schema that names properties: it
// gets unevaluatedProperties: false where the value begins, so that what parts
// of it (allOf, $ref) name counts too. What says itself which others it takes
// stays. The schema that it is given stays as it was.
func StrictSchema(doc any) (any, error) {
	root, ok := doc.(map[string]any)
	if !ok {
		return doc, nil
	}
	if draft, _ := root["$schema"].(string); draft != "" && !strings.Contains(draft, "2020-12") && !strings.Contains(draft, "2019-09") {
		return nil, errors.New("strict needs a schema of draft 2019-09 or 2020-12")
	}
	s := &strictener{root: root}
	out := s.value(copyTree(root))
	if m, ok := out.(map[string]any); ok {
		s.named(m["$defs"])
		s.named(m["definitions"])
	}
	return out, s.spent()
}

// StrictDocument does the same for the schemas of an OpenAPI document, in the
// words of JSON Schema 2020-12. It returns the document with its named schemas
// closed within, and what closes a schema that a value is judged by; neither
// changes what it is given.
func StrictDocument(root map[string]any) (closed map[string]any, schema func(any) (any, error)) {
	closed, _ = copyTree(root).(map[string]any)
	s := &strictener{root: root}
	if components, ok := closed["components"].(map[string]any); ok {
		s.named(components["schemas"])
	}
	return closed, func(v any) (any, error) {
		v = s.value(copyTree(v))
		return v, s.spent()
	}
}

// maxStrictSteps bounds how many schemas are looked at to close one document:
// long chains of references, each followed from many places, are many times its
// size.
const maxStrictSteps = 5_000_000

type strictener struct {
	root  map[string]any
	steps int
}

func (s *strictener) spent() error {
	if s.steps > maxStrictSteps {
		return errors.New("its references are too many for strict")
	}
	return nil
}

// named closes what schemas hold that others refer to. They themselves stay
// open: one that is a part of another says only some of its properties.
func (s *strictener) named(schemas any) {
	if of, ok := schemas.(map[string]any); ok {
		for name, schema := range of {
			of[name] = s.inner(schema)
		}
	}
}

// value closes the schema of a value.
func (s *strictener) value(v any) any {
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
func (s *strictener) inner(v any) any {
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
func (s *strictener) namesProperties(schema map[string]any, seen map[string]bool) bool {
	if s.steps++; s.steps > maxStrictSteps {
		return false
	}
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
func (s *strictener) resolve(ref string) (map[string]any, bool) {
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

// copyTree copies lists and objects.
func copyTree(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copyTree(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = copyTree(e)
		}
		return out
	}
	return v
}
