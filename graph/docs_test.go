package graph_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// TestPublishedOperationsAreValid judges every operation in the documents by the
// schema, so that no example grows old.
func TestPublishedOperationsAreValid(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	for file, atLeast := range map[string]int{"../docs/graphql.md": 12, "../docs/webhooks.md": 4, "../docs/schedules.md": 4, "../docs/projects.md": 3, "../README.md": 1} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := operations(t, string(text))
		if len(found) < atLeast {
			t.Errorf("%s: only %d operations were found", file, len(found))
		}
		for _, operation := range found {
			if _, errs := gqlparser.LoadQueryWithRules(schema, operation, rules.NewDefaultRules()); errs != nil {
				t.Errorf("%s: %v in\n%s", file, errs, operation)
			}
		}
	}
}

var (
	blocks  = regexp.MustCompile("(?s)```graphql\n(.*?)```")
	inlines = regexp.MustCompile(`[^\\]"?query"?: ?("(?:[^"\\]|\\.)*")`)
)

// operations finds blocks of GraphQL, and queries in requests.
func operations(t *testing.T, text string) (out []string) {
	t.Helper()
	for _, m := range blocks.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	for _, m := range inlines.FindAllStringSubmatch(text, -1) {
		var query string
		if err := json.Unmarshal([]byte(m[1]), &query); err != nil {
			t.Fatalf("%v: %s", err, m[1])
		}
		if !strings.Contains(query, "…") {
			out = append(out, query)
		}
	}
	return out
}
