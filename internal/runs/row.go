package runs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// runRow is the part of a run that changes while it is under way, as it stands
// after an advance.
type runRow struct {
	id, projectID string
	planVersionID string
	status        run.Status
	started       bool // by this advance
	priority      int
	maxFailures   int
	grouped       bool // other runs may wait for its end
	paused        bool
	stopping      run.StopReason // "" while nothing stops it
	take          int            // cases that the caller has to queue
	counts        events.Counts
	lastSeq       int64
}

// delta is what an advance adds to a run.
type delta struct {
	events   int            // how many events will be recorded
	started  bool           // a case began; where it is the run's first, one more event is recorded
	stopping run.StopReason // "" unless the run stops from now on
	outcomes map[spec.Outcome]int
	released int  // tokens that come back: cases that are no longer queued or running
	room     room // what the limits leave to the run; the zero value where it is to take nothing
}

// advance locks the run's row, adds the delta, takes event numbers and tokens,
// in one statement: the hot spot of every run. The caller records exactly
// delta.events events with the numbers up to lastSeq, and one more where the
// run has started, and queues as many cases as the run took.
//
// A run that is let in, not paused and not stopping takes as many tokens as its
// parallel allows and it has cases that wait.
func advance(ctx context.Context, tx *store.Tx, runID string, d delta) (*runRow, error) {
	const query = `
WITH old AS (
	SELECT id, $3 AND started_at IS NULL AS starts, total - finished - $5 - $6 - $7 - $8 - $9 - $10 - $11 AS open, tokens - $12 AS kept, parallel,
		$4 = '' AND stop_requested_at IS NULL AND paused_at IS NULL AND admitted_at IS NOT NULL AS live
	FROM runs WHERE id = $1 FOR NO KEY UPDATE
), taking AS (
	SELECT *, CASE WHEN live THEN GREATEST(0, LEAST(parallel, $13, open) - kept) ELSE 0 END AS take FROM old
)
UPDATE runs SET
	last_seq = last_seq + $2 + CASE WHEN taking.starts THEN 1 ELSE 0 END,
	status = CASE
		WHEN $3 AND status = 'queued' THEN 'running'
		WHEN $4 <> '' AND status = 'paused' THEN CASE WHEN started_at IS NULL THEN 'queued' ELSE 'running' END
		ELSE status END,
	paused_at = CASE WHEN $4 <> '' THEN NULL ELSE paused_at END,
	started_at = CASE WHEN $3 THEN COALESCE(started_at, now()) ELSE started_at END,
	deadline_at = CASE WHEN taking.starts AND timeout_ms > 0 THEN now() + timeout_ms * interval '1 millisecond' ELSE deadline_at END,
	stop_requested_at = CASE WHEN $4 <> '' THEN COALESCE(stop_requested_at, now()) ELSE stop_requested_at END,
	stop_reason = CASE WHEN $4 <> '' THEN COALESCE(stop_reason, $4) ELSE stop_reason END,
	tokens = taking.kept + taking.take,
	short = taking.live AND taking.kept + taking.take < LEAST(taking.parallel, taking.open),
	finished = finished + $5 + $6 + $7 + $8 + $9 + $10 + $11,
	passed = passed + $5, failed = failed + $6, flaky = flaky + $7, timed_out = timed_out + $8,
	errored = errored + $9, skipped = skipped + $10, cancelled = cancelled + $11
FROM taking WHERE runs.id = taking.id
RETURNING project_id, plan_version_id, status, taking.starts, priority, max_failures, concurrency_group <> '',
	paused_at IS NOT NULL, COALESCE(stop_reason, ''), taking.take, last_seq,
	total, finished, passed, failed, flaky, timed_out, errored, skipped, cancelled`
	o := d.outcomes
	rows, err := tx.QueryContext(ctx, query, runID, d.events, d.started, string(d.stopping),
		o[spec.OutcomePassed], o[spec.OutcomeFailed], o[spec.OutcomeFlaky], o[spec.OutcomeTimedOut],
		o[spec.OutcomeErrored], o[spec.OutcomeSkipped], o[spec.OutcomeCancelled], d.released, d.room.most)
	if err != nil {
		return nil, fmt.Errorf("advance run %s: %w", runID, err)
	}
	r := &runRow{id: runID}
	c := &r.counts
	err = scanOne(rows, &r.projectID, &r.planVersionID, &r.status, &r.started, &r.priority, &r.maxFailures, &r.grouped,
		&r.paused, &r.stopping, &r.take, &r.lastSeq,
		&c.Total, &c.Finished, &c.Passed, &c.Failed, &c.Flaky, &c.TimedOut, &c.Errored, &c.Skipped, &c.Cancelled)
	if err != nil {
		return nil, fmt.Errorf("advance run %s: %w", runID, err)
	}
	return r, nil
}

// lockRun takes the run's lock ahead of an advance and tells why the run stops,
// "" when it does not.
func lockRun(ctx context.Context, tx *store.Tx, runID string) (stopping run.StopReason, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT COALESCE(stop_reason, '') FROM runs WHERE id = $1 FOR NO KEY UPDATE", runID)
	if err == nil {
		err = scanOne(rows, &stopping)
	}
	if err != nil {
		return "", fmt.Errorf("lock run %s: %w", runID, err)
	}
	return stopping, nil
}

// complete reports whether every result has its outcome.
func (r *runRow) complete() bool { return r.counts.Finished >= r.counts.Total }

// event begins an event about the run; seq is set when the events are recorded.
func (r *runRow) event(t events.Type, at time.Time) events.Event {
	return events.Event{
		RunID: r.id, ProjectID: r.projectID, Type: t, At: at,
		Status: string(r.status), Counts: r.counts,
	}
}

// record numbers the events up to the run's last number, stores them and tells
// the outbox.
func (s *Service) record(ctx context.Context, tx *store.Tx, r *runRow, evs ...events.Event) error {
	first := r.lastSeq - int64(len(evs)) + 1
	for i := range evs {
		evs[i].Seq = first + int64(i)
	}
	if err := s.log.Record(ctx, tx, evs...); err != nil {
		return err
	}
	if s.outbox == nil || len(evs) == 0 {
		return nil
	}
	return s.outbox.Tell(ctx, tx, evs)
}

// scanOne reads the one row of a query and closes it.
func scanOne(rows *sql.Rows, dest ...any) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	return rows.Scan(dest...)
}

// stale turns "no such row" into ErrStale.
func stale(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrStale
	}
	return err
}
