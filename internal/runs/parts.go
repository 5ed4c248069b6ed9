package runs

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
)

// PartsOf returns how many workers share the case of a result: 1 unless it is a
// load that asks for more.
func (s *Service) PartsOf(ctx context.Context, runID, resultID string) (int, error) {
	row, err := s.store.Ent.Result.Query().Where(result.ID(resultID), result.RunID(runID)).
		Select(result.FieldID, result.FieldCaseKey).Only(ctx)
	if ent.IsNotFound(err) {
		return 0, ErrStale
	}
	if err != nil {
		return 0, fmt.Errorf("read result %s: %w", resultID, err)
	}
	known, err := s.setup(ctx, runID)
	if err != nil {
		return 0, err
	}
	c, ok := known.version.Case(row.CaseKey)
	if !ok {
		return 0, fmt.Errorf("case %s is not in plan version %s", row.CaseKey, known.version.ID)
	}
	return c.Load.Parts(), nil
}

// Part assembles what the executor of a part needs of an attempt that another
// worker has leased. It leases nothing: whoever hands out the parts sees to that.
func (s *Service) Part(ctx context.Context, workerID, runID, resultID string, attempt int) (*Claim, error) {
	row, err := s.store.Ent.Result.Query().
		Where(result.ID(resultID), result.RunID(runID), result.Attempt(attempt), result.StatusEQ(result.StatusRunning)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrStale
	}
	if err != nil {
		return nil, fmt.Errorf("read result %s: %w", resultID, err)
	}
	claim, err := s.assemble(ctx, row, workerID)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", row.CaseKey, err)
	}
	return claim, nil
}
