package executors

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// RunIndependent performs steps of which none needs the one before: unlike
// RunSteps it goes on behind a step that failed, so that one attempt tells all
// that is wrong. A step that could not be judged or was interrupted still ends
// the attempt, and the steps behind it are skipped. It returns what Execute must
// return.
func RunIndependent(ctx context.Context, sink Sink, steps []Step) (spec.Outcome, error) {
	var first error
	failed := 0
	r := &runner{sink: sink, shared: &shared{}}
	outcome, err := spec.OutcomePassed, error(nil)
	for i, s := range steps {
		if outcome == spec.OutcomePassed && ctx.Err() != nil {
			outcome, err = OutcomeOf(ctx, ctx.Err())
		}
		if outcome != spec.OutcomePassed {
			sink.Emit(StepFinished{Index: i, Name: s.Name, Action: s.Action, Outcome: spec.OutcomeSkipped,
				Error: "not reached because the attempt had ended", StartedAt: time.Now()})
			continue
		}
		r.next = i
		o, stepErr := r.one(ctx, s)
		switch o {
		case spec.OutcomePassed:
		case spec.OutcomeFailed:
			if failed++; failed == 1 {
				first = stepErr
			}
		default:
			outcome, err = o, stepErr
		}
	}
	if outcome != spec.OutcomePassed || failed == 0 {
		return outcome, err
	}
	if failed > 1 {
		first = fmt.Errorf("%w (and %d more steps failed)", first, failed-1)
	}
	return spec.OutcomeFailed, first
}
