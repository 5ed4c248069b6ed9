package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// pruneEvery is how often a host removes what is old. Any number of hosts may do
// it.
const pruneEvery = time.Hour

// AuditLog is what a host removes old entries from.
type AuditLog interface {
	// PruneAuditLog removes entries that are older than keep and returns how many.
	PruneAuditLog(ctx context.Context, keep time.Duration) (int, error)
}

// ModelSpends are what a host removes old accounts from.
type ModelSpends interface {
	// Prune removes accounts that nobody charges any more and returns how many.
	Prune(ctx context.Context) (int64, error)
}

func (h *Host) pruneDeliveries(ctx context.Context) error {
	n, err := h.webhooks.Prune(ctx)
	if n > 0 {
		h.logger.Info("old deliveries of webhooks were deleted", "deliveries", n)
	}
	return err
}

func (h *Host) pruneAuditLog(ctx context.Context) error {
	if h.auditFor == 0 || h.auditLog == nil {
		return nil
	}
	n, err := h.auditLog.PruneAuditLog(ctx, h.auditFor)
	if n > 0 {
		h.logger.Info("old entries of the audit log were removed", "entries", n)
	}
	return err
}

func (h *Host) pruneSpends(ctx context.Context) error {
	n, err := h.spends.Prune(ctx)
	if n > 0 {
		h.logger.Info("old accounts of language models were removed", "accounts", n)
	}
	return err
}

func (h *Host) pruneGenerations(ctx context.Context) error {
	n, err := h.generated.Prune(ctx)
	if n > 0 {
		h.logger.Info("old generations were removed", "generations", n)
	}
	return err
}

// giveUpEvery is how often a host looks for what somebody waits for and whose job
// has failed for good.
const giveUpEvery = 10 * time.Second

// giveUpAssessments ends those whose job has failed for good, so that nobody waits
// for them any longer.
func (h *Host) giveUpAssessments(ctx context.Context) error {
	return h.giveUp(ctx, `SELECT args->>'assessmentId', attempt FROM river_job WHERE state = 'discarded' AND kind IN ('assess', 'judge')`, h.assessed.GiveUp)
}

// giveUpGenerations does so with generations.
func (h *Host) giveUpGenerations(ctx context.Context) error {
	return h.giveUp(ctx, `SELECT args->>'generationId', attempt FROM river_job WHERE state = 'discarded' AND kind = 'generate'`, h.generated.GiveUp)
}

// giveUp ends what jobs that have failed for good were for. River keeps such jobs
// for a week; the query gives their attempts.
func (h *Host) giveUp(ctx context.Context, query string, end func(ctx context.Context, id, reason string) error) error {
	rows, err := h.pool.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("look for jobs that failed for good: %w", err)
	}
	type lost struct {
		ID      string
		Attempt int
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lost])
	if err != nil {
		return fmt.Errorf("look for jobs that failed for good: %w", err)
	}
	var errs []error
	for _, a := range all {
		errs = append(errs, end(ctx, a.ID, fmt.Sprintf("it was tried %d times and could not be made; the server's log says why", a.Attempt)))
	}
	return errors.Join(errs...)
}
