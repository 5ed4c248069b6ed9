package contract

import (
	"slices"
	"strings"
)

// foreignRef returns a reference that leads out of the document, or "".
func foreignRef(v any) string {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok && !strings.HasPrefix(ref, "#") {
			return ref
		}
		for _, k := range sorted(v) {
			if !isData(k) {
				if ref := foreignRef(v[k]); ref != "" {
					return ref
				}
			}
		}
	case []any:
		for _, e := range v {
			if ref := foreignRef(e); ref != "" {
				return ref
			}
		}
	}
	return ""
}

// isData names keys whose values are data and hold no schema.
func isData(key string) bool {
	return slices.Contains([]string{"example", "examples", "default", "enum", "const", "value"}, key) || strings.HasPrefix(key, "x-")
}

// modernise writes what OpenAPI 3.0 says in its own way as JSON Schema does.
func modernise(v any) {
	switch v := v.(type) {
	case object:
		if t, ok := v["type"].(string); ok && v["nullable"] == true {
			v["type"] = []any{t, "null"}
			if enum, ok := v["enum"].([]any); ok && !slices.Contains(enum, any(nil)) {
				v["enum"] = append(slices.Clone(enum), nil)
			}
		}
		for exclusive, limit := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
			if b, ok := v[exclusive].(bool); ok {
				delete(v, exclusive)
				if n, there := v[limit]; b && there {
					v[exclusive] = n
					delete(v, limit)
				}
			}
		}
		for k, e := range v {
			if !isData(k) {
				modernise(e)
			}
		}
	case []any:
		for _, e := range v {
			modernise(e)
		}
	}
}
