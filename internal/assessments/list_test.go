package assessments_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/app/apptest"
)

// listed looks for the assessments of a project, of which one is by rules and the
// newer one by a model.
func listed(t *testing.T, s *apptest.Server, byRules assessed, byModel judged) {
	t.Helper()
	for arguments, want := range map[string][]string{
		`first: 5`:                              {byModel.ID, byRules.ID},
		`judge: LLM`:                            {byModel.ID},
		`judge: RULES`:                          {byRules.ID},
		`judge: PERSON`:                         {},
		`first: 1, after: "` + byModel.ID + `"`: {byRules.ID},
		`judge: LLM, after: "` + byModel.ID + `"`: {},
	} {
		page := s.Query(t, `{ assessments(`+arguments+`) { nodes { id run { id } } totalCount } }`, nil)["assessments"].(object)
		got := []string{}
		for _, node := range page["nodes"].([]any) {
			got = append(got, node.(object)["id"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("assessments(%s) (-want +got):\n%s", arguments, diff)
		}
	}
}
