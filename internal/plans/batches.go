package plans

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/plan"
	"github.com/semantest/semantest/ent/planversion"
)

// ByID returns plans by id, deleted ones too: a run shows the plan it had. The
// caller holds what refers to them.
func (s *Service) ByID(ctx context.Context, ids []string) ([]*ent.Plan, error) {
	rows, err := s.store.Ent.Plan.Query().Where(plan.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the plans: %w", err)
	}
	return rows, nil
}

// VersionsByID returns versions by id.
func (s *Service) VersionsByID(ctx context.Context, ids []string) ([]*ent.PlanVersion, error) {
	rows, err := s.store.Ent.PlanVersion.Query().Where(planversion.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the plan versions: %w", err)
	}
	return rows, nil
}

// LatestVersions returns the newest versions of plans.
func (s *Service) LatestVersions(ctx context.Context, planIDs []string) ([]*ent.PlanVersion, error) {
	rows, err := s.store.Ent.PlanVersion.Query().
		Where(planversion.PlanIDIn(planIDs...), newest).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the plan versions: %w", err)
	}
	return rows, nil
}

// newest keeps the version that its plan names as the latest.
func newest(s *sql.Selector) {
	t := sql.Table(plan.Table)
	s.Where(sql.Exists(sql.Select(t.C(plan.FieldID)).From(t).Where(sql.And(
		sql.ColumnsEQ(t.C(plan.FieldID), s.C(planversion.FieldPlanID)),
		sql.ColumnsEQ(t.C(plan.FieldLatestVersion), s.C(planversion.FieldNumber)),
	))))
}
