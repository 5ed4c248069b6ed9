package byrules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/importing"
)

// maxVariants bounds the steps of a case about limits.
const maxVariants = 20

// variant is a request with one value changed.
type variant struct {
	name string
	set  func(r *request)
}

// limits sends values that lie at the limits of the document: it must take them.
// The least and the most are cases of their own, as what one request leaves
// behind can keep the other from being taken.
func (g *openapi) limits(op importing.Operation) {
	status := goodStatus(op)
	if op.Secured || status == "" {
		return
	}
	for _, end := range []string{"most", "least"} {
		steps := g.variants(op, g.within(op, end), g.answers(op, status)[:1])
		if len(steps) > 0 {
			g.one(op, limits+" "+end, end, op.Name()+" takes the "+end+" that its document allows", steps...)
		}
	}
}

// refused sends values that the document does not allow: it must refuse them as
// it says that it does.
func (g *openapi) refused(op importing.Operation) {
	var codes []any
	status := ""
	for _, code := range []string{"400", "422"} {
		if _, ok := op.Responses[code]; ok {
			codes, status = append(codes, statusValue(code)), code
		}
	}
	if op.Secured || len(codes) == 0 {
		return
	}
	checks := g.answers(op, status)
	checks[0] = draft.Pairs{"status", codes}
	if len(codes) == 1 {
		checks[0] = draft.Pairs{"status", codes[0]}
	}
	steps := g.variants(op, g.beyond(op), checks)
	if len(steps) > 0 {
		g.one(op, refused, refused, op.Name()+" refuses what its document does not allow", steps...)
	}
}

func (g *openapi) variants(op importing.Operation, list []variant, checks []draft.Pairs) []draft.StepDoc {
	var steps []draft.StepDoc
	var values map[string]string
	if before := g.below[op.Name()]; before != nil && len(list) > 0 {
		steps, values = append(steps, before.steps[0]), before.values
	}
	for _, v := range list[:min(len(list), maxVariants)] {
		r, why := g.request(op, values)
		if why != "" {
			return nil
		}
		r.name = g.line(v.name)
		v.set(&r)
		steps = append(steps, r.step(checks))
	}
	return steps
}

// within are values at one end of what parameters and fields may be.
func (g *openapi) within(op importing.Operation, end string) []variant {
	var out []variant
	for _, p := range queries(op) {
		if v, ok := edge(p.Schema, end); ok {
			out = append(out, query(g, p.Name, v))
		}
	}
	g.fields(op, func(path []string, schema map[string]any, _ bool) {
		if v, ok := edge(schema, end); ok {
			out = append(out, field(path, v, ""))
		}
	})
	return out
}

// beyond are values that the document does not allow.
func (g *openapi) beyond(op importing.Operation) []variant {
	var out []variant
	for _, p := range queries(op) {
		for _, v := range outside(p.Schema) {
			out = append(out, query(g, p.Name, v))
		}
		if kind := p.Schema["type"]; kind == "integer" || kind == "number" {
			out = append(out, query(g, p.Name, "no-number"))
		}
	}
	g.fields(op, func(path []string, schema map[string]any, required bool) {
		if required {
			out = append(out, without(path))
		}
		if v, ok := otherType(schema); ok {
			out = append(out, field(path, v, "of another type"))
		}
		for _, v := range outside(schema) {
			out = append(out, field(path, v, ""))
		}
	})
	if op.Body != nil && op.Body.Schema["additionalProperties"] == false {
		out = append(out, field([]string{"semantestUnknown"}, true, "which the document does not know"))
	}
	return out
}

func queries(op importing.Operation) []importing.Parameter {
	return slices.DeleteFunc(slices.Clone(op.Parameters), func(p importing.Parameter) bool { return p.In != "query" })
}

// fields tells the fields of a JSON body that are no lists, two levels deep.
func (g *openapi) fields(op importing.Operation, tell func(path []string, schema map[string]any, required bool)) {
	if op.Body == nil {
		return
	}
	var walk func(schema map[string]any, path []string)
	walk = func(schema map[string]any, path []string) {
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			own := g.api.Flat(properties[name])
			at := append(slices.Clone(path), name)
			if strings.Contains(name, "${{") {
				continue
			}
			tell(at, own, slices.Contains(required, any(name)))
			if own["type"] == "object" && len(path) == 0 {
				walk(own, at)
			}
		}
	}
	walk(op.Body.Schema, nil)
}

func query(g *openapi, name string, v any) variant {
	text := plain(v)
	return variant{fmt.Sprintf("%s is %s", name, brief(text)), func(r *request) {
		r.query[g.text(name)] = text
	}}
}

func field(path []string, v any, what string) variant {
	name := strings.Join(path, ".") + " is " + brief(plain(v))
	if what != "" {
		name = strings.Join(path, ".") + ", " + what
	}
	return variant{name, func(r *request) { at(r.body, path, func(m map[string]any, key string) { m[key] = v }) }}
}

func without(path []string) variant {
	return variant{"without " + strings.Join(path, "."), func(r *request) {
		at(r.body, path, func(m map[string]any, key string) { delete(m, key) })
	}}
}

// at changes the mapping that holds the field.
func at(body any, path []string, change func(m map[string]any, key string)) {
	for _, name := range path[:len(path)-1] {
		m, _ := body.(map[string]any)
		body = m[name]
	}
	if m, ok := body.(map[string]any); ok {
		change(m, path[len(path)-1])
	}
}

func brief(text string) string {
	if len(text) > 30 {
		return fmt.Sprintf("%d characters long", len(text))
	}
	return strconv.Quote(text)
}

// maxText bounds texts at and beyond limits.
const maxText = 2000

// edge is the most or the least that a schema allows.
func edge(s map[string]any, end string) (any, bool) {
	switch s["type"] {
	case "integer":
		n, ok := whole(s[map[string]string{"most": "maximum", "least": "minimum"}[end]])
		return n, ok
	case "string":
		if s["format"] != nil || s["pattern"] != nil || s["enum"] != nil {
			return nil, false
		}
		n, ok := whole(s[map[string]string{"most": "maxLength", "least": "minLength"}[end]])
		if ok && n > 0 && n <= maxText {
			return strings.Repeat("a", int(n)), true
		}
	}
	return nil, false
}

// outside are values just beyond the limits of a schema.
func outside(s map[string]any) []any {
	var out []any
	switch s["type"] {
	case "integer":
		if n, ok := whole(s["minimum"]); ok {
			out = append(out, n-1)
		}
		if n, ok := whole(s["maximum"]); ok {
			out = append(out, n+1)
		}
	case "string":
		if n, ok := whole(s["minLength"]); ok && n > 0 && n <= maxText {
			out = append(out, strings.Repeat("a", int(n)-1))
		}
		if n, ok := whole(s["maxLength"]); ok && n < maxText {
			out = append(out, strings.Repeat("a", int(n)+1))
		}
	}
	if list, _ := s["enum"].([]any); len(list) > 0 {
		out = append(out, "semantest-no-such-value")
	}
	return out
}

// otherType is a value of another type than the schema's.
func otherType(s map[string]any) (any, bool) {
	switch s["type"] {
	case "string":
		return 12345, true
	case "integer", "number", "boolean":
		return "text", true
	case "object", "array":
		return "text", true
	}
	return nil, false
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), math.Abs(float64(v)) < 1e15
	case int64:
		return v, math.Abs(float64(v)) < 1e15
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1e15
	}
	return 0, false
}
