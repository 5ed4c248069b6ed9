package transport

import (
	"time"

	"github.com/gobwas/ws"
)

// read takes what the client sends, for as long as it does. After a message it
// goes on in a new goroutine: a message's execution may have grown the stack,
// and most connections never say anything again.
func (c *conn) read() {
	for again := false; !again; {
		err := c.receive(func(b []byte) { again = c.received(b) })
		if err != nil {
			c.gone()
			return
		}
	}
	go c.read()
}

// received handles bytes that came and reports whether there was a message.
func (c *conn) received(b []byte) (message bool) {
	c.heard.Store(time.Now().UnixNano())
	if c.over() {
		c.in = nil
		return false // only the end is waited for
	}
	if c.in != nil {
		c.in = append(c.in, b...)
		b = c.in
	}
	for {
		used, whole, err := c.frames.read(b, c)
		message = message || whole
		b = b[used:]
		if err != nil {
			reason := asBroken(err)
			c.close(reason.code, reason.reason)
		}
		if err != nil || c.over() {
			c.in, c.frames.message = nil, nil
			return message
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
	return message
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
