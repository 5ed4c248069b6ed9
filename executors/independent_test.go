package executors_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func TestIndependentStepsGoOnBehindAFailure(t *testing.T) {
	t.Parallel()
	fail := executors.Failf("no")
	gone := executors.Errorf("the target is gone")
	for _, tt := range []struct {
		name    string
		steps   []error
		want    []spec.Outcome
		outcome spec.Outcome
		text    string
	}{
		{"all pass", []error{nil, nil}, []spec.Outcome{"passed", "passed"}, "passed", ""},
		{"one fails", []error{fail, nil}, []spec.Outcome{"failed", "passed"}, "failed", "step 1 (s): no"},
		{"two fail", []error{fail, nil, fail}, []spec.Outcome{"failed", "passed", "failed"}, "failed", "step 1 (s): no (and 1 more steps failed)"},
		{"one cannot be judged", []error{fail, gone, nil}, []spec.Outcome{"failed", "errored", "skipped"}, "errored", "step 2 (s): the target is gone"},
		{"any other error", []error{errors.New("x"), nil}, []spec.Outcome{"errored", "skipped"}, "errored", "step 1 (s): x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &executortest.Recorder{Independent: true}
			var steps []executors.Step
			for _, err := range tt.steps {
				steps = append(steps, executors.Step{Name: "s", Action: "a", Do: func(context.Context, *executors.Report) error { return err }})
			}
			outcome, err := executors.RunIndependent(t.Context(), r, steps)
			var got []spec.Outcome
			for _, s := range r.Steps() {
				got = append(got, s.Outcome)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || outcome != tt.outcome {
				t.Errorf("outcome %s, steps (-want +got):\n%s", outcome, diff)
			}
			if text := errText(err); text != tt.text {
				t.Errorf("error %q, want %q", text, tt.text)
			}
			if err := r.Verify(len(steps), outcome, err); err != nil {
				t.Error(err)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
