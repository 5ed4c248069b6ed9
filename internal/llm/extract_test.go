package llm

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestExtract(t *testing.T) {
	t.Parallel()
	accept := func(v json.RawMessage) bool { return strings.Contains(string(v), "right") }
	for _, tt := range []struct {
		name, text, want string
		bare             bool
	}{
		{"bare", `{"right":1}`, `{"right":1}`, true},
		{"with space", "\n {\"right\":1}\n", `{"right":1}`, true},
		{"with a byte order mark", "\ufeff{\"right\":1}", `{"right":1}`, true},
		{"in a fence", "Here:\n```json\n{\"right\":1}\n```", `{"right":1}`, false},
		{"in prose", `I say {"right": [1, {"a": "}"}]} and no more`, `{"right": [1, {"a": "}"}]}`, false},
		{"after what it thought", `<think>{"right":0}</think>{"right":1}`, `{"right":1}`, false},
		{"the one that is accepted", `[1] {"wrong":1} {"right":1}`, `{"right":1}`, false},
		{"else the first", `{"wrong":1} {"wrong":2}`, `{"wrong":1}`, false},
		{"after a brace that is none", `{like this} {"right":1}`, `{"right":1}`, false},
		{"a bare text", `"right"`, `"right"`, true},
		{"nothing", `no`, "", false},
		{"broken off", `{"right":`, "", false},
		{"deep", strings.Repeat("[", 20000), "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, bare, err := extract(tt.text, accept)
			if string(got) != tt.want || bare != tt.bare || (err == nil) != (tt.want != "") {
				t.Errorf("%s, bare %t, %v", got, bare, err)
			}
		})
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{`{"a":1}`, "```json\n[1]\n```", "<think>{</think>{}", "{{{[[[", `{"a":"\ud800"}`, "\xff{}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, bare, err := extract(text, func(v json.RawMessage) bool { return len(v) > 3 })
		if err != nil {
			if got != nil {
				t.Errorf("%q with %v", got, err)
			}
			return
		}
		if !json.Valid(got) || !strings.Contains(text, string(got)) || bare && string(got) != strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) {
			t.Errorf("%q of %q", got, text)
		}
	})
}

func FuzzFacts(f *testing.F) {
	f.Add("3 of 100 failed, can't \"log in\" as user_id 'x'")
	f.Fuzz(func(t *testing.T, text string) {
		if a, b := factsOf(text), factsOf(text+" and "+text); len(a) > len(b) {
			t.Errorf("%q has %d facts, twice it %d", text, len(a), len(b))
		}
	})
}

func TestSchemaForStrictModes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		schema string
		want   bool
	}{
		{`{"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false}`, true},
		{`{"type":"object","properties":{"a":{}},"required":["a"]}`, false},
		{`{"type":"object","properties":{"a":{}},"additionalProperties":false}`, false},
		{`{"type":"object","properties":{"a":{"type":"array","items":{"properties":{"b":{}}}}},"required":["a"],"additionalProperties":false}`, false},
	} {
		if got := MustSchema("s", tt.schema).strict; got != tt.want {
			t.Errorf("%s: %t", tt.schema, got)
		}
	}
	for name, schema := range map[string]string{"no JSON": "{", "no schema": `{"type":"nothing"}`, "elsewhere": `{"$ref":"https://x.test/s.json"}`, "a file": `{"$ref":"file:///etc/passwd"}`} {
		if _, err := NewSchema("s", schema); err == nil {
			t.Errorf("%s is a schema", name)
		}
	}
	if got, err := MustSchema("s", `{"properties":{"a":{"const":2}}}`).Check([]byte(`{"a":1,"a":2}`)); err != nil || string(got) != `{"a":2}` {
		t.Errorf("a key that stands there twice: %s, %v", got, err)
	}
}
