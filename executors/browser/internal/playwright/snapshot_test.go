package playwright_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/browser/internal/playwright"
)

func element(name string, inner ...any) []any {
	return append([]any{name, map[string]any{"class": "of a name that is long enough"}}, inner...)
}

// TestFold: documents that have much in common refer to each other, and what a
// viewer reads back is what was there.
func TestFold(t *testing.T) {
	t.Parallel()
	list := func(items ...string) []any {
		out := element("UL")
		for _, i := range items {
			out = append(out, element("LI", i, element("B", strings.ToUpper(i))))
		}
		return out
	}
	documents := [][]any{
		element("HTML", element("BODY", list("tea", "milk"), "end")),
		element("HTML", element("BODY", list("tea", "milk"), "end")),
		element("HTML", element("BODY", list("tea", "sugar", "milk"), "end")),
		element("HTML", element("BODY", element("P", list("tea", "sugar", "milk"), list("tea", "milk")))),
		element("HTML", element("BODY", list("sugar"), list("sugar"), "another")),
	}
	folder := playwright.NewFolder(1 << 20)
	var folded []any
	for i, d := range documents {
		raw, ok := folder.Fold("frame@page@1", d)
		if !ok {
			t.Fatalf("document %d has no room", i)
		}
		if i == 1 && string(raw) != "[[1,11]]" {
			t.Errorf("the same again is %s", raw)
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		folded = append(folded, tree)
		if diff := cmp.Diff(any(d), unfold(t, folded, i, tree)); diff != "" {
			t.Errorf("document %d (-want +got):\n%s", i, diff)
		}
	}
	if raw, _ := folder.Fold("frame@page@2", documents[0]); strings.Contains(string(raw), "[[") {
		t.Errorf("the document of another frame refers to one of this: %s", raw)
	}
}

// unfold follows references as a viewer does.
func unfold(t *testing.T, documents []any, at int, node any) any {
	t.Helper()
	list, ok := node.([]any)
	if !ok {
		return node
	}
	if ref, ok := list[0].([]any); ok {
		from := at - int(ref[0].(float64))
		return unfold(t, documents, from, nodesOf(documents[from])[int(ref[1].(float64))])
	}
	out := list[:2:2]
	for _, inner := range list[2:] {
		out = append(out, unfold(t, documents, at, inner))
	}
	return out
}

// nodesOf numbers the nodes of a document: what is within one comes before it,
// and references have no number.
func nodesOf(node any) []any {
	list, ok := node.([]any)
	if !ok {
		return []any{node}
	}
	if _, isReference := list[0].([]any); isReference {
		return nil
	}
	var out []any
	for _, inner := range list[2:] {
		out = append(out, nodesOf(inner)...)
	}
	return append(out, node)
}

// TestFoldIsBounded: what there is no room for is refused, and is not referred to.
func TestFoldIsBounded(t *testing.T) {
	t.Parallel()
	folder := playwright.NewFolder(2_000)
	large := element("HTML", strings.Repeat("x", 3_000))
	for range 2 {
		if raw, ok := folder.Fold("f", large); ok {
			t.Errorf("%d bytes were taken", len(raw))
		}
	}
	total := 0
	for i := range 100 {
		if raw, ok := folder.Fold("f", element("HTML", fmt.Sprintf("%100d", i))); ok {
			total += len(raw)
		}
	}
	if total == 0 || total > 2_000 {
		t.Errorf("%d bytes were taken, want some, and at most 2000", total)
	}
}
