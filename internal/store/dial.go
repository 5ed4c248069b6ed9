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
func open(ctx context.Context, c *pq.Connector) (pqConn, net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, dialWithin, fmt.Errorf("no answer within %s", dialWithin))
	defer cancel()
	attempt := &handshake{}
	stop := context.AfterFunc(ctx, attempt.abort)
	raw, err := c.Connect(context.WithValue(ctx, handshakeKey{}, attempt))
	if !stop() { // aborted, also where it was a moment too late
		if err == nil {
			_ = raw.Close() // its socket is closed already
		}
		return nil, nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	inner, ok := raw.(pqConn)
	if !ok {
		_ = raw.Close()
		return nil, nil, fmt.Errorf("a connection of lib/pq lacks methods: %T", raw)
	}
	return inner, attempt.conn, nil // lib/pq dials no more: nobody else writes it
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

// dialer tells the handshake in the context about its connection. Without a
// handshake the connection is one on which lib/pq asks Postgres to cancel a
// statement: it lives no longer than that may take.
type dialer struct {
	net.Dialer
	cancelWithin time.Duration
}

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	h, ok := ctx.Value(handshakeKey{}).(*handshake)
	if !ok {
		return d.DialTimeout(network, address, d.cancelWithin)
	}
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err == nil {
		h.begin(c)
	}
	return c, err
}

// DialTimeout completes pq.Dialer. The timeout is for all that is done with the
// connection.
func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	deadline := time.Now().Add(timeout)
	c, err := (&net.Dialer{Deadline: deadline}).DialContext(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(deadline); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}
