package failures

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/failure"
	"github.com/semantest/semantest/ent/failurecluster"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// MaxWindow is the longest time that a list looks back.
const MaxWindow = 90 * 24 * time.Hour

// Get returns a cluster of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*Cluster, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.FailureCluster.Query().Where(failurecluster.ProjectID(p.ProjectID), failurecluster.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.FailureCluster, id)
	}
	return of(row)
}

// OfRun returns the clusters of a run, the largest first; nothing before its end.
// The caller holds the run, which proves that it may see it.
func (s *Service) OfRun(ctx context.Context, run *ent.Run) ([]*Group, error) {
	if run.FinishedAt == nil || run.Failed+run.TimedOut+run.Errored+run.Flaky == 0 {
		return []*Group{}, nil
	}
	known, err := s.store.Ent.Failure.Query().Where(failure.RunID(run.ID)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for the failures of run %s: %w", run.ID, err)
	}
	if !known { // its assessment is still to be made, or it ended before there were clusters
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return s.Record(ctx, tx, run.ID) })
		if err != nil {
			return nil, err
		}
	}
	groups, err := s.groups(ctx, groupsWhere+"f.run_id = $1"+groupsEnd, run.ID)
	for _, g := range groups {
		g.New = g.Cluster.FirstRunID == run.ID
	}
	return groups, err
}

// Within returns the clusters of the caller's project in the time before now, the
// largest first.
func (s *Service) Within(ctx context.Context, window time.Duration) ([]*Group, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	if window <= 0 || window > MaxWindow {
		return nil, apperr.Invalid("window", "a window is longer than nothing and at most %d days", int(MaxWindow.Hours()/24))
	}
	now := time.Now()
	return s.Between(ctx, p.ProjectID, now.Add(-window), now)
}

// Between returns the clusters of a project's failures in a time, the largest
// first. The caller has checked who may see the project.
func (s *Service) Between(ctx context.Context, projectID string, from, to time.Time) ([]*Group, error) {
	groups, err := s.groups(ctx, groupsWhere+"f.project_id = $1 AND f.at >= $2 AND f.at < $3"+groupsEnd, projectID, from, to)
	for _, g := range groups {
		g.New = !g.Cluster.FirstSeenAt.Before(from)
	}
	return groups, err
}

// The largest hundred clusters of failures, with the first twenty cases and the
// newest five examples of each; a condition stands between the two halves. Each example is one element: its parts
// stand side by side in five arrays.
const (
	groupsWhere = `
SELECT f.cluster_id, count(*), count(DISTINCT f.run_id), count(DISTINCT f.case_key), avg(CASE WHEN f.passed_later THEN 1.0 ELSE 0.0 END),
	(array_agg(DISTINCT f.case_key))[1:20],
	(array_agg(f.result_id ORDER BY f.id DESC))[1:5], (array_agg(f.run_id ORDER BY f.id DESC))[1:5], (array_agg(f.case_key ORDER BY f.id DESC))[1:5],
	(array_agg(f.attempt ORDER BY f.id DESC))[1:5], (array_agg(f.message ORDER BY f.id DESC))[1:5]
FROM failures f WHERE `
	groupsEnd = `
GROUP BY f.cluster_id ORDER BY count(*) DESC, min(f.id) LIMIT 100`
)

// groups reads clusters with what there is of them.
func (s *Service) groups(ctx context.Context, query string, args ...any) (out []*Group, err error) {
	rows, err := s.store.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the clusters: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out = []*Group{}
	var ids []string
	for rows.Next() {
		g, id, err := group(rows)
		if err != nil {
			return nil, fmt.Errorf("read the clusters: %w", err)
		}
		out, ids = append(out, g), append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the clusters: %w", err)
	}
	return out, s.fill(ctx, out, ids)
}

func group(rows *sql.Rows) (*Group, string, error) {
	g := &Group{}
	var id string
	var results, runs, keys, messages []string
	var attempts []int64
	err := rows.Scan(&id, &g.Count, &g.Runs, &g.CaseCount, &g.FlakyShare, store.IntoArray(&g.Cases),
		store.IntoArray(&results), store.IntoArray(&runs), store.IntoArray(&keys), store.IntoArray(&attempts), store.IntoArray(&messages))
	for i := range results {
		g.Examples = append(g.Examples, Example{ResultID: results[i], RunID: runs[i], CaseKey: keys[i], Attempt: int(attempts[i]), Message: messages[i]})
	}
	return g, id, err
}

// fill reads the clusters themselves.
func (s *Service) fill(ctx context.Context, groups []*Group, ids []string) error {
	rows, err := s.store.Ent.FailureCluster.Query().Where(failurecluster.IDIn(ids...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read the clusters: %w", err)
	}
	by := make(map[string]*Cluster, len(rows))
	for _, row := range rows {
		if by[row.ID], err = of(row); err != nil {
			return err
		}
	}
	for i, id := range ids {
		if groups[i].Cluster = by[id]; groups[i].Cluster == nil {
			return fmt.Errorf("read the clusters: cluster %s is gone", id)
		}
	}
	return nil
}
