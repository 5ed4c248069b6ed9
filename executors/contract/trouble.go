package contract

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// failed tells what no answer means. A target that was reached before has
// broken off, which is an answer of a kind; one that never was cannot be judged.
func (c *client) failed(ctx context.Context, u *url.URL, err error) (*answer, error) {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
		return nil, cause
	}
	if denied, ok := errors.AsType[*apperr.Error](err); ok && errors.Is(err, egress.ErrDenied) {
		return nil, &executors.Failure{Outcome: spec.OutcomeErrored, Message: denied.Message, Err: err}
	}
	text := err.Error()
	if e, ok := errors.AsType[*url.Error](err); ok {
		text = e.Err.Error()
	}
	text = excerpt.Of(oneLine(text), 200)
	c.mu.Lock()
	reached := c.reached
	c.mu.Unlock()
	op, isOp := errors.AsType[*net.OpError](err)
	if !reached && insecure(err) {
		text = "no secure connection could be made: " + strings.TrimPrefix(text, "tls: ")
	}
	if isOp && op.Op == "dial" || !reached && (insecure(err) || ctx.Err() != nil) {
		if ctx.Err() != nil {
			text = fmt.Sprintf("no answer within %s", c.timeout)
		}
		return nil, &executors.Unreachable{Target: executors.TargetOf(u),
			Err: executors.Errorf("%s cannot be reached: %s", executors.TargetOf(u), text)}
	}
	a := &answer{broken: "the connection broke without a whole answer: " + text}
	if ctx.Err() != nil {
		a.broken, a.late = fmt.Sprintf("there was no answer within %s", c.timeout), true
	}
	return a, nil
}

// insecure reports whether an error is from making a connection secure, before
// anything was asked.
func insecure(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(tls.RecordHeaderError)) || errors.As(err, new(tls.AlertError)) ||
		strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "TLS handshake timeout")
}
