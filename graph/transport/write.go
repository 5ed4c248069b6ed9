package transport

import (
	"errors"
	"os"
	"time"
)

// batch is how many bytes are put together into one write.
const batch = 32 << 10

// sendLocked writes bytes, or lets them wait where the connection is busy.
func (c *conn) sendLocked(b []byte) {
	if c.closed {
		return
	}
	if !c.busy {
		c.writeLocked(b)
		return
	}
	c.out = append(c.out, b...)
	c.poke()
	if len(c.out) > c.live.o.Unsent+batch { // answers to a client that only asks
		c.killLocked()
	}
}

// writeLocked gives bytes to the socket. What it does not take a goroutine
// does, which lives as long as that lasts.
func (c *conn) writeLocked(b []byte) {
	n, err := c.try(b)
	if err != nil {
		c.killLocked()
		return
	}
	if n < len(b) {
		c.out = append([]byte(nil), b[n:]...)
		c.busy, c.progressed = true, time.Now()
		go c.drain()
	}
}

// drain writes until nothing waits any more. No deadline is left behind, since
// it would hold for the writers too.
func (c *conn) drain() {
	for {
		c.mu.Lock()
		b := c.take()
		if len(b) == 0 || c.dead {
			c.busy, c.out = false, nil
			if c.closed {
				c.finish()
			} else {
				_ = c.net.SetWriteDeadline(time.Time{}) // fails only when there is no connection any more
			}
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if err := c.push(b); err != nil {
			c.mu.Lock()
			c.busy = false
			c.killLocked()
			c.mu.Unlock()
			return
		}
	}
}

// pump writes to a connection whose descriptor can't be used, for as long as it
// lives.
func (c *conn) pump() {
	for {
		c.mu.Lock()
		b, closed, dead := c.take(), c.closed, c.dead
		c.mu.Unlock()
		switch {
		case dead:
			return
		case len(b) > 0:
			if c.push(b) != nil {
				c.kill()
				return
			}
		case closed:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.finish()
			return
		default:
			<-c.more
		}
	}
}

// push writes all bytes, waiting for the socket. They stay in out until it has
// taken them.
func (c *conn) push(b []byte) error {
	err := c.net.SetWriteDeadline(time.Now().Add(c.live.o.WriteWithin))
	for err == nil && len(b) > 0 {
		var n int
		n, err = c.wait(b)
		b = b[n:]
		c.mu.Lock()
		if n > 0 {
			c.progressed = time.Now()
		}
		c.out = c.out[min(n, len(c.out)):] // a killed connection has none left
		c.mu.Unlock()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errStalled
	}
	return err
}

var errStalled = errors.New("the client takes no bytes")

// take returns what is to be written next: what waits, or else what the groups
// hold. The caller holds mu.
func (c *conn) take() []byte {
	if len(c.out) == 0 {
		c.out = c.fill(nil)
	}
	return c.out[:len(c.out):len(c.out)] // what is added later does not move it
}

// fill appends what the groups hold for the subscribers, up to a batch and one
// payload. The caller holds mu.
func (c *conn) fill(b []byte) []byte {
	if c.closed {
		return b
	}
	for i := 0; i < len(c.subs); i++ {
		s := c.subs[i]
		b = s.appendPending(b)
		if len(b) >= batch {
			break
		}
		if s.group == nil && (i >= len(c.subs) || c.subs[i] != s) {
			i-- // it completed and is gone
		}
	}
	return b
}

// appendPending appends what the group holds for a subscriber. One that fell
// behind the ring goes on by an execution of its own.
func (s *subscriber) appendPending(b []byte) []byte {
	g := s.group
	if g == nil {
		return b
	}
	v := g.view.Load()
	if g.field.Snapshot && s.pos < v.next()-1 {
		s.pos = v.next() - 1
	}
	if s.pos < v.base {
		g.live.replay(s, g)
		return b
	}
	moved := false
	for s.pos < v.next() && len(b) < batch {
		e := &v.entries[s.pos-v.base]
		b = s.conn.appendNext(b, s, g, e)
		s.pos++
		s.seen = e.number
		moved = true
	}
	if moved {
		g.advanced()
	}
	if v.ended != nil && s.pos == v.next() {
		b = s.conn.appendEnd(b, s, v.ended)
		s.conn.remove(s)
	}
	return b
}
