package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/excerpt"
)

// maxCause bounds what of a driver's error, which may quote the target, goes
// into a sentence: 300 bytes.
const maxCause = 300

// explain turns what net/http says into one sentence and an outcome: a target
// that cannot be reached is errored, one that answers wrongly has failed.
func (a *attempt) explain(err error, out *request, x *exchange) error {
	target, dialled := origins(err, out)
	phase := x.waitingFor()
	if over(x.ctx) {
		f := executors.TimedOutf("%s", [...]string{
			phaseConnect: "still connecting to " + dialled.name,
			phaseAnswer:  "still waiting for an answer from " + dialled.name,
			phaseBody:    "still reading the answer of " + dialled.name,
		}[phase])
		return a.mark(f, dialled, phase == phaseConnect, phase == phaseAnswer)
	}
	if errors.Is(err, errDownloadTooLarge) {
		return executors.Failf("the body of the answer of %s is larger than the limit of %d MiB", dialled.name, a.executor.maxDownload>>20)
	}
	f, away := classify(err, target.name, dialled.name, phase)
	f.Err = err
	return a.mark(f, dialled, away, phase != phaseBody && broken(err))
}

// mark says of a failure that the target is away, or that it is silent. One
// that has answered the attempt before is not away: it has trouble with this
// request.
func (a *attempt) mark(f *executors.Failure, o origin, away, silent bool) error {
	if away || silent && !a.answered.has(o.target) {
		return &executors.Unreachable{Target: o.target, Err: f}
	}
	return f
}

// over also asks the clock: a connection that was given the deadline of ctx
// answers a moment before ctx itself knows.
func over(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// classify also says whether no connection could be made.
func classify(err error, target, dialled string, phase phase) (f *executors.Failure, away bool) {
	if f, away := unreachable(err, dialled); f != nil {
		return f, away
	}
	return misbehaving(err, target, dialled, phase), false
}

// misbehaving explains what went wrong on a connection.
func misbehaving(err error, target, dialled string, phase phase) *executors.Failure {
	switch text := err.Error(); {
	case strings.Contains(text, "with Body length"):
		return executors.Errorf("a file changed while it was sent to %s", dialled)
	case errors.As(err, new(switched)):
		s, _ := errors.AsType[switched](err)
		return executors.Failf("%s answered 101 (it %s), which the request did not ask for", dialled, oneLine(s.Error()))
	case errors.Is(err, errTooManyRedirects):
		return executors.Failf("%s redirected more than %d times", target, maxRedirects)
	case errors.Is(err, errBodyTooLarge):
		return executors.Failf("the body of the answer of %s is larger than the limit of %d MiB", dialled, maxBodyBytes>>20)
	case errors.As(err, new(decodeError)):
		e, _ := errors.AsType[decodeError](err)
		return executors.Failf("the answer of %s says that it is %s, but it cannot be decoded: %s", dialled, e.encoding, cause(err))
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "response header list larger"):
		return executors.Failf("the headers of the answer of %s are larger than the limit of %d KiB", dialled, maxHeaderBytes>>10)
	case phase == phaseBody && broken(err):
		return executors.Failf("%s closed the connection in the middle of its answer", dialled)
	case broken(err):
		return executors.Failf("%s closed the connection without an answer", dialled)
	case strings.Contains(text, "malformed"), strings.Contains(text, "bad Content-Length"), strings.Contains(text, "unsupported transfer"),
		strings.Contains(text, "transport connection broken"), strings.Contains(text, "chunk"), strings.Contains(text, "http2:"),
		strings.Contains(text, "unexpected protocol"), strings.Contains(text, "header line too long"), strings.Contains(text, "Content-Length"), strings.Contains(text, "unsolicited response"):
		return executors.Failf("the answer of %s is not valid HTTP: %s", dialled, cause(err))
	case strings.Contains(text, "unsupported protocol scheme"), strings.Contains(text, "failed to parse Location"), strings.Contains(text, "no Host in request URL"):
		return executors.Failf("%s redirected to an address that cannot be followed: %s", target, cause(err))
	}
	return executors.Errorf("the request to %s could not be made: %s", dialled, cause(err))
}

// unreachable explains errors from before the request was sent, and says whether
// they are the target's: what this machine refuses or lacks says nothing of it.
func unreachable(err error, target string) (f *executors.Failure, away bool) {
	if errors.Is(err, egress.ErrDenied) {
		if e, ok := errors.AsType[*apperr.Error](err); ok {
			return executors.Errorf("%s", e.Message), false
		}
	}
	if e, ok := errors.AsType[proxyError](err); ok {
		return proxied(e), false
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return executors.Errorf("could not connect to %s: there is no host %s; is the address right?", target, e.Name), true
		}
		return executors.Errorf("could not connect to %s: the host %s could not be looked up: %s", target, e.Name, cause(errors.New(e.Err))), true
	}
	if e, ok := errors.AsType[tlsError](err); ok {
		return executors.Errorf("could not make a secure connection to %s: %s", target, tlsCause(e.err)), true
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		if e.Timeout() {
			return executors.Errorf("could not connect to %s within %s; is the application running, and can it be reached from here?", target, connectTimeout), true
		}
		return executors.Errorf("could not connect to %s: %s; is the application running?", target, cause(e.Err)), !spent(err)
	}
	return nil, false
}

// spent says that this machine has no descriptor, port or memory left.
func spent(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func tlsCause(err error) string {
	if e, ok := errors.AsType[tls.RecordHeaderError](err); ok && e.Conn != nil {
		return "the server does not speak TLS on this port; is http:// meant?"
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return cause(e)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return cause(e)
	}
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "its certificate is signed by an authority that is not trusted here"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("the handshake took more than %s", connectTimeout)
	case broken(err):
		return "the server closed the connection"
	}
	return cause(err)
}

func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		strings.Contains(err.Error(), "server closed idle connection")
}

// origin is a target: as people read it, and as executors.TargetOf names it.
type origin struct{ name, target string }

func originOf(u *url.URL) origin {
	return origin{name: u.Scheme + "://" + u.Host, target: executors.TargetOf(u)}
}

// origins names who was asked, and whom a redirect has led to where it went
// wrong. Paths and queries stay out: they may be long and hold secrets.
func origins(err error, out *request) (target, dialled origin) {
	target = originOf(out.url)
	if e, ok := errors.AsType[*url.Error](err); ok {
		if u, parseErr := url.Parse(e.URL); parseErr == nil && u.Host != "" {
			return target, originOf(u)
		}
	}
	return target, target
}

// cause is the innermost text of an error on one line, bounded.
func cause(err error) string {
	for {
		if e, ok := err.(*url.Error); ok { //nolint:errorlint // takes off one layer at a time
			err = e.Err
			continue
		}
		if e, ok := err.(*os.SyscallError); ok { //nolint:errorlint // as above
			err = e.Err
			continue
		}
		break
	}
	return excerpt.Of(strings.Join(strings.Fields(err.Error()), " "), maxCause)
}
