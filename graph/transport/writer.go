package transport

import (
	"sync"
	"time"
)

// writer walks the members of groups whose connections are its own and writes
// what is new to them.
type writer struct {
	index int
	live  *Live
	wake  chan struct{}
	buf   []byte

	mu    sync.Mutex
	queue []*crew
}

// crew is a group's members that one writer serves.
type crew struct {
	group  *group
	writer *writer
	subs   []*subscriber // the writer's own

	mu     sync.Mutex
	joined []*subscriber // since the last walk

	queued bool // guarded by the writer
}

// join lets the writer serve a subscriber from now on. The caller holds the
// connection.
func (cr *crew) join(s *subscriber) {
	if s.listed != cr { // else it comes back from a replay
		s.listed = cr
		cr.mu.Lock()
		cr.joined = append(cr.joined, s)
		cr.mu.Unlock()
	}
	cr.writer.enqueue(cr)
}

func (w *writer) enqueue(cr *crew) {
	w.mu.Lock()
	first := len(w.queue) == 0
	if !cr.queued {
		cr.queued = true
		w.queue = append(w.queue, cr)
	}
	w.mu.Unlock()
	if first {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

func (w *writer) run() {
	var todo []*crew
	for {
		select {
		case <-w.live.stop:
			return
		case <-w.wake:
		}
		w.mu.Lock()
		todo, w.queue = w.queue, todo[:0]
		for _, cr := range todo {
			cr.queued = false
		}
		w.mu.Unlock()
		for i, cr := range todo {
			w.walk(cr)
			todo[i] = nil
		}
	}
}

// walk writes to each member what it has not got yet. Those of one connection
// that follow one another get it in one write.
func (w *writer) walk(cr *crew) {
	cr.mu.Lock()
	cr.subs = append(cr.subs, cr.joined...)
	cr.joined = nil
	cr.mu.Unlock()
	now := time.Now()
	kept := 0
	for i := 0; i < len(cr.subs); {
		c := cr.subs[i].conn
		from := i
		for i < len(cr.subs) && cr.subs[i].conn == c {
			i++
		}
		c.mu.Lock()
		c.serve(w, cr.subs[from:i], now)
		for _, s := range cr.subs[from:i] {
			if s.group == cr.group {
				cr.subs[kept] = s
				kept++
			} else if s.listed == cr {
				s.listed = nil
			}
		}
		c.mu.Unlock()
	}
	clear(cr.subs[kept:])
	cr.subs = cr.subs[:kept]
}

// serve writes to some subscribers of a connection. The caller holds it.
func (c *conn) serve(w *writer, subs []*subscriber, now time.Time) {
	if c.busy {
		c.poke()
		if c.tooSlow(now) {
			c.closeLocked(closeTerminated, tooSlowReason)
		}
		return
	}
	b := w.buf[:0]
	for _, s := range subs {
		b = s.appendPending(b)
	}
	for len(b) > 0 && !c.closed {
		c.writeLocked(b)
		if c.busy || len(b) < batch {
			break
		}
		b = c.fill(b[:0])
	}
	w.buf = b[:0]
	if cap(w.buf) > 4*batch {
		w.buf = nil // one large payload must not be held for good
	}
}
