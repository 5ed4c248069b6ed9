package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Pause keeps a run from beginning further cases; those under way end. Pausing
// a paused run changes nothing.
func (s *Service) Pause(ctx context.Context, id string) (*ent.Run, error) {
	return s.change(ctx, id, "run.paused", func(ctx context.Context, tx *store.Tx, row *ent.Run, _ limits) error {
		if row.PausedAt != nil {
			return nil
		}
		if row.StopRequestedAt != nil {
			return apperr.New(apperr.Conflict, "the run is stopping and cannot be paused")
		}
		return s.pause(ctx, tx, row)
	})
}

func (s *Service) pause(ctx context.Context, tx *store.Tx, row *ent.Run) error {
	const hold = "UPDATE runs SET paused_at = now(), status = 'paused' WHERE id = $1"
	if _, err := tx.ExecContext(ctx, hold, row.ID); err != nil {
		return fmt.Errorf("pause run %s: %w", row.ID, err)
	}
	// A job whose case waits again does nothing when it is worked.
	const back = `
UPDATE results SET status = 'pending' WHERE id IN (
	SELECT id FROM results WHERE run_id = $1 AND status = 'queued' FOR UPDATE SKIP LOCKED)`
	done, err := tx.ExecContext(ctx, back, row.ID)
	if err != nil {
		return fmt.Errorf("take back the queued cases of run %s: %w", row.ID, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return err
	}
	r, err := advance(ctx, tx, row.ID, delta{events: 1, released: int(n)})
	if err != nil {
		return err
	}
	tx.AfterCommit(s.kick) // others may have use for the tokens
	return s.record(ctx, tx, r, r.event(events.RunPaused, time.Now()))
}

// Resume lets a paused run go on. Resuming a run that is not paused changes
// nothing.
func (s *Service) Resume(ctx context.Context, id string) (*ent.Run, error) {
	return s.change(ctx, id, "run.resumed", func(ctx context.Context, tx *store.Tx, row *ent.Run, l limits) error {
		if row.PausedAt == nil {
			return nil
		}
		return s.resume(ctx, tx, row, l)
	})
}

func (s *Service) resume(ctx context.Context, tx *store.Tx, row *ent.Run, l limits) error {
	const query = `
UPDATE runs SET paused_at = NULL, deadline_at = deadline_at + (now() - paused_at),
	status = CASE WHEN started_at IS NULL THEN 'queued' ELSE 'running' END WHERE id = $1`
	if _, err := tx.ExecContext(ctx, query, row.ID); err != nil {
		return fmt.Errorf("resume run %s: %w", row.ID, err)
	}
	rm, err := s.roomFor(ctx, tx, l, row.ProjectID, row.ID)
	if err != nil {
		return err
	}
	r, err := advance(ctx, tx, row.ID, delta{events: 1, room: rm})
	if err != nil {
		return err
	}
	if err := s.record(ctx, tx, r, r.event(events.RunResumed, time.Now())); err != nil {
		return err
	}
	tx.AfterCommit(s.kick) // it may still have to be let in
	return s.goOn(ctx, tx, r, rm)
}

// change locks a run of the caller that has not ended, with its project's
// limits, and returns it as f leaves it.
func (s *Service) change(ctx context.Context, id, action string,
	f func(ctx context.Context, tx *store.Tx, row *ent.Run, l limits) error,
) (*ent.Run, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	var out *ent.Run
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err := s.lockLimits(ctx, tx, p.ProjectID)
		if err != nil {
			return err
		}
		row, err := tx.Run.Query().Where(run.ProjectID(p.ProjectID), run.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Run, id)
		}
		if ended(row.Status) {
			return apperr.New(apperr.Conflict, "the run has ended")
		}
		if err := f(ctx, tx, row, l); err != nil {
			return err
		}
		if err := note(ctx, tx, row, action); err != nil {
			return err
		}
		out, err = tx.Run.Get(ctx, id)
		return err
	})
	return out, err
}
