package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// maxTunnelHead bounds what a proxy answers to CONNECT: 64 KiB.
const maxTunnelHead = 64 << 10

// proxy is what requests go through. It is dialled by the egress policy, which
// judges the target too: a proxy must not lead where the policy does not.
type proxy struct {
	url     *url.URL // with its credentials
	name    string   // without
	address string   // host and port
	chosen  func(*url.URL) (*url.URL, error)
	policy  *egress.Policy
}

// newProxy reads an expanded proxy of the plan.
func (a *attempt) newProxy(p spec.Proxy) (*proxy, error) {
	u, err := url.Parse(p.URL)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, executors.Errorf("the address %q of the proxy is none: write it as http://proxy.test:3128", excerpt.Of(p.URL, 100))
	case u.User != nil:
		return nil, executors.Errorf("the address of the proxy holds a user: write it under username and password")
	}
	if p.Username != "" {
		u.User = url.UserPassword(p.Username, p.Password)
		if len(p.Password) > 0 {
			if err := a.task.Scope.AddSecret(p.Password); err != nil {
				return nil, executors.Errorf("the password of the proxy cannot be kept secret: %w", err)
			}
		}
	}
	config := httpproxy.Config{HTTPProxy: u.String(), HTTPSProxy: u.String(), NoProxy: strings.Join(p.NoProxy, ",")}
	return &proxy{url: u, name: u.Scheme + "://" + u.Host, address: executors.TargetOf(u), chosen: config.ProxyFunc(), policy: a.executor.policy}, nil
}

// takes reports whether a target is reached through the proxy.
func (p *proxy) takes(scheme, address string) bool {
	if p == nil || address == p.address {
		return false
	}
	via, err := p.chosen(&url.URL{Scheme: scheme, Host: address})
	return via != nil && err == nil
}

// forRequest is what net/http asks before it sends a request without TLS; a
// request with TLS goes through a tunnel, which the dialer makes.
func (p *proxy) forRequest(r *http.Request) (*url.URL, error) {
	address := executors.TargetOf(r.URL)
	if r.URL.Scheme != "http" || !p.takes("http", address) {
		return nil, nil
	}
	if err := p.policy.Permit(r.Context(), address); err != nil {
		return nil, err
	}
	return p.url, nil
}

// proxyError says that something went wrong on the way to the proxy, or that the
// proxy refused.
type proxyError struct {
	name string
	err  error
}

func (e proxyError) Error() string { return e.name + ": " + e.err.Error() }
func (e proxyError) Unwrap() error { return e.err }

// connect makes a connection to a target, through the proxy where it is to be.
func (d *dialer) connect(ctx context.Context, scheme, network, address string) (net.Conn, error) {
	if !d.proxy.takes(scheme, address) {
		conn, err := d.track(d.net.DialContext(ctx, network, address))
		return conn, d.ofProxy(address, err)
	}
	if err := d.proxy.policy.Permit(ctx, address); err != nil {
		return nil, err
	}
	conn, err := d.dialProxy(ctx, network)
	if err != nil {
		return nil, proxyError{d.proxy.name, err}
	}
	tunnel, err := d.proxy.tunnel(ctx, conn, address)
	if err != nil {
		_ = conn.Close() // the refusal says more
		return nil, proxyError{d.proxy.name, err}
	}
	return tunnel, nil
}

// ofProxy marks an error of dialling the proxy itself.
func (d *dialer) ofProxy(address string, err error) error {
	if err == nil || d.proxy == nil || address != d.proxy.address {
		return err
	}
	return proxyError{d.proxy.name, err}
}

func (d *dialer) dialProxy(ctx context.Context, network string) (net.Conn, error) {
	conn, err := d.track(d.net.DialContext(ctx, network, d.proxy.address))
	if err != nil || d.proxy.url.Scheme == "http" {
		return conn, err
	}
	config := d.tls.Clone()
	config.ServerName, config.NextProtos = d.proxy.url.Hostname(), []string{"http/1.1"}
	secure := tls.Client(conn, config)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error says more
		return nil, tlsError{err}
	}
	return secure, nil
}

// tunnel asks the proxy for a connection to an address.
func (p *proxy) tunnel(ctx context.Context, conn net.Conn, address string) (_ net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	unlink := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // ends what waits
	defer func() {
		if unlink() && err == nil {
			err = conn.SetDeadline(time.Time{})
		}
	}()
	var ask bytes.Buffer
	fmt.Fprintf(&ask, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Semantest\r\n", address, address)
	if user := p.url.User; user != nil {
		password, _ := user.Password()
		fmt.Fprintf(&ask, "Proxy-Authorization: Basic %s\r\n", base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	ask.WriteString("\r\n")
	if _, err := conn.Write(ask.Bytes()); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxTunnelHead}
	r := bufio.NewReader(limited)
	resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect}) //nolint:bodyclose // the answer to CONNECT has none
	switch {
	case err != nil && limited.N <= 0:
		return nil, errTunnelHead
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, tunnelRefused(resp.Status)
	}
	early, err := r.Peek(r.Buffered())
	return &tunnelled{Conn: conn, early: bytes.NewReader(bytes.Clone(early))}, err
}

var errTunnelHead = errors.New("its answer is larger than 64 KiB")

// tunnelRefused is the status that a proxy answers instead of making a tunnel.
type tunnelRefused string

func (s tunnelRefused) Error() string {
	text := "it made no tunnel, but answered " + string(s)
	if strings.HasPrefix(string(s), "407") {
		text += "; are username and password of the proxy right?"
	}
	return text
}

// tunnelled gives out first what the target has sent together with the answer of
// the proxy.
type tunnelled struct {
	net.Conn
	early *bytes.Reader
}

// Read implements io.Reader.
func (t *tunnelled) Read(p []byte) (int, error) {
	if t.early.Len() > 0 {
		return t.early.Read(p)
	}
	return t.Conn.Read(p)
}

// proxied explains what went wrong with a proxy: nothing is known of the target.
func proxied(e proxyError) *executors.Failure {
	switch _, refused := errors.AsType[tunnelRefused](e.err); {
	case refused || errors.Is(e.err, errTunnelHead):
		return executors.Errorf("the proxy %s was of no help: %s", e.name, oneLine(excerpt.Of(e.err.Error(), maxCause)))
	case errors.Is(e.err, context.DeadlineExceeded), isTimeout(e.err):
		return executors.Errorf("the proxy %s did not answer within %s", e.name, connectTimeout)
	case errors.As(e.err, new(tlsError)):
		t, _ := errors.AsType[tlsError](e.err)
		return executors.Errorf("could not make a secure connection to the proxy %s: %s", e.name, tlsCause(t.err))
	case broken(e.err):
		return executors.Errorf("the proxy %s closed the connection without an answer", e.name)
	}
	err := e.err
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return executors.Errorf("could not connect to the proxy %s: %s", e.name, cause(err))
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
