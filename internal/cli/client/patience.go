package client

import (
	"context"
	"errors"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// How long a client waits for a limit of the server: a minute's limit is over
// within it, an hour's is not.
const patience = 3 * time.Minute

// patiently tries again when a limit of the server says when to come again, as
// long as that is not too long in sum. What is refused so has had no effect.
func (c *Client) patiently(ctx context.Context, try func() error) error {
	for left := patience; ; {
		err := try()
		wait, ok := waitOf(err)
		if !ok || wait > left {
			return err
		}
		left -= wait
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

func waitOf(err error) (time.Duration, bool) {
	coded, ok := errors.AsType[*apperr.Error](err)
	if !ok || coded.Code != apperr.RateLimited {
		return 0, false
	}
	seconds, ok := coded.Details["retryAfter"].(int)
	if !ok || seconds <= 0 {
		return 0, false
	}
	return time.Duration(min(seconds, 86400)) * time.Second, true
}
