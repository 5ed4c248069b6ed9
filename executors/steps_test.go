package executors_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func do(f func(ctx context.Context, r *executors.Report) error) executors.Step {
	return executors.Step{Name: "s", Action: "act", Do: f}
}

func pass(context.Context, *executors.Report) error { return nil }

func TestRunSteps(t *testing.T) {
	t.Parallel()
	check := func(passed bool, message string) func(context.Context, *executors.Report) error {
		return func(_ context.Context, r *executors.Report) error {
			r.Check(executors.Check{Name: "good", Passed: true})
			for range 3 {
				r.Check(executors.Check{Name: "c", Passed: passed, Message: message})
			}
			return nil
		}
	}
	tests := []struct {
		name    string
		second  executors.Step
		outcome spec.Outcome
		err     string
	}{
		{"passes", do(pass), spec.OutcomePassed, ""},
		{"checks hold", do(check(true, "")), spec.OutcomePassed, ""},
		{"checks fail", do(check(false, "it is 2, not 1")), spec.OutcomeFailed, "step 2 (s): it is 2, not 1 (and 2 more checks failed)"},
		{"skipped by name", executors.Step{Name: "s", Action: "act", Skip: "the browser cannot hover", Do: pass}, spec.OutcomeSkipped, "step 2 (s): skipped: the browser cannot hover"},
		{"failure", do(func(context.Context, *executors.Report) error { return executors.Failf("no %s", "button") }),
			spec.OutcomeFailed, "step 2 (s): no button"},
		{"error", do(func(context.Context, *executors.Report) error { return errors.New("gone") }), spec.OutcomeErrored, "step 2 (s): gone"},
		{"errored failure keeps its cause", do(func(context.Context, *executors.Report) error {
			return executors.Errorf("could not read: %w", io.ErrUnexpectedEOF)
		}), spec.OutcomeErrored, "step 2 (s): could not read: unexpected EOF"},
		{"panic", do(func(context.Context, *executors.Report) error { panic("boom") }), spec.OutcomeErrored, "step 2 (s): the executor failed unexpectedly: boom"},
		{"step limit", executors.Step{Name: "s", Action: "act", Timeout: time.Millisecond, Do: func(ctx context.Context, _ *executors.Report) error {
			<-ctx.Done()
			return ctx.Err()
		}}, spec.OutcomeTimedOut, "step 2 (s): did not finish within the step's limit of 1ms"},
		{"step limit with what it waited for", executors.Step{Name: "s", Action: "act", Timeout: time.Millisecond, Do: func(ctx context.Context, _ *executors.Report) error {
			<-ctx.Done()
			return executors.TimedOutf("the button is disabled")
		}}, spec.OutcomeTimedOut, "step 2 (s): did not finish within the step's limit of 1ms: the button is disabled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := &executortest.Recorder{}
			outcome, err := executors.RunSteps(t.Context(), sink, []executors.Step{do(pass), tt.second, do(pass)})
			sink.Seal()
			if err := sink.Verify(3, outcome, err); err != nil {
				t.Error(err)
			}
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff([]string{string(tt.outcome), tt.err}, []string{string(outcome), text}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	past, stop := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	t.Cleanup(stop)
	limited, stop2 := context.WithTimeoutCause(context.Background(), 0, errors.New("the plan's time is up"))
	t.Cleanup(stop2)
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("stopped by ada"))
	plain, cancelPlain := context.WithCancel(context.Background())
	cancelPlain()
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want spec.Outcome
		text string
	}{
		{"no error", cancelled, nil, spec.OutcomePassed, ""},
		{"error", context.Background(), errors.New("x"), spec.OutcomeErrored, "x"},
		{"context error of somebody else", context.Background(), context.Canceled, spec.OutcomeErrored, "context canceled"},
		{"failure", context.Background(), executors.Failf("x"), spec.OutcomeFailed, "x"},
		{"deadline", past, errors.New("x"), spec.OutcomeTimedOut, "did not finish within the time limit of the case"},
		{"deadline with a cause", limited, errors.New("x"), spec.OutcomeTimedOut, "did not finish within the time limit of the case"},
		{"cancel with a cause", cancelled, executors.Failf("x"), spec.OutcomeCancelled, "cancelled: stopped by ada"},
		{"cancel", plain, io.EOF, spec.OutcomeCancelled, "cancelled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			outcome, err := executors.OutcomeOf(tt.ctx, tt.err)
			text := ""
			if err != nil {
				text = err.Error()
				if !errors.Is(err, tt.err) {
					t.Errorf("the cause %v is lost", tt.err)
				}
			}
			if outcome != tt.want || text != tt.text {
				t.Errorf("got %s %q, want %s %q", outcome, text, tt.want, tt.text)
			}
		})
	}
}

func TestMaskSink(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-secret"
	rec := &executortest.Recorder{}
	sink := executors.MaskSink(rec, spec.NewScope(nil, map[string]string{"PW": secret}))
	sink.Emit(executors.StepStarted{Name: secret})
	sink.Emit(executors.StepFinished{Name: secret, Error: secret,
		Checks: []executors.Check{{Name: secret, Expected: secret, Actual: secret, Message: secret}},
		Detail: map[string]any{secret: secret, "list": []any{secret, []string{secret}, map[string]string{secret: secret}, map[string]any{"a": secret}, 1, nil}}})
	sink.Emit(executors.Metric{Tags: map[string]string{"url": secret}})
	sink.Emit(executors.Log{Message: secret})
	for _, contentType := range []string{"text/html", "application/json", "application/problem+json", "application/xml"} {
		if err := sink.Attach(t.Context(), executors.Attachment{Name: contentType + secret, ContentType: contentType,
			Body: io.NopCloser(strings.NewReader("a " + secret))}); err != nil {
			t.Error(err)
		}
	}
	if text := rec.Text(); strings.Contains(text, secret) || strings.Count(text, "***") != 24 {
		t.Errorf("%d masked in %s", strings.Count(text, "***"), text)
	}
}

func TestMaskErrorKeepsTheChain(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, map[string]string{"PW": "hunter2-secret"})
	cause := executors.Errorf("no hunter2-secret: %w", io.EOF)
	err := executors.MaskError(cause, scope)
	if err.Error() != "no ***: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	if executors.MaskError(nil, scope) != nil {
		t.Error("nil became an error")
	}
}
