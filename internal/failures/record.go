package failures

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/failure"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/failures/signature"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Bounds of what is read and stored of one run.
const (
	maxFailures = 20_000
	maxMessage  = 2_000 // bytes of one message
)

// found is a result that did not pass, or not at once.
type found struct {
	resultID, caseKey string
	attempt           int
	at                time.Time
	failure           signature.Failure
	message           string
}

// Record stores the failures of a run that has ended, and the clusters that they
// make. It does nothing where they are stored already, so that it may be called
// again.
func (s *Service) Record(ctx context.Context, tx *store.Tx, runID string) error {
	of, err := tx.Run.Get(ctx, runID)
	if err != nil {
		return fmt.Errorf("read run %s: %w", runID, err)
	}
	if of.FinishedAt == nil || of.Failed+of.TimedOut+of.Errored+of.Flaky == 0 {
		return nil
	}
	stored, err := tx.Failure.Query().Where(failure.RunID(runID)).Exist(ctx)
	if err != nil || stored {
		return err
	}
	list, err := read(ctx, tx, runID, *of.FinishedAt)
	if err != nil || len(list) == 0 {
		return err
	}
	ids, err := upsert(ctx, tx, of, list)
	if err != nil {
		return err
	}
	return insert(ctx, tx, of, list, ids)
}

// read reads the failed attempt of each result, the last one where there are
// several, with the first check that did not hold and its step.
func read(ctx context.Context, tx *store.Tx, runID string, ended time.Time) (out []found, err error) {
	const query = `
SELECT r.id, r.case_key, r.outcome, r.error, COALESCE(a.number, r.attempt), COALESCE(a.outcome, r.outcome), COALESCE(a.error, ''), COALESCE(a.finished_at, r.finished_at, $2),
	COALESCE(c.name, ''), COALESCE(c.message, ''), COALESCE(s.action, ''), COALESCE(s.name, ''), COALESCE(s.error, ''),
	(SELECT count(*) FROM steps p WHERE p.attempt_id = a.id AND p.outcome = 'passed')
FROM results r
LEFT JOIN LATERAL (SELECT id, number, outcome, error, finished_at FROM attempts WHERE result_id = r.id AND outcome IN ('failed', 'timed_out', 'errored')
	ORDER BY number DESC LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT step_ordinal, name, message FROM checks WHERE attempt_id = a.id AND NOT passed ORDER BY step_ordinal, ordinal LIMIT 1) c ON true
LEFT JOIN LATERAL (SELECT action, name, error FROM steps WHERE attempt_id = a.id
	AND CASE WHEN c.step_ordinal IS NULL THEN outcome NOT IN ('passed', 'skipped') ELSE ordinal = c.step_ordinal END ORDER BY ordinal LIMIT 1) s ON true
WHERE r.run_id = $1 AND r.outcome IN ('failed', 'timed_out', 'errored', 'flaky')
ORDER BY r.ordinal LIMIT $3`
	rows, err := tx.QueryContext(ctx, query, runID, ended, maxFailures)
	if err != nil {
		return nil, fmt.Errorf("read the failures of run %s: %w", runID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var f found
		var outcome, problem, ofAttempt, ofStep string
		err := rows.Scan(&f.resultID, &f.caseKey, &outcome, &problem, &f.attempt, &f.failure.Outcome, &ofAttempt, &f.at,
			&f.failure.Check, &f.failure.Message, &f.failure.Action, &f.failure.Step, &ofStep, &f.failure.Before)
		if err != nil {
			return nil, fmt.Errorf("read the failures of run %s: %w", runID, err)
		}
		f.failure.Error = cmp.Or(ofStep, ofAttempt, problem)
		if f.failure.Check != "" && f.failure.Message == "" {
			f.failure.Message = f.failure.Error
		}
		f.message = excerpt.Of(cmp.Or(f.failure.Message, f.failure.Error), maxMessage)
		if outcome == "flaky" {
			f.failure.Outcome = "passed_later"
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// upsert stores the clusters and returns their ids by signature. They are written
// in the order of their signatures: two runs that end at once then wait for one
// another, and never in a circle.
func upsert(ctx context.Context, tx *store.Tx, of *ent.Run, list []found) (map[string]string, error) {
	type cluster struct {
		signature.Signature
		signature.Verdict
		first, last time.Time
	}
	by := map[string]*cluster{}
	for _, f := range list {
		name := signature.Of(named(f.failure))
		key := signed(name)
		c, known := by[key]
		if !known {
			c = &cluster{Signature: name, Verdict: signature.CauseOf(f.failure), first: f.at, last: f.at}
			by[key] = c
		}
		if c.Cause == signature.Timing && f.failure.Outcome != "passed_later" {
			c.Verdict = signature.CauseOf(f.failure) // it did not pass each time
		}
		if f.at.Before(c.first) {
			c.first = f.at
		}
		if f.at.After(c.last) {
			c.last = f.at
		}
	}
	keys := make([]string, 0, len(by))
	for key := range by {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	ids := make(map[string]string, len(keys))
	const query = `
INSERT INTO failure_clusters (id, project_id, signature, code, check_name, operation, title, cause, rule, why, quote, first_run_id, first_seen_at, last_seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (project_id, signature) DO UPDATE SET
	last_seen_at = GREATEST(failure_clusters.last_seen_at, EXCLUDED.last_seen_at),
	first_run_id = CASE WHEN EXCLUDED.first_seen_at < failure_clusters.first_seen_at THEN EXCLUDED.first_run_id ELSE failure_clusters.first_run_id END,
	first_seen_at = LEAST(failure_clusters.first_seen_at, EXCLUDED.first_seen_at)
RETURNING id`
	for _, key := range keys {
		c := by[key]
		id, err := only(tx.QueryContext(ctx, query, ident.New(ident.FailureCluster), of.ProjectID, key, c.Code, c.Check, c.Operation, c.Title,
			string(c.Cause), c.Rule, c.Why, excerpt.Storable(c.Quote), of.ID, c.first, c.last))
		if err != nil {
			return nil, fmt.Errorf("store a cluster of run %s: %w", of.ID, err)
		}
		ids[key] = id
	}
	return ids, nil
}

// only reads the one value of the one row of an answer.
func only(rows *sql.Rows, err error) (value string, _ error) {
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		if err := rows.Scan(&value); err != nil {
			return "", err
		}
	}
	return value, rows.Err()
}

// named is a failure as its signature sees it: whether a case passed later is no
// part of what went wrong.
func named(f signature.Failure) signature.Failure {
	if f.Outcome == "passed_later" {
		f.Outcome = "failed"
	}
	return f
}

// signed is a signature with the version of its rules.
func signed(s signature.Signature) string { return signature.Version + ":" + s.Hash }

// insert stores the failures in one statement.
func insert(ctx context.Context, tx *store.Tx, of *ent.Run, list []found, ids map[string]string) error {
	var clusters, results, keys, messages []string
	var attempts []int64
	var later []bool
	var at []string
	for _, f := range list {
		clusters = append(clusters, ids[signed(signature.Of(named(f.failure)))])
		results, keys, messages = append(results, f.resultID), append(keys, f.caseKey), append(messages, excerpt.Storable(f.message))
		attempts, later = append(attempts, int64(f.attempt)), append(later, f.failure.Outcome == "passed_later")
		at = append(at, f.at.UTC().Format(time.RFC3339Nano))
	}
	const query = `
INSERT INTO failures (project_id, run_id, plan_id, cluster_id, result_id, case_key, message, attempt, passed_later, at)
SELECT $1, $2, $3, f.cluster_id, f.result_id, f.case_key, f.message, f.attempt, f.passed_later, f.at::timestamptz
FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::boolean[], $10::text[])
	AS f (cluster_id, result_id, case_key, message, attempt, passed_later, at)
ON CONFLICT (result_id) DO NOTHING`
	_, err := tx.ExecContext(ctx, query, of.ProjectID, of.ID, of.PlanID, store.Array(clusters), store.Array(results), store.Array(keys),
		store.Array(messages), store.Array(attempts), store.Array(later), store.Array(at))
	if err != nil {
		return fmt.Errorf("store the failures of run %s: %w", of.ID, err)
	}
	return nil
}
