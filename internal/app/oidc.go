package app

import (
	"context"
	"net/http"
	"time"

	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/accounts/oidc"
	"github.com/semantest/semantest/internal/apperr"
)

// Addresses at which a browser signs in by the identity provider.
const (
	oidcStart    = "/auth/oidc/start"
	oidcCallback = "/auth/oidc/callback"

	oidcWithin = 30 * time.Second
)

// startOIDC is the address at which a browser begins, empty without a provider.
func (a *App) startOIDC() string {
	if a.provider == nil {
		return ""
	}
	return oidcStart
}

// oidcBegin sends a browser to the identity provider. What it must bring back is
// bound to it by a cookie, which comes with the way back although that begins at
// another site.
func (a *App) oidcBegin(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), oidcWithin)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	address, cookie, err := a.provider.Start(ctx)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	http.SetCookie(w, a.cookie(r, signInCookie, cookie, time.Now().Add(oidc.Within), http.SameSiteLaxMode))
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// oidcEnd takes a browser back from the identity provider and signs it in.
func (a *App) oidcEnd(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), oidcWithin)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	cookie := a.cookieOf(r, signInCookie)
	// Whatever comes of it, this sign-in is over.
	http.SetCookie(w, a.cookie(r, signInCookie, "", time.Time{}, http.SameSiteLaxMode))
	tokens, err := a.signInBy(ctx, cookie, r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	jar{a, w, r}.Set(tokens)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *App) signInBy(ctx context.Context, cookie string, r *http.Request) (*accounts.Tokens, error) {
	answer := r.URL.Query()
	if answer.Has("error") {
		return nil, apperr.New(apperr.Unauthenticated, "the identity provider did not sign you in: %.100q", answer.Get("error"))
	}
	who, err := a.provider.Finish(ctx, cookie, answer.Get("state"), answer.Get("code"))
	if err != nil {
		return nil, err
	}
	return a.accounts.SignIn(ctx, accounts.Identity{
		Issuer: who.Issuer, Subject: who.Subject, Email: who.Email, EmailVerified: who.EmailVerified, Name: who.Name,
	})
}
