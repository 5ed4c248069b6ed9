package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want shape
	}{
		{`1`, shape{1, 0}},
		{`[1,2,[3]]`, shape{5, 2}},
		{`{"a,[{":"\"]}","b":1}`, shape{3, 1}},
		{`]]]]`, shape{1, 0}},
		{`"never closed`, shape{1, 0}},
		{`"\`, shape{1, 0}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, measure([]byte(tt.text)), cmp.AllowUnexported(shape{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.text, diff)
		}
	}
}

// TestCostlyExpressions are refused at once on a large body, and ordinary ones
// are not.
func TestCostlyExpressions(t *testing.T) {
	t.Parallel()
	deep := []byte(strings.Repeat(`[`, 3000) + strings.Repeat(`]`, 3000))
	wide := []byte(`[` + strings.Repeat(`{"a":{"b":[1,2]}},`, 50_000) + `0]`)
	tests := []struct {
		name       string
		body       []byte
		expression string
		refused    bool
	}{
		{"member", wide, "$[0].a.b[1]", false},
		{"wildcards", wide, "$[*].a.b[*]", false},
		{"descendants", wide, "$..b", false},
		{"filter", wide, "$[?@.a.b[0] == 1 && @.a]", false},
		{"filter with a wildcard", wide, "$[?@.a.b[*]]", false},
		{"filter by a member of the root", wide, "$[?@.a.b[0] == $[0].a.b[0]]", false},
		{"filter that walks the root", wide, "$[?$..b]", true},
		{"filter in a filter on the root", wide, "$[?$[?@.a]]", true},
		{"descendants of descendants in a deep body", deep, "$..[*]..[*]", true},
		{"many selectors", wide, "$" + strings.Repeat("[*,*]", 12), true},
		{"descendants in filters", deep, "$..[?@..[?@..[0]]]", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := (&response{body: tt.body}).find(tt.expression)
			if refused := err != nil && strings.Contains(err.Error(), "too costly"); refused != tt.refused {
				t.Errorf("error %v, want refused %t", err, tt.refused)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestTooManyValues(t *testing.T) {
	t.Parallel()
	body := []byte("[" + strings.Repeat("0,", maxValues+1) + "0]")
	if _, err := (&response{body: body}).find("$[0]"); err == nil || !strings.Contains(err.Error(), "more than 1000000 JSON values") {
		t.Errorf("got %v", err)
	}
}

// TestSchemasAreBounded: a few lines of references make exponential work, and
// huge numbers make long arithmetic.
func TestSchemasAreBounded(t *testing.T) {
	t.Parallel()
	nested := func(keyword, leaf string) string {
		defs := []string{`"d0":` + leaf}
		for i := range 40 {
			defs = append(defs, fmt.Sprintf(`"d%d":{"%s":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i+1, keyword, i, i))
		}
		return `{"$ref":"#/$defs/d40","$defs":{` + strings.Join(defs, ",") + `}}`
	}
	tests := []struct{ name, schema string }{
		{"all of passing", nested("allOf", `true`)},
		{"any of failing", nested("anyOf", `false`)},
		{"not any of failing", strings.Replace(nested("anyOf", `{"type":"null"}`), `"$ref":"#/$defs/d40"`, `"not":{"$ref":"#/$defs/d40"}`, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !json.Valid([]byte(tt.schema)) {
				t.Fatal("the schema of the test is not JSON")
			}
			files := fstest.MapFS{"s.json": {Data: []byte(tt.schema)}}
			compiled, err := newSchemaCache().compile(spec.Schema{File: "file://s.json"}, false, files)
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled.validate(t.Context(), map[string]any{}); err == nil || !strings.Contains(err.Error(), "too costly") {
				t.Errorf("got %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := compiled.validate(ctx, map[string]any{}); !errors.Is(err, context.Canceled) {
				t.Errorf("after cancel: %v", err)
			}
		})
	}
	for _, number := range []string{"1e999999", "-1.5E-1000000", strings.Repeat("9", 2000)} {
		if err := checkNumbers([]any{map[string]any{"n": json.Number(number)}}); err == nil {
			t.Errorf("the number %.20s… is let through", number)
		}
	}
	if err := checkNumbers(json.Number("-1.5e+0308")); err != nil {
		t.Error(err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`), "$..b")
	f.Add([]byte(`[1e400,"\ud800"]`), "$[?@ > 1]")
	f.Add([]byte(`{"a":{"b":1}} x`), "$['a','b'][::-1]")
	f.Fuzz(func(t *testing.T, body []byte, expression string) {
		if len(body) > 4096 || len(expression) > 256 {
			return
		}
		r := &response{body: body}
		found, err := r.find(expression)
		if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("the error is not one line: %q", err)
		}
		for _, n := range found.nodes {
			if _, err := json.Marshal(plain(n)); err != nil {
				t.Errorf("a captured value is not JSON: %v", err)
			}
		}
	})
}
