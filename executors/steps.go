package executors

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// Step is one step of an attempt, ready to be performed by RunSteps.
type Step struct {
	Name    string        // what people read, as the plan says it: variables stay unexpanded
	Action  string        // the plan's word: "click"
	Timeout time.Duration // limit of the step; zero leaves only the attempt's own deadline
	Skip    string        // why the step cannot be performed here at all: "firefox cannot throttle the network"; empty when it can

	// Do performs the step. It honours ctx, adds to the report what it saw and
	// checked, and returns an error when the step could not be carried out: a
	// Failure says which outcome that is, any other error is OutcomeErrored. A
	// check that did not pass in the report fails the step without an error.
	Do func(ctx context.Context, r *Report) error
}

// Report is what a step has to say beside its outcome.
type Report struct {
	Index  int // of the step, from 0; within a branch of a parallel group from the branch's first step
	Checks []Check
	Detail map[string]any
	Sink   Sink // of the step: what is attached through it finds its place also where the step runs beside others

	// Inner are the steps that the step holds: of a group, of the branch of a
	// condition that was taken, of a loop. They are performed after it, where it
	// passed, as steps of their own whose indexes follow its own. Parallel
	// performs each of them, with what it holds, at the same time as the others.
	Inner    []Step
	Parallel bool
	After    func() // called after the last of them, whatever became of them
}

// Failure is why the first check that did not pass did not, nil where all passed.
func (r *Report) Failure() error { return r.failure() }

// Check adds an assertion's judgement.
func (r *Report) Check(c Check) { r.Checks = append(r.Checks, c) }

// Set adds to the detail of the step.
func (r *Report) Set(key string, value any) {
	if r.Detail == nil {
		r.Detail = map[string]any{}
	}
	r.Detail[key] = value
}

// Failed reports whether a check did not pass.
func (r *Report) Failed() bool { return r.failure() != nil }

// RunSteps performs the steps in order and tells the sink about each, as the
// contract of Executor asks: StepStarted and StepFinished for a step that
// begins, and StepFinished with OutcomeSkipped for the steps behind the first
// one that did not pass. A step with a Skip is skipped in the same way, and the
// attempt with it: what could not be done has not passed. Steps that a step holds come right behind it; where it
// was not reached they are not told. It returns what Execute must return. A step
// that panics is errored, and its stack goes to the sink as a Log.
func RunSteps(ctx context.Context, sink Sink, steps []Step) (spec.Outcome, error) {
	r := &runner{sink: sink, shared: &shared{}}
	return r.all(ctx, steps)
}

// perform calls Do under the step's own limit.
func perform(ctx context.Context, sink Sink, s Step, r *Report) (err error) {
	defer func() {
		if p := recover(); p != nil {
			sink.Emit(Log{Level: "error", Message: fmt.Sprintf("panic: %v\n%s", p, debug.Stack()), At: time.Now()})
			err = fmt.Errorf("the executor failed unexpectedly: %v", p)
		}
	}()
	if s.Timeout <= 0 {
		return s.Do(ctx, r)
	}
	stepCtx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	err = s.Do(stepCtx, r)
	if err != nil && !over(ctx) && over(stepCtx) {
		return &Failure{Outcome: spec.OutcomeTimedOut, Err: err,
			Message: fmt.Sprintf("did not finish within the step's limit of %s%s", s.Timeout, because(err))}
	}
	return err
}

// failure turns the checks that did not pass into one sentence.
func (r *Report) failure() error {
	var first string
	failed := 0
	for _, c := range r.Checks {
		if c.Passed {
			continue
		}
		if failed++; failed == 1 {
			if first = c.Message; first == "" {
				first = c.Name + " did not hold"
			}
		}
	}
	switch failed {
	case 0:
		return nil
	case 1:
		return Failf("%s", first)
	case 2:
		return Failf("%s (and 1 more check failed)", first)
	}
	return Failf("%s (and %d more checks failed)", first, failed-1)
}
