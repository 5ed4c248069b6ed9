package executors

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// maxSteps bounds how many steps loops may make of one attempt: as many as a
// result keeps.
const maxSteps = 2_000

// runner performs the steps of an attempt, or of one branch of it.
type runner struct {
	sink   Sink
	next   int // index of the next step
	branch int // of a parallel group; 0 outside of one
	shared *shared
}

// shared is what all branches of an attempt count together.
type shared struct {
	steps    atomic.Int64
	branches atomic.Int64
}

// stepError says which step went wrong. The index within a branch becomes that
// within the attempt once it is known.
type stepError struct {
	index int
	name  string
	err   error
}

func (e *stepError) Error() string { return fmt.Sprintf("step %d (%s): %v", e.index+1, e.name, e.err) }
func (e *stepError) Unwrap() error { return e.err }

func (r *runner) all(ctx context.Context, steps []Step) (spec.Outcome, error) {
	outcome, err := spec.OutcomePassed, error(nil)
	for _, s := range steps {
		if outcome == spec.OutcomePassed && ctx.Err() != nil {
			outcome, err = OutcomeOf(ctx, ctx.Err())
		}
		if outcome != spec.OutcomePassed {
			r.sink.Emit(StepFinished{Index: r.next, Name: s.Name, Action: s.Action, Outcome: spec.OutcomeSkipped,
				Error: "not reached because an earlier step did not pass", StartedAt: time.Now()})
			r.next++
			continue
		}
		if s.Skip != "" {
			outcome, err = r.skip(s)
			continue
		}
		outcome, err = r.one(ctx, s)
	}
	return outcome, err
}

// skip tells of a step that cannot be performed.
func (r *runner) skip(s Step) (spec.Outcome, error) {
	index := r.next
	r.next++
	err := &Failure{Outcome: spec.OutcomeSkipped, Message: "skipped: " + s.Skip}
	r.sink.Emit(StepFinished{Index: index, Name: s.Name, Action: s.Action, Outcome: spec.OutcomeSkipped,
		Error: err.Message, StartedAt: time.Now()})
	return spec.OutcomeSkipped, &stepError{index: index, name: s.Name, err: err}
}

// one performs a step and what it holds.
func (r *runner) one(ctx context.Context, s Step) (spec.Outcome, error) {
	report := &Report{Index: r.next, Sink: r.sink}
	r.next++
	outcome, err := r.step(ctx, s, report)
	if report.After != nil {
		defer report.After()
	}
	if err != nil {
		return outcome, &stepError{index: report.Index, name: s.Name, err: err}
	}
	switch {
	case len(report.Inner) == 0:
		return outcome, nil
	case report.Parallel:
		return r.parallel(ctx, report.Inner)
	}
	return r.all(ctx, report.Inner)
}

// step performs a step itself and tells the sink.
func (r *runner) step(ctx context.Context, s Step, report *Report) (spec.Outcome, error) {
	started := time.Now()
	r.sink.Emit(StepStarted{Index: report.Index, Name: s.Name, Action: s.Action, At: started, Branch: r.branch})
	var err error
	if r.shared.steps.Add(1) > maxSteps {
		err = Errorf("the case makes more than %d steps", maxSteps)
	} else {
		err = perform(ctx, r.sink, s, report)
	}
	if err == nil {
		err = report.failure()
	}
	outcome, err := OutcomeOf(ctx, err)
	finished := StepFinished{
		Index: report.Index, Name: s.Name, Action: s.Action, Outcome: outcome,
		StartedAt: started, Duration: time.Since(started),
		Checks: report.Checks, Detail: report.Detail,
	}
	if err != nil {
		finished.Error = err.Error()
	}
	r.sink.Emit(finished)
	return outcome, err
}
