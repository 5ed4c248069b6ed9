package runs

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/artifact"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
)

// previousRuns bounds how far back is looked for an artifact.
const previousRuns = 20

// PreviousArtifact returns the artifact of a name that the same case left in the
// newest earlier run of the same plan and environment that has ended and was not
// cancelled; nil where none of the last runs has one. A retried case left what
// its last attempt did. For the worker that performs the result: ctx names its
// project.
func (s *Service) PreviousArtifact(ctx context.Context, of *ent.Result, name string) (*ent.Artifact, error) {
	current, err := s.store.Ent.Run.Get(ctx, of.RunID)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", of.RunID, err)
	}
	ids, err := s.store.Ent.Run.Query().
		Where(run.ProjectID(of.ProjectID), run.PlanID(current.PlanID), run.Environment(current.Environment), run.IDLT(of.RunID),
			run.FinishedAtNotNil(), run.StatusNEQ(run.StatusCancelled)).
		Order(run.ByID(sql.OrderDesc())).Limit(previousRuns).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for earlier runs: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	earlier, err := s.store.Ent.Result.Query().
		Where(result.ProjectID(of.ProjectID), result.CaseID(of.CaseID), result.CaseKey(of.CaseKey), result.RunIDIn(ids...)).
		Order(result.ByRunID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for the case in earlier runs: %w", err)
	}
	for _, r := range earlier {
		row, err := s.store.Ent.Artifact.Query().
			Where(artifact.ResultID(r.ID), artifact.Attempt(r.Attempt), artifact.Name(name), artifact.Error("")).
			Order(artifact.ByID(sql.OrderDesc())).First(ctx)
		if err == nil || !ent.IsNotFound(err) {
			return row, err
		}
	}
	return nil, nil
}
