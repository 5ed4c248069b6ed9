package playwright

// Masked is a JSON-like value with mask applied to all of its texts.
func Masked(v any, mask func(string) string) any {
	switch v := v.(type) {
	case string:
		return mask(v)
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = mask(s)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Masked(e, mask)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[mask(key)] = Masked(e, mask)
		}
		return out
	case map[string]string:
		out := make(map[string]any, len(v))
		for key, s := range v {
			out[mask(key)] = mask(s)
		}
		return out
	}
	return v
}
