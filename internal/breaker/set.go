package breaker

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
)

// Defaults of Options.
const (
	DefaultFailures = 5
	DefaultOpenFor  = time.Minute
	defaultKeys     = 4096
)

// Options of New; zero values stand for the defaults.
type Options struct {
	Off      bool          // everything is always allowed
	Failures int           // in a row, over all processes, that open a breaker: 5
	OpenFor  time.Duration // until a probe may go: 60 s
	Keys     int           // breakers kept at most, of the least recently changed none: 4096
	Logger   *slog.Logger
}

// Set is a process's view of all breakers. Its methods may be called from many
// goroutines.
type Set struct {
	off     bool
	machine machine
	shared  *shared
	openFor time.Duration
	lease   time.Duration // of a probe
	pause   time.Duration // until one asks again while a probe is under way
	forget  time.Duration
	logger  *slog.Logger

	known *lru.Cache[Key, *entry] // those that something is wrong with
	stop  context.CancelFunc
	done  sync.WaitGroup
}

// entry is what the process knows of one breaker.
type entry struct {
	current atomic.Pointer[record]

	mu    sync.Mutex // held while the record changes
	raw   string     // what Redis holds, as far as the process knows
	alone bool       // current has not been told to Redis
}

// New returns the process's view and keeps it fresh until Close. It does not
// wait for Redis.
func New(client redis.UniversalClient, o Options) *Set {
	o.Failures, o.OpenFor = cmp.Or(o.Failures, DefaultFailures), cmp.Or(o.OpenFor, DefaultOpenFor)
	o.Keys = cmp.Or(o.Keys, defaultKeys)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Set{
		off: o.Off, machine: newMachine(o.Failures, o.OpenFor), openFor: o.OpenFor, logger: o.Logger,
		lease: max(o.OpenFor/2, 10*time.Second), pause: max(min(o.OpenFor/30, time.Second), 10*time.Millisecond),
		forget: max(10*o.OpenFor, 10*time.Minute),
	}
	s.shared = newShared(client, rand.Text(), s.forget, o.Keys)
	s.known, _ = lru.New[Key, *entry](max(o.Keys, 1)) // fails for sizes below 1 only
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.done.Go(func() { s.follow(ctx) })
	return s
}

// Close ends the connection to the other processes.
func (s *Set) Close() {
	s.stop()
	s.done.Wait()
}

// Allow says whether something may go to what the key names. When it may, the
// outcome must be reported to the Done, which is never nil.
func (s *Set) Allow(ctx context.Context, key Key) (Decision, Done) {
	if s.off {
		return Decision{Allowed: true}, nothing
	}
	e := s.lookup(key)
	if e == nil {
		return Decision{Allowed: true}, func(ctx context.Context, v Verdict) {
			if v == Unreachable || v == Answered && s.lookup(key) != nil {
				s.report(ctx, key, v, "")
			}
		}
	}
	now := time.Now()
	if r := e.current.Load(); r.status(now) == HalfOpen && r.probing(now) == nil {
		if id := s.takeProbe(ctx, key, e); id != "" {
			return Decision{Allowed: true, Probe: true}, func(ctx context.Context, v Verdict) { s.report(ctx, key, v, id) }
		}
	}
	r := e.current.Load() // another one may have taken the probe, or ended it
	switch now = time.Now(); r.status(now) {
	case Open:
		return Decision{RetryAt: s.retryAt(r, now)}, nothing
	case HalfOpen:
		return Decision{RetryAt: s.retryAt(r, now), Probing: true}, nothing
	case Closed:
	}
	return Decision{Allowed: true}, func(ctx context.Context, v Verdict) { s.report(ctx, key, v, "") }
}

// States returns the breakers of a project that something is wrong with, those
// that belong to no project for "", by key.
func (s *Set) States(project string) []State {
	now := time.Now()
	var out []State
	for _, key := range s.known.Keys() {
		e := s.lookup(key)
		if key.Project != project || e == nil {
			continue
		}
		r := e.current.Load()
		st := State{Key: key, Status: r.status(now), Failures: r.Failures, Since: r.Since, RetryAt: s.retryAt(r, now)}
		if st.Status == HalfOpen && r.Shared.State == gobreaker.StateOpen { // nobody has asked since
			st.Since, st.RetryAt = r.Shared.Expiry, now
		}
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b State) int { return cmp.Compare(a.Key.String(), b.Key.String()) })
	return out
}

// lookup returns nil for what nothing is known of, or was long ago.
func (s *Set) lookup(key Key) *entry {
	e, ok := s.known.Peek(key)
	if !ok {
		return nil
	}
	if r := e.current.Load(); r.clean() || time.Since(r.Changed) > s.forget {
		return nil
	}
	return e
}

// retryAt never trusts the record further than this process's own settings go:
// the clock of the process that wrote it may be wrong.
func (s *Set) retryAt(r *record, now time.Time) time.Time {
	switch r.status(now) {
	case Open:
		return earlier(r.Shared.Expiry, now.Add(s.openFor))
	case HalfOpen:
		p := r.probing(now)
		if p == nil {
			return now.Add(s.pause)
		}
		// The same moment for all that ask within a pause, so that they wait together.
		next := now.Add(s.pause - now.Sub(p.Began)%s.pause)
		return earlier(earlier(next, p.Until), now.Add(s.pause))
	case Closed:
	}
	return time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func nothing(context.Context, Verdict) {}
