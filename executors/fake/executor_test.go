package fake_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/spec"
)

func task(id string, tags ...string) executors.Task {
	return executors.Task{Attempt: 1, Scope: spec.NewScope(nil, nil),
		Case: spec.Case{ID: id, Tags: tags, APISteps: make([]spec.APIStep, 2)}}
}

func TestTags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		tags    []string
		attempt int
		outcome spec.Outcome
		steps   int
		logs    int
		metrics int
		bytes   int
	}{
		{"without tags every step of the case passes", []string{"smoke"}, 1, spec.OutcomePassed, 2, 0, 0, 0},
		{"fail", []string{"fake.fail"}, 1, spec.OutcomeFailed, 2, 0, 0, 0},
		{"error", []string{"fake.error"}, 1, spec.OutcomeErrored, 2, 0, 0, 0},
		{"timeout", []string{"fake.timeout"}, 1, spec.OutcomeTimedOut, 2, 0, 0, 0},
		{"flaky, first attempt", []string{"fake.flaky-1"}, 1, spec.OutcomeFailed, 2, 0, 0, 0},
		{"flaky, second attempt", []string{"fake.flaky-1"}, 2, spec.OutcomePassed, 2, 0, 0, 0},
		{"steps, logs, metrics and attachments", []string{"fake.steps-3", "fake.logs-4", "fake.metrics-2", "fake.attach-10"}, 1, spec.OutcomePassed, 3, 12, 6, 30},
		{"delay", []string{"fake.delay-1ms"}, 1, spec.OutcomePassed, 2, 0, 0, 0},
		{"unknown word", []string{"fake.fly"}, 1, spec.OutcomeErrored, 1, 0, 0, 0},
		{"number that is none", []string{"fake.logs-many"}, 1, spec.OutcomeErrored, 1, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := &executortest.Recorder{}
			task := task("c", tt.tags...)
			task.Attempt = tt.attempt
			outcome, err := fake.New(spec.KindBrowser).Execute(t.Context(), task, sink)
			sink.Seal()
			if err := sink.Verify(tt.steps, outcome, err); err != nil {
				t.Fatal(err)
			}
			bytes := 0
			for _, a := range sink.Attachments() {
				bytes += len(a.Data)
			}
			got := []any{outcome, len(sink.Logs()), len(sink.Metrics()), bytes}
			if diff := cmp.Diff([]any{tt.outcome, tt.logs, tt.metrics, tt.bytes}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestBlockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	e := fake.New(spec.KindAPI, fake.OnStart(func(executors.Task) { cancel(errors.New("stopped by ada")) }))
	outcome, err := e.Execute(ctx, task("c", "fake.block"), &executortest.Recorder{})
	if outcome != spec.OutcomeCancelled || err == nil || !strings.Contains(err.Error(), "stopped by ada") {
		t.Errorf("got %s, %v", outcome, err)
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != "fake.panic" {
			t.Errorf("recovered %v", p)
		}
	}()
	_, _ = fake.New(spec.KindAPI).Execute(t.Context(), task("c", "fake.panic"), &executortest.Recorder{})
	t.Error("Execute returned")
}

func TestCounters(t *testing.T) {
	t.Parallel()
	arrived, leave := make(chan string, 3), make(chan struct{})
	e := fake.New(spec.KindAPI,
		fake.WithScripts(map[string]fake.Script{"b": fake.Ending(2, spec.OutcomeFailed)}),
		fake.OnStart(func(task executors.Task) { arrived <- task.Case.ID; <-leave }))
	outcomes := make(chan spec.Outcome, 3)
	for _, id := range []string{"a", "b", "a"} {
		go func() {
			o, _ := e.Execute(t.Context(), task(id), &executortest.Recorder{})
			outcomes <- o
		}()
	}
	for range 3 {
		<-arrived
	}
	if e.Running() != 3 {
		t.Errorf("%d running, want 3", e.Running())
	}
	close(leave)
	count := map[spec.Outcome]int{}
	for range 3 {
		count[<-outcomes]++
	}
	if diff := cmp.Diff(map[spec.Outcome]int{spec.OutcomePassed: 2, spec.OutcomeFailed: 1}, count); diff != "" {
		t.Errorf("outcomes (-want +got)\n%s", diff)
	}
	if e.Executions() != 3 || e.ExecutionsOf("a") != 2 || e.Peak() != 3 || e.Running() != 0 {
		t.Errorf("executions %d, of a %d, peak %d, running %d", e.Executions(), e.ExecutionsOf("a"), e.Peak(), e.Running())
	}
	if err := e.Close(); err != nil || !e.Closed() {
		t.Errorf("Close: %v, closed %t", err, e.Closed())
	}
	if o, err := e.Execute(t.Context(), task("a"), &executortest.Recorder{}); o != spec.OutcomeErrored || err == nil {
		t.Errorf("after Close: %s, %v", o, err)
	}
}

func TestDelayIsKept(t *testing.T) {
	t.Parallel()
	e := fake.New(spec.KindAPI, fake.WithScript(func(executors.Task) fake.Script { return fake.Passing(2, 5*time.Millisecond) }))
	sink := &executortest.Recorder{}
	if o, err := e.Execute(t.Context(), task("c"), sink); o != spec.OutcomePassed {
		t.Fatal(o, err)
	}
	for _, s := range sink.Steps() {
		if s.Duration < 5*time.Millisecond {
			t.Errorf("step %d took %s, less than its delay", s.Index, s.Duration)
		}
	}
}
