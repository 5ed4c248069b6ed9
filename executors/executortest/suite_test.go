package executortest

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/spec"
)

// harness tries the fake executor, which keeps the contract, inside wrap.
func harness(wrap func(executors.Executor) executors.Executor) Harness {
	tagged := func(tags ...string) func(testing.TB) executors.Task {
		return func(testing.TB) executors.Task {
			return executors.Task{Attempt: 1,
				Case:  spec.Case{ID: strings.Join(tags, "+"), Tags: tags, APISteps: make([]spec.APIStep, 3)},
				Scope: spec.NewScope(nil, map[string]string{"TOKEN": SecretValue})}
		}
	}
	return Harness{
		New: func(testing.TB) executors.Executor {
			return wrap(fake.New(spec.KindAPI, fake.WithScript(script)))
		},
		Passing:   tagged("fake.delay-2ms", "fake.logs-3", "fake.metrics-2"),
		Failing:   tagged("failing"),
		Slow:      tagged("slow"),
		Erroring:  tagged("fake.error"),
		Attaching: tagged("fake.attach-100"),
		Secret:    tagged("secret"),
	}
}

func script(task executors.Task) fake.Script {
	s := fake.FromTags(task)
	switch task.Case.ID {
	case "failing":
		s.Steps[1].Checks = []executors.Check{{Name: "status equals 200", Expected: "200", Actual: "500", Message: "the status is 500, not 200"}}
	case "slow":
		s.Steps[0].Block = true
	case "secret":
		token, _ := task.Scope.Get("TOKEN")
		text := token.(string)
		s.Steps[0].Detail = map[string]any{"headers": map[string]string{"authorization": "Bearer " + text}}
		s.Steps[0].Attachments = []fake.Attachment{{Name: "body.txt", Body: []byte("token " + text)}}
		s.Steps[1].Outcome, s.Steps[1].Error = spec.OutcomeFailed, "no order for "+text
	}
	return s
}

func TestFakeKeepsTheContract(t *testing.T) {
	Run(t, harness(func(e executors.Executor) executors.Executor { return e }))
}

// TestSuiteFindsBrokenExecutors proves that each rule can fail: every way of
// breaking the contract is found, and the words of the finding name it.
func TestSuiteFindsBrokenExecutors(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	tests := []struct {
		name  string
		check string
		want  string
		run   func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error)
	}{
		{"passes with an error", "passing case passes", "returned passed and the error", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, _ := good.Execute(ctx, task, sink)
			return o, errors.New("but")
		}},
		{"fails without an error", "failing case fails", "without an error", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, _ := good.Execute(ctx, task, sink)
			return o, nil
		}},
		{"calls itself flaky", "passing case passes", "outcome flaky", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			_, _ = good.Execute(ctx, task, sink)
			return spec.OutcomeFlaky, errors.New("sometimes")
		}},
		{"calls errors failures", "erroring case errs", "want errored", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			if o == spec.OutcomeErrored {
				o = spec.OutcomeFailed
			}
			return o, err
		}},
		{"calls a target unreachable by its address", "erroring case errs", "no host:port in lower case", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			return o, &executors.Unreachable{Target: "http://Shop.test/", Err: err}
		}},
		{"error of many lines", "failing case fails", "more than one line", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			return o, errors.Join(err, errors.New("second line"))
		}},
		{"drops skipped steps", "failing case fails", "steps were reported", dropping(func(e executors.Event) bool {
			f, ok := e.(executors.StepFinished)
			return ok && f.Outcome == spec.OutcomeSkipped
		})},
		{"never starts steps", "passing case passes", "never started", dropping(Started)},
		{"never finishes steps", "passing case passes", "never finished", dropping(func(e executors.Event) bool {
			_, ok := e.(executors.StepFinished)
			return ok
		})},
		{"counts steps from one", "passing case passes", "where 0 was due", rewriting(func(e executors.Event) executors.Event {
			switch v := e.(type) {
			case executors.StepStarted:
				v.Index++
				return v
			case executors.StepFinished:
				v.Index++
				return v
			}
			return e
		})},
		{"passes a step whose check failed", "failing case fails", "although the check", rewriting(func(e executors.Event) executors.Event {
			if v, ok := e.(executors.StepFinished); ok && v.Outcome == spec.OutcomeFailed {
				v.Outcome, v.Error = spec.OutcomePassed, ""
				return v
			}
			return e
		})},
		{"detail that is not JSON", "passing case passes", "not JSON", rewriting(func(e executors.Event) executors.Event {
			if v, ok := e.(executors.StepFinished); ok {
				v.Detail = map[string]any{"f": func() {}}
				return v
			}
			return e
		})},
		{"ignores cancel", "cancel is honoured", "after its context was done", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			timer := time.NewTimer(grace + 200*time.Millisecond)
			defer timer.Stop()
			<-timer.C
			return o, err
		}},
		{"calls a cancel a timeout", "cancel is honoured", "want cancelled", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			if o == spec.OutcomeCancelled {
				o = spec.OutcomeTimedOut
			}
			return o, err
		}},
		{"calls a timeout an error", "deadline is honoured", "want timed_out", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			if o == spec.OutcomeTimedOut {
				o = spec.OutcomeErrored
			}
			return o, err
		}},
		{"starts although cancelled before", "cancel before the start is honoured", "outcome passed", func(_ context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			return good.Execute(context.Background(), task, sink)
		}},
		{"turns an interruption into a failure", "cancel at any moment keeps the contract", "interrupted after", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			if o == spec.OutcomeCancelled {
				o = spec.OutcomeErrored
			}
			return o, err
		}},
		{"forgets why it was cancelled", "executor is usable after a cancelled attempt", "does not say why", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			if o == spec.OutcomeCancelled {
				err = errors.New("stopped")
			}
			return o, err
		}},
		{"uses the sink after return", "passing case passes", "after Execute had returned", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			r := sink.(*Recorder)
			r.Seal()
			sink.Emit(executors.Log{Level: "info", At: time.Now()})
			return o, err
		}},
		{"leaks a goroutine", "passing case passes", "left behind", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			go func() { <-release }()
			return good.Execute(ctx, task, sink)
		}},
		{"panics", "passing case passes", "panicked", func(context.Context, executors.Executor, executors.Task, executors.Sink) (spec.Outcome, error) {
			panic("no")
		}},
		{"attaches what cannot be read", "attachments are whole", "cannot be read", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			_ = sink.Attach(ctx, executors.Attachment{Name: "broken", Kind: executors.AttachmentLog, ContentType: "text/plain", Step: -1,
				Body: io.NopCloser(io.MultiReader(strings.NewReader("half"), errReader{}))})
			return o, err
		}},
		{"attaches nothing", "attachments are whole", "nothing was attached", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			return good.Execute(ctx, task, muted{sink})
		}},
		{"fails when the sink cannot store", "a sink that cannot store does not fail the case", "want passed", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			o, err := good.Execute(ctx, task, sink)
			if sink.(*Recorder).AttachErr != nil {
				return spec.OutcomeErrored, sink.(*Recorder).AttachErr
			}
			return o, err
		}},
		{"shows a secret", "secrets never show", "the secret shows", func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
			sink.Emit(executors.Log{Level: "debug", Message: "token=" + SecretValue, At: time.Now()})
			return good.Execute(ctx, task, sink)
		}},
		{"shares state between attempts", "attempts do not disturb one another", "want", sharing()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := harness(func(good executors.Executor) executors.Executor { return &broken{Executor: good, run: tt.run} })
			err := find(t, tt.check).try(t, h)
			if err == nil {
				t.Fatalf("the rule %q did not notice", tt.check)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the rule %q found %q, want it to speak of %q", tt.check, err, tt.want)
			}
		})
	}
	t.Run("close fails", func(t *testing.T) {
		h := harness(func(good executors.Executor) executors.Executor { return badClose{good} })
		if err := find(t, "passing case passes").try(t, h); err == nil || !strings.Contains(err.Error(), "Close: still busy") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unknown kind", func(t *testing.T) {
		h := harness(func(executors.Executor) executors.Executor { return fake.New("telepathy") })
		if err := find(t, "kind is known").try(t, h); err == nil {
			t.Error("the rule did not notice")
		}
	})
}

func find(t *testing.T, name string) check {
	t.Helper()
	for _, c := range conformance() {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("there is no rule %q", name)
	return check{}
}

type broken struct {
	executors.Executor
	run func(context.Context, executors.Executor, executors.Task, executors.Sink) (spec.Outcome, error)
}

func (b *broken) Execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	return b.run(ctx, b.Executor, task, sink)
}

type badClose struct{ executors.Executor }

func (b badClose) Close() error { return errors.New("still busy") }

type rewriter struct {
	executors.Sink
	rewrite func(executors.Event) executors.Event
}

func (r rewriter) Emit(e executors.Event) {
	if e = r.rewrite(e); e != nil {
		r.Sink.Emit(e)
	}
}

func rewriting(f func(executors.Event) executors.Event) func(context.Context, executors.Executor, executors.Task, executors.Sink) (spec.Outcome, error) {
	return func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
		return good.Execute(ctx, task, rewriter{sink, f})
	}
}

func dropping(drop func(executors.Event) bool) func(context.Context, executors.Executor, executors.Task, executors.Sink) (spec.Outcome, error) {
	return rewriting(func(e executors.Event) executors.Event {
		if drop(e) {
			return nil
		}
		return e
	})
}

// sharing answers every attempt with the outcome of the first one.
func sharing() func(context.Context, executors.Executor, executors.Task, executors.Sink) (spec.Outcome, error) {
	var once sync.Once
	var outcome spec.Outcome
	return func(ctx context.Context, good executors.Executor, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
		o, err := good.Execute(ctx, task, sink)
		once.Do(func() { outcome = o })
		return outcome, err
	}
}

type muted struct{ executors.Sink }

func (m muted) Attach(context.Context, executors.Attachment) error { return nil }

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }
