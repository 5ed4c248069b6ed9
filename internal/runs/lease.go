package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// MaxLost is how many workers an attempt may take down before the case is given
// up as errored.
const MaxLost = 3

// Lease is a result as a heartbeat finds it.
type Lease struct {
	ResultID string
	Attempt  int
	Stopping bool // the run is stopped, and what is under way with it
}

// Renew extends the leases of the results that a worker performs and returns
// what it still holds; what is not among them was taken away. The worker names
// the results, since the database may know of others: when the answer to a
// claim is lost, the attempt is leased and nobody performs it.
func (s *Service) Renew(ctx context.Context, workerID string, resultIDs []string) ([]Lease, error) {
	if len(resultIDs) == 0 {
		return nil, nil
	}
	const query = `
UPDATE results SET lease_expires_at = now() + $2 * interval '1 millisecond'
FROM runs WHERE results.id = ANY($3) AND results.worker_id = $1 AND results.status = 'running' AND runs.id = results.run_id
RETURNING results.id, results.attempt, COALESCE(runs.stop_reason, '')`
	rows, err := s.store.DB.QueryContext(ctx, query, workerID, LeaseTime.Milliseconds(), pq.Array(resultIDs))
	if err != nil {
		return nil, fmt.Errorf("renew the leases: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Lease
	for rows.Next() {
		var l Lease
		var stopping run.StopReason
		if err := rows.Scan(&l.ResultID, &l.Attempt, &stopping); err != nil {
			return nil, fmt.Errorf("renew the leases: %w", err)
		}
		l.Stopping = Interrupts(stopping)
		out = append(out, l)
	}
	return out, rows.Err()
}

// reapBatch bounds what one Reap takes on.
const reapBatch = 200

// Reap gives attempts whose lease ran out to other workers and returns how many
// it found. Any process may call it at any time: each attempt is reaped once.
func (s *Service) Reap(ctx context.Context) (int, error) {
	const query = `
SELECT id, attempt, run_id, project_id FROM results
WHERE status = 'running' AND lease_expires_at < now() ORDER BY lease_expires_at LIMIT $1`
	rows, err := s.store.DB.QueryContext(ctx, query, reapBatch)
	if err != nil {
		return 0, fmt.Errorf("look for lost attempts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var lost []*ent.Result
	for rows.Next() {
		r := &ent.Result{}
		if err := rows.Scan(&r.ID, &r.Attempt, &r.RunID, &r.ProjectID); err != nil {
			return 0, fmt.Errorf("look for lost attempts: %w", err)
		}
		lost = append(lost, r)
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("look for lost attempts: %w", err)
	}
	n := 0
	for _, r := range lost {
		switch err := s.takeBack(ctx, r); {
		case err == nil:
			n++
		case !errors.Is(err, ErrStale):
			return n, fmt.Errorf("take back attempt %d of %s: %w", r.Attempt, r.ID, err)
		}
	}
	return n, nil
}

// takeBack ends a lost attempt and queues the next one, or gives the case up.
func (s *Service) takeBack(ctx context.Context, found *ent.Result) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err := s.lockLimits(ctx, tx, found.ProjectID)
		if err != nil {
			return err
		}
		reason, err := lockRun(ctx, tx, found.RunID)
		if err != nil {
			return err
		}
		stopping := Interrupts(reason)
		r, err := lockLost(ctx, tx, found.ID, found.Attempt)
		if err != nil {
			return err
		}
		now := time.Now()
		f := Finished{
			Result: r, WorkerID: *r.WorkerID, Outcome: spec.OutcomeErrored,
			Error: "the worker was lost while it performed the case", StartedAt: startOf(r, now), FinishedAt: now,
		}
		if stopping {
			f.Outcome, f.Error = interrupted(reason)
		}
		end := ending{Finished: f, next: &again{lost: 1, event: events.CaseRequeued}}
		if stopping || r.Lost+1 >= MaxLost {
			end.next = nil
			if !stopping {
				end.Error = fmt.Sprintf("given up: %d workers were lost while they performed the case", MaxLost)
			}
		}
		current, err := release(ctx, tx, []ending{end})
		if err != nil {
			return err
		}
		if !current[r.ID] {
			return ErrStale
		}
		return s.proceed(ctx, tx, l, []ending{end})
	})
}

func lockLost(ctx context.Context, tx *store.Tx, resultID string, attempt int) (*ent.Result, error) {
	const query = `
SELECT id FROM results WHERE id = $1 AND attempt = $2 AND status = 'running' AND lease_expires_at < now()
FOR UPDATE SKIP LOCKED`
	rows, err := tx.QueryContext(ctx, query, resultID, attempt)
	if err != nil {
		return nil, err
	}
	var id string
	if err := scanOne(rows, &id); err != nil {
		return nil, stale(err)
	}
	return tx.Result.Get(ctx, id)
}

func startOf(r *ent.Result, fallback time.Time) time.Time {
	if r.StartedAt != nil {
		return *r.StartedAt
	}
	return fallback
}
