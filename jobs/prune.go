package jobs

import (
	"context"
	"time"
)

// pruneEvery is how often a host removes what is old. Any number of hosts may do
// it.
const pruneEvery = time.Hour

// AuditLog is what a host removes old entries from.
type AuditLog interface {
	// PruneAuditLog removes entries that are older than keep and returns how many.
	PruneAuditLog(ctx context.Context, keep time.Duration) (int, error)
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
