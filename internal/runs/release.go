package runs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/store"
)

// release ends the leases of attempts: their results get their outcome or go
// back to the queue. It returns the ids of the results whose attempt was still
// its worker's; the others are left as they are.
func release(ctx context.Context, tx *store.Tx, ends []ending) (map[string]bool, error) {
	current := make(map[string]bool, len(ends))
	var last, next []ending
	for _, e := range ends {
		if e.next == nil {
			last = append(last, e)
		} else {
			next = append(next, e)
		}
	}
	return current, errors.Join(settle(ctx, tx, last, current), requeue(ctx, tx, next, current))
}

func settle(ctx context.Context, tx *store.Tx, ends []ending, current map[string]bool) error {
	if len(ends) == 0 {
		return nil
	}
	const query = `
UPDATE results SET status = 'finished', outcome = e.outcome, error = e.error, finished_at = e.finished_at,
	duration_ms = e.duration_ms, lease_expires_at = NULL
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])
	AS e(id, attempt, worker_id, outcome, error, finished_at, duration_ms)
WHERE results.id = e.id AND results.attempt = e.attempt AND results.worker_id = e.worker_id AND status = 'running'
RETURNING results.id`
	c := newColumns(ends)
	outcomes, errs := make([]string, len(ends)), make([]string, len(ends))
	finished, durations := make([]time.Time, len(ends)), make([]int64, len(ends))
	for i, e := range ends {
		outcomes[i], errs[i], finished[i] = string(e.settled()), excerpt.Storable(e.Error), e.FinishedAt
		durations[i] = e.FinishedAt.Sub(e.StartedAt).Milliseconds()
	}
	rows, err := tx.QueryContext(ctx, query, store.Array(c.ids), store.Array(c.attempts), store.Array(c.workers),
		store.Array(outcomes), store.Array(errs), store.Array(finished), store.Array(durations))
	return collect(rows, err, current, "store the outcomes")
}

// requeue makes the next attempt of each result current.
func requeue(ctx context.Context, tx *store.Tx, ends []ending, current map[string]bool) error {
	if len(ends) == 0 {
		return nil
	}
	const query = `
UPDATE results SET status = 'queued', attempt = results.attempt + 1, worker_id = NULL, lease_expires_at = NULL,
	retries = retries + e.retried, lost = results.lost + e.lost
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[]) AS e(id, attempt, worker_id, retried, lost)
WHERE results.id = e.id AND results.attempt = e.attempt AND results.worker_id = e.worker_id AND status = 'running'
RETURNING results.id`
	c := newColumns(ends)
	retried, lost := make([]int64, len(ends)), make([]int64, len(ends))
	for i, e := range ends {
		retried[i], lost[i] = int64(e.next.retried), int64(e.next.lost)
	}
	rows, err := tx.QueryContext(ctx, query, store.Array(c.ids), store.Array(c.attempts), store.Array(c.workers),
		store.Array(retried), store.Array(lost))
	return collect(rows, err, current, "queue the next attempts")
}

// columns name the attempts that a statement is about.
type columns struct {
	ids, workers []string
	attempts     []int64
}

func newColumns(ends []ending) columns {
	c := columns{ids: make([]string, len(ends)), workers: make([]string, len(ends)), attempts: make([]int64, len(ends))}
	for i, e := range ends {
		c.ids[i], c.workers[i], c.attempts[i] = e.Result.ID, e.WorkerID, int64(e.Result.Attempt)
	}
	return c
}

// collect adds the ids that a statement returned.
func collect(rows *sql.Rows, err error, ids map[string]bool, doing string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		ids[id] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// goOn queues the run's next cases with their jobs, and further jobs with them.
func (s *Service) goOn(ctx context.Context, tx *store.Tx, r *runRow, rm room, further ...Job) error {
	jobs, err := takePending(ctx, tx, r, rm)
	if err != nil {
		return err
	}
	if jobs = append(further, jobs...); len(jobs) == 0 {
		return nil
	}
	return s.enqueuer.Enqueue(ctx, tx, jobs...)
}

// takePending queues the run's next cases: as many as the run has just taken
// tokens for. Where fewer can go, since a target or a kind has to wait, the run
// gives the other tokens back. The run's row is locked, so no other transaction
// can choose the same ones.
func takePending(ctx context.Context, tx *store.Tx, r *runRow, rm room) (jobs []Job, err error) {
	if r.take == 0 {
		return nil, nil
	}
	jobs, err = queuePending(ctx, tx, r, rm)
	if err != nil {
		return nil, fmt.Errorf("queue the next cases: %w", err)
	}
	if left := r.take - len(jobs); left > 0 {
		if _, err := tx.ExecContext(ctx, "UPDATE runs SET tokens = tokens - $2, short = true WHERE id = $1", r.id, left); err != nil {
			return nil, fmt.Errorf("give tokens of run %s back: %w", r.id, err)
		}
	}
	return jobs, nil
}

func queuePending(ctx context.Context, tx *store.Tx, r *runRow, rm room) (jobs []Job, err error) {
	const next = `
UPDATE results SET status = 'queued', deferred_until = NULL, deferred_for = '' WHERE id IN (
	SELECT id FROM results WHERE run_id = $1 AND status = 'pending' AND (deferred_until IS NULL OR deferred_until <= now())
	ORDER BY ordinal LIMIT $2)
RETURNING id, kind, attempt, timeout_ms, target`
	// The place of each case among those of its kind costs a look at all that wait.
	const nextOfKinds = `
UPDATE results SET status = 'queued', deferred_until = NULL, deferred_for = '' WHERE id IN (
	SELECT id FROM (
		SELECT id, ordinal, kind, row_number() OVER (PARTITION BY kind ORDER BY ordinal) AS place FROM results
		WHERE run_id = $1 AND status = 'pending' AND (deferred_until IS NULL OR deferred_until <= now())
	) AS waiting LEFT JOIN unnest($3::text[], $4::bigint[]) AS limits(kind, free) USING (kind)
	WHERE place <= COALESCE(free, $2) ORDER BY ordinal LIMIT $2)
RETURNING id, kind, attempt, timeout_ms, target`
	query, args := next, []any{r.id, r.take}
	if len(rm.kinds) > 0 {
		var kinds []string
		var free []int64
		for kind, n := range rm.kinds {
			kinds, free = append(kinds, string(kind)), append(free, int64(n))
		}
		query, args = nextOfKinds, append(args, store.Array(kinds), store.Array(free))
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		next := ent.Result{RunID: r.id}
		if err := rows.Scan(&next.ID, &next.Kind, &next.Attempt, &next.TimeoutMs, &next.Target); err != nil {
			return nil, err
		}
		jobs = append(jobs, jobOf(&next, r.priority))
	}
	return jobs, rows.Err()
}
