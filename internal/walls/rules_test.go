package walls_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	root   = "../.."
	module = "github.com/semantest/semantest"
)

// rule is one list of depguard: who it binds, and what these may import.
type rule struct {
	name     string
	binds    []*regexp.Regexp
	spares   []*regexp.Regexp
	allow    []string
	deny     []string
	listMode string
}

// rules reads depguard's lists from the linters' configuration, so that this
// test and the linter cannot disagree.
func rules(t *testing.T) []rule {
	t.Helper()
	var file struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						ListMode string `yaml:"list-mode"`
						Files    []string
						Allow    []string
						Deny     []struct{ Pkg, Desc string }
					}
				}
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(root, ".golangci.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var out []rule
	for name, r := range file.Linters.Settings.Depguard.Rules {
		one := rule{name: name, allow: r.Allow, listMode: r.ListMode}
		for _, d := range r.Deny {
			one.deny = append(one.deny, d.Pkg)
		}
		for _, pattern := range r.Files {
			if spared, ok := strings.CutPrefix(pattern, "!"); ok {
				one.spares = append(one.spares, glob(t, spared))
			} else {
				one.binds = append(one.binds, glob(t, pattern))
			}
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b rule) int { return strings.Compare(a.name, b.name) })
	return out
}

// glob translates the few forms of depguard's patterns that the configuration
// uses, for paths relative to the repository.
func glob(t *testing.T, pattern string) *regexp.Regexp {
	t.Helper()
	switch pattern {
	case "$all":
		return regexp.MustCompile(`\.go$`)
	case "$test":
		return regexp.MustCompile(`_test\.go$`)
	}
	path, ok := strings.CutPrefix(pattern, "${config-path}/")
	if !ok || strings.ContainsAny(path, "?[]{}!$") {
		t.Fatalf("the pattern %q is of a form that this test does not read", pattern)
	}
	expr := regexp.QuoteMeta(path)
	expr = strings.ReplaceAll(expr, `\*\*`, `.+`)
	expr = strings.ReplaceAll(expr, `\*`, `[^/]+`)
	return regexp.MustCompile("^" + expr + "$")
}

func (r rule) applies(path string) bool {
	matches := func(e *regexp.Regexp) bool { return e.MatchString(path) }
	return slices.ContainsFunc(r.binds, matches) && !slices.ContainsFunc(r.spares, matches)
}

// refuses does as depguard's lax mode: what is denied is refused unless a longer
// entry allows it.
func (r rule) refuses(imported string) bool {
	denied, allowed := longest(r.deny, imported), longest(r.allow, imported)
	return denied > 0 && allowed <= denied
}

// longest returns the length of the entry that covers the import, or 0.
func longest(list []string, imported string) int {
	best := 0
	for _, entry := range list {
		exact, whole := strings.CutSuffix(entry, "$")
		if imported == exact || (!whole && strings.HasPrefix(imported, entry)) {
			best = max(best, len(entry))
		}
	}
	return best
}

// TestRulesAreOfTheKnownForm keeps to what depguard and this test read alike:
// depguard looks at the nearest entry only, and misses a shorter one behind it.
func TestRulesAreOfTheKnownForm(t *testing.T) {
	t.Parallel()
	all := rules(t)
	if len(all) < 20 {
		t.Fatalf("only %d rules were read", len(all))
	}
	for _, r := range all {
		if r.listMode != "lax" {
			t.Errorf("%s: list-mode is %q, want lax", r.name, r.listMode)
		}
		if len(r.deny) == 0 || len(r.binds) == 0 {
			t.Errorf("%s denies nothing or binds nobody", r.name)
		}
		for _, list := range [][]string{r.allow, r.deny} {
			for _, a := range list {
				for _, b := range list {
					if a != b && !strings.HasSuffix(a, "$") && strings.HasPrefix(b, a) {
						t.Errorf("%s: %s is the start of %s", r.name, a, b)
					}
				}
			}
		}
	}
}
