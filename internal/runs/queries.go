package runs

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Get returns a run of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.Run, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Run.Query().Where(run.ProjectID(p.ProjectID), run.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Run, id)
	}
	return row, nil
}

// Filter narrows a list of runs.
type Filter struct {
	PlanID   string
	Statuses []run.Status
}

// List returns a page of the project's runs, newest first, and whether more
// follow.
func (s *Service) List(ctx context.Context, page store.Page, f Filter) ([]*ent.Run, bool, error) {
	q, err := s.filtered(ctx, f)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	if page.After != "" {
		q.Where(run.IDLT(page.After))
	}
	rows, err := q.Order(run.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the runs: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many runs List would go through.
func (s *Service) Count(ctx context.Context, f Filter) (int, error) {
	q, err := s.filtered(ctx, f)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func (s *Service) filtered(ctx context.Context, f Filter) (*ent.RunQuery, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	q := s.store.Ent.Run.Query().Where(run.ProjectID(p.ProjectID))
	if f.PlanID != "" {
		q.Where(run.PlanID(f.PlanID))
	}
	if len(f.Statuses) > 0 {
		q.Where(run.StatusIn(f.Statuses...))
	}
	return q, nil
}

// Result returns a result of the caller's project.
func (s *Service) Result(ctx context.Context, id string) (*ent.Result, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Result.Query().Where(result.ProjectID(p.ProjectID), result.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Result, id)
	}
	return row, nil
}

// ResultFilter narrows the results of a run.
type ResultFilter struct {
	Outcomes []spec.Outcome
	Kinds    []spec.Kind
}

// Results returns a page of a run's results in the plan's order, and whether
// more follow. The caller has got the run, which proves that it may see them.
func (s *Service) Results(ctx context.Context, r *ent.Run, first, after int, f ResultFilter) ([]*ent.Result, bool, error) {
	limit, err := store.Page{First: first}.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.resultsOf(r, f).Where(result.OrdinalGT(after))
	rows, err := q.Order(result.ByOrdinal()).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the results: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountResults returns how many results Results would go through.
func (s *Service) CountResults(ctx context.Context, r *ent.Run, f ResultFilter) (int, error) {
	return s.resultsOf(r, f).Count(ctx)
}

func (s *Service) resultsOf(r *ent.Run, f ResultFilter) *ent.ResultQuery {
	q := s.store.Ent.Result.Query().Where(result.RunID(r.ID))
	if len(f.Outcomes) > 0 {
		q.Where(result.OutcomeIn(f.Outcomes...))
	}
	if len(f.Kinds) > 0 {
		q.Where(result.KindIn(f.Kinds...))
	}
	return q
}

// CountsOf returns a run's results by outcome.
func CountsOf(r *ent.Run) events.Counts {
	return events.Counts{
		Total: r.Total, Finished: r.Finished, Passed: r.Passed, Failed: r.Failed, Flaky: r.Flaky,
		TimedOut: r.TimedOut, Errored: r.Errored, Skipped: r.Skipped, Cancelled: r.Cancelled,
	}
}
