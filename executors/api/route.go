package api

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"sync"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/httpauth"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// routes are the connections of an attempt for steps that name a proxy of their
// own, by that proxy.
type routes struct {
	mu   sync.Mutex
	open map[string]*http.Transport
	own  []*dialer
}

// ownTransport gives the attempt connections of its own where the plan says how
// they are made: what one plan trusts is nothing to another.
func (a *attempt) ownTransport() error {
	use := a.task.Use
	if use.TLS == nil && use.Proxy == nil {
		return nil
	}
	config := a.executor.dialer.tls.Clone()
	if use.TLS != nil {
		t, err := spec.Expand(a.task.Scope, *use.TLS)
		if err != nil {
			return executors.Errorf("use.tls cannot be filled in: %w", err)
		}
		if err := httpauth.Secure(config, t, a.task.Files, a.executor.policy.Mode() == egress.Dev); err != nil {
			return err
		}
	}
	d := a.newDialer(config)
	if use.Proxy != nil {
		p, err := spec.Expand(a.task.Scope, *use.Proxy)
		if err != nil {
			return executors.Errorf("use.proxy cannot be filled in: %w", err)
		}
		if d.proxy, err = a.newProxy(p); err != nil {
			return err
		}
	}
	a.dialer, a.transport = d, newTransport(d)
	return nil
}

func (a *attempt) newDialer(config *tls.Config) *dialer {
	d := newDialer(a.executor.dialer.net)
	d.tls = config
	return d
}

// through is what a request goes through: its own proxy, or what all go through.
func (a *attempt) through(p *spec.Proxy) (http.RoundTripper, error) {
	if p == nil {
		return nil, nil
	}
	key := fmt.Sprintf("%q", []any{p.URL, p.Username, p.Password, p.NoProxy})
	a.routes.mu.Lock()
	defer a.routes.mu.Unlock()
	if t := a.routes.open[key]; t != nil {
		return t, nil
	}
	d := a.newDialer(a.dialer.tls.Clone())
	var err error
	if d.proxy, err = a.newProxy(*p); err != nil {
		return nil, err
	}
	if a.routes.open == nil {
		a.routes.open = map[string]*http.Transport{}
	}
	t := newTransport(d)
	a.routes.open[key] = t
	a.routes.own = append(a.routes.own, d)
	return t, nil
}

// closeOwn closes the connections of the attempt.
func (a *attempt) closeOwn() {
	if a.transport != a.executor.transport {
		a.transport.CloseIdleConnections()
		a.dialer.closeAll()
	}
	a.routes.mu.Lock()
	defer a.routes.mu.Unlock()
	for _, t := range a.routes.open {
		t.CloseIdleConnections()
	}
	for _, d := range a.routes.own {
		d.closeAll()
	}
}

// roundTripper is what requests go through that name no proxy of their own.
func (a *attempt) roundTripper() http.RoundTripper { return a.transport }
