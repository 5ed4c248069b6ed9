package contract

import (
	"context"
	"io/fs"
	"net/http"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/httpauth"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// wrongSecret is what a request with wrong credentials says.
const wrongSecret = "wrong-credentials" //nolint:gosec // known to be wrong

// identify takes the plan's use.auth and use.tls.
func (c *client) identify(use spec.Use, scope *spec.Scope, files fs.FS, mode egress.Mode) error {
	c.scope = scope
	if use.Auth != nil {
		auth, err := spec.Expand(scope, use.Auth)
		if err != nil {
			return executors.Errorf("use.auth cannot be filled in: %w", err)
		}
		c.plan = auth
	}
	return c.secure(use.TLS, scope, files, mode)
}

func (c *client) secure(t *spec.TLS, scope *spec.Scope, files fs.FS, mode egress.Mode) error {
	if t == nil {
		return nil
	}
	own, err := spec.Expand(scope, *t)
	if err != nil {
		return executors.Errorf("use.tls cannot be filled in: %w", err)
	}
	return httpauth.Secure(c.transport.TLSClientConfig, own, files, mode == egress.Dev)
}

// portable is the plan's use.tls for a finding, whose file lies elsewhere than
// those of the plan: certificates are written into it, a private key never is.
func portable(t *spec.TLS, files fs.FS) *spec.TLS {
	if t == nil {
		return nil
	}
	out := *t
	for _, text := range []*string{&out.CA, &out.Certificate} {
		if strings.HasPrefix(*text, "file://") {
			data, err := readFile(files, *text)
			if err != nil {
				return nil // the attempt itself could not have used it
			}
			*text = string(data)
		}
	}
	if !strings.Contains(out.Key, "${{") {
		out.Certificate, out.Key = "", ""
	}
	return &out
}

// authorize shows who a request is from by use.auth: as it is, wrongly, or not
// at all. What the document's own schemes say goes before it.
func (c *client) authorize(ctx context.Context, req *http.Request, how string, body []byte) error {
	auth := c.plan
	switch {
	case auth == nil:
		return nil
	case how == authNone:
		req.Header.Del("Authorization")
		return nil
	case how == authWrong:
		req.Header.Del("Authorization")
		auth = wrong(auth)
	}
	return c.tokens.Authorize(ctx, auth, httpauth.Request{Method: req.Method, URL: req.URL, Header: req.Header, Body: body},
		httpauth.Via{Scope: c.scope, Transport: c.transport, Timeout: c.timeout})
}

// wrong is a way to say who one is that no target knows. For an access token, a
// wrong one is sent: that the issuer refuses a wrong client says nothing of the
// target.
func wrong(auth *spec.Auth) *spec.Auth {
	switch {
	case auth.Basic != nil:
		return &spec.Auth{Basic: &spec.Credentials{Username: auth.Basic.Username, Password: wrongSecret}}
	case auth.Digest != nil:
		return &spec.Auth{Digest: &spec.Credentials{Username: auth.Digest.Username, Password: wrongSecret}}
	case auth.HMAC != nil:
		signature := *auth.HMAC
		signature.Secret = wrongSecret
		return &spec.Auth{HMAC: &signature}
	}
	return &spec.Auth{Bearer: wrongSecret}
}

// visitor is the client that sends a request: one of its own where challenges
// are to be answered.
func (c *client) visitor(how string) *http.Client {
	if c.plan == nil || c.plan.Digest == nil || how == authNone {
		return c.http
	}
	credentials := *c.plan.Digest
	if how == authWrong {
		credentials = *wrong(c.plan).Digest
	}
	own := *c.http
	own.Transport = httpauth.Digest(credentials, c.transport)
	return &own
}
