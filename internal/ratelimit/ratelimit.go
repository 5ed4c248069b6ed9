package ratelimit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/apperr"
)

// Limit says how much may be taken in a time.
type Limit struct {
	Name string        // what is counted, for people and in keys: "requests"
	Max  int           // 0 or less is without a limit
	Per  time.Duration // at least a second
}

func (l Limit) String() string {
	return fmt.Sprintf("%d %s in %s", l.Max, l.Name, words(l.Per))
}

// State is where a client stands with a limit.
type State struct {
	Limit      Limit
	Remaining  int
	ResetAt    time.Time // when all of it may be taken again
	Allowed    bool
	RetryAfter time.Duration // until as much may be taken as was asked for; 0 when allowed
}

// Limited reports whether there is a limit at all.
func (s State) Limited() bool { return s.Limit.Max > 0 }

// Limiter counts. Its methods may be called from many goroutines.
type Limiter struct {
	shared *shared // nil where this process is the only one
	alone  *memory
}

// New returns a limiter. Without a client it counts for this process alone.
// Nothing of it needs to be closed.
func New(client redis.UniversalClient, logger *slog.Logger) *Limiter {
	l := &Limiter{alone: newMemory()}
	if client != nil {
		l.shared = newShared(client, logger)
	}
	return l
}

// Take takes cost, at least 1, of each limit, or of none of them when one has
// not enough left: then the error is RATE_LIMITED and its detail retryAfter says
// in how many seconds to come again. A key may be any text. A cost above a
// limit's Max counts as Max. The state is that of the limit that is nearest to
// its end.
func (l *Limiter) Take(ctx context.Context, limits []Limit, key string, cost int) (State, error) {
	limits = counted(limits)
	if len(limits) == 0 {
		return State{Allowed: true}, nil
	}
	cost = max(cost, 1)
	id := identify(key)
	// What this process has let through is part of what all have: where that
	// alone is too much, Redis need not be asked.
	views := l.alone.take(limits, id, cost, l.shared == nil)
	if l.shared != nil && allowed(views) {
		asked, err := l.shared.take(ctx, limits, id, cost)
		switch {
		case err != nil:
			views = l.alone.take(limits, id, cost, true)
		case allowed(asked):
			l.alone.add(limits, id, cost)
			views = asked
		default:
			views = asked
		}
	}
	return decide(limits, views)
}

// view is where a key stands with one limit.
type view struct {
	allowed bool
	used    int           // with what has just been taken
	reset   time.Duration // until nothing is used
	wait    time.Duration // until enough is free
}

func allowed(views []view) bool {
	for _, v := range views {
		if !v.allowed {
			return false
		}
	}
	return true
}

func decide(limits []Limit, views []view) (State, error) {
	worst, ok := 0, allowed(views)
	for i, v := range views {
		w := views[worst]
		if ok && limits[i].Max-v.used < limits[worst].Max-w.used || !ok && v.wait > w.wait {
			worst = i
		}
	}
	v, limit := views[worst], limits[worst]
	s := State{Limit: limit, Remaining: max(limit.Max-v.used, 0), ResetAt: time.Now().Add(v.reset), Allowed: ok}
	if ok {
		return s, nil
	}
	s.RetryAfter = v.wait
	return s, refusal(limit, v.wait)
}

func refusal(limit Limit, wait time.Duration) error {
	seconds := max(int(math.Ceil(wait.Seconds())), 1)
	return apperr.New(apperr.RateLimited, "the limit of %s is reached; come again in %s",
		limit, words(time.Duration(seconds)*time.Second)).
		With("retryAfter", seconds).With("limit", limit.Name).With("max", limit.Max).With("per", int(limit.Per.Seconds()))
}

// counted leaves out what limits nothing.
func counted(limits []Limit) []Limit {
	for i, l := range limits {
		if l.Max > 0 {
			continue
		}
		out := append([]Limit(nil), limits[:i]...)
		for _, l := range limits[i+1:] {
			if l.Max > 0 {
				out = append(out, l)
			}
		}
		return out
	}
	return limits
}

// identify makes a short name of a key, which may be long, binary or a secret.
func identify(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// words writes a duration for people: "a minute", "90 seconds".
func words(d time.Duration) string {
	for _, u := range []struct {
		of        time.Duration
		one, many string
	}{{time.Hour, "an hour", "hours"}, {time.Minute, "a minute", "minutes"}, {time.Second, "a second", "seconds"}} {
		switch n := d / u.of; {
		case d%u.of != 0 || n == 0:
		case n == 1:
			return u.one
		default:
			return fmt.Sprintf("%d %s", n, u.many)
		}
	}
	return strings.TrimSuffix(d.Round(time.Millisecond).String(), "0s")
}
