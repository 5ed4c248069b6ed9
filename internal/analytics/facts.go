package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/analytics/digest"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/assessments/quality"
)

// mostRows bounds the lists of a report.
const mostRows = 20

// period is the time that facts are read of.
type period struct {
	*Service
	projectID string
	from, to  time.Time
	facts     *digest.Facts
}

// facts reads what is known of the runs that ended in a time.
func (s *Service) facts(ctx context.Context, projectID, name string, from, to time.Time) (*digest.Facts, error) {
	r := &period{s, projectID, from, to, &digest.Facts{
		Project: name, From: from.UTC(), To: to.UTC(), Days: []digest.Day{}, Plans: []digest.Plan{}, Broken: []digest.Case{}, Flaky: []digest.Case{},
		Slowest: []digest.Case{}, Clusters: []quality.Failure{}, Anomalies: []digest.Anomaly{}, Accessibility: []digest.Scored{}, Vitals: []digest.Vital{},
	}}
	for _, part := range []struct {
		what string
		read func(context.Context) error
	}{
		{"runs", r.runs}, {"days", r.days}, {"plans", r.plans}, {"newly broken cases", r.broken}, {"flaky cases", r.flaky}, {"slowest cases", r.slowest},
		{"failures", r.clusters}, {"anomalies", r.anomalous}, {"accessibility", r.accessibility}, {"page metrics", r.vitals},
	} {
		if err := part.read(ctx); err != nil {
			return nil, fmt.Errorf("read the %s of the project: %w", part.what, err)
		}
	}
	return r.facts, nil
}

// ended are the project's runs of the period with their newest assessments; $1 to
// $3 are the project and the bounds.
const ended = `
WITH ended AS (
	SELECT r.id, r.plan_id, r.environment, r.branch, r.name, r.status, r.finished_at, r.passed + r.flaky AS good, r.passed + r.flaky + r.failed + r.timed_out + r.errored AS told,
		a.score, a.document
	FROM runs r LEFT JOIN LATERAL (
		SELECT score, document FROM assessments WHERE run_id = r.id AND result_id IS NULL AND weights IS NULL AND judge = 'rules' AND status = 'assessed'
		ORDER BY id DESC LIMIT 1
	) a ON true
	WHERE r.project_id = $1 AND r.finished_at >= $2 AND r.finished_at < $3 AND r.status <> 'cancelled'
)`

func (r *period) runs(ctx context.Context) error {
	const query = ended + `
SELECT count(*), count(*) FILTER (WHERE status = 'passed'), COALESCE(sum(told), 0), COALESCE(sum(good)::float8 / NULLIF(sum(told), 0), 0), avg(score) FROM ended`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		return rows.Scan(&r.facts.Runs, &r.facts.Passed, &r.facts.Results, &r.facts.PassRate, &r.facts.Score)
	})
}

func (r *period) days(ctx context.Context) error {
	const query = ended + `
SELECT to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), count(*), COALESCE(sum(good)::float8 / NULLIF(sum(told), 0), 0), avg(score)
FROM ended GROUP BY 1 ORDER BY 1`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		var d digest.Day
		err := rows.Scan(&d.Date, &d.Runs, &d.PassRate, &d.Score)
		r.facts.Days = append(r.facts.Days, d)
		return err
	})
}

func (r *period) plans(ctx context.Context) error {
	const query = ended + `, newest AS (SELECT DISTINCT ON (plan_id) * FROM ended ORDER BY plan_id, finished_at DESC, id DESC)
SELECT n.plan_id, n.name, count(*), COALESCE(sum(e.good)::float8 / NULLIF(sum(e.told), 0), 0) AS rate, n.id, upper(n.status), n.score
FROM ended e JOIN newest n USING (plan_id) GROUP BY n.plan_id, n.name, n.id, n.status, n.score ORDER BY rate, n.name LIMIT $4`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		var p digest.Plan
		err := rows.Scan(&p.ID, &p.Name, &p.Runs, &p.PassRate, &p.LastRun, &p.Status, &p.Score)
		r.facts.Plans = append(r.facts.Plans, p)
		return err
	}, mostRows)
}

// broken reads the cases that failed in the newest run of their plan, environment
// and branch, and had passed in an earlier one of the period.
func (r *period) broken(ctx context.Context) error {
	const query = ended + `, newest AS (
	SELECT DISTINCT ON (plan_id, environment, branch) * FROM ended ORDER BY plan_id, environment, branch, finished_at DESC, id DESC)
SELECT n.name, now.case_key, n.id, now.error, (SELECT count(*) FROM ended e JOIN results x ON x.run_id = e.id AND x.case_key = now.case_key
	WHERE e.plan_id = n.plan_id AND e.environment = n.environment AND e.branch = n.branch)
FROM newest n JOIN results now ON now.run_id = n.id AND now.outcome IN ('failed', 'timed_out', 'errored')
WHERE EXISTS (SELECT FROM ended e JOIN results b ON b.run_id = e.id AND b.case_key = now.case_key AND b.outcome = 'passed'
	WHERE e.plan_id = n.plan_id AND e.environment = n.environment AND e.branch = n.branch AND e.id <> n.id)
ORDER BY n.name, now.case_key LIMIT $4`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		var c digest.Case
		err := rows.Scan(&c.Plan, &c.Key, &c.RunID, &c.Error, &c.Runs)
		r.facts.Broken = append(r.facts.Broken, c)
		return err
	}, mostRows)
}

func (r *period) flaky(ctx context.Context) error {
	const query = ended + `
SELECT max(e.name), x.case_key, count(*), count(*) FILTER (WHERE x.outcome = 'flaky') AS flaky
FROM ended e JOIN results x ON x.run_id = e.id AND x.outcome NOT IN ('skipped', 'cancelled')
GROUP BY e.plan_id, x.case_key HAVING count(*) FILTER (WHERE x.outcome = 'flaky') > 0 ORDER BY flaky DESC, 2 LIMIT $4`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		var c digest.Case
		err := rows.Scan(&c.Plan, &c.Key, &c.Runs, &c.Flaky)
		r.facts.Flaky = append(r.facts.Flaky, c)
		return err
	}, mostRows)
}

func (r *period) slowest(ctx context.Context) error {
	const query = ended + `
SELECT max(e.name), x.case_key, count(*), avg(x.duration_ms)::float8 AS mean
FROM ended e JOIN results x ON x.run_id = e.id AND x.outcome = 'passed' GROUP BY e.plan_id, x.case_key ORDER BY mean DESC, 2 LIMIT $4`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		var c digest.Case
		err := rows.Scan(&c.Plan, &c.Key, &c.Runs, &c.MeanMS)
		r.facts.Slowest = append(r.facts.Slowest, c)
		return err
	}, mostRows/2)
}

func (r *period) clusters(ctx context.Context) error {
	groups, err := r.failures.Between(ctx, r.projectID, r.from, r.to)
	for _, g := range groups[:min(len(groups), mostRows)] {
		c := g.Cluster
		r.facts.Clusters = append(r.facts.Clusters, quality.Failure{ID: c.ID, Title: c.Title, Operation: c.Operation, Cause: string(c.Cause), Why: c.Why, Quote: c.Quote,
			Count: g.Count, Cases: g.Cases, CaseCount: g.CaseCount, New: g.New, FlakyShare: g.FlakyShare})
	}
	return err
}

func (r *period) anomalous(ctx context.Context) error {
	found, err := r.anomalies.Between(ctx, r.projectID, "", r.from, r.to, anomalies.Options{})
	for _, a := range found[:min(len(found), mostRows)] {
		metric := a.Metric
		if a.Subject != "" {
			metric += " (" + a.Subject + ")"
		}
		r.facts.Anomalies = append(r.facts.Anomalies, digest.Anomaly{RunID: a.RunID, Key: a.CaseKey, Metric: metric, Unit: a.Unit, Value: a.Value, Low: a.Low, High: a.High})
	}
	return err
}

func (r *period) accessibility(ctx context.Context) error {
	const query = ended + `
SELECT DISTINCT ON (e.plan_id) e.name, e.id, (c->>'score')::float8
FROM ended e, jsonb_array_elements(CASE WHEN jsonb_typeof(e.document->'criteria') = 'array' THEN e.document->'criteria' ELSE '[]' END) c
WHERE c->>'criterion' = 'ACCESSIBILITY' AND jsonb_typeof(c->'score') = 'number' ORDER BY e.plan_id, e.finished_at DESC LIMIT $4`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		var x digest.Scored
		err := rows.Scan(&x.Plan, &x.RunID, &x.Score)
		r.facts.Accessibility = append(r.facts.Accessibility, x)
		return err
	}, mostRows)
}

func (r *period) vitals(ctx context.Context) error {
	const query = ended + `
SELECT max(e.name), x.case_key, m.name, m.unit, percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value), count(*)
FROM ended e JOIN results x ON x.run_id = e.id JOIN attempts a ON a.result_id = x.id AND a.number = x.attempt JOIN metrics m ON m.attempt_id = a.id
WHERE m.name IN ('FCP', 'LCP', 'TBT', 'CLS', 'SI', 'INP') GROUP BY e.plan_id, x.case_key, m.name, m.unit ORDER BY 1, 2, 3 LIMIT $4`
	return r.each(ctx, query, func(rows *sql.Rows) error {
		var v digest.Vital
		err := rows.Scan(&v.Plan, &v.Key, &v.Metric, &v.Unit, &v.Median, &v.Values)
		r.facts.Vitals = append(r.facts.Vitals, v)
		return err
	}, 3*mostRows)
}

// each calls next for every row of a query about the period.
func (r *period) each(ctx context.Context, query string, next func(*sql.Rows) error, more ...any) (err error) {
	rows, err := r.store.DB.QueryContext(ctx, query, append([]any{r.projectID, r.from, r.to}, more...)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := next(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
