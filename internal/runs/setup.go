package runs

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// setups bounds how many runs a worker remembers.
const setups = 64

// setup is the part of a run that its cases share and that never changes.
type setup struct {
	projectID string
	version   *plans.Version
	variables map[string]string
	secrets   map[string]string
	accepts   bool // what is new or changed is accepted beforehand
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
	out := &setup{projectID: row.ProjectID, version: version, variables: row.Variables, secrets: secrets, accepts: row.AcceptBaselines}
	s.setups.Add(runID, out)
	return out, nil
}

// secretsOf returns what a run gets of the secrets that its plan lists: what was
// given at the start, else what the project keeps for the run's environment. The
// run holds them until it is over, whatever becomes of the project's meanwhile.
func (s *Service) secretsOf(ctx context.Context, tx *store.Tx, projectID string, plan *spec.Plan, in StartInput) (map[string]string, error) {
	var wanted []string
	for _, name := range plan.Secrets {
		if in.Secrets[name] == "" {
			wanted = append(wanted, name)
		}
	}
	if len(wanted) == 0 || s.vault == nil {
		return in.Secrets, nil
	}
	kept, err := s.vault.Values(ctx, tx, projectID, cmp.Or(in.Environment, plan.Environment), wanted)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(in.Secrets)
	if out == nil {
		out = make(map[string]string, len(kept))
	}
	maps.Copy(out, kept)
	return out, nil
}
