package browser

import (
	"sync"
	"time"
)

const (
	// guessedCost is what a case is taken to need before one was measured.
	guessedCost = 64 << 20

	// leastCost keeps blank pages from promising more than real ones let hold.
	leastCost = 24 << 20

	// spared is the part of the free memory, in percent, that is left to others and
	// to what pages need at their worst moment.
	spared = 20

	// apartInTime is the least time from one measurement to the next.
	apartInTime = time.Second
)

// Meter tells how much memory processes use and how much is left, in bytes.
type Meter interface {
	// Used is what a process has for itself, with all that it has started.
	Used(pid int) (int64, error)

	// Free is what may still be used; false where that is not known.
	Free() (int64, bool)
}

// room is what a case costs, as measured while cases run. It is safe for
// concurrent use.
type room struct {
	meter Meter

	mu   sync.Mutex
	cost int64 // bytes of a case; 0 before the first measurement
	last time.Time
}

// bare measures a browser without pages, which they are compared with.
func (r *room) bare(pid int) int64 {
	used, err := r.meter.Used(pid)
	if err != nil {
		return 0
	}
	return used
}

// weigh measures a browser with its pages. The dearest case of late counts: what
// is less lets the cost sink slowly.
func (r *room) weigh(pid int, bare int64, pages int, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pages == 0 || bare == 0 || at.Sub(r.last) < apartInTime {
		return
	}
	r.last = at
	used, err := r.meter.Used(pid)
	if err != nil {
		return // the browser has just ended
	}
	cost := max(leastCost, (used-bare)/int64(pages))
	r.cost = max(cost, r.cost-r.cost/16)
}

// left is for how many more cases there is memory; false where that is not known.
func (r *room) left() (int, bool) {
	free, known := r.meter.Free()
	if !known {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	cost := r.cost
	if cost == 0 {
		cost = guessedCost
	}
	return int(free * (100 - spared) / 100 / cost), true
}

// Room implements executors.Roomy: the cases that are under way, and those for
// which there is memory beside them, by what cases have cost so far. At least one.
func (e *Executor) Room() (int, bool) {
	more, known := e.pool.room.left()
	if !known {
		return 0, false
	}
	under := 0
	for _, p := range e.pools {
		under += p.busy()
	}
	return max(1, under+more), true
}

// busy is how many cases have a page now.
func (p *pool) busy() int {
	n := 0
	for _, inst := range p.instances() {
		n += inst.open()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil && p.current.spare != nil {
		n--
	}
	return max(0, n)
}

// open is how many pages there are, with the one that is kept ready.
func (i *instance) open() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.pages)
}
