package api

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// maxPEM bounds a file with certificates or a key: 1 MiB.
const maxPEM = 1 << 20

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
	d.tls.ClientSessionCache = nil
	d.tls.ServerName = t.ServerName
	if err := a.trust(t, d.tls); err != nil {
		return err
	}
	if t.Insecure {
		if a.executor.mode != egress.Dev {
			return executors.Errorf("use.tls.insecure is refused here: name the authority of the certificate under use.tls.ca, or start the server with --egress dev")
		}
		d.tls.InsecureSkipVerify = true
	}
	a.dialer, a.transport = d, newTransport(d)
	return nil
}

// trust reads the certificates and the key.
func (a *attempt) trust(t spec.TLS, config *tls.Config) error {
	if t.CA != "" {
		data, err := a.pem(t.CA)
		if err != nil {
			return err
		}
		pool := config.RootCAs
		if pool == nil {
			if pool, err = x509.SystemCertPool(); err != nil {
				pool = x509.NewCertPool()
			}
		}
		pool = pool.Clone()
		if !pool.AppendCertsFromPEM(data) {
			return executors.Errorf("use.tls.ca holds no certificate in PEM form")
		}
		config.RootCAs = pool
	}
	if t.Certificate == "" {
		return nil
	}
	certificate, err := a.pem(t.Certificate)
	if err != nil {
		return err
	}
	key, err := a.pem(t.Key)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return executors.Errorf("use.tls.certificate and use.tls.key cannot be used: %s", strings.TrimPrefix(cause(err), "tls: "))
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// pem is PEM in place or from a file.
func (a *attempt) pem(text string) ([]byte, error) {
	if !strings.HasPrefix(text, "file://") {
		return []byte(text), nil
	}
	return readFile(a.task.Files, text, maxPEM)
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
