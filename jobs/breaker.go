package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/breaker"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// pass is the leave of a target's breaker to perform a case about it.
type pass struct {
	target string
	probe  bool
	done   breaker.Done
}

// ask returns the leave to perform a case, or nil when its target's breaker is
// open and the case has been put back to wait. What waits has cost the case
// nothing: its attempt was not begun.
func (h *Host) ask(ctx context.Context, args CaseArgs) (*pass, error) {
	free := &pass{target: args.Target, done: func(context.Context, breaker.Verdict) {}}
	if args.Target == "" {
		return free, nil
	}
	project, err := h.runs.ProjectOf(ctx, args.RunID)
	if err != nil {
		return free, nil //nolint:nilerr // Claim asks for the run too, and tells what is wrong with it
	}
	decision, done := h.breakers.Allow(ctx, breaker.Key{Kind: breaker.Target, Project: project, Name: args.Target})
	if decision.Allowed {
		return &pass{target: args.Target, probe: decision.Probe, done: done}, nil
	}
	// The viewers know already when it is only a probe's end that is waited for.
	waits, err := h.runs.Defer(ctx, runs.Deferral{
		RunID: args.RunID, Target: args.Target, Until: decision.RetryAt, Quiet: decision.Probing,
	})
	if err != nil || waits {
		return nil, err
	}
	return free, nil // the run is being stopped, and Claim ends the case
}

// verdict says what an attempt tells about its target. An answer that is wrong
// is one. What failed for another reason tells nothing, nor does the absence of
// another target that the case happens to ask.
func verdict(outcome spec.Outcome, err error, target string) breaker.Verdict {
	if u, ok := errors.AsType[*executors.Unreachable](err); ok {
		if u.Target == target && outcome != spec.OutcomeCancelled {
			return breaker.Unreachable
		}
		return breaker.Unknown
	}
	if outcome == spec.OutcomePassed || outcome == spec.OutcomeFailed {
		return breaker.Answered
	}
	return breaker.Unknown
}

// giveBack lets an attempt that only found out that the target is still away
// count for nothing: an outage must not use up the retries of the case that
// happens to be the probe.
func (p *pass) giveBack(f runs.Finished) runs.Finished {
	f.Error = fmt.Sprintf("%s still does not answer, and the case goes on waiting: %s", p.target, f.Error)
	f.Outcome, f.Interrupted = spec.OutcomeCancelled, true
	return f
}
