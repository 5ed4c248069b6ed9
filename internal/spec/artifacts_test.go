package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestArtifactsOf(t *testing.T) {
	t.Parallel()
	plan, err := spec.Parse([]byte(`
version: "1"
name: Shop
use:
  artifacts: {video: on-retry, har: always, dom: always}
cases:
  - {id: a, kind: browser, steps: [{goto: /}]}
  - {id: b, kind: browser, artifacts: {dom: off, trace: on-failure}, steps: [{goto: /}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := spec.Artifacts{Screenshot: "on-failure", Steps: "on-failure", Video: "on-retry", HAR: "always", Console: "on-failure", DOM: "always", Trace: "off", Playwright: "on-failure"}
	if diff := cmp.Diff(want, spec.ArtifactsOf(plan.Use, plan.Cases[0])); diff != "" {
		t.Errorf("the plan's (-want +got):\n%s", diff)
	}
	want.DOM, want.Trace = "off", "on-failure"
	if diff := cmp.Diff(want, spec.ArtifactsOf(plan.Use, plan.Cases[1])); diff != "" {
		t.Errorf("the case's (-want +got):\n%s", diff)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	tests := []struct {
		retention    spec.Retention
		attempt      int
		outcome      spec.Outcome
		wanted, kept bool
	}{
		{spec.RetainOnFailure, 1, spec.OutcomePassed, true, false},
		{spec.RetainOnFailure, 1, spec.OutcomeFailed, true, true},
		{spec.RetainOnFailure, 1, spec.OutcomeTimedOut, true, true},
		{spec.RetainOnFailure, 2, spec.OutcomeErrored, true, true},
		{spec.RetainOnFailure, 1, spec.OutcomeCancelled, true, false},
		{spec.RetainOnFailure, 1, spec.OutcomeSkipped, true, false},
		{spec.RetainOnRetry, 1, spec.OutcomeFailed, false, false},
		{spec.RetainOnRetry, 2, spec.OutcomePassed, true, true},
		{spec.RetainAlways, 1, spec.OutcomePassed, true, true},
		{spec.RetainAlways, 1, spec.OutcomeCancelled, true, false},
		{spec.RetainAlways, 1, spec.OutcomeSkipped, true, false},
		{spec.RetainNothing, 2, spec.OutcomeFailed, false, false},
	}
	for _, tt := range tests {
		if got := tt.retention.Wanted(tt.attempt); got != tt.wanted {
			t.Errorf("%s in attempt %d: wanted %v", tt.retention, tt.attempt, got)
		}
		if got := tt.retention.Kept(tt.attempt, tt.outcome); got != tt.kept {
			t.Errorf("%s in attempt %d that %s: kept %v", tt.retention, tt.attempt, tt.outcome, got)
		}
	}
}
