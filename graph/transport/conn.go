package transport

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// conn is one client. Whoever holds mu may write to it, unless it is busy: then
// somebody is writing already, and takes what comes after.
type conn struct {
	live     *Live
	exec     graphql.GraphExecutor
	writer   *writer
	events   bool            // whether it is a stream of server-sent events, which net/http writes
	net      net.Conn        // nil for those
	raw      syscall.RawConn // nil where bytes can't be given to the socket directly
	fd       int             // of raw
	readOnly bool            // whether mutations are refused
	more     chan struct{}   // wakes who writes to a connection without raw
	heard    atomic.Int64    // when bytes last came, in Unix nanoseconds

	// The reader's own.
	in        []byte // of an unfinished frame
	frames    frames
	handshake context.Context //nolint:containedctx // values of the request, until the session is known

	mu         sync.Mutex
	session    *session // nil until connection_init was accepted
	subs       []*subscriber
	out        []byte // not taken yet by the socket
	busy       bool
	closed     bool // nothing may be added to out any more
	dead       bool // nothing will be read or written any more
	opened     time.Time
	pinged     time.Time
	progressed time.Time // when the socket last took bytes
	closedAt   time.Time
}

// subscriber is one operation of a connection: a cursor into its group.
type subscriber struct {
	conn  *conn
	id    string // as it is written in JSON, with quotes
	group *group // nil before it is a member and after it has left
	pos   int64  // of the next payload in the group's view
	seen  int64  // number of the last payload written

	listed *crew // that has it in its list
}

// close closes the connection.
func (c *conn) close(code uint16, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeLocked(code, reason)
}

// closeLocked says goodbye: what is written already goes first, then the close
// frame, then the end. The reader waits for the client's answer, since to close
// a socket that holds unread bytes would take the close frame back.
func (c *conn) closeLocked(code uint16, reason string) {
	if c.closed {
		return
	}
	if !c.events {
		c.sendLocked(appendClose(nil, code, reasonOf(reason)))
	}
	c.endLocked()
	if !c.busy {
		c.finish()
	}
	c.poke()
}

// endLocked leaves all groups.
func (c *conn) endLocked() {
	if c.closed {
		return
	}
	c.closed, c.closedAt = true, time.Now()
	for _, s := range c.subs {
		c.leave(s)
	}
	c.subs = nil
}

// kill cuts the connection: the reader closes it.
func (c *conn) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killLocked()
}

func (c *conn) killLocked() {
	c.endLocked()
	c.dead, c.out = true, nil
	if c.net != nil {
		shutDown(c.net)
	}
	c.poke()
}

// finish ends our side of the connection. The caller holds mu, and nobody
// writes.
func (c *conn) finish() {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok && !c.dead {
		_ = half.CloseWrite() // fails only when there is no connection any more
	}
}

// gone takes the connection out of everything. The reader calls it, once.
func (c *conn) gone() {
	c.mu.Lock()
	c.endLocked()
	c.dead, c.out = true, nil
	session := c.session
	c.mu.Unlock()
	c.poke()
	if c.net != nil {
		_ = c.net.Close() // there is nobody to tell
	}
	c.live.abandon(session)
	c.live.exit(c)
}

// leave takes a subscriber out of its group.
func (c *conn) leave(s *subscriber) {
	if g := s.group; g != nil {
		s.group = nil
		g.leave(c.session)
	}
}

// remove forgets an operation. The caller holds mu.
func (c *conn) remove(s *subscriber) {
	c.leave(s)
	for i, other := range c.subs {
		if other == s {
			last := len(c.subs) - 1
			copy(c.subs[i:], c.subs[i+1:])
			c.subs[last] = nil
			c.subs = c.subs[:last]
			return
		}
	}
}

func (c *conn) find(id string) *subscriber {
	for _, s := range c.subs {
		if s.id == id {
			return s
		}
	}
	return nil
}

// poke wakes who writes to a connection without raw.
func (c *conn) poke() {
	if c.more != nil {
		select {
		case c.more <- struct{}{}:
		default:
		}
	}
}

// tick looks at the connection's deadlines.
func (c *conn) tick(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &c.live.o
	switch {
	case c.dead:
	case c.closed:
		if now.Sub(c.closedAt) > o.CloseWithin {
			c.killLocked()
		}
	case c.session == nil:
		if now.Sub(c.opened) > o.InitWithin {
			c.closeLocked(closeInitTimeout, "Connection initialisation timeout")
		}
	case !c.session.Expires.IsZero() && now.After(c.session.Expires):
		c.closeLocked(closeForbidden, "the token has expired")
	case !c.events && now.Sub(time.Unix(0, c.heard.Load())) > o.IdleWithin:
		c.closeLocked(closeTerminated, "nothing was heard for too long; connect again")
	case c.tooSlow(now):
		c.closeLocked(closeTerminated, tooSlowReason)
	case now.Sub(c.pinged) > o.PingEvery:
		c.pinged = now
		if c.events {
			c.sendLocked([]byte(":\n\n"))
		} else {
			c.sendLocked(pingFrame)
		}
	}
}

const tooSlowReason = "too much waits to be read; connect again and resume after the last number seen"

// tooSlow reports whether more waits than may, for a client that has not taken
// a byte for a while. To look at the amount alone would close healthy clients
// in every burst. The caller holds mu.
func (c *conn) tooSlow(now time.Time) bool {
	if !c.busy || len(c.out) == 0 || now.Sub(c.progressed) < c.live.o.StallWithin {
		return false
	}
	waits := int64(len(c.out))
	for _, s := range c.subs {
		if s.group != nil {
			waits += s.group.view.Load().behind(s.pos)
		}
	}
	return waits > int64(c.live.o.Unsent)
}
