package store

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/lib/pq"
)

// dialWithin bounds the opening of one connection, the handshake included.
const dialWithin = 10 * time.Second

// open opens a connection within its context. lib/pq alone waits for ever for a
// server that accepts a connection and says nothing.
func open(ctx context.Context, c *pq.Connector) (pqConn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, dialWithin, fmt.Errorf("no answer within %s", dialWithin))
	defer cancel()
	attempt := &handshake{}
	stop := context.AfterFunc(ctx, attempt.abort)
	raw, err := c.Connect(context.WithValue(ctx, handshakeKey{}, attempt))
	if !stop() { // aborted, also where it was a moment too late
		if err == nil {
			_ = raw.Close() // its socket is closed already
		}
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	inner, ok := raw.(pqConn)
	if !ok {
		_ = raw.Close()
		return nil, fmt.Errorf("a connection of lib/pq lacks methods: %T", raw)
	}
	return inner, nil
}

// handshake is a connection that is being opened.
type handshake struct {
	mu      sync.Mutex
	conn    net.Conn
	aborted bool
}

type handshakeKey struct{}

func (h *handshake) begin(c net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conn = c
	if h.aborted {
		_ = c.Close()
	}
}

func (h *handshake) abort() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.aborted = true
	if h.conn != nil {
		_ = h.conn.Close()
	}
}

// dialer tells the handshake in the context about its connection.
type dialer struct{ net.Dialer }

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if h, ok := ctx.Value(handshakeKey{}).(*handshake); ok && err == nil {
		h.begin(c)
	}
	return c, err
}

// DialTimeout completes pq.Dialer; a connector with a context does not use it.
func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout}).DialContext(context.Background(), network, address)
}
