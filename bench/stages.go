//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// stages is what a case waits for from the insertion of its job to the end of
// the job, as means, so that they add up.
type stages struct {
	queued  time.Duration // until a worker fetched the job
	claimed time.Duration // until the attempt was leased and could begin
	sent    time.Duration // in the step: request, answer, checks
	around  time.Duration // the rest of the attempt
	stored  time.Duration // until the outcome was stored and the token passed on
}

func (s stages) total() time.Duration { return s.queued + s.claimed + s.sent + s.around + s.stored }

// readStages computes the stages from the rows that a run left: the queue's job,
// the attempt and its step carry the times.
func readStages(ctx context.Context, db *sql.DB, runID string) (stages, error) {
	const query = `
SELECT avg(extract(epoch FROM j.attempted_at - j.created_at)),
	avg(extract(epoch FROM a.started_at - j.attempted_at)),
	avg(s.took),
	avg(extract(epoch FROM a.finished_at - a.started_at) - s.took),
	avg(extract(epoch FROM j.finalized_at - a.finished_at)),
	count(*)
FROM river_job j
JOIN attempts a ON a.result_id = j.args->>'resultId' AND a.number = (j.args->>'attempt')::int
JOIN (SELECT attempt_id, sum(duration_us) / 1e6 AS took FROM steps GROUP BY attempt_id) s ON s.attempt_id = a.id
WHERE a.run_id = $1 AND j.finalized_at IS NOT NULL`
	var v [5]sql.NullFloat64
	var n int
	if err := db.QueryRowContext(ctx, query, runID).Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &n); err != nil {
		return stages{}, fmt.Errorf("read the stages of %s: %w", runID, err)
	}
	if n == 0 {
		return stages{}, fmt.Errorf("run %s left no jobs", runID)
	}
	d := func(i int) time.Duration { return time.Duration(v[i].Float64 * float64(time.Second)) }
	return stages{queued: d(0), claimed: d(1), sent: d(2), around: d(3), stored: d(4)}, nil
}
