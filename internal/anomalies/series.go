package anomalies

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/runs"
)

// one is a metric of a case over runs, the oldest first. The last value is that of
// the run in question.
type one struct {
	resultID, caseKey, metric, subject, unit string
	values                                   []float64
}

// seriesQuery reads the durations of cases that passed, and the medians of what
// their last attempts measured, in the runs before and in the run itself. Durations of cases that failed say how
// long it took to fail.
const seriesQuery = `
WITH recent AS (
	SELECT id, finished_at FROM runs
	WHERE project_id = $1 AND plan_id = $2 AND environment = $3 AND branch = $4 AND status <> 'cancelled'
		AND (id = $5 OR finished_at > $6 AND finished_at <= $7 AND id < $5)
	ORDER BY finished_at DESC, id DESC LIMIT $8
), ours AS (
	SELECT r.id, r.run_id, r.case_key, r.attempt, r.outcome, r.duration_ms, recent.finished_at
	FROM recent JOIN results r ON r.run_id = recent.id
	WHERE r.outcome IN ('passed', 'flaky', 'failed')
), vals AS (
	SELECT case_key, 'duration' AS metric, '' AS subject, 'ms' AS unit, run_id, id AS result_id, finished_at, duration_ms::float8 AS value
	FROM ours WHERE outcome = 'passed'
	UNION ALL
	SELECT o.case_key, m.name, concat_ws(' ', m.tags->>'page', m.tags->>'device'), m.unit, o.run_id, o.id, o.finished_at,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value)
	FROM ours o JOIN attempts a ON a.result_id = o.id AND a.number = o.attempt JOIN metrics m ON m.attempt_id = a.id
	GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT case_key, metric, subject, unit, run_id, result_id, value FROM vals
ORDER BY case_key, metric, subject, unit, finished_at, run_id LIMIT $9`

// series reads the series that end with a value of the run.
func series(ctx context.Context, q runs.Querier, of *ent.Run, window time.Duration) (out []one, err error) {
	rows, err := q.QueryContext(ctx, seriesQuery, of.ProjectID, of.PlanID, of.Environment, of.Branch, of.ID,
		of.FinishedAt.Add(-window), *of.FinishedAt, maxRuns, maxValues)
	if err != nil {
		return nil, fmt.Errorf("read what the runs before run %s measured: %w", of.ID, err)
	}
	defer func() { _ = rows.Close() }()
	var at one
	last := ""
	take := func() {
		if last == of.ID {
			out = append(out, at)
		}
	}
	for rows.Next() {
		var v one
		var runID string
		var value float64
		if err := rows.Scan(&v.caseKey, &v.metric, &v.subject, &v.unit, &runID, &v.resultID, &value); err != nil {
			return nil, fmt.Errorf("read what the runs before run %s measured: %w", of.ID, err)
		}
		if v.caseKey != at.caseKey || v.metric != at.metric || v.subject != at.subject || v.unit != at.unit {
			take()
			at = one{caseKey: v.caseKey, metric: v.metric, subject: v.subject, unit: v.unit}
		}
		at.values, at.resultID, last = append(at.values, value), v.resultID, runID
	}
	take()
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what the runs before run %s measured: %w", of.ID, err)
	}
	return out, nil
}
