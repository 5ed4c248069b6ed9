package api

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// idleTimeout is how long a connection is kept for the next request. Common
// servers hang up after 5 s: below that, a POST does not meet a connection that
// is being closed, which net/http could not repeat.
const idleTimeout = 4 * time.Second

func newTransport(d *dialer) *http.Transport {
	t := &http.Transport{
		Proxy:                  nil, // one of the environment would dial past the egress policy
		DialContext:            d.dial,
		DialTLSContext:         d.dialTLS,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // decoded here, so that the headers stay as they were sent
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ExpectContinueTimeout:  time.Second,
	}
	if d.proxy != nil {
		t.Proxy = d.proxy.forRequest
	}
	return t
}

// dialer ties a dial and its TLS handshake to the exchange that asked for them.
// net/http lets both go on after the request has ended, for the next one to
// use; an attempt must leave nothing behind.
type dialer struct {
	net   *net.Dialer
	tls   *tls.Config
	proxy *proxy // nil: none

	mu   sync.Mutex
	open map[*trackedConn]struct{}
}

func newDialer(d *net.Dialer) *dialer {
	return &dialer{net: d, open: map[*trackedConn]struct{}{}, tls: &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"h2", "http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(256),
	}}
}

// dial makes a connection for net/http, which hands requests without TLS to a
// proxy by itself.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, _, stop := tied(ctx)
	defer stop()
	conn, err := d.track(d.net.DialContext(ctx, network, address))
	return conn, d.ofProxy(address, err)
}

// dialPlain makes a connection without TLS for anything but HTTP requests.
func (d *dialer) dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, _, stop := tied(ctx)
	defer stop()
	return d.connect(ctx, "http", network, address)
}

func (d *dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	return d.handshake(ctx, network, address, func(c *tls.Config) {
		if d.proxy != nil && address == d.proxy.address {
			c.ServerName, c.NextProtos = d.proxy.url.Hostname(), []string{"http/1.1"}
		}
	})
}

func (d *dialer) handshake(ctx context.Context, network, address string, change func(*tls.Config)) (net.Conn, error) {
	ctx, x, stop := tied(ctx)
	defer stop()
	raw, err := d.connect(ctx, "https", network, address)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	config := d.tls.Clone()
	if config.ServerName == "" {
		config.ServerName = host
	}
	change(config)
	conn := tls.Client(raw, config)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	x.mark(&x.tlsAt)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error says more
		return nil, d.ofProxy(address, tlsError{err})
	}
	x.add(&x.t.tls, &x.tlsAt)
	return conn, nil
}

// trackedConn is known to its dialer until it is closed.
type trackedConn struct {
	net.Conn
	dialer *dialer
}

func (d *dialer) track(conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	t := &trackedConn{Conn: conn, dialer: d}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[t] = struct{}{}
	return t, nil
}

// Close implements net.Conn.
func (c *trackedConn) Close() error {
	c.dialer.mu.Lock()
	delete(c.dialer.open, c)
	c.dialer.mu.Unlock()
	return c.Conn.Close()
}

// closeAll closes what is left. HTTP/2 keeps a connection open for a while
// after a request was cancelled on it, and does not count it as idle.
func (d *dialer) closeAll() {
	d.mu.Lock()
	conns := slices.Collect(maps.Keys(d.open))
	d.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // nobody is left to whom an error would matter
	}
}

// tied returns a context that also ends with the step of the exchange.
func tied(ctx context.Context) (context.Context, *exchange, func()) {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return ctx, &exchange{}, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	unlink := context.AfterFunc(x.ctx, cancel)
	return ctx, x, func() {
		unlink()
		cancel()
	}
}

type exchangeKey struct{}

// tlsError marks what went wrong in a handshake.
type tlsError struct{ err error }

func (e tlsError) Error() string { return e.err.Error() }
func (e tlsError) Unwrap() error { return e.err }
