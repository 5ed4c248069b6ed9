package load

import (
	"sync"
	"time"
)

// waitingPerUser bounds how many iterations may wait for a user: a hundred for
// each that there may be, and never less than leastWaiting. What comes beyond
// is dropped and counted.
const (
	waitingPerUser = 100
	leastWaiting   = 10_000
)

// pool hands iterations that are due to users. The last user that became idle
// is the first to work again, so that no more connections are used than needed.
type pool struct {
	run      *run
	scenario *scenario
	most     int

	mu      sync.Mutex
	users   int
	idle    []*worker
	waiting ring
	closed  bool
}

// worker is a user of a pool.
type worker struct {
	*user
	due chan time.Time // one iteration; closed when there will be none
}

// arrivals begins iterations when they are due.
func (r *run) arrivals(s *scenario) {
	p := &pool{run: r, scenario: s, most: s.most()}
	p.waiting.limit = max(leastWaiting, waitingPerUser*p.most)
	if n := s.plan.PreAllocatedVUs; n != nil {
		for range min(int(s.segment.share(int64(*n))), p.most) {
			p.mu.Lock()
			w := p.hire()
			p.idle = append(p.idle, w)
			p.mu.Unlock()
			p.employ(w, time.Time{})
		}
	}
	if err := p.pace(); err != nil && s.over.Err() == nil {
		r.giveUp(err)
	}
	p.close()
}

// pace hands out each iteration at its moment. Late ones keep the moment at
// which they were due.
func (p *pool) pace() error {
	clock, err := newPacer()
	if err != nil {
		return err
	}
	defer func() { _ = clock.close() }() // it holds nothing that could be lost
	s := p.scenario
	plan, began := arrivalsOf(s.plan), s.began
	p.run.skip(s, plan)
	for n := s.done; ; n++ {
		at, more := plan.next(s.segment.nth(n))
		if !more {
			break
		}
		due := began.Add(at)
		if err := clock.wait(p.scenario.over, due); err != nil {
			return err
		}
		p.arrive(due)
	}
	return clock.wait(p.scenario.over, began.Add(plan.end))
}

// arrive gives an iteration to an idle user, to a new one, or lets it wait.
func (p *pool) arrive(due time.Time) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		w.due <- due
		return
	}
	if p.users < p.most {
		w := p.hire()
		p.mu.Unlock()
		p.employ(w, due)
		return
	}
	kept := p.waiting.push(due)
	p.mu.Unlock()
	if !kept {
		p.run.recorder.drop(p.run.recorder.shard(0), p.scenario.index, 1)
	}
}

// hire counts a new user; the lock is held.
func (p *pool) hire() *worker {
	p.users++
	return &worker{user: p.run.newUser(p.scenario), due: make(chan time.Time, 1)}
}

// employ starts a user's goroutine, with an iteration where due is not zero.
func (p *pool) employ(w *worker, due time.Time) {
	p.scenario.users.Go(func() {
		defer w.gone()
		if due.IsZero() {
			next, ok := <-w.due
			if !ok {
				return
			}
			due = next
		}
		for {
			w.iterate(due)
			if p.scenario.killed.Err() != nil {
				return
			}
			next, ok := p.next(w)
			if !ok {
				return
			}
			due = next
		}
	})
}

// next is the iteration that has waited longest, or the next one to come.
func (p *pool) next(w *worker) (time.Time, bool) {
	p.mu.Lock()
	if due, ok := p.waiting.pop(); ok {
		p.mu.Unlock()
		return due, true
	}
	if p.closed {
		p.mu.Unlock()
		return time.Time{}, false
	}
	p.idle = append(p.idle, w)
	p.mu.Unlock()
	due, ok := <-w.due
	return due, ok
}

// close sends idle users home. Those at work still do what was due before; what
// is left when they are killed is dropped.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, w := range p.idle {
		close(w.due)
	}
	p.idle = nil
	p.mu.Unlock()
	p.scenario.left = func() int64 {
		p.mu.Lock()
		defer p.mu.Unlock()
		return int64(p.waiting.length)
	}
}

// ring is a queue in the order of arrival.
type ring struct {
	limit, first, length int
	items                []time.Time
}

func (q *ring) push(due time.Time) bool {
	if q.length == q.limit {
		return false
	}
	if q.length == len(q.items) {
		grown := make([]time.Time, min(q.limit, max(64, 2*len(q.items))))
		for i := range q.length {
			grown[i] = q.items[(q.first+i)%len(q.items)]
		}
		q.items, q.first = grown, 0
	}
	q.items[(q.first+q.length)%len(q.items)] = due
	q.length++
	return true
}

func (q *ring) pop() (time.Time, bool) {
	if q.length == 0 {
		return time.Time{}, false
	}
	due := q.items[q.first]
	q.first = (q.first + 1) % len(q.items)
	q.length--
	return due, true
}
