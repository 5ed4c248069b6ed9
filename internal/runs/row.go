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
	stopping      bool
	counts        events.Counts
	lastSeq       int64
}

// delta is what an advance adds to a run.
type delta struct {
	events   int  // how many events will be recorded
	started  bool // a case began; where it is the run's first, one more event is recorded
	stopping bool
	outcomes map[spec.Outcome]int
}

// advance locks the run's row, adds the delta and takes event numbers, in one
// statement: the hot spot of every run. The caller records exactly
// delta.events events with the numbers up to lastSeq, and one more where the
// run has started.
func advance(ctx context.Context, tx *store.Tx, runID string, d delta) (*runRow, error) {
	const query = `
WITH old AS (SELECT id, status FROM runs WHERE id = $1 FOR NO KEY UPDATE)
UPDATE runs SET
	last_seq = last_seq + $2 + CASE WHEN $3 AND runs.status = 'queued' THEN 1 ELSE 0 END,
	status = CASE WHEN $3 AND runs.status = 'queued' THEN 'running' ELSE runs.status END,
	started_at = CASE WHEN $3 THEN COALESCE(started_at, now()) ELSE started_at END,
	stop_requested_at = CASE WHEN $4 THEN COALESCE(stop_requested_at, now()) ELSE stop_requested_at END,
	finished = finished + $5 + $6 + $7 + $8 + $9 + $10 + $11,
	passed = passed + $5, failed = failed + $6, flaky = flaky + $7, timed_out = timed_out + $8,
	errored = errored + $9, skipped = skipped + $10, cancelled = cancelled + $11
FROM old WHERE runs.id = old.id
RETURNING runs.project_id, runs.plan_version_id, runs.status, runs.status <> old.status, priority, stop_requested_at IS NOT NULL, last_seq,
	total, finished, passed, failed, flaky, timed_out, errored, skipped, cancelled`
	o := d.outcomes
	rows, err := tx.QueryContext(ctx, query, runID, d.events, d.started, d.stopping,
		o[spec.OutcomePassed], o[spec.OutcomeFailed], o[spec.OutcomeFlaky], o[spec.OutcomeTimedOut],
		o[spec.OutcomeErrored], o[spec.OutcomeSkipped], o[spec.OutcomeCancelled])
	if err != nil {
		return nil, fmt.Errorf("advance run %s: %w", runID, err)
	}
	r := &runRow{id: runID}
	c := &r.counts
	err = scanOne(rows, &r.projectID, &r.planVersionID, &r.status, &r.started, &r.priority, &r.stopping, &r.lastSeq,
		&c.Total, &c.Finished, &c.Passed, &c.Failed, &c.Flaky, &c.TimedOut, &c.Errored, &c.Skipped, &c.Cancelled)
	if err != nil {
		return nil, fmt.Errorf("advance run %s: %w", runID, err)
	}
	return r, nil
}

// lockRun takes the run's lock ahead of an advance and reports whether the run
// was asked to stop.
func lockRun(ctx context.Context, tx *store.Tx, runID string) (stopping bool, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT stop_requested_at IS NOT NULL FROM runs WHERE id = $1 FOR NO KEY UPDATE", runID)
	if err == nil {
		err = scanOne(rows, &stopping)
	}
	if err != nil {
		return false, fmt.Errorf("lock run %s: %w", runID, err)
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

// record numbers the events up to the run's last number and stores them.
func (s *Service) record(ctx context.Context, tx *store.Tx, r *runRow, evs ...events.Event) error {
	first := r.lastSeq - int64(len(evs)) + 1
	for i := range evs {
		evs[i].Seq = first + int64(i)
	}
	return s.log.Record(ctx, tx, evs...)
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
