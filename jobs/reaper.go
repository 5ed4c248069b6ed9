package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// reapEvery, with the lease, bounds how long a lost attempt waits: 20 s.
const reapEvery = 5 * time.Second

// beatsBeforeReap is how many heartbeats in a row must have succeeded. When the
// database was away, every lease may have run out although every worker lives:
// they get the time to say so.
const beatsBeforeReap = 2

// reap brings back what lost workers held: attempts whose lease ran out, and
// jobs that were fetched but not yet claimed.
func (h *Host) reap(ctx context.Context) error {
	if h.beats.Load() < beatsBeforeReap {
		return nil
	}
	n, err := h.runs.Reap(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		h.logger.Warn("attempts of lost workers were given to others", "attempts", n)
	}
	if _, err := h.teams.Reap(ctx); err != nil {
		return err
	}
	if h.sessions != nil {
		if n, err = h.sessions.Reap(ctx); err != nil {
			return err
		}
		if n > 0 {
			h.logger.Warn("browser sessions of lost workers were ended", "sessions", n)
		}
	}
	return h.returnJobs(ctx)
}

// returnJobs makes jobs available that no worker will end: those of dead workers,
// those of which nobody knows because the answer to a fetch was lost, and those
// whose attempt is over, since River gives up telling so after some seconds
// without the database. River itself waits for its longest job before it takes
// such a job as stuck. A job that is delivered twice in consequence does nothing
// the second time; at worst a webhook gets a message twice.
func (h *Host) returnJobs(ctx context.Context) error {
	dead, err := h.workers.Dead(ctx)
	if err != nil {
		return err
	}
	const query = `
UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = GREATEST(max_attempts, attempt + 1)
WHERE state = 'running' AND kind IN ('case', 'webhook', 'load_part', 'browser_session', 'generate', 'assess', 'judge', 'analyze_failures') AND (
	attempted_by[array_upper(attempted_by, 1)] = ANY($1)
	OR kind = 'case' AND attempted_at < now() - $2 * interval '1 millisecond' AND NOT EXISTS (
		SELECT FROM results WHERE id = args->>'resultId' AND attempt = (args->>'attempt')::int AND status = 'running')
	OR kind = 'load_part' AND attempted_at < now() - $2 * interval '1 millisecond' AND NOT EXISTS (
		SELECT FROM load_parts WHERE id = args->>'partId' AND state IN ('seated', 'ready', 'running'))
	OR kind = 'browser_session' AND attempted_at < now() - $2 * interval '1 millisecond' AND EXISTS (
		SELECT FROM browser_sessions WHERE id = args->>'sessionId' AND status = 'queued')
	OR kind = 'generate' AND attempted_at < now() - $4 * interval '1 millisecond'
	OR kind = 'webhook' AND attempted_at < now() - $3 * interval '1 millisecond')`
	var returned int64
	err = pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		// The queue's connections see no project's rows by themselves, and every case
		// would seem to be nobody's.
		if _, err := tx.Exec(ctx, "SELECT set_config('semantest.scope', '*', true)"); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, query, dead, claimWithin.Milliseconds(), deliverWithin.Milliseconds(), (generateWithin + claimWithin).Milliseconds())
		returned = tag.RowsAffected()
		return err
	})
	if err != nil {
		return fmt.Errorf("return the jobs of lost workers: %w", err)
	}
	if returned > 0 {
		h.logger.Warn("jobs that no worker performs were returned to the queue", "jobs", returned)
	}
	if len(dead) == 0 {
		return nil
	}
	return h.workers.Bury(ctx, dead)
}

// claimWithin is how long a worker may take from fetching a job to its claim.
const claimWithin = 15 * time.Second
