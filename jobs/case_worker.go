package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/breaker"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// caseMargin is what a job may take beyond its attempt's own limit: claiming
// and storing, also across a short outage of the database.
const caseMargin = 2 * time.Minute

// caseWorker performs cases.
type caseWorker struct {
	river.WorkerDefaults[CaseArgs]
	host *Host
}

// Timeout implements river.Worker. It is finite, or River would never rescue
// the job.
func (w *caseWorker) Timeout(job *river.Job[CaseArgs]) time.Duration {
	return time.Duration(job.Args.TimeoutMS)*time.Millisecond + caseMargin
}

// NextRetry implements river.Worker: a claim that failed is tried again soon.
func (w *caseWorker) NextRetry(job *river.Job[CaseArgs]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*time.Second, 10*time.Second))
}

// Work implements river.Worker. An error means that the attempt was not begun;
// once it is claimed, its outcome is stored or its lease runs out.
func (w *caseWorker) Work(ctx context.Context, job *river.Job[CaseArgs]) error {
	h := w.host
	if wait, err := h.othersFirst(ctx, job); wait > 0 || err != nil {
		return snooze(wait, err)
	}
	queued := kindOf(job.Queue)
	if !h.room.enter(queued) {
		return river.JobSnooze(crowded)
	}
	defer h.room.leave(queued)
	pass, err := h.ask(ctx, job.Args)
	if pass == nil {
		return err
	}
	claim, err := h.runs.Claim(ctx, h.id, job.Args.RunID, job.Args.ResultID, job.Args.Attempt)
	if err != nil {
		pass.done(ctx, breaker.Unknown)
		if errors.Is(err, runs.ErrStale) {
			return nil // delivered twice, or stopped meanwhile
		}
		return err
	}
	attemptCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Held until it is stored, or given up: the lease then runs out, and someone
	// performs the case again.
	release := h.leases.hold(claim, cancel)
	defer release()
	kind := string(claim.Case.Kind)
	h.meter.CaseBegan(kind)
	finished, verdict := h.perform(attemptCtx, claim)
	h.meter.CaseEnded(kind, string(finished.Outcome), finished.FinishedAt.Sub(finished.StartedAt))
	h.leases.performed(claim)
	// Before it is stored: that may queue the next attempt.
	pass.done(ctx, verdict)
	if pass.probe && verdict == breaker.Unreachable {
		finished = pass.giveBack(finished)
	}
	h.store(ctx, finished)
	return nil
}

// perform runs the executor under the attempt's limit and collects what it has
// to tell, also about the target.
func (h *Host) perform(ctx context.Context, claim *runs.Claim) (runs.Finished, breaker.Verdict) {
	deadlineCtx, cancelDeadline := context.WithTimeout(ctx, claim.Deadline)
	defer cancelDeadline()

	rec := newRecorder(claim, h.artifacts, h.ticks)
	outcome, err := spec.OutcomeCancelled, error(errStopped)
	if !claim.Stopping {
		outcome, err = h.execute(deadlineCtx, claim, rec)
	}
	rec.close()
	about := verdict(outcome, err, claim.Result.Target)
	interrupted := false
	if cause := context.Cause(ctx); outcome == spec.OutcomeCancelled && cause != nil {
		err = cause
		// Only a worker that ends cancels the job itself.
		if interrupted = ctx.Err() != nil && !errors.Is(cause, errStopped) && !errors.Is(cause, errTakenAway); interrupted {
			err = errEnding
		}
	}
	f := rec.finished(h.id, outcome, err)
	f.Interrupted = interrupted
	if _, busy := errors.AsType[*executors.Busy](err); busy && !interrupted {
		f.Outcome, f.Interrupted, f.Steps = spec.OutcomeCancelled, true, nil // nothing was done
	}
	return f, about
}

// grace is what an executor may take to end once its context is done. It is
// several times what its contract allows.
const grace = 10 * time.Second

// execute guards the process against an executor that breaks its contract. One
// that goes on after its context and the grace is left behind: what it still
// tells is dropped, and the slot is free.
func (h *Host) execute(ctx context.Context, claim *runs.Claim, sink executors.Sink) (spec.Outcome, error) {
	executor, ok := h.executors[claim.Case.Kind]
	if !ok {
		return spec.OutcomeErrored, fmt.Errorf("no executor for cases of kind %s in this worker", claim.Case.Kind)
	}
	type end struct {
		outcome spec.Outcome
		err     error
	}
	ended := make(chan end, 1)
	go func() {
		outcome, err := h.guarded(ctx, executor, claim, sink)
		ended <- end{outcome, err}
	}()
	select {
	case e := <-ended:
		return e.outcome, e.err
	case <-ctx.Done():
	}
	late := time.NewTimer(h.grace)
	defer late.Stop()
	select {
	case e := <-ended:
		return e.outcome, e.err
	case <-late.C:
	}
	h.logger.Error("an executor did not end when it was told to, and was left behind", "kind", claim.Case.Kind, "case", claim.Result.CaseKey)
	return executors.OutcomeOf(ctx, errLeftBehind)
}

var errLeftBehind = errors.New("the executor did not end when it was told to")

func (h *Host) guarded(ctx context.Context, executor executors.Executor, claim *runs.Claim, sink executors.Sink) (outcome spec.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			h.logger.Error("executor panicked", "kind", claim.Case.Kind, "case", claim.Result.CaseKey, "panic", p)
			outcome, err = spec.OutcomeErrored, errors.New("the executor failed unexpectedly; its log has the details")
		}
	}()
	task := h.taskOf(claim)
	task.Baselines = h.baselinesOf(claim, sink)
	if _, shares := executor.(executors.PartTaker); shares {
		task.Team = &team{host: h, attempt: attemptOf(claim)}
	}
	return executor.Execute(ctx, task, sink)
}

func (h *Host) taskOf(claim *runs.Claim) executors.Task {
	return executors.Task{
		ProjectID: claim.Result.ProjectID, RunID: claim.Result.RunID, ResultID: claim.Result.ID, Attempt: claim.Result.Attempt,
		Case: claim.Case, Use: claim.Use, Scope: claim.Scope, Files: claim.Files,
		Previous: &previous{h.runs, h.artifacts, claim}, AcceptBaselines: claim.AcceptBaselines,
		LoadGrant: claim.Grant,
	}
}

var (
	errStopped = apperr.New(apperr.Conflict, "the run was stopped")
	errEnding  = apperr.New(apperr.Unavailable, "the worker was told to end before the case was done")
)

// storeWithin is how long an outcome is offered to a database that is away.
// Beyond the lease another worker has the attempt anyway.
const storeWithin = 4 * runs.LeaseTime

// store keeps offering the outcome until it is stored or no longer wanted. It
// goes on when the worker is told to end: the work is done, only not yet told.
func (h *Host) store(ctx context.Context, f runs.Finished) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := h.runs.Finish(ctx, f)
		if err == nil {
			return
		}
		log := h.logger.With("case", f.Result.CaseKey, "run", f.Result.RunID, "attempt", f.Result.Attempt)
		if errors.Is(err, runs.ErrStale) {
			log.Warn("an outcome came too late and was dropped")
			return
		}
		log.Warn("storing an outcome failed", slog.Any("error", err))
		select {
		case <-ctx.Done():
			log.Error("giving up on storing an outcome; the case is performed again")
			return
		case <-time.After(pause):
		}
	}
}
