package webhooks

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter bounds how long a receiver can make us wait.
const maxRetryAfter = 6 * time.Hour

// pause returns how long to wait after the try with this index, and false when
// it was the last. Receivers that were away together are not asked together
// again: a pause varies by a fifth.
func (s *Service) pause(retry int, asked time.Duration) (time.Duration, bool) {
	if retry >= len(s.o.Retries) {
		return 0, false
	}
	usual := time.Duration(float64(s.o.Retries[retry]) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // it need not be unpredictable
	return max(usual, min(asked, maxRetryAfter)), true
}

// retryAfter reads the header: seconds, or an instant. What it cannot read is 0.
func retryAfter(header string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
