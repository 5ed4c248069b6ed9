package api

import (
	"net/http"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/httpauth"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// ownTransport gives the attempt connections of its own where the plan says how
// they are secured: what one plan trusts is nothing to another.
func (a *attempt) ownTransport() error {
	if a.task.Use.TLS == nil {
		return nil
	}
	t, err := spec.Expand(a.task.Scope, *a.task.Use.TLS)
	if err != nil {
		return executors.Errorf("use.tls cannot be filled in: %w", err)
	}
	d := newDialer(a.executor.dialer.net)
	d.tls = a.executor.dialer.tls.Clone()
	if err := httpauth.Secure(d.tls, t, a.task.Files, a.executor.mode == egress.Dev); err != nil {
		return err
	}
	a.dialer, a.transport = d, newTransport(d)
	return nil
}

// closeOwn closes the connections of the attempt.
func (a *attempt) closeOwn() {
	if a.transport != a.executor.transport {
		a.transport.CloseIdleConnections()
		a.dialer.closeAll()
	}
}

// roundTripper is what requests go through.
func (a *attempt) roundTripper() http.RoundTripper { return a.transport }
