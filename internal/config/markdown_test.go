package config_test

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

const document = "../../docs/configuration.md"

func TestPublishedConfigurationIsFresh(t *testing.T) {
	t.Parallel()
	got := config.Markdown()
	if *update {
		if err := os.WriteFile(document, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatalf("%v; make generate writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale; run make generate (-document +code):\n%s", document, diff)
	}
}

// TestFieldsExplainThemselves holds the tags to what the document needs.
func TestFieldsExplainThemselves(t *testing.T) {
	t.Parallel()
	text := config.Markdown()
	seen := map[string]string{}
	for _, of := range []any{config.Server{}, config.API{}, config.Identity{}, config.Graph{}, config.Edge{}, config.LLM{}, config.Metrics{}, config.Client{}} {
		typ := reflect.TypeOf(of)
		for i := range typ.NumField() {
			f := typ.Field(i)
			where := typ.Name() + "." + f.Name
			name, env, help := f.Tag.Get("name"), f.Tag.Get("env"), f.Tag.Get("help")
			if name == "" || !strings.HasSuffix(help, ".") {
				t.Errorf("%s needs a name, and a help that ends like a sentence: %q, %q", where, name, help)
			}
			if env != "" && !strings.HasPrefix(env, "SEMANTEST_") {
				t.Errorf("%s: %s does not begin with SEMANTEST_", where, env)
			}
			for _, key := range []string{"--" + name, env} {
				if key == "" {
					continue
				}
				if other, twice := seen[key]; twice {
					t.Errorf("%s is both %s and %s", key, other, where)
				}
				seen[key] = where
				if !strings.Contains(text, "`"+key) {
					t.Errorf("%s is not in the document", key)
				}
			}
		}
	}
	for _, other := range []string{"SEMANTEST_VAR_<NAME>", "NO_COLOR", "CI", "127.0.0.1:8080", "2 for each core", "/var/lib/semantest"} {
		if !strings.Contains(text, other) {
			t.Errorf("%s is not in the document", other)
		}
	}
	if strings.Contains(text, "${") {
		t.Error("a placeholder of the command line is left in the document")
	}
}
