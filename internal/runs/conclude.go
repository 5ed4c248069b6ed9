package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// finishRun gives a run whose results are complete its status, and records its
// last event. The run's row is locked by the caller's transaction.
func (s *Service) finishRun(ctx context.Context, tx *store.Tx, runID string) error {
	row, err := tx.Run.Get(ctx, runID)
	if err != nil {
		return fmt.Errorf("read the run: %w", err)
	}
	gates, err := s.gatesOf(ctx, tx, row)
	if err != nil {
		return err
	}
	judged := judge(gates, row)
	status := statusOf(row, judged)
	now := time.Now()
	advanced, err := advance(ctx, tx, runID, delta{events: 1})
	if err != nil {
		return err
	}
	err = tx.Run.UpdateOneID(runID).SetStatus(status).SetGates(judged).SetFinishedAt(now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store the run's status: %w", err)
	}
	advanced.status = status
	return s.record(ctx, tx, advanced, advanced.event(events.RunFinished, now))
}

func (s *Service) gatesOf(ctx context.Context, tx *store.Tx, row *ent.Run) (*spec.Gates, error) {
	version, err := tx.PlanVersion.Get(ctx, row.PlanVersionID)
	if err != nil {
		return nil, fmt.Errorf("read the plan's version: %w", err)
	}
	parsed, err := plans.Source{Text: version.Source, Files: version.Files}.Parse()
	if err != nil {
		return nil, err
	}
	return parsed.Gates, nil
}

// judge evaluates the gates on the run's counts. A gate that has nothing to
// judge fails: no case passed it.
func judge(g *spec.Gates, r *ent.Run) []schema.GateOutcome {
	if g == nil {
		return nil
	}
	ran := r.Passed + r.Flaky + r.Failed + r.TimedOut + r.Errored
	var out []schema.GateOutcome
	if g.SuccessRate != nil {
		rate := 0.0
		if ran > 0 {
			rate = float64(r.Passed+r.Flaky) / float64(ran)
		}
		out = append(out, schema.GateOutcome{Name: "successRate", Expected: *g.SuccessRate, Actual: rate, Passed: rate >= *g.SuccessRate})
	}
	if g.MinCases != nil {
		out = append(out, schema.GateOutcome{Name: "minCases", Expected: float64(*g.MinCases), Actual: float64(ran), Passed: ran >= *g.MinCases})
	}
	return out
}

// statusOf decides the run's status. Gates that hold do not make up for a
// failed case: they only add conditions.
func statusOf(r *ent.Run, gates []schema.GateOutcome) run.Status {
	switch {
	case r.Cancelled > 0 || r.StopRequestedAt != nil:
		return run.StatusCancelled
	case r.Failed+r.TimedOut > 0:
		return run.StatusFailed
	case r.Errored > 0:
		return run.StatusErrored
	}
	for _, g := range gates {
		if !g.Passed {
			return run.StatusFailed
		}
	}
	return run.StatusPassed
}
