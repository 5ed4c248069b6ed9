package transport

import (
	"encoding/json"
	"testing"
)

func TestNesting(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "1": 0, "{}": 1, `{"a":[{}]}`: 3, `{"a":"[[[["}`: 1, `{"a":"\"[[["}`: 1, `{"a":"\\\\","b":[]}`: 2, "]]]": 0, "[[[": 3,
	} {
		if got := nesting([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// FuzzBody looks for bodies that are taken although they are no JSON, and for
// variables that are deeper than was counted.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{"", "[", `{"query":"{a}","variables":{"a":[[1]]}}`, `{"query":1}`, "\xff", `{"query":"\u0000"}`, `{"extensions":{"persistedQuery":{}}}`} {
		f.Add([]byte(seed))
	}
	bodies := Bodies{Nesting: 4}.withDefaults()
	f.Fuzz(func(t *testing.T, body []byte) {
		p, refused := bodies.params(body)
		if refused != nil {
			if refused.code == "" || refused.status < 400 || refused.message == "" {
				t.Fatalf("refused with %+v", refused)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatalf("taken: %q", body)
		}
		if n := depthOf(p.Variables); n > bodies.Nesting+1 {
			t.Fatalf("%d deep: %q", n, body)
		}
	})
}

func depthOf(v any) int {
	deepest := -1
	switch v := v.(type) {
	case map[string]any:
		deepest = 0
		for _, c := range v {
			deepest = max(deepest, depthOf(c))
		}
	case []any:
		deepest = 0
		for _, c := range v {
			deepest = max(deepest, depthOf(c))
		}
	}
	return deepest + 1
}
