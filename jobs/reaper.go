package jobs

import (
	"context"
	"fmt"
	"time"
)

// reapEvery, with the lease, bounds how long a lost attempt waits: 20 s.
const reapEvery = 5 * time.Second

// reap brings back what lost workers held: attempts whose lease ran out, and
// jobs that were fetched but not yet claimed.
func (h *Host) reap(ctx context.Context) error {
	n, err := h.runs.Reap(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		h.logger.Warn("attempts of lost workers were given to others", "attempts", n)
	}
	return h.returnJobs(ctx)
}

// returnJobs makes the jobs of dead workers available at once. River itself
// waits for its longest job before it takes such a job as stuck. A job whose
// attempt is over in truth does nothing when it is delivered again.
func (h *Host) returnJobs(ctx context.Context) error {
	dead, err := h.workers.Dead(ctx)
	if err != nil || len(dead) == 0 {
		return err
	}
	const query = `
UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = GREATEST(max_attempts, attempt + 1)
WHERE state = 'running' AND kind = 'case' AND attempted_by[array_upper(attempted_by, 1)] = ANY($1)`
	tag, err := h.pool.Exec(ctx, query, dead)
	if err != nil {
		return fmt.Errorf("return the jobs of lost workers: %w", err)
	}
	if tag.RowsAffected() > 0 {
		h.logger.Warn("jobs of lost workers were returned to the queue", "jobs", tag.RowsAffected())
	}
	return h.workers.Bury(ctx, dead)
}
