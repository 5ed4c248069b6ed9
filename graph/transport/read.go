package transport

import (
	"time"

	"github.com/gobwas/ws"
)

// read takes what the client sends, once, and goes on in a new goroutine: what
// it did may have grown the stack, which never shrinks below what a reader that
// waits may keep. Even a pong does so at times, when the collector wants help
// or a lock is taken; in a day all readers would hold twice the memory.
func (c *conn) read() {
	if err := c.receive(c.received); err != nil {
		c.gone()
		return
	}
	go c.read()
}

// received handles bytes that came.
func (c *conn) received(b []byte) {
	c.heard.Store(time.Now().UnixNano())
	if c.over() {
		c.in = nil
		return // only the end is waited for
	}
	if c.in != nil {
		c.in = append(c.in, b...)
		b = c.in
	}
	for {
		used, whole, err := c.frames.read(b, c)
		b = b[used:]
		if err != nil {
			reason := asBroken(err)
			c.close(reason.code, reason.reason)
		}
		if err != nil || c.over() {
			c.in, c.frames.message = nil, nil
			return
		}
		if !whole {
			break
		}
	}
	switch {
	case len(b) == 0:
		c.in = nil
	case c.in == nil:
		c.in = append(c.in, b...) // b is lent
	default:
		c.in = append(c.in[:0], b...)
	}
}

func (c *conn) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// ping answers a ping of the WebSocket protocol.
func (c *conn) ping(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sendLocked(append(appendHeader(nil, 0x80|byte(ws.OpPong), len(payload)), payload...))
}

// end answers the client's close frame.
func (c *conn) end(code uint16) { c.close(code, "") }
