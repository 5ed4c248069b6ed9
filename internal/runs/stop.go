package runs

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
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
		row, err := tx.Run.Query().Where(run.ProjectID(p.ProjectID), run.ID(id)).ForUpdate().Only(ctx)
		if err != nil {
			return missing(err, id)
		}
		if !ended(row.Status) && row.StopRequestedAt == nil {
			if err := s.stop(ctx, tx, id); err != nil {
				return err
			}
			tx.AfterCommit(func() { s.bus.PublishStop(id) })
		}
		out, err = tx.Run.Get(ctx, id)
		return err
	})
	return out, err
}

func (s *Service) stop(ctx context.Context, tx *store.Tx, id string) error {
	dropped, err := dropWaiting(ctx, tx, id)
	if err != nil {
		return err
	}
	advanced, err := advance(ctx, tx, id, delta{
		events: 1 + len(dropped), stopping: true,
		outcomes: map[spec.Outcome]int{spec.OutcomeCancelled: len(dropped)},
	})
	if err != nil {
		return err
	}
	now := time.Now()
	evs := []events.Event{advanced.event(events.RunStopping, now)}
	for _, r := range dropped {
		e := advanced.event(events.CaseFinished, now)
		describe(&e, r)
		e.Outcome, e.Error = spec.OutcomeCancelled, stoppedBefore
		evs = append(evs, e)
	}
	if advanced.complete() {
		last, err := s.finishRun(ctx, tx, advanced)
		if err != nil {
			return err
		}
		evs = append(evs, last)
	}
	return s.record(ctx, tx, advanced, evs...)
}

const stoppedBefore = "the run was stopped before the case began"

// dropWaiting cancels what has not begun. A case that a worker is leasing at
// this moment is left to that worker, which learns of the stop from the lease.
func dropWaiting(ctx context.Context, tx *store.Tx, runID string) (out []*ent.Result, err error) {
	const query = `
UPDATE results SET status = 'finished', outcome = 'cancelled', error = $2, finished_at = now()
WHERE id IN (SELECT id FROM results WHERE run_id = $1 AND status IN ('pending', 'queued') FOR UPDATE SKIP LOCKED)
RETURNING id, case_id, case_key, title, kind, attempt`
	var rows *sql.Rows
	if rows, err = tx.QueryContext(ctx, query, runID, stoppedBefore); err != nil {
		return nil, fmt.Errorf("cancel the waiting cases: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r := &ent.Result{RunID: runID}
		if err := rows.Scan(&r.ID, &r.CaseID, &r.CaseKey, &r.Title, &r.Kind, &r.Attempt); err != nil {
			return nil, fmt.Errorf("cancel the waiting cases: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// ended reports whether a run has its last status.
func ended(s run.Status) bool {
	switch s {
	case run.StatusQueued, run.StatusRunning, run.StatusPaused:
		return false
	}
	return true
}
