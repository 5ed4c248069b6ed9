package runs

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// durationRuns is how many runs of a plan, the newest ones that have ended, tell
// how long its cases take.
const durationRuns = 10

// Querier reads rows: the database, or a transaction for a caller who holds one.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Durations returns how long the cases of a plan take, by key: the mean of their
// results in the plan's newest runs that have ended. Cases that were not
// performed there are absent. The caller has checked who may see the plan.
func (s *Service) Durations(ctx context.Context, q Querier, projectID, planID string) (out map[string]time.Duration, err error) {
	const query = `
SELECT r.case_key, avg(r.duration_ms)
FROM (
	SELECT id FROM runs WHERE plan_id = $1 AND project_id = $2 AND finished_at IS NOT NULL
	ORDER BY id DESC LIMIT $3
) AS recent
JOIN results r ON r.run_id = recent.id
WHERE r.status = 'finished' AND r.outcome NOT IN ('skipped', 'cancelled')
GROUP BY r.case_key`
	rows, err := q.QueryContext(ctx, query, planID, projectID, durationRuns)
	if err != nil {
		return nil, fmt.Errorf("read the durations of the cases: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out = map[string]time.Duration{}
	for rows.Next() {
		var key string
		var ms float64
		if err := rows.Scan(&key, &ms); err != nil {
			return nil, fmt.Errorf("read the durations of the cases: %w", err)
		}
		out[key] = time.Duration(ms * float64(time.Millisecond))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the durations of the cases: %w", err)
	}
	return out, nil
}
