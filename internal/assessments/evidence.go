package assessments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Bounds of what is read for one assessment.
const (
	maxFailedChecks = 2_000
	maxMetrics      = 200_000
	maxAudits       = 2_000
	maxPictures     = 10_000
)

// reading is the evidence of one assessment as it is read.
type reading struct {
	tx         *store.Tx
	runID      string
	only       *string // the one result
	plan       *spec.Plan
	files      fs.FS              // beside the plan
	objectives map[string]float64 // objective of load cases in ms, by the id of the case
	in         rules.Input
	anomalous  []runs.Anomalous // those that the run before did not have
}

// evidence reads what a run or a result has measured. Of each result the last
// attempt counts.
func (s *Service) evidence(ctx context.Context, tx *store.Tx, row *ent.Assessment) (*reading, error) {
	of, err := tx.Run.Get(ctx, row.RunID)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", row.RunID, err)
	}
	version, err := s.plans.VersionTx(ctx, tx, of.PlanVersionID)
	if err != nil {
		return nil, err
	}
	if s.failures != nil {
		if err := s.failures.Record(ctx, tx, of.ID); err != nil {
			return nil, err
		}
	}
	r := &reading{tx: tx, runID: row.RunID, only: row.ResultID, plan: version.Plan, files: version.Files, objectives: loadObjectives(version.Plan)}
	r.in.Weights = planWeights(version.Plan)
	for _, part := range []struct {
		what string
		read func(context.Context) error
	}{
		{"results", r.results}, {"failed checks", r.failedChecks}, {"clusters of failures", r.clusters}, {"metrics", r.metrics}, {"loads", r.loads},
		{"audits", r.audits}, {"comparisons", r.pictures},
	} {
		if err := part.read(ctx); err != nil {
			return nil, fmt.Errorf("read the %s of run %s: %w", part.what, row.RunID, err)
		}
	}
	if w := row.Weights; w != nil {
		r.in.Weights = rules.Weights(*w)
	}
	if row.ResultID != nil {
		return r, nil
	}
	return r, r.anomalies(ctx, of)
}

// planWeights are the weights that the plan gives; zero where it gives none.
func planWeights(p *spec.Plan) rules.Weights {
	if p.Judge == nil || p.Judge.Criteria == nil {
		return rules.Weights{}
	}
	value := func(w *float64) float64 {
		if w == nil {
			return 0
		}
		return *w
	}
	c := p.Judge.Criteria
	return rules.Weights{UI: value(c.UI), Performance: value(c.Performance), Accessibility: value(c.Accessibility), Functionality: value(c.Functionality)}
}

func mustHaveTags(p *spec.Plan) []string {
	if p.Judge != nil && len(p.Judge.MustHave) > 0 {
		return p.Judge.MustHave
	}
	return []string{spec.MustHaveTag}
}

func (r *reading) results(ctx context.Context) error {
	q := r.tx.Result.Query().Where(result.RunID(r.runID))
	if r.only != nil {
		q.Where(result.ID(*r.only))
	}
	rows, err := q.Order(result.ByOrdinal()).
		Select(result.FieldID, result.FieldCaseKey, result.FieldOutcome, result.FieldError, result.FieldTags, result.FieldAttempt).All(ctx)
	if err != nil {
		return err
	}
	tags := mustHaveTags(r.plan)
	for _, row := range rows {
		must := slices.ContainsFunc(row.Tags, func(tag string) bool { return slices.Contains(tags, tag) })
		r.in.Results = append(r.in.Results, rules.Result{
			ID: row.ID, CaseKey: row.CaseKey, Outcome: outcomeOf(row.Outcome), Error: row.Error, MustHave: must, Attempt: row.Attempt,
		})
	}
	return nil
}

// outcomeOf is an outcome as the rules see it.
func outcomeOf(o *spec.Outcome) rules.Outcome {
	if o == nil {
		return rules.Unjudged
	}
	switch *o {
	case spec.OutcomePassed:
		return rules.Passed
	case spec.OutcomeFlaky:
		return rules.Flaky
	case spec.OutcomeFailed, spec.OutcomeTimedOut:
		return rules.Failed
	case spec.OutcomeSkipped:
		return rules.Skipped
	}
	return rules.Unjudged
}

// lastAttempts joins the last attempt of each result that the assessment is
// about; $1 is the run and $2 the one result or null.
const lastAttempts = `
FROM results r JOIN attempts a ON a.result_id = r.id AND a.number = r.attempt`

const ofThis = `
WHERE r.run_id = $1 AND ($2::text IS NULL OR r.id = $2)`

func (r *reading) failedChecks(ctx context.Context) error {
	if !slices.ContainsFunc(r.in.Results, func(res rules.Result) bool { return res.Outcome == rules.Failed }) {
		return nil
	}
	at := make(map[string]int, len(r.in.Results))
	for i, res := range r.in.Results {
		at[res.ID] = i
	}
	const query = `SELECT r.id, c.step_ordinal, c.name, c.message` + lastAttempts + `
JOIN checks c ON c.attempt_id = a.id AND NOT c.passed` + ofThis + ` AND r.outcome IN ('failed', 'timed_out')
ORDER BY r.ordinal, c.step_ordinal, c.ordinal LIMIT $3`
	return r.each(ctx, query, []any{maxFailedChecks}, func(rows *sql.Rows) error {
		var id string
		var c rules.Check
		if err := rows.Scan(&id, &c.Step, &c.Name, &c.Message); err != nil {
			return err
		}
		if i, ok := at[id]; ok && len(r.in.Results[i].Checks) == 0 { // the first one is told
			r.in.Results[i].Checks = append(r.in.Results[i].Checks, c)
		}
		return nil
	})
}

func (r *reading) pictures(ctx context.Context) error {
	const query = `SELECT r.id, r.case_key, c.id, c.name, c.status, c.diff_ratio, c.review, COALESCE(NULLIF(c.diff_id, ''), c.actual_id)
FROM results r JOIN comparisons c ON c.result_id = r.id AND c.attempt = r.attempt` + ofThis + ` AND c.kind = 'screenshot'
ORDER BY r.ordinal, c.id LIMIT $3`
	return r.each(ctx, query, []any{maxPictures}, func(rows *sql.Rows) error {
		var p rules.Picture
		var status, review string
		if err := rows.Scan(&p.ResultID, &p.CaseKey, &p.ComparisonID, &p.Name, &status, &p.DiffRatio, &review, &p.ArtifactID); err != nil {
			return err
		}
		p.Compared, p.Accepted = status != string(spec.ComparisonNew), review == "accepted"
		if status == string(spec.ComparisonSame) {
			p.Accepted = true // the plan bears what differs
		}
		r.in.Pictures = append(r.in.Pictures, p)
		return nil
	})
}

// each calls next for every row of a query about the run.
func (r *reading) each(ctx context.Context, query string, more []any, next func(*sql.Rows) error) (err error) {
	var only any
	if r.only != nil {
		only = *r.only
	}
	rows, err := r.tx.QueryContext(ctx, query, append([]any{r.runID, only}, more...)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := next(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// planP95 is what the plan asks of its api cases, in ms; 0 where it asks nothing.
func planP95(p *spec.Plan) float64 {
	if p.Judge == nil {
		return 0
	}
	return float64(time.Duration(p.Judge.APIP95)) / float64(time.Millisecond)
}
