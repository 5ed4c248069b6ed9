package proxy

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
)

// Reason says why something could not be reached.
type Reason string

// The reasons.
const (
	Denied      Reason = "denied"      // by the egress policy
	NoHost      Reason = "no host"     // its name is not known
	NotResolved Reason = "unresolved"  // its name could not be looked up
	Refused     Reason = "refused"     // nothing listens there
	NoAnswer    Reason = "no answer"   // no connection was made in time
	Unreachable Reason = "unreachable" // no connection could be made
	Broken      Reason = "broken"      // the connection ended without an answer
	Invalid     Reason = "invalid"     // the answer is not HTTP
	Busy        Reason = "busy"        // the session has too many connections
	Gone        Reason = "gone"        // the client itself went away
)

// Problem is something that could not be reached.
type Problem struct {
	Address  string // what was asked for: http://host/path, or https://host:port of a tunnel
	Reason   Reason
	Sentence string // for people
	Tunnel   bool   // whether it was asked for with CONNECT, which shows no page

	number int
}

var errBusy = errors.New("the page has too many connections open at once")

// refuse answers that something could not be reached, and notes it.
func (s *Session) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := Problem{Address: addressOf(r.Context()), Tunnel: r.Method == http.MethodConnect}
	target := r.Host
	if p.Tunnel {
		p.Address = addressOfTunnel(r)
	} else if p.Address == "" {
		p.Address = r.RequestURI
	}
	p.Reason, p.Sentence = explain(err, target)
	if p.Reason == Gone {
		panic(http.ErrAbortHandler) // nobody is left to answer
	}
	s.note(p)
	status, kind := http.StatusBadGateway, "connection_terminated"
	switch p.Reason {
	case Denied:
		status, kind = http.StatusForbidden, "destination_ip_prohibited"
	case Busy:
		status, kind = http.StatusServiceUnavailable, "connection_limit_reached"
	case NoHost, NotResolved:
		kind = "dns_error"
	case Refused:
		kind = "connection_refused"
	case NoAnswer:
		kind = "connection_timeout"
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Proxy-Status", "semantest; error="+kind)
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not reached</title><h1>Not reached</h1><p>%s</p>",
		html.EscapeString(p.Sentence)) // the client may be gone
}

func addressOfTunnel(r *http.Request) string { return "https://" + strings.ToLower(r.Host) }

// explain says why a target could not be reached.
func explain(err error, target string) (Reason, string) {
	if errors.Is(err, egress.ErrDenied) {
		return Denied, apperr.Message(err)
	}
	if errors.Is(err, errBusy) {
		return Busy, err.Error()
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return NoHost, "there is no host of the name " + e.Name
		}
		return NotResolved, "the name " + e.Name + " could not be resolved"
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, http.ErrAbortHandler):
		return Gone, ""
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused, "nothing listens at " + target
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return NoAnswer, "nothing answers at " + target
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		strings.Contains(err.Error(), "server closed idle connection"):
		return Broken, target + " closed the connection without an answer"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return Unreachable, "no connection could be made to " + target
	}
	return Invalid, "the answer of " + target + " is not valid HTTP"
}
