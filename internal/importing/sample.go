package importing

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
)

// maxSample bounds the values of one sample, maxSampleDepth how deep it goes:
// schemas may refer to themselves.
const (
	maxSample      = 500
	maxSampleDepth = 8
)

// sampleOf makes a value that fits a schema, as small as it may be.
func (o *openapi) sampleOf(schema any) any {
	o.budget, o.inside = maxSample, map[string]bool{}
	return o.sample(schema, 0)
}

func (o *openapi) sample(v any, depth int) any {
	if o.budget--; o.budget < 0 || depth > maxSampleDepth {
		return nil
	}
	if ref := str(object(v)["$ref"]); ref != "" {
		if o.inside[ref] {
			return nil // it refers to itself
		}
		o.inside[ref] = true
		defer delete(o.inside, ref)
	}
	s := o.resolve(v)
	for _, key := range []string{"example", "const", "default"} {
		if given, ok := s[key]; ok {
			return given
		}
	}
	for _, key := range []string{"examples", "enum"} {
		if given := list(s[key]); len(given) > 0 {
			return given[0]
		}
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if given := list(s[key]); len(given) > 0 {
			return o.sample(given[0], depth+1)
		}
	}
	if all := list(s["allOf"]); len(all) > 0 {
		return o.together(s, all, depth)
	}
	switch kindOf(s) {
	case "object":
		return o.sampleObject(s, depth)
	case "array":
		n := int(min(number(s["minItems"], 1), 5))
		out := make([]any, 0, max(n, 0))
		for range n {
			out = append(out, o.sample(s["items"], depth+1))
		}
		return out
	case "integer":
		return int64(math.Ceil(o.inRange(s)))
	case "number":
		return o.inRange(s)
	case "boolean":
		return true
	case "null":
		return nil
	}
	return sampleText(s)
}

// together joins the parts of allOf.
func (o *openapi) together(s map[string]any, all []any, depth int) any {
	joined := map[string]any{}
	for _, part := range append(slices.Clone(all), map[string]any{"properties": s["properties"], "required": s["required"], "type": "object"}) {
		if m, ok := o.sample(part, depth+1).(map[string]any); ok {
			maps.Copy(joined, m)
		}
	}
	return joined
}

func (o *openapi) sampleObject(s map[string]any, depth int) any {
	properties := object(s["properties"])
	wanted := map[string]bool{}
	for _, name := range list(s["required"]) {
		wanted[str(name)] = true
	}
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if wanted[name] || len(wanted) == 0 && depth == 0 {
			if v := o.sample(properties[name], depth+1); v != nil {
				out[name] = v
			}
		}
	}
	return out
}

func kindOf(s map[string]any) string {
	kind := str(s["type"])
	for _, k := range list(s["type"]) {
		if kind == "" || kind == "null" {
			kind = str(k)
		}
	}
	switch {
	case kind != "":
		return kind
	case s["properties"] != nil:
		return "object"
	case s["items"] != nil:
		return "array"
	}
	return "string"
}

func (o *openapi) inRange(s map[string]any) float64 {
	low := number(s["minimum"], math.Inf(-1))
	if low == math.Inf(-1) {
		low = min(1, number(s["maximum"], 1))
	}
	if above := number(s["exclusiveMinimum"], math.Inf(-1)); above >= low {
		low = above + 1
	}
	if math.IsInf(low, 0) || math.IsNaN(low) || math.Abs(low) > 1e15 {
		return 1
	}
	return low
}

func number(v any, otherwise float64) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case float64:
		return v
	}
	return otherwise
}

var formats = map[string]string{"date": "2026-01-31", "date-time": "2026-01-31T12:00:00Z", "time": "12:00:00Z", "email": "ada@example.com", "uuid": "5f0c7a2e-1c3b-4d9a-8e57-2b6f0d1a9c44",
	"uri": "https://example.com/", "url": "https://example.com/", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "byte": "YQ==", "password": "correct-horse"}

func sampleText(s map[string]any) string {
	if v, ok := formats[str(s["format"])]; ok {
		return v
	}
	n := int(min(max(number(s["minLength"], 1), 1), 1000))
	if most := number(s["maxLength"], 1000); float64(n) < 4 && most >= 4 {
		return "text"
	}
	return strings.Repeat("a", n)
}

// normal gives a value of YAML the types of JSON.
func normal(v any) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return readJSON(string(data))
}
