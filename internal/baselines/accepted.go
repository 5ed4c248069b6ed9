package baselines

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/baseline"
	"github.com/semantest/semantest/ent/predicate"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Key names what is compared, within a plan and a branch.
type Key struct {
	CaseKey  string // the case's id with its matrix values
	Name     string
	Kind     spec.BaselineKind
	Browser  string
	Viewport string // width x height @ scale
}

// Accepted is one accepted variant.
type Accepted struct {
	ID          string // empty where a folder keeps it
	SHA256      string
	Size        int64
	ContentType string
	Open        func(ctx context.Context) (io.ReadCloser, error)
}

// MaxVariants bounds how many variants of a key are accepted at once.
const MaxVariants = 20

// place is where the baselines of a run are.
type place struct{ projectID, planID, branch, fallback string }

// Accepted returns what is accepted for a key of a run, the newest first; where
// the run's branch has nothing of its own, what the project's default branch
// has. For the worker that performs the case: ctx is of the server itself.
func (s *Service) Accepted(ctx context.Context, runID string, key Key) ([]Accepted, error) {
	at, ok := s.places.Get(runID)
	if !ok {
		row, err := s.store.Ent.Run.Get(ctx, runID)
		if err != nil {
			return nil, fmt.Errorf("read run %s: %w", runID, err)
		}
		project, err := s.store.Ent.Project.Get(ctx, row.ProjectID)
		if err != nil {
			return nil, fmt.Errorf("read the project of run %s: %w", runID, err)
		}
		at = place{row.ProjectID, row.PlanID, cmp.Or(row.Branch, project.DefaultBranch), project.DefaultBranch}
		s.places.Add(runID, at)
	}
	rows, err := variants(store.InProject(ctx, at.projectID), s.store.Ent.Baseline, at, key)
	if err != nil {
		return nil, err
	}
	out := make([]Accepted, len(rows))
	for i, row := range rows {
		out[i] = Accepted{ID: row.ID, SHA256: row.Sha256, Size: row.Size, ContentType: row.ContentType,
			Open: func(ctx context.Context) (io.ReadCloser, error) { return s.artifacts.OpenKept(ctx, row.Key) }}
	}
	return out, nil
}

// variants reads what is accepted for a key on a branch, or else on the default
// branch.
func variants(ctx context.Context, c *ent.BaselineClient, at place, key Key) ([]*ent.Baseline, error) {
	for _, branch := range []string{at.branch, at.fallback} {
		rows, err := c.Query().Where(of(at.planID, branch, key)...).
			Order(baseline.ByID(sql.OrderDesc())).Limit(MaxVariants).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the baselines: %w", err)
		}
		if len(rows) > 0 || at.branch == at.fallback {
			return rows, nil
		}
	}
	return nil, nil
}

func of(planID, branch string, key Key) []predicate.Baseline {
	return []predicate.Baseline{
		baseline.PlanID(planID), baseline.Branch(branch), baseline.CaseKey(key.CaseKey), baseline.Name(key.Name),
		baseline.KindEQ(key.Kind), baseline.Browser(key.Browser), baseline.Viewport(key.Viewport), baseline.RetiredAtIsNil(),
	}
}
