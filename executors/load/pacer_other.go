//go:build !linux

package load

import (
	"context"
	"time"
)

// pacer waits for moments by Go's own timers, which may be a millisecond late.
type pacer struct{}

func newPacer() (*pacer, error) { return &pacer{}, nil }

// wait returns at a moment, or when ctx is done with its error.
func (p *pacer) wait(ctx context.Context, until time.Time) error {
	left := time.Until(until)
	if left <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pacer) close() error { return nil }
