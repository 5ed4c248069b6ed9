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

	// Do performs the step. It honours ctx, adds to the report what it saw and
	// checked, and returns an error when the step could not be carried out: a
	// Failure says which outcome that is, any other error is OutcomeErrored. A
	// check that did not pass in the report fails the step without an error.
	Do func(ctx context.Context, r *Report) error
}

// Report is what a step has to say beside its outcome.
type Report struct {
	Index  int // of the step, from 0
	Checks []Check
	Detail map[string]any
}

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
// one that did not pass. It returns what Execute must return. A step that
// panics is errored, and its stack goes to the sink as a Log.
func RunSteps(ctx context.Context, sink Sink, steps []Step) (spec.Outcome, error) {
	outcome, err := spec.OutcomePassed, error(nil)
	for i, s := range steps {
		if outcome == spec.OutcomePassed && ctx.Err() != nil {
			outcome, err = OutcomeOf(ctx, ctx.Err())
		}
		if outcome != spec.OutcomePassed {
			sink.Emit(StepFinished{Index: i, Name: s.Name, Action: s.Action, Outcome: spec.OutcomeSkipped,
				Error: "not reached because an earlier step did not pass", StartedAt: time.Now()})
			continue
		}
		if outcome, err = runStep(ctx, sink, i, s); err != nil {
			err = fmt.Errorf("step %d (%s): %w", i+1, s.Name, err)
		}
	}
	return outcome, err
}

func runStep(ctx context.Context, sink Sink, index int, s Step) (spec.Outcome, error) {
	started := time.Now()
	sink.Emit(StepStarted{Index: index, Name: s.Name, Action: s.Action, At: started})
	report := &Report{Index: index}
	err := perform(ctx, sink, s, report)
	if err == nil {
		err = report.failure()
	}
	outcome, err := OutcomeOf(ctx, err)
	finished := StepFinished{
		Index: index, Name: s.Name, Action: s.Action, Outcome: outcome,
		StartedAt: started, Duration: time.Since(started),
		Checks: report.Checks, Detail: report.Detail,
	}
	if err != nil {
		finished.Error = err.Error()
	}
	sink.Emit(finished)
	return outcome, err
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
