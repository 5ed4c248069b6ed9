package spec_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/spec"
)

// FuzzParse reads anything. A plan that is good must also expand, name its
// steps and files, and take its variables; a bad one must name its mistakes.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/plans/*", "testdata/mistakes/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range found {
			source, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(source)
		}
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		plan, err := spec.Parse(source)
		if err != nil {
			checkMistakes(t, err)
			return
		}
		secrets := map[string]string{}
		for _, name := range plan.Secrets {
			secrets[name] = "secret"
		}
		vars, err := plan.Variables(nil, secrets)
		if err != nil && !strings.Contains(err.Error(), "16 MiB") {
			t.Fatalf("a good plan has bad variables: %v", err)
		}
		keys := map[string]bool{}
		for _, c := range plan.Expand() {
			if keys[c.Key] {
				t.Fatalf("two cases have the key %s", c.Key)
			}
			keys[c.Key] = true
			scope := spec.NewScope(vars, secrets)
			scope.Set("run.id", "run_1")
			for _, s := range slices.Concat(c.APISteps, c.Load.Setup, c.Load.Steps, c.Load.Teardown) {
				_, _ = spec.Expand(scope, s)
				if s.Title() == "" || s.Action() == "" {
					t.Fatalf("a step without a title or an action: %+v", s)
				}
			}
			for _, s := range c.BrowserSteps {
				_, _ = spec.Expand(scope, s)
				if s.Title() == "" || s.Action() == "" {
					t.Fatalf("a step without a title or an action: %+v", s)
				}
			}
			if len(keys) > 20 {
				break
			}
		}
		for _, path := range plan.Files() {
			if !filepath.IsLocal(path) {
				t.Fatalf("the file %q leaves the folder of the plan", path)
			}
		}
	})
}

func checkMistakes(t *testing.T, err error) {
	t.Helper()
	list := spec.MistakesOf(err)
	if len(list) == 0 || len(list) > 100 {
		t.Fatalf("%d mistakes: %v", len(list), err)
	}
	line, column := 0, 0
	for _, m := range list {
		if m.Line < 1 || m.Column < 1 || m.Message == "" || !utf8.ValidString(m.Error()) || len(m.Error()) > 3000 {
			t.Fatalf("an unfit mistake: %+v", m)
		}
		if m.Line < line || m.Line == line && m.Column < column {
			t.Fatalf("mistakes out of order: %v", err)
		}
		line, column = m.Line, m.Column
	}
}

// FuzzExpandString expands anything with anything as the variable's value.
func FuzzExpandString(f *testing.F) {
	f.Add("a ${{ x }} b ${{ y }}", "value")
	f.Add("${{x}}${{ x}}}}", "${{ x }}")
	f.Add("${{", "}}")
	const masked = "***"
	f.Fuzz(func(t *testing.T, text, value string) {
		scope := spec.NewScope(map[string]any{"x": value}, map[string]string{"y": value})
		out, err := scope.ExpandString(text)
		if err != nil {
			return
		}
		if !strings.Contains(text, "${{") && out != text {
			t.Fatalf("%q without a reference became %q", text, out)
		}
		if utf8.ValidString(text) && utf8.ValidString(value) && !utf8.ValidString(out) {
			t.Fatalf("%q and %q became broken text %q", text, value, out)
		}
		if len(value) >= 3 && strings.Contains(scope.Mask(out), value) && !strings.Contains(masked, value) {
			t.Fatalf("%q is not masked in %q: %q", value, out, scope.Mask(out))
		}
	})
}
