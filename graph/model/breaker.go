package model

import (
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/breaker"
)

// NewBreaker shows a breaker.
func NewBreaker(s breaker.State) *Breaker {
	out := &Breaker{
		Kind: s.Key.Kind, Name: s.Key.Name, Status: s.Status, Failures: s.Failures, Since: s.Since,
	}
	if !s.RetryAt.IsZero() {
		out.RetryAt = &s.RetryAt
	}
	switch s.Status {
	case breaker.Open:
		out.Reason = fmt.Sprintf("%s does not answer; cases about it wait until %s", s.Key.Name, s.RetryAt.UTC().Format(time.TimeOnly+" UTC"))
	case breaker.HalfOpen:
		out.Reason = s.Key.Name + " did not answer; one case finds out whether it does again, and the others about it wait"
	case breaker.Closed:
		out.Reason = fmt.Sprintf("%s did not answer the last %d times; cases about it go on", s.Key.Name, s.Failures)
	}
	return out
}
