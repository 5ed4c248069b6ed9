package baselines

import (
	"context"
	"fmt"
	"io"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/baseline"
	"github.com/semantest/semantest/ent/comparison"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Filter narrows a list of baselines; what is empty does not.
type Filter struct {
	PlanID, Branch, CaseKey, Name string
	Kinds                         []spec.BaselineKind
}

// Get returns a baseline of the caller's project, also one that is no longer
// accepted.
func (s *Service) Get(ctx context.Context, id string) (*ent.Baseline, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Baseline.Query().Where(baseline.ProjectID(p.ProjectID), baseline.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Baseline, id)
	}
	return row, nil
}

// Open returns a baseline of the caller's project and its content, which the
// caller closes.
func (s *Service) Open(ctx context.Context, id string) (*ent.Baseline, io.ReadCloser, error) {
	row, err := s.Get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	content, err := s.artifacts.OpenKept(ctx, row.Key)
	if err != nil {
		return nil, nil, err
	}
	return row, content, nil
}

// List returns a page of what is accepted in the project, newest first, and
// whether more follow.
func (s *Service) List(ctx context.Context, page store.Page, f Filter) ([]*ent.Baseline, bool, error) {
	q, err := s.accepted(ctx, f)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	if page.After != "" {
		q.Where(baseline.IDLT(page.After))
	}
	rows, err := q.Order(baseline.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the baselines: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many baselines List would go through.
func (s *Service) Count(ctx context.Context, f Filter) (int, error) {
	q, err := s.accepted(ctx, f)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func (s *Service) accepted(ctx context.Context, f Filter) (*ent.BaselineQuery, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	q := s.store.Ent.Baseline.Query().Where(baseline.ProjectID(p.ProjectID), baseline.RetiredAtIsNil())
	if f.PlanID != "" {
		q.Where(baseline.PlanID(f.PlanID))
	}
	if f.Branch != "" {
		q.Where(baseline.Branch(f.Branch))
	}
	if f.CaseKey != "" {
		q.Where(baseline.CaseKey(f.CaseKey))
	}
	if f.Name != "" {
		q.Where(baseline.Name(f.Name))
	}
	if len(f.Kinds) > 0 {
		q.Where(baseline.KindIn(f.Kinds...))
	}
	return q, nil
}

// ByID returns baselines. The caller holds comparisons that name them, which
// proves that it may see them.
func (s *Service) ByID(ctx context.Context, ids []string) ([]*ent.Baseline, error) {
	rows, err := s.store.Ent.Baseline.Query().Where(baseline.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the baselines: %w", err)
	}
	return rows, nil
}

// ComparisonFilter narrows a list of comparisons; what is empty does not.
type ComparisonFilter struct {
	RunID    string
	Reviews  []comparison.Review
	Statuses []spec.ComparisonStatus
}

// Comparison returns a comparison of the caller's project.
func (s *Service) Comparison(ctx context.Context, id string) (*ent.Comparison, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	return s.comparison(ctx, p.ProjectID, id)
}

func (s *Service) comparison(ctx context.Context, projectID, id string) (*ent.Comparison, error) {
	row, err := s.store.Ent.Comparison.Query().Where(comparison.ProjectID(projectID), comparison.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Comparison, id)
	}
	return row, nil
}

// Comparisons returns a page of comparisons in the order in which they were
// found, and whether more follow.
func (s *Service) Comparisons(ctx context.Context, page store.Page, f ComparisonFilter) ([]*ent.Comparison, bool, error) {
	q, err := s.compared(ctx, f)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	if page.After != "" {
		q.Where(comparison.IDGT(page.After))
	}
	rows, err := q.Order(comparison.ByID()).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the comparisons: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountComparisons returns how many comparisons Comparisons would go through.
func (s *Service) CountComparisons(ctx context.Context, f ComparisonFilter) (int, error) {
	q, err := s.compared(ctx, f)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func (s *Service) compared(ctx context.Context, f ComparisonFilter) (*ent.ComparisonQuery, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	q := s.store.Ent.Comparison.Query().Where(comparison.ProjectID(p.ProjectID))
	if f.RunID != "" {
		q.Where(comparison.RunID(f.RunID))
	}
	if len(f.Reviews) > 0 {
		q.Where(comparison.ReviewIn(f.Reviews...))
	}
	if len(f.Statuses) > 0 {
		q.Where(comparison.StatusIn(f.Statuses...))
	}
	return q, nil
}
