package runs

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/attempt"
	"github.com/semantest/semantest/ent/check"
	"github.com/semantest/semantest/ent/metric"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/step"
)

// The batched reads below serve the dataloader. Their callers hold the parent
// already, which proves that they may see what hangs below it.

// ByID returns runs by id.
func (s *Service) ByID(ctx context.Context, ids []string) ([]*ent.Run, error) {
	rows, err := s.store.Ent.Run.Query().Where(run.IDIn(ids...)).All(ctx)
	return rows, reading("runs", err)
}

// Attempts returns the attempts of results, the first ones first.
func (s *Service) Attempts(ctx context.Context, resultIDs []string) ([]*ent.Attempt, error) {
	rows, err := s.store.Ent.Attempt.Query().Where(attempt.ResultIDIn(resultIDs...)).Order(attempt.ByNumber()).All(ctx)
	return rows, reading("attempts", err)
}

// Steps returns the steps of attempts in order.
func (s *Service) Steps(ctx context.Context, attemptIDs []string) ([]*ent.Step, error) {
	rows, err := s.store.Ent.Step.Query().Where(step.AttemptIDIn(attemptIDs...)).Order(step.ByOrdinal()).All(ctx)
	return rows, reading("steps", err)
}

// Checks returns the checks of attempts in order.
func (s *Service) Checks(ctx context.Context, attemptIDs []string) ([]*ent.Check, error) {
	rows, err := s.store.Ent.Check.Query().Where(check.AttemptIDIn(attemptIDs...)).
		Order(check.ByStepOrdinal(), check.ByOrdinal()).All(ctx)
	return rows, reading("checks", err)
}

// Metrics returns the metrics of attempts by name and time.
func (s *Service) Metrics(ctx context.Context, attemptIDs []string) ([]*ent.Metric, error) {
	rows, err := s.store.Ent.Metric.Query().Where(metric.AttemptIDIn(attemptIDs...)).
		Order(metric.ByName(), metric.ByAt()).All(ctx)
	return rows, reading("metrics", err)
}

func reading(what string, err error) error {
	if err != nil {
		return fmt.Errorf("read the %s: %w", what, err)
	}
	return nil
}
