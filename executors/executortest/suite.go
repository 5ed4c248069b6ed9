package executortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// Harness builds what the suite needs to try an executor. The functions that
// return tasks are called anew for every attempt, since a Scope is not shared.
// What the tasks talk to (a test server) is started once, before Run: the suite
// would take its goroutines for leaks.
type Harness struct {
	// New returns a fresh executor. The suite closes it.
	New func(tb testing.TB) executors.Executor

	Passing  func(tb testing.TB) executors.Task // has two steps or more
	Failing  func(tb testing.TB) executors.Task // fails in a step that is not the last
	Slow     func(tb testing.TB) executors.Task // its first step never ends by itself; another follows
	Erroring func(tb testing.TB) executors.Task // cannot be judged

	// Attaching attaches something. Optional.
	Attaching func(tb testing.TB) executors.Task

	// Secret uses a secret with the value SecretValue wherever the executor
	// could show it, and does not pass. Optional.
	Secret func(tb testing.TB) executors.Task

	// Steps returns how many steps a task reports; by default as many as its
	// case has.
	Steps func(executors.Task) int

	// Independent says that steps go on behind one that failed, as
	// executors.RunIndependent has them.
	Independent bool

	// Startup is how long an attempt may take to begin its first step;
	// 30 s when zero.
	Startup time.Duration
}

// SecretValue is the secret that Harness.Secret uses.
const SecretValue = "s3cr3t-Value/42+x"

// grace is what the contract gives an executor to return in after its context
// is done.
const grace = 2 * time.Second

// Run tries an executor against the contract. It looks for leaked goroutines,
// so the test that calls it must not be parallel, nor start goroutines that
// outlive it.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range conformance() {
		t.Run(c.name, func(t *testing.T) {
			err := c.try(t, h)
			switch {
			case errors.Is(err, errNotOffered):
				t.Skip(err)
			case err != nil:
				t.Error(err)
			}
		})
	}
}

var errNotOffered = errors.New("the harness offers no such task")

// attempt is one Execute with its recorder.
type attempt struct {
	task    executors.Task
	sink    *Recorder
	outcome spec.Outcome
	err     error
	took    time.Duration
	steps   int
}

func (a *attempt) verify() error {
	if err := a.sink.Verify(a.steps, a.outcome, a.err); err != nil {
		return fmt.Errorf("case %s, outcome %s, error %v: %w", a.task.Case.ID, a.outcome, a.err, err)
	}
	return nil
}

func (a *attempt) expect(want spec.Outcome) error {
	if a.outcome != want {
		return fmt.Errorf("case %s: outcome %s (%v), want %s", a.task.Case.ID, a.outcome, a.err, want)
	}
	return a.verify()
}

// trial is a fresh executor with the means to use it.
type trial struct {
	tb       testing.TB
	h        Harness
	executor executors.Executor
}

// execute performs a task and returns an error when Execute panics, or does
// not return within the limit after ctx is done.
func (t *trial) execute(ctx context.Context, task executors.Task, sink *Recorder) (*attempt, error) {
	a := &attempt{task: task, sink: sink, steps: task.Case.StepCount()}
	sink.Independent = t.h.Independent
	if t.h.Steps != nil {
		a.steps = t.h.Steps(task)
	}
	done := make(chan error, 1)
	began := time.Now()
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("Execute panicked: %v", p)
			}
		}()
		a.outcome, a.err = t.executor.Execute(ctx, task, sink)
		sink.Seal()
		a.took = time.Since(began)
		done <- nil
	}()
	select {
	case err := <-done:
		return a, err
	case <-ctx.Done():
	}
	stopped := time.Now()
	hung := time.NewTimer(5 * grace)
	defer hung.Stop()
	select {
	case err := <-done:
		if late := time.Since(stopped); err == nil && late > grace {
			err = fmt.Errorf("Execute returned %s after its context was done, more than %s", late.Round(time.Millisecond), grace)
		}
		return a, err
	case <-hung.C:
		return a, fmt.Errorf("Execute did not return within %s after its context was done", 5*grace)
	}
}

// run performs a task with a limit that no healthy attempt reaches.
func (t *trial) run(task executors.Task) (*attempt, error) {
	ctx, cancel := context.WithTimeout(context.Background(), t.startup()+30*time.Second)
	defer cancel()
	return t.execute(ctx, task, &Recorder{})
}

func (t *trial) startup() time.Duration {
	if t.h.Startup > 0 {
		return t.h.Startup
	}
	return 30 * time.Second
}

// check is one rule of the contract, as a function so that the suite can be
// tried on executors that break it.
type check struct {
	name string
	rule func(*trial) error
}

// try runs the rule on a fresh executor, then closes it and looks for what it
// left behind.
func (c check) try(tb testing.TB, h Harness) error {
	tb.Helper()
	before := goleak.IgnoreCurrent()
	t := &trial{tb: tb, h: h, executor: h.New(tb)}
	err := c.rule(t)
	if errors.Is(err, errNotOffered) {
		return errors.Join(t.close(), err)
	}
	return errors.Join(err, t.close(), leaked(before))
}

func (t *trial) close() error {
	done := make(chan error, 1)
	go func() { done <- t.executor.Close() }()
	limit := time.NewTimer(15 * time.Second)
	defer limit.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("Close: %w", err)
		}
		return nil
	case <-limit.C:
		return errors.New("Close did not return within 15s")
	}
}

// leaked asks a few times: what serves the target's side of a connection ends
// a moment after the executor's side.
func leaked(before goleak.Option) error {
	var err error
	for range 5 {
		if err = goleak.Find(before); err == nil {
			return nil
		}
	}
	return fmt.Errorf("goroutines were left behind: %s", firstLines(err.Error(), 30))
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}
