package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/store"
)

// Deferral says which cases wait, for what, and until when.
type Deferral struct {
	RunID  string
	Target string
	Until  time.Time
	Quiet  bool // no event: the run's viewers know already
}

// Defer lets the cases of a run wait that are about a target which does not
// answer, and that have not begun. It costs them neither an attempt nor a retry.
// Cases of the run that are about other targets take their place.
//
// It reports whether the run's cases may wait at all: those of a run that is
// being stopped may not.
func (s *Service) Defer(ctx context.Context, d Deferral) (waits bool, err error) {
	known, err := s.setup(ctx, d.RunID)
	if err != nil {
		return false, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		waits = false
		l, err := s.lockLimits(ctx, tx, known.projectID)
		if err != nil {
			return err
		}
		stopping, err := lockRun(ctx, tx, d.RunID)
		if err != nil || stopping != "" {
			return err
		}
		waits = true
		waiting, queued, err := deferCases(ctx, tx, d)
		if err != nil || waiting == 0 {
			return err
		}
		return s.announceDeferral(ctx, tx, l, known.projectID, d, waiting, queued)
	})
	return waits, err
}

// ProjectOf returns whose a run is: the breaker of a target belongs to a project.
func (s *Service) ProjectOf(ctx context.Context, runID string) (string, error) {
	known, err := s.setup(ctx, runID)
	if err != nil {
		return "", err
	}
	return known.projectID, nil
}

// deferCases holds the cases back, and tells how many wait now and how many of
// them had a token.
func deferCases(ctx context.Context, tx *store.Tx, d Deferral) (waiting, queued int, err error) {
	const query = `
UPDATE results SET status = 'pending', deferred_until = $3, deferred_for = $2
FROM (
	SELECT id, status FROM results WHERE run_id = $1 AND target = $2 AND status IN ('pending', 'queued')
		AND (deferred_until IS NULL OR deferred_until < $3)
	ORDER BY ordinal FOR UPDATE SKIP LOCKED
) AS held WHERE results.id = held.id
RETURNING held.status`
	rows, err := tx.QueryContext(ctx, query, d.RunID, d.Target, d.Until)
	if err != nil {
		return 0, 0, fmt.Errorf("defer the cases about %s: %w", d.Target, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var was result.Status
		if err := rows.Scan(&was); err != nil {
			return 0, 0, fmt.Errorf("defer the cases about %s: %w", d.Target, err)
		}
		waiting++
		if was == result.StatusQueued {
			queued++
		}
	}
	return waiting, queued, rows.Err()
}

func (s *Service) announceDeferral(ctx context.Context, tx *store.Tx, l limits, projectID string, d Deferral, waiting, queued int) error {
	rm, err := s.roomFor(ctx, tx, l, projectID, d.RunID)
	if err != nil {
		return err
	}
	change := delta{released: queued, room: rm}
	if !d.Quiet {
		change.events = 1
	}
	r, err := advance(ctx, tx, d.RunID, change)
	if err != nil {
		return err
	}
	if !d.Quiet {
		e := r.event(events.RunDeferred, time.Now())
		e.Error = fmt.Sprintf("%s does not answer; the %d cases about it that have not begun wait until %s",
			d.Target, waiting, d.Until.UTC().Format(time.TimeOnly+" UTC"))
		if err := s.record(ctx, tx, r, e); err != nil {
			return err
		}
	}
	return s.goOn(ctx, tx, r, rm)
}
