package breaker

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// record is a breaker's state as the processes share it.
type record struct {
	Rev      int64                 `json:"rev"` // grows with each change
	Shared   gobreaker.SharedState `json:"shared"`
	Failures int                   `json:"failures"` // that opened it; gobreaker forgets them
	Since    time.Time             `json:"since"`
	Changed  time.Time             `json:"changed"`
	Probe    *probe                `json:"probe,omitempty"`
}

// probe is the lease of the one that finds out.
type probe struct {
	ID    string    `json:"id"`
	Began time.Time `json:"began"`
	Until time.Time `json:"until"` // its process is taken for dead then
}

// machine says what becomes of a record. It has no state of its own.
type machine struct{ settings gobreaker.Settings }

func newMachine(failures int, openFor time.Duration) machine {
	return machine{gobreaker.Settings{
		Timeout:     openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return int64(c.ConsecutiveFailures) >= int64(failures) },
	}}
}

var errFailed = errors.New("failed")

// report returns the record after one more answer, or one that was missing. An
// open breaker takes none.
func (m machine) report(r record, answered bool) record {
	return m.step(r, func(cb *gobreaker.DistributedCircuitBreaker[struct{}]) {
		_, _ = cb.Execute(func() (struct{}, error) { // a refusal leaves the state as it is
			if answered {
				return struct{}{}, nil
			}
			return struct{}{}, errFailed
		})
	})
}

// advance returns the record with what the time alone has changed.
func (m machine) advance(r record) record {
	return m.step(r, func(cb *gobreaker.DistributedCircuitBreaker[struct{}]) { _, _ = cb.State() })
}

// step lets gobreaker have the record for a moment. Its own way of sharing would
// ask the store at each request, and hold a lock while the request is under way.
func (m machine) step(r record, f func(*gobreaker.DistributedCircuitBreaker[struct{}])) record {
	c := &cell{}
	if !r.zero() {
		c.data, _ = json.Marshal(r.Shared) // numbers and times always marshal
	}
	cb, err := gobreaker.NewDistributedCircuitBreaker[struct{}](c, m.settings)
	if err != nil {
		return r // the cell does not fail
	}
	f(cb)
	before, next := r.Shared, r
	if json.Unmarshal(c.data, &next.Shared) != nil {
		return r
	}
	now := time.Now()
	next.Rev, next.Changed = max(r.Rev+1, now.UnixMicro()), now
	if r.zero() || next.Shared.State != before.State {
		next.Since, next.Probe = now, nil
	}
	switch next.Shared.State {
	case gobreaker.StateClosed:
		next.Failures = int(next.Shared.Counts.ConsecutiveFailures)
	case gobreaker.StateOpen:
		if before.State == gobreaker.StateClosed {
			next.Failures = r.Failures + 1
		}
	case gobreaker.StateHalfOpen:
	}
	return next
}

func (r record) zero() bool { return r.Rev == 0 }

// clean says that there is nothing to remember.
func (r record) clean() bool {
	return r.zero() || r.Shared.State == gobreaker.StateClosed && r.Failures == 0
}

// status tells where the breaker stands now.
func (r record) status(now time.Time) Status {
	switch r.Shared.State {
	case gobreaker.StateOpen:
		if !now.After(r.Shared.Expiry) {
			return Open
		}
		return HalfOpen
	case gobreaker.StateHalfOpen:
		return HalfOpen
	case gobreaker.StateClosed:
	}
	return Closed
}

// probing returns the probe that is under way.
func (r record) probing(now time.Time) *probe {
	if r.Shared.State == gobreaker.StateHalfOpen && r.Probe != nil && now.Before(r.Probe.Until) {
		return r.Probe
	}
	return nil
}

// cell is a store of gobreaker for one step: what is shared is compared and
// swapped in Redis afterwards.
type cell struct{ data []byte }

func (c *cell) Lock(string) error                   { return nil }
func (c *cell) Unlock(string) error                 { return nil }
func (c *cell) GetData(string) ([]byte, error)      { return c.data, nil }
func (c *cell) SetData(_ string, data []byte) error { c.data = data; return nil }
