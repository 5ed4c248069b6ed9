package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
)

const (
	maxRedirects = 10
	refusedPause = 50 * time.Millisecond
)

var (
	errTimeout   = errors.New("there was no answer in time")
	errClosed    = errors.New("the connection was closed without an answer")
	errRedirect  = errors.New("the answer redirects to an address that cannot be followed")
	errRedirects = fmt.Errorf("the target redirected more than %d times", maxRedirects)
)

// exchange sends a request and reads its answer into u.answer.
func (u *user) exchange(v *sample, s *step, request *executors.HTTPRequest, origin string, bytes []byte) error {
	c, err := u.connected(v, s, request, origin)
	if err != nil {
		return err
	}
	reused := c.used
	err = u.once(v, s, request, c, bytes)
	if err == nil || !reused || !errors.Is(err, errClosed) || !repeatable(request) {
		return err
	}
	// The target closed the connection while the request was on its way: what
	// every client does then is to ask again.
	if c, err = u.connected(v, s, request, origin); err != nil {
		return err
	}
	return u.once(v, s, request, c, bytes)
}

func repeatable(r *executors.HTTPRequest) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// connected returns the user's connection to an origin, a new one where there
// is none that lives.
func (u *user) connected(v *sample, s *step, request *executors.HTTPRequest, origin string) (*conn, error) {
	if c := u.wires.get(origin); c != nil {
		if c.alive(time.Now()) {
			v.connected = true
			return c, nil
		}
		u.wires.drop(c)
	}
	ctx, cancel := context.WithTimeout(u.scenario.killed, s.timeout)
	defer cancel()
	c, took, err := u.run.dial(ctx, request.URL, origin)
	v.connect, v.tls = took.connect, took.tls
	if err != nil {
		return nil, err
	}
	if err := u.wires.add(c); err != nil {
		return nil, err
	}
	v.connected = true
	return c, nil
}

// once writes a request and reads the answer on one connection.
func (u *user) once(v *sample, s *step, request *executors.HTTPRequest, c *conn, bytes []byte) error {
	began := time.Now()
	before := c.received
	u.deadline.Store(int64(began.Sub(u.run.started) + s.timeout))
	n, err := c.Write(bytes)
	sent := time.Now()
	if err == nil {
		err = u.answer.read(c, request.Method, s.keep, &u.run.held)
	}
	ended := time.Now()
	timedOut := u.deadline.Swap(0) == expired
	v.service, v.sending = ended.Sub(began), sent.Sub(began)
	v.waiting, v.receiving = ended.Sub(sent), 0
	if err == nil || u.answer.begun.After(sent) {
		v.waiting, v.receiving = u.answer.begun.Sub(sent), ended.Sub(u.answer.begun)
	}
	v.sent, v.received = int64(n), c.received-before
	c.idle = ended
	if err != nil {
		u.wires.drop(c)
		switch {
		case timedOut:
			return errTimeout
		case isNetwork(err) && !errors.Is(err, errTruncated):
			return fmt.Errorf("%w: %w", errClosed, err)
		}
		return err
	}
	c.used = true
	u.run.answered.Store(true)
	if timedOut || u.answer.header.ConnectionClose() {
		u.wires.drop(c) // also one whose deadline was set a moment too late
	}
	for range u.answer.header.Cookies() {
		return u.keepCookies(request)
	}
	return nil
}

func (u *user) keepCookies(request *executors.HTTPRequest) error {
	if u.jar == nil {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		u.jar = jar
	}
	u.jar.SetCookies(request.URL, u.answer.cookies())
	return nil
}

// isNetwork reports whether an error is of the connection, not of the answer.
func isNetwork(err error) bool {
	_, netErr := errors.AsType[net.Error](err)
	return netErr || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, fasthttp.ErrTimeout)
}

// sentence says what went wrong, without what a target may have written.
func sentence(err error, target string) string {
	if errors.Is(err, egress.ErrDenied) {
		if e, ok := errors.AsType[*apperr.Error](err); ok {
			return e.Message
		}
	}
	if f, ok := errors.AsType[*executors.Failure](err); ok {
		return f.Message
	}
	for _, known := range []error{
		errTimeout, errClosed, errTruncated, errHeaderTooLarge, errBodyTooLarge, errTooMuchHeld, errNotHTTP, errUpgrade, errNotGzip, errRedirect, errRedirects,
		errQuiet, errMessageLarge, errNotWebSocket, errNoSubprotocol, errNotGraphQL, errSubscribed, errOver,
	} {
		if errors.Is(err, known) {
			return target + ": " + known.Error()
		}
	}
	if e, ok := errors.AsType[closedError](err); ok {
		return target + ": " + e.Error()
	}
	if errors.Is(err, errNoWebSocket) {
		return target + ": " + err.Error()
	}
	if e, ok := errors.AsType[tlsError](err); ok {
		return fmt.Sprintf("could not make a secure connection to %s: %s", target, short(e.err.Error()))
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("could not connect to %s: the host %s could not be looked up", target, e.Name)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		if e.Timeout() {
			return fmt.Sprintf("could not connect to %s in time; is the application running, and can it be reached from here?", target)
		}
		if system, ok := errors.AsType[*os.SyscallError](e.Err); ok {
			return fmt.Sprintf("could not connect to %s: %s; is the application running?", target, system.Err)
		}
		return fmt.Sprintf("could not connect to %s: %s", target, short(e.Err.Error()))
	}
	return fmt.Sprintf("the request to %s could not be made: %s", target, short(err.Error()))
}
