package runs

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

// What FindCases looks through: of the newest runs the newest of each plan, and
// of those as many as it reads while somebody types.
const (
	findInRuns  = 200
	findInPlans = 50
	findLength  = 200 // characters
)

// FindCases returns the cases whose title or key contains a text, as the newest
// run of each plan has them, those of the newest runs first.
func (s *Service) FindCases(ctx context.Context, search string, first int) ([]*ent.Result, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	limit, err := store.Page{First: first}.Limit()
	if err != nil {
		return nil, err
	}
	search = strings.TrimSpace(search)
	if len([]rune(search)) > findLength {
		return nil, apperr.Invalid("search", "what is looked for has %d characters at most", findLength)
	}
	if search == "" {
		return nil, nil
	}
	newest, err := s.store.Ent.Run.Query().Where(run.ProjectID(p.ProjectID)).Order(run.ByID(sql.OrderDesc())).
		Limit(findInRuns).Select(run.FieldID, run.FieldPlanID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for the newest runs: %w", err)
	}
	rows, err := s.store.Ent.Result.Query().
		Where(result.ProjectID(p.ProjectID), result.RunIDIn(ofEachPlan(newest)...), result.Or(result.TitleContainsFold(search), result.CaseKeyContainsFold(search))).
		Order(result.ByRunID(sql.OrderDesc()), result.ByOrdinal()).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for cases: %w", err)
	}
	rows, _ = store.Cut(rows, limit)
	return rows, nil
}

// ofEachPlan returns the ids of the first run of each plan, of runs that are
// sorted.
func ofEachPlan(rows []*ent.Run) []string {
	seen := map[string]bool{}
	var out []string
	for _, r := range rows {
		if !seen[r.PlanID] && len(out) < findInPlans {
			seen[r.PlanID] = true
			out = append(out, r.ID)
		}
	}
	return out
}
