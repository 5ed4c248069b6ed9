package contract

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Places are those of an editor, in JSON with tabs and escapes as well as in
// YAML with aliases.
func TestPlacesOfValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, source string
		want         map[string]position
	}{
		{"JSON", "\ufeff{\n\t\"é\": {\"b/c\": [1, {\"d\": \"\\ud83d\\ude00\"}]},\n\t\"e\": true }", map[string]position{
			"": {1, 1}, "/é": {2, 2}, "/é/b~1c": {2, 8}, "/é/b~1c/1": {2, 19}, "/é/b~1c/1/d": {2, 20}, "/e": {3, 2}, "/é/none/x": {2, 2},
		}},
		{"YAML", "a: &x\n  b: [1, {c: 2}]\nd: *x\n", map[string]position{
			"": {1, 1}, "/a": {1, 1}, "/a/b/1/c": {2, 11}, "/d/b": {2, 3}, "/none": {1, 1},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := readTree([]byte(tt.source)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, placesOf([]byte(tt.source), sorted(tt.want)), cmp.AllowUnexported(position{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzCheckSchema(f *testing.F) {
	for _, s := range []string{`{"type": "object", "properties": {"a": {"$ref": "#"}}}`, "openapi: 3.0.1\ninfo: {}\npaths: {/a/{b}: {get: {}}}", "true", "{\"a\":", "$ref: '#/x'"} {
		f.Add(s, "{}", true)
	}
	f.Fuzz(func(t *testing.T, schema, document string, strict bool) {
		r, err := CheckSchema(t.Context(), SchemaQuestion{Schema: []byte(schema), Document: []byte(document), Strict: strict})
		if err != nil {
			return
		}
		for _, p := range r.Mistakes {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("a mistake without a place: %+v", p)
			}
		}
	})
}
