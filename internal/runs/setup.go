package runs

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/internal/plans"
)

// setups bounds how many runs a worker remembers.
const setups = 64

// setup is the part of a run that its cases share and that never changes.
type setup struct {
	projectID string
	version   *plans.Version
	variables map[string]string
	secrets   map[string]string
}

func (s *Service) setup(ctx context.Context, runID string) (*setup, error) {
	if known, ok := s.setups.Get(runID); ok {
		return known, nil
	}
	row, err := s.store.Ent.Run.Get(ctx, runID)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", runID, err)
	}
	version, err := s.plans.Version(ctx, row.PlanVersionID)
	if err != nil {
		return nil, err
	}
	secrets, err := s.openSecrets(row.SealedSecrets, runID)
	if err != nil {
		return nil, err
	}
	out := &setup{projectID: row.ProjectID, version: version, variables: row.Variables, secrets: secrets}
	s.setups.Add(runID, out)
	return out, nil
}
