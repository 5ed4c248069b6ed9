package app

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/accounts/oidc"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/auth/password"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/ratelimit"
	"github.com/semantest/semantest/internal/seal"
)

// loginWindow is the time in which attempts to log in are counted.
const loginWindow = 15 * time.Minute

// buildIdentity joins what knows who somebody is.
func (a *App) buildIdentity(sealer *seal.Sealer) {
	var c config.Identity
	if a.cfg.Identity != nil {
		c = *a.cfg.Identity
	}
	a.keys = keys.New(a.store, sealer, keys.Options{Logger: a.logger})
	a.auth = auth.New(a.store, auth.WithSessions(a.keys), auth.WithMemory())
	a.accounts = accounts.New(accounts.Deps{
		Store: a.store, Auth: a.auth, Signer: a.keys, Passwords: password.New(password.Options{}), Logger: a.logger,
		ByAccount: a.limiter.Exact(ratelimit.Limit{Name: "logins to this account", Max: c.LoginAttempts, Per: loginWindow}),
		ByAddress: a.limiter.Exact(ratelimit.Limit{Name: "logins from this address", Max: c.LoginAttempts, Per: loginWindow}),
		Domains:   c.OIDCAllowedDomains, DefaultRole: auth.Role(c.OIDCDefaultRole),
	})
	if c.OIDCIssuer == "" {
		return
	}
	client := a.policy.Client(egress.Timeouts{Header: 10 * time.Second, Total: 10 * time.Second})
	a.onClose("identity provider", func(context.Context) error { client.CloseIdleConnections(); return nil })
	a.provider = oidc.New(oidc.Config{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: c.OIDCClientSecret, Scopes: c.OIDCScopes,
		RedirectURL: strings.TrimRight(cmp.Or(a.cfg.PublicURL, a.URL()), "/") + oidcCallback,
	}, sealer, client)
}

// startIdentity lets people sign in: it makes the first key and the first
// administrator.
func (a *App) startIdentity(ctx context.Context) error {
	if a.cfg.Identity == nil {
		return nil
	}
	if err := a.keys.Start(ctx); err != nil {
		return err
	}
	a.onClose("signing keys", func(context.Context) error { a.keys.Stop(); return nil })
	a.accounts.Start(ctx)
	a.onClose("accounts", func(context.Context) error { a.accounts.Stop(); return nil })
	first, err := a.accounts.EnsureAdministrator(ctx, a.cfg.Identity.AdminEmail, a.cfg.Identity.AdminPassword)
	if err != nil {
		return err
	}
	a.first = first
	return nil
}

// NewAdministrator returns the e-mail address and the password of the first
// administrator when this process made it and drew the password; else nothing.
// It is to be shown once.
func (a *App) NewAdministrator() (email, pass string) {
	if a.first == nil || !a.first.Generated {
		return "", ""
	}
	return a.first.User.Email, a.first.Password
}

// jwks publishes the keys that access tokens are signed with.
func (a *App) jwks(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	set, err := a.keys.JWKS(ctx)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	// A key is published a day before it signs.
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Content-Type", "application/jwk-set+json")
	respondJSON(w, set)
}
