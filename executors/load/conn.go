package load

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
)

const (
	connectTimeout = 10 * time.Second // for the connection and for TLS, each
	readBuffer     = 4 << 10
	maxHeaderBytes = 256 << 10
	maxOrigins     = 8 // connections that a virtual user keeps

	// staleAfter is how long a connection may have been idle before it is asked
	// whether the target has closed it meanwhile.
	staleAfter = 500 * time.Millisecond
)

// conn is a connection of one virtual user to one origin.
type conn struct {
	net.Conn
	origin   string
	in       *bufio.Reader
	received int64
	idle     time.Time // since when
	used     bool      // something was answered on it
}

// Read counts what comes in.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received += int64(n)
	return n, err
}

// widen replaces the buffer by one that holds the largest headers; what was
// read stays.
func (c *conn) widen() bool {
	if c.in.Size() >= maxHeaderBytes {
		return false
	}
	held, err := c.in.Peek(c.in.Buffered())
	if err != nil {
		return false
	}
	c.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(held)), c), maxHeaderBytes)
	return true
}

// alive asks a connection that was idle for a while whether it was closed.
func (c *conn) alive(now time.Time) bool {
	if now.Sub(c.idle) < staleAfter {
		return true
	}
	if err := c.SetReadDeadline(now.Add(time.Millisecond)); err != nil {
		return false
	}
	_, err := c.in.Peek(1)
	if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
		return false // closed, or it speaks without being asked
	}
	return c.SetReadDeadline(time.Time{}) == nil
}

// wires are the connections of a virtual user. Others may cut them at any time.
type wires struct {
	mu   sync.Mutex
	open []*conn
	busy *conn // what is being used
	cut  bool
	dead chan struct{} // closed when they are cut
}

var errCut = errors.New("the virtual user was stopped")

func (w *wires) get(origin string) *conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		if c.origin == origin {
			w.busy = c
			return c
		}
	}
	return nil
}

func (w *wires) add(c *conn) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return errors.Join(errCut, c.Close())
	}
	if len(w.open) == maxOrigins {
		_ = w.open[0].Close() // nobody waits for it
		w.open = w.open[1:]
	}
	w.open, w.busy = append(w.open, c), c
	return nil
}

func (w *wires) drop(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.open {
		if other == c {
			w.open = append(w.open[:i], w.open[i+1:]...)
			break
		}
	}
	if w.busy == c {
		w.busy = nil
	}
	_ = c.Close() // it is given up
}

// expire makes the request that is under way fail, if expired says that its
// time is up. It is asked under the lock, so that the connection cannot be
// another one's meanwhile.
func (w *wires) expire(expired func() bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if expired() && w.busy != nil {
		_ = w.busy.SetDeadline(time.Unix(1, 0)) // one that is closed needs none
	}
}

// kill makes reads and writes fail at once, and for good.
func (w *wires) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.cut {
		close(w.dead)
	}
	w.cut = true
	for _, c := range w.open {
		_ = c.SetDeadline(time.Unix(1, 0)) // one that is closed needs none
	}
}

func (w *wires) isCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut
}

func (w *wires) closeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open, w.busy = nil, nil
}

// dialled is how long it took to connect.
type dialled struct{ connect, tls time.Duration }

// dial opens a connection to the origin of an address.
func (r *run) dial(ctx context.Context, u *url.URL, origin string) (*conn, dialled, error) {
	var took dialled
	began := time.Now()
	raw, err := r.executor.dialer.DialContext(ctx, "tcp", executors.TargetOf(u))
	if err != nil {
		return nil, took, err
	}
	took.connect = max(time.Since(began), 1)
	c := &conn{Conn: raw, origin: origin, idle: time.Now()}
	if u.Scheme == "https" {
		config := r.executor.tls.Clone()
		config.ServerName = u.Hostname()
		secure := tls.Client(raw, config)
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		began = time.Now()
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = raw.Close() // the handshake's error says more
			return nil, took, tlsError{err}
		}
		took.tls = max(time.Since(began), 1)
		c.Conn = secure
	}
	c.in = bufio.NewReaderSize(c, readBuffer)
	return c, took, nil
}

// tlsError marks what went wrong in a handshake.
type tlsError struct{ err error }

func (e tlsError) Error() string { return e.err.Error() }
func (e tlsError) Unwrap() error { return e.err }
