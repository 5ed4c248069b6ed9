package runs

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// historyRuns bounds how many runs of the plan are looked through for those that
// have the case.
const historyRuns = 500

// History returns a result and those of the same case in earlier runs of the
// same plan and environment, newest first. Results without an outcome, and
// those that were cancelled or skipped, say nothing about the case and are left out.
func (s *Service) History(ctx context.Context, of *ent.Result, first int) ([]*ent.Result, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	limit, err := store.Page{First: first}.Limit()
	if err != nil {
		return nil, err
	}
	current, err := s.store.Ent.Run.Query().Where(run.ProjectID(p.ProjectID), run.ID(of.RunID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", of.RunID, err)
	}
	recent, err := s.store.Ent.Run.Query().
		Where(run.ProjectID(p.ProjectID), run.PlanID(current.PlanID), run.Environment(current.Environment), run.IDLTE(current.ID)).
		Order(run.ByID(sql.OrderDesc())).Limit(historyRuns).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for earlier runs: %w", err)
	}
	rows, err := s.store.Ent.Result.Query().
		Where(result.ProjectID(p.ProjectID), result.CaseID(of.CaseID), result.CaseKey(of.CaseKey), result.RunIDIn(recent...),
			result.OutcomeNotNil(), result.OutcomeNotIn(spec.OutcomeCancelled, spec.OutcomeSkipped)).
		Order(result.ByRunID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the history of the case: %w", err)
	}
	rows, _ = store.Cut(rows, limit)
	return rows, nil
}
