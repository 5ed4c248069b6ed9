package runs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Stop ends a run: cases that wait are cancelled at once, those under way have
// their context cancelled and end as cancelled. A run that has ended already is
// returned as it is.
func (s *Service) Stop(ctx context.Context, id string) (*ent.Run, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	var out *ent.Run
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if out, err = s.StopTx(ctx, tx, p.ProjectID, id, run.StopReasonAsked); err != nil {
			return err
		}
		return note(ctx, tx, out, "run.stopped")
	})
	return out, err
}

// note records what somebody did to a run.
func note(ctx context.Context, tx *store.Tx, row *ent.Run, action string) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.Name,
	})
}

// StopTx stops a run of a project for a reason, as part of a transaction. With
// no project it stops the run whatever project it belongs to.
func (s *Service) StopTx(ctx context.Context, tx *store.Tx, projectID, id string, reason run.StopReason) (*ent.Run, error) {
	q := tx.Run.Query().Where(run.ID(id))
	if projectID != "" {
		q.Where(run.ProjectID(projectID))
	}
	row, err := q.ForUpdate(store.NoKey).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Run, id)
	}
	if ended(row.Status) || row.StopRequestedAt != nil {
		return row, nil
	}
	if err := s.stop(ctx, tx, id, reason); err != nil {
		return nil, err
	}
	return tx.Run.Get(ctx, id)
}

// stop ends what waits and, unless only new cases are to be kept from
// beginning, tells the workers to end what is under way. The run's row is locked.
func (s *Service) stop(ctx context.Context, tx *store.Tx, id string, reason run.StopReason) error {
	left, queued, err := dropWaiting(ctx, tx, id, reason)
	if err != nil {
		return err
	}
	r, evs, err := advanceDropped(ctx, tx, id, reason, left, delta{events: 1, stopping: reason, released: queued})
	if err != nil {
		return err
	}
	first := r.event(events.RunStopping, time.Now())
	outcome, _ := dropped(reason)
	first.Counts.Add(outcome, -len(left))
	first.Error = sentenceOf(reason)
	if !r.complete() && Interrupts(reason) {
		tx.AfterCommit(func() { s.bus.PublishStop(id) })
	}
	return s.recordDropped(ctx, tx, r, append([]events.Event{first}, evs...))
}

// dropAgain ends what waits in a run that stops already.
func (s *Service) dropAgain(ctx context.Context, tx *store.Tx, id string) error {
	reason, err := lockRun(ctx, tx, id)
	if err != nil || reason == "" {
		return err
	}
	left, queued, err := dropWaiting(ctx, tx, id, reason)
	if err != nil || len(left) == 0 {
		return err
	}
	r, evs, err := advanceDropped(ctx, tx, id, reason, left, delta{released: queued})
	if err != nil {
		return err
	}
	return s.recordDropped(ctx, tx, r, evs)
}

// advanceDropped counts cases that a stop keeps from beginning, and tells of them.
func advanceDropped(ctx context.Context, tx *store.Tx, id string, reason run.StopReason, left []*ent.Result, d delta) (*runRow, []events.Event, error) {
	outcome, sentence := dropped(reason)
	d.events += len(left)
	d.outcomes = map[spec.Outcome]int{outcome: len(left)}
	r, err := advance(ctx, tx, id, d)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	evs := make([]events.Event, len(left))
	for i, res := range left {
		e := r.event(events.CaseFinished, now)
		e.Counts.Add(outcome, i+1-len(left))
		describe(&e, res)
		e.Outcome, e.Error = outcome, sentence
		evs[i] = e
	}
	return r, evs, nil
}

// recordDropped stores the events, and with the last case the end of the run.
func (s *Service) recordDropped(ctx context.Context, tx *store.Tx, r *runRow, evs []events.Event) error {
	if r.complete() {
		last, err := s.finishRun(ctx, tx, r)
		if err != nil {
			return err
		}
		evs = append(evs, last)
	}
	return s.record(ctx, tx, r, evs...)
}

// Interrupts reports whether a stop for this reason ends cases under way.
func Interrupts(reason run.StopReason) bool {
	return reason != "" && reason != run.StopReasonMaxFailures
}

// sentenceOf says to people why a run stops.
func sentenceOf(reason run.StopReason) string {
	switch reason {
	case run.StopReasonSuperseded:
		return "a later run of its concurrency group took its place"
	case run.StopReasonTimeout:
		return "the run's limit of time was reached"
	case run.StopReasonMaxFailures:
		return "so many cases failed that no further one is begun"
	case run.StopReasonAsked: // they know
	}
	return ""
}

// interrupted says what becomes of cases under way that a stop ends.
func interrupted(reason run.StopReason) (spec.Outcome, string) {
	if reason == run.StopReasonTimeout {
		return spec.OutcomeTimedOut, "the run's limit of time was reached while the case was under way"
	}
	return spec.OutcomeCancelled, "the run was stopped while the case was under way"
}

// dropped says what becomes of cases that a stop keeps from beginning. Nobody
// chose to cancel those that a limit of the plan leaves out.
func dropped(reason run.StopReason) (spec.Outcome, string) {
	switch reason {
	case run.StopReasonTimeout:
		return spec.OutcomeSkipped, "the run's limit of time was reached before the case began"
	case run.StopReasonMaxFailures:
		return spec.OutcomeSkipped, "too many cases had failed before the case began"
	case run.StopReasonSuperseded:
		return spec.OutcomeCancelled, "a later run took the place of this one before the case began"
	case run.StopReasonAsked:
	}
	return spec.OutcomeCancelled, "the run was stopped before the case began"
}

// dropWaiting ends what has not begun, and tells how many of the cases were
// queued. A case that a worker is leasing at this moment is left to that worker,
// which learns of the stop from the lease. So is a case that is tried again, when
// only new ones are to be kept from beginning.
//
// A worker whose job is out of date may hold a case that waits, for as long as its
// transaction lasts: the next Dispatch drops it.
func dropWaiting(ctx context.Context, tx *store.Tx, runID string, reason run.StopReason) (out []*ent.Result, queued int, err error) {
	outcome, sentence := dropped(reason)
	const query = `
UPDATE results SET status = 'finished', outcome = $2, error = $3, finished_at = now()
FROM (
	SELECT id, status FROM results
	WHERE run_id = $1 AND (status = 'pending' OR status = 'queued' AND ($4 OR attempt = 1)) ORDER BY ordinal FOR UPDATE SKIP LOCKED
) AS waiting WHERE results.id = waiting.id
RETURNING results.id, case_id, case_key, title, kind, attempt, ordinal, waiting.status`
	var rows *sql.Rows
	if rows, err = tx.QueryContext(ctx, query, runID, string(outcome), sentence, Interrupts(reason)); err != nil {
		return nil, 0, fmt.Errorf("end the waiting cases: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r := &ent.Result{RunID: runID}
		if err := rows.Scan(&r.ID, &r.CaseID, &r.CaseKey, &r.Title, &r.Kind, &r.Attempt, &r.Ordinal, &r.Status); err != nil {
			return nil, 0, fmt.Errorf("end the waiting cases: %w", err)
		}
		if r.Status == result.StatusQueued {
			queued++
		}
		out = append(out, r)
	}
	return out, queued, rows.Err()
}

// ended reports whether a run has its last status.
func ended(s run.Status) bool {
	switch s {
	case run.StatusQueued, run.StatusRunning, run.StatusPaused:
		return false
	}
	return true
}
