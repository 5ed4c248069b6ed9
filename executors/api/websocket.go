package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// closeWait is how long a WebSocket that we close may take to answer, so that
// the target sees an orderly end.
const closeWait = 500 * time.Millisecond

// websocket performs a websocket step.
func (a *attempt) websocket(ctx context.Context, step spec.APIStep, r *executors.Report) error {
	w := *step.WebSocket
	acts := w.Messages
	w.Messages = nil // filled in one after the other: they may need what those before capture
	w, err := spec.Expand(a.task.Scope, w)
	if err != nil {
		return executors.Errorf("the step cannot be filled in: %w", err)
	}
	if w.On != "" {
		s, err := a.streams.get(w.On)
		if err != nil {
			return err
		}
		return a.talk(ctx, s, acts, r)
	}
	out, err := a.build(spec.HTTPRequest{URL: httpAddress(w.URL), Headers: w.Headers})
	if err != nil {
		return err
	}
	s, err := a.dialWebSocket(ctx, out, w.Protocols, r)
	if err != nil {
		return err
	}
	return a.converse(ctx, s, w.As, acts, r)
}

// converse talks over a new connection, which is kept where it has a name.
func (a *attempt) converse(ctx context.Context, s *stream, as string, acts []spec.StreamAct, r *executors.Report) error {
	if as == "" {
		defer s.close()
		return a.talk(ctx, s, acts, r)
	}
	if err := a.streams.keep(as, s); err != nil {
		s.close()
		return err
	}
	return a.talk(ctx, s, acts, r)
}

func httpAddress(text string) string {
	if rest, ok := strings.CutPrefix(text, "ws://"); ok {
		return "http://" + rest
	}
	if rest, ok := strings.CutPrefix(text, "wss://"); ok {
		return "https://" + rest
	}
	return text
}

// dialWebSocket opens a connection. The opening is an exchange like any other:
// its failures have the same sentences.
func (a *attempt) dialWebSocket(ctx context.Context, out *request, protocols []string, r *executors.Report) (*stream, error) {
	for _, own := range []string{"Accept", "Accept-Encoding", "Connection", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol"} {
		out.header.Del(own)
	}
	if err := a.authorize(ctx, out); err != nil {
		return nil, err
	}
	r.Set("request", out.detail(a.task.Scope))
	x := &exchange{ctx: ctx, started: time.Now(), phase: phaseConnect}
	traced := context.WithValue(httptrace.WithClientTrace(ctx, x.trace()), exchangeKey{}, x)
	head := &atomic.Int64{}
	d := websocket.Dialer{
		Proxy:             nil, // as in newTransport
		Subprotocols:      protocols,
		Jar:               a.jar,
		NetDialContext:    headLimited(head, a.dialer.dialPlain),
		NetDialTLSContext: headLimited(head, a.dialer.dialHTTP1),
	}
	address := *out.url
	address.Scheme = map[string]string{"http": "ws", "https": "wss"}[out.url.Scheme]
	conn, resp, err := d.DialContext(traced, address.String(), out.header.Clone()) //nolint:bodyclose // it holds a copy, which needs no closing
	said := &transcript{}
	if resp != nil {
		in := &response{status: resp.StatusCode, proto: resp.Proto, header: resp.Header, url: out.url.Redacted()}
		if err != nil && resp.Body != nil {
			in.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxExcerpt)) // as much of it as is there
		}
		in.timings = x.finish()
		said = a.archive.addStream(out, in, x.started, err)
		r.Set("response", in.detail(a.task.Scope))
		a.answered.add(executors.TargetOf(out.url))
	}
	if err != nil {
		return nil, a.refused(err, resp, out, x, head)
	}
	head.Store(unlimited)
	if len(protocols) > 0 && conn.Subprotocol() == "" {
		_ = conn.Close() // it is of no use
		return nil, executors.Failf("%s chose none of the subprotocols %s", originOf(out.url).name, strings.Join(protocols, ", "))
	}
	return newSocket(originOf(out.url).name, conn, said), nil
}

// refused explains why there is no WebSocket.
func (a *attempt) refused(err error, resp *http.Response, out *request, x *exchange, head *atomic.Int64) error {
	name := originOf(out.url).name
	switch {
	case head.Load() < 0:
		return executors.Failf("the headers of the answer of %s are larger than the limit of %d KiB", name, maxHeaderBytes>>10)
	case resp != nil && resp.StatusCode == http.StatusSwitchingProtocols:
		return executors.Failf("%s answered 101, but not as WebSocket (RFC 6455) asks: its headers Upgrade, Connection or Sec-WebSocket-Accept are wrong", name)
	case resp != nil:
		return executors.Failf("%s did not open a WebSocket: it answered %s", name, oneLine(excerpt.Of(resp.Status, maxCause)))
	}
	return a.explain(&url.Error{Op: "Get", URL: out.url.String(), Err: err}, out, x)
}

// newSocket reads a WebSocket into a stream.
func newSocket(name string, conn *websocket.Conn, said *transcript) *stream {
	conn.SetReadLimit(maxMessage)
	var s *stream
	answered := make(chan struct{}) // the target has closed too
	s = newStream(name, func() {
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(closeWait))
		timer := time.NewTimer(closeWait)
		defer timer.Stop()
		select {
		case <-answered:
		case <-timer.C:
		}
		_ = conn.Close() // nobody is left to whom an error would matter
	})
	s.send = func(ctx context.Context, m message) error {
		kind := websocket.TextMessage
		if m.binary {
			kind = websocket.BinaryMessage
		}
		if deadline, ok := ctx.Deadline(); ok {
			_ = conn.SetWriteDeadline(deadline) // a broken connection says so when it is written to
		}
		said.add(true, m)
		return conn.WriteMessage(kind, m.data)
	}
	s.bye = func(_ context.Context, code int, reason string) error {
		if err := conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(closeWait)); err != nil && !errors.Is(err, websocket.ErrCloseSent) {
			return executors.Failf("the connection to %s could not be closed: %s", name, cause(err))
		}
		return nil
	}
	s.read(func() (message, error) {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			close(answered)
			return message{}, closedBy(err, name)
		}
		m := message{data: data, binary: kind == websocket.BinaryMessage}
		said.add(false, m)
		return m, nil
	})
	return s
}

func closedBy(err error, name string) error {
	if e, ok := errors.AsType[*websocket.CloseError](err); ok && e.Code != websocket.CloseAbnormalClosure {
		return &ended{code: e.Code, reason: e.Text}
	}
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return &ended{lost: fmt.Sprintf("%s sent a message larger than the limit of %d MiB", name, maxMessage>>20)}
	case broken(err) || websocket.IsCloseError(err, websocket.CloseAbnormalClosure):
		return &ended{lost: fmt.Sprintf("%s broke the connection off without closing it", name)}
	}
	return &ended{lost: fmt.Sprintf("what %s sent is not valid WebSocket: %s", name, strings.TrimPrefix(cause(err), "websocket: "))}
}

// unlimited is more than a connection ever carries.
const unlimited = 1 << 62

// headLimited bounds what is read before a connection has become a WebSocket:
// the library reads the headers of the answer without a limit.
func headLimited(left *atomic.Int64, dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
			x.enter(phaseAnswer)
		}
		left.Store(maxHeaderBytes)
		return &limitedConn{Conn: conn, left: left}, nil
	}
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

type limitedConn struct {
	net.Conn
	left *atomic.Int64
}

var errHeadTooLarge = errors.New("the headers are too large")

// Read implements net.Conn.
func (c *limitedConn) Read(p []byte) (int, error) {
	if c.left.Load() < 0 {
		return 0, errHeadTooLarge
	}
	n, err := c.Conn.Read(p)
	c.left.Add(-int64(n))
	return n, err
}

// dialHTTP1 is dialTLS for protocols that begin as HTTP/1.1.
func (d *dialer) dialHTTP1(ctx context.Context, network, address string) (net.Conn, error) {
	return d.handshake(ctx, network, address, func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} })
}
