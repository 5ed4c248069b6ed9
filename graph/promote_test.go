package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/app/apptest"
)

// accept runs a picture on a branch and accepts it there.
func accept(t *testing.T, s *apptest.Server, text, branch, more string) {
	t.Helper()
	review(t, s, "acceptBaseline", lookAt(t, s, text, branch, false).found["id"].(string), more)
}

// promote says what became of a branch's baselines, as promoted/unchanged/kept.
func promote(t *testing.T, s *apptest.Server, branch, into string) string {
	t.Helper()
	out := s.Query(t, `mutation($in: PromoteBaselinesInput!) { promoteBaselines(input: $in) { into unchanged promoted { branch } kept { ours { branch } theirs { branch } } } }`,
		object{"in": object{"branch": branch, "into": into}})["promoteBaselines"].(object)
	for _, b := range out["promoted"].([]any) {
		if diff := cmp.Diff(object{"branch": into}, b); diff != "" {
			t.Error(diff)
		}
	}
	for _, k := range out["kept"].([]any) {
		if diff := cmp.Diff(object{"ours": object{"branch": branch}, "theirs": object{"branch": into}}, k); diff != "" {
			t.Error(diff)
		}
	}
	return fmt.Sprintf("%d/%v/%d", len(out["promoted"].([]any)), out["unchanged"], len(out["kept"].([]any)))
}

// TestABranchIsMerged: what a branch has accepted becomes the target's.
func TestABranchIsMerged(t *testing.T) {
	t.Parallel()
	s := server(t)
	accept(t, s, "one", "", "")
	accept(t, s, "two", "feature", "")
	accept(t, s, "three", "feature", ", asVariant: true")
	if got := promote(t, s, "feature", "release"); got != "2/0/0" {
		t.Errorf("into a branch without any: %s", got)
	}
	if got := promote(t, s, "feature", "release"); got != "0/2/0" {
		t.Errorf("the same again: %s", got)
	}
	lookAt(t, s, "two", "feature", false).expect(t, "the branch, which goes on", "PASSED", "SAME", "UNNEEDED")
	if got := promote(t, s, "feature", "main"); got != "2/0/0" {
		t.Errorf("into the default branch: %s", got)
	}
	for _, text := range []string{"two", "three"} {
		lookAt(t, s, text, "", false).expect(t, "a variant after the merge", "PASSED", "SAME", "UNNEEDED")
	}
	lookAt(t, s, "one", "", false).expect(t, "what was there before the merge", "FAILED", "CHANGED", "PENDING")
	own := s.Query(t, `{ baselines(branch: "feature") { totalCount } }`, nil)["baselines"].(object)["totalCount"]
	if own != 0.0 {
		t.Errorf("the merged branch has %v baselines of its own, which would outlive the next change of main", own)
	}
	if got := promote(t, s, "feature", "main"); got != "0/0/0" {
		t.Errorf("a branch that has none of its own: %s", got)
	}
}

// TestBothBranchesChanged: what the target has accepted since is kept.
func TestBothBranchesChanged(t *testing.T) {
	t.Parallel()
	s := server(t)
	accept(t, s, "one", "", "")
	accept(t, s, "two", "feature", "")
	accept(t, s, "three", "", "")
	accept(t, s, "four", "feature", "") // takes the place of two, and the branch began before three
	if got := promote(t, s, "feature", "main"); got != "0/0/1" {
		t.Errorf("changed on both: %s", got)
	}
	lookAt(t, s, "three", "", false).expect(t, "what the target has accepted", "PASSED", "SAME", "UNNEEDED")
	lookAt(t, s, "four", "feature", false).expect(t, "what the branch has accepted", "PASSED", "SAME", "UNNEEDED")
	accept(t, s, "four", "", "") // the same on both
	if got := promote(t, s, "feature", "main"); got != "0/1/0" {
		t.Errorf("the same on both: %s", got)
	}
	accept(t, s, "five", "feature", "") // from what main has now
	if got := promote(t, s, "feature", "main"); got != "1/0/0" {
		t.Errorf("a branch that began anew: %s", got)
	}
	// What the target took over from the branch is no change of its own.
	accept(t, s, "six", "feature", "")
	accept(t, s, "seven", "other", "")
	for range 2 {
		if got := promote(t, s, "feature", "other"); got != "0/0/1" {
			t.Errorf("into a branch with its own: %s", got)
		}
	}
}

func TestPromotionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	s := server(t)
	for name, tt := range map[string]struct{ input, want string }{
		"itself":        {`branch: "main", into: "main"`, "main cannot be merged into itself"},
		"by default":    {`branch: "main"`, "main cannot be merged into itself"},
		"no branch":     {`branch: ""`, "say the branch that was merged"},
		"a long branch": {`branch: "` + strings.Repeat("b", 300) + `"`, "has at most 250 characters"},
		"a long target": {`branch: "b", into: "` + strings.Repeat("b", 300) + `"`, "has at most 250 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := s.Client.Do(t.Context(), `mutation { promoteBaselines(input: {`+tt.input+`}) { into } }`, nil, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
