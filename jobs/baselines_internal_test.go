package jobs

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

func proposing(t *testing.T) *comparing {
	t.Helper()
	claim := &runs.Claim{
		Result: &ent.Result{ID: "res", RunID: "run", CaseKey: "home[n=1]", Attempt: 1},
		Case:   spec.Case{ID: "home"}, Scope: spec.NewScope(nil, map[string]string{"TOKEN": "hush-hush"}),
	}
	rec := newRecorder(claim, nil, nil)
	rec.out.Artifacts = []runs.Artifact{
		{ID: "art1", Name: "a.png", SHA256: "old"}, {ID: "art2", Name: "a.png", SHA256: "new"},
		{ID: "art3", Name: "a-diff.png"}, {ID: "art4", Name: "lost.png", Error: "no space"},
	}
	return &comparing{nil, claim, rec}
}

func TestProposalsNameWhatWasAttached(t *testing.T) {
	t.Parallel()
	c := proposing(t)
	found := executors.Comparison{
		Key:    executors.BaselineKey{Name: "a", Kind: spec.BaselineScreenshot, Browser: "b", Viewport: "v"},
		Status: spec.ComparisonChanged, DiffPixels: -1, DiffRatio: math.NaN(), Actual: "a.png", Diff: "a-diff.png",
		Against: "accepted", Reason: "hush-hush\x00" + strings.Repeat("é", 1000),
	}
	if err := c.Propose(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	found.DiffPixels, found.DiffRatio, found.Reason = 3, 2, "it differs"
	if err := c.Propose(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	want := []runs.Comparison{{
		Name: "a", Kind: spec.BaselineScreenshot, Browser: "b", Viewport: "v", Status: spec.ComparisonChanged, DiffPixels: 3, DiffRatio: 1,
		Reason: "it differs", ActualID: "art2", ActualSHA256: "new", DiffID: "art3", Against: "accepted",
	}}
	if diff := cmp.Diff(want, c.rec.out.Comparisons); diff != "" {
		t.Error(diff)
	}
	if text := sentence("a\x00\xff" + strings.Repeat("é", 1000)); strings.ContainsRune(text, 0) || len(text) > 1100 || !strings.HasPrefix(text, "a\uFFFD") {
		t.Errorf("a sentence is %d bytes: %.20q", len(text), text)
	}
}

func TestProposalsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	good := executors.Comparison{Key: executors.BaselineKey{Name: "a", Kind: spec.BaselineScreenshot}, Status: spec.ComparisonNew, Actual: "a.png"}
	for name, change := range map[string]func(*executors.Comparison){
		"nothing attached":         func(f *executors.Comparison) { f.Actual = "b.png" },
		"an attachment was lost":   func(f *executors.Comparison) { f.Actual = "lost.png" },
		"another case":             func(f *executors.Comparison) { f.Key.Case = "other" },
		"no name":                  func(f *executors.Comparison) { f.Key.Name = "" },
		"a name without end":       func(f *executors.Comparison) { f.Key.Name = strings.Repeat("n", 201) },
		"a name that is no text":   func(f *executors.Comparison) { f.Key.Name = "\xff" },
		"no such kind":             func(f *executors.Comparison) { f.Key.Kind = "song" },
		"a viewport without bound": func(f *executors.Comparison) { f.Key.Viewport = strings.Repeat("9", 51) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := proposing(t), good
			change(&f)
			if err := c.Propose(t.Context(), f); err == nil || len(c.rec.out.Comparisons) != 0 {
				t.Errorf("it was kept: %v", c.rec.out.Comparisons)
			}
		})
	}
	c := proposing(t)
	for n := range maxComparisons + 1 {
		f := good
		f.Key.Name = fmt.Sprint(n)
		if err := c.Propose(t.Context(), f); (err != nil) != (n == maxComparisons) {
			t.Fatalf("proposal %d: %v", n, err)
		}
	}
}
