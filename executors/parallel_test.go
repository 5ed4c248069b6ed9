package executors_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

// holding is a step that holds others.
func holding(name string, parallel bool, inner ...executors.Step) executors.Step {
	return executors.Step{Name: name, Action: "group", Do: func(_ context.Context, r *executors.Report) error {
		r.Inner, r.Parallel = inner, parallel
		return nil
	}}
}

func leaf(name string, err error) executors.Step {
	return executors.Step{Name: name, Action: "act", Do: func(context.Context, *executors.Report) error { return err }}
}

func attaching(name string, sink executors.Sink) executors.Step {
	return executors.Step{Name: name, Action: "act", Do: func(ctx context.Context, r *executors.Report) error {
		return sink.Attach(ctx, executors.Attachment{Name: executors.StepFile(r.Index, "body.txt"), Kind: executors.AttachmentBody,
			ContentType: "text/plain", Step: r.Index, Body: io.NopCloser(strings.NewReader(name))})
	}}
}

func TestInnerSteps(t *testing.T) {
	t.Parallel()
	bad := executors.Failf("it is wrong")
	tests := []struct {
		name  string
		steps []executors.Step
		want  []string
		err   string
	}{
		{"in order", []executors.Step{holding("g", false, leaf("a", nil), leaf("b", nil)), leaf("c", nil)},
			[]string{"0 g passed", "1 a passed", "2 b passed", "3 c passed"}, ""},
		{"one fails", []executors.Step{holding("g", false, leaf("a", bad), leaf("b", nil)), holding("h", false, leaf("c", nil))},
			[]string{"0 g passed", "1 a failed", "2 b skipped", "3 h skipped"}, "step 2 (a): it is wrong"},
		{"nested", []executors.Step{holding("g", false, holding("h", false, leaf("a", nil)), leaf("b", bad)), leaf("c", nil)},
			[]string{"0 g passed", "1 h passed", "2 a passed", "3 b failed", "4 c skipped"}, "step 4 (b): it is wrong"},
		{"at the same time", []executors.Step{holding("g", true, leaf("a", nil), holding("h", false, leaf("b", nil), leaf("c", nil)), leaf("d", nil)), leaf("e", nil)},
			[]string{"0 g passed", "1 a passed", "2 h passed", "3 b passed", "4 c passed", "5 d passed", "6 e passed"}, ""},
		{"a branch fails", []executors.Step{holding("g", true, leaf("a", nil), holding("h", false, leaf("b", bad), leaf("c", nil)), leaf("d", nil)), leaf("e", nil)},
			[]string{"0 g passed", "1 a passed", "2 h passed", "3 b failed", "4 c skipped", "5 d passed", "6 e skipped"}, "step 4 (b): it is wrong"},
		{"branches in branches", []executors.Step{holding("g", true, holding("h", true, leaf("a", bad), leaf("b", nil)), leaf("c", nil)), leaf("e", nil)},
			[]string{"0 g passed", "1 h passed", "2 a failed", "3 b passed", "4 c passed", "5 e skipped"}, "step 3 (a): it is wrong"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := &executortest.Recorder{}
			outcome, err := executors.RunSteps(t.Context(), sink, tt.steps)
			sink.Seal()
			if err := sink.Verify(len(tt.want), outcome, err); err != nil {
				t.Error(err)
			}
			var got []string
			for _, s := range sink.Steps() {
				got = append(got, strings.Join([]string{string(rune('0' + s.Index)), s.Name, string(s.Outcome)}, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if text := errorText(err); text != tt.err {
				t.Errorf("error %q, want %q", text, tt.err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestBranchesRunTogether passes only when both branches are under way at once,
// and the second one is told although the first one waits for it.
func TestBranchesRunTogether(t *testing.T) {
	t.Parallel()
	there, here := make(chan struct{}), make(chan struct{})
	meet := func(mine, other chan struct{}) executors.Step {
		return executors.Step{Name: "meet", Action: "act", Do: func(ctx context.Context, _ *executors.Report) error {
			close(mine)
			select {
			case <-other:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
	}
	sink := &executortest.Recorder{}
	outcome, err := executors.RunSteps(t.Context(), sink, []executors.Step{holding("g", true, meet(here, there), meet(there, here))})
	sink.Seal()
	if err := sink.Verify(3, outcome, err); err != nil || outcome != spec.OutcomePassed {
		t.Error(outcome, err)
	}
}

// TestBranchesAttach finds what a branch attached at the step that did it.
func TestBranchesAttach(t *testing.T) {
	t.Parallel()
	sink := &executortest.Recorder{}
	inner := func(name string) executors.Step {
		return executors.Step{Name: name, Action: "act", Do: func(ctx context.Context, r *executors.Report) error {
			return attaching(name, r.Sink).Do(ctx, r)
		}}
	}
	outcome, err := executors.RunSteps(t.Context(), sink, []executors.Step{holding("g", true, inner("a"), holding("h", false, inner("b")), inner("c"))})
	sink.Seal()
	if err := sink.Verify(5, outcome, err); err != nil {
		t.Error(err)
	}
	got := map[string]string{}
	for _, a := range sink.Attachments() {
		got[a.Name] = string(a.Data)
	}
	if diff := cmp.Diff(map[string]string{"step-2-body.txt": "a", "step-4-body.txt": "b", "step-5-body.txt": "c"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestBranchesAreCancelled ends all branches, and the outcome is told once.
func TestBranchesAreCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	hang := executors.Step{Name: "hang", Action: "act", Do: func(ctx context.Context, _ *executors.Report) error {
		cancel(errors.New("enough"))
		<-ctx.Done()
		return ctx.Err()
	}}
	sink := &executortest.Recorder{}
	outcome, err := executors.RunSteps(ctx, sink, []executors.Step{holding("g", true, hang, hang), leaf("after", nil)})
	sink.Seal()
	if err := sink.Verify(4, outcome, err); err != nil {
		t.Error(err)
	}
	if outcome != spec.OutcomeCancelled {
		t.Errorf("outcome %s, %v", outcome, err)
	}
}
