package breaker

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// report lets an outcome count. probe is the id of the probe whose it is, empty
// for what was allowed by a closed breaker: that says nothing once it is open.
func (s *Set) report(ctx context.Context, key Key, v Verdict, probe string) {
	if !key.valid() {
		return
	}
	s.change(ctx, key, s.entry(key), func(r record) (record, bool) {
		open := r.Shared.State != gobreaker.StateClosed
		mine := probe != "" && r.Probe != nil && r.Probe.ID == probe
		switch {
		case probe == "" && open:
			return r, false
		case v == Answered && (open || r.Failures > 0):
			return s.machine.report(r, true), true
		case v == Unreachable && (probe == "" || mine):
			return s.machine.report(r, false), true
		case v == Unknown && mine:
			r.Probe = nil
			r.Rev, r.Changed = r.Rev+1, time.Now()
			return r, true
		}
		return r, false
	})
}

// takeProbe returns the id of the probe that the caller makes, or "" when there
// is none to make.
func (s *Set) takeProbe(ctx context.Context, key Key, e *entry) string {
	id := ""
	s.change(ctx, key, e, func(r record) (record, bool) {
		id = ""
		now := time.Now()
		if r.status(now) != HalfOpen || r.probing(now) != nil {
			return r, false
		}
		next := s.machine.advance(r)
		if next.Shared.State != gobreaker.StateHalfOpen {
			return r, false
		}
		id = rand.Text()
		next.Probe = &probe{ID: id, Began: now, Until: now.Add(s.lease)}
		return next, true
	})
	return id
}

// maxSwaps bounds how often a change is tried over when other processes change
// the same breaker at the same time. Who is first stays first as long as it has
// something to report, and that opens the breaker: who loses so often is not
// missed.
const maxSwaps = 100

// change applies f to the newest record, for all processes. While Redis is away
// it applies for this process alone. f may be called more than once, and says
// whether it has changed anything.
func (s *Set) change(ctx context.Context, key Key, e *entry, f func(record) (record, bool)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	base := *e.current.Load()
	for range maxSwaps {
		next, changed := f(base)
		if !changed {
			s.keep(key, e, base)
			return
		}
		stored, current, won, err := s.shared.swap(ctx, key, e.raw, next)
		switch {
		case err != nil:
			if !errors.Is(err, errAway) {
				s.logger.Warn("a circuit breaker could not be shared; this process goes by what it sees itself", "error", err)
			}
			e.alone = true
			s.keep(key, e, next)
			return
		case won:
			e.raw, e.alone = stored, false
			s.tell(key, base, next)
			s.keep(key, e, next)
			return
		}
		e.raw = current
		if current != "" || !e.alone { // what Redis has forgotten, who was alone still knows
			base, e.alone = decode(current), false
		}
	}
	s.keep(key, e, base)
}

// keep makes a record the process's own view.
func (s *Set) keep(key Key, e *entry, r record) {
	e.current.Store(&r)
	if r.clean() {
		s.known.Remove(key)
	} else {
		s.known.Add(key, e)
	}
}

func (s *Set) tell(key Key, before, after record) {
	if before.Shared.State == after.Shared.State {
		return
	}
	switch after.Shared.State {
	case gobreaker.StateOpen:
		s.logger.Warn("a circuit breaker opened", "breaker", key.String(), "failures", after.Failures, "until", after.Shared.Expiry)
	case gobreaker.StateClosed:
		s.logger.Info("a circuit breaker closed", "breaker", key.String())
	case gobreaker.StateHalfOpen:
	}
}

// entry returns what is known of a key, or a new entry.
func (s *Set) entry(key Key) *entry {
	e := &entry{}
	e.current.Store(&record{})
	if known, ok, _ := s.known.PeekOrAdd(key, e); ok {
		if r := known.current.Load(); !r.zero() && time.Since(r.Changed) > s.forget {
			s.known.Remove(key)
			return s.entry(key)
		}
		return known
	}
	return e
}
