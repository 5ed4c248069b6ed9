package app

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/graph"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/edge"
)

// Names of the cookies. Reached by https they have the prefix that keeps other
// hosts and plain connections from setting them.
const (
	accessCookie  = "semantest-access"
	refreshCookie = "semantest-refresh"
	signInCookie  = "semantest-sign-in"
	hostPrefix    = "__Host-"
)

// projectHeader names the project that a request acts in.
const projectHeader = "Semantest-Project"

// encrypted reports whether people reach this server by https.
func (a *App) encrypted(r *http.Request) bool {
	return edge.ClientOf(r.Context()).Secure || strings.HasPrefix(a.cfg.PublicURL, "https://")
}

func (a *App) cookieName(r *http.Request, name string) string {
	if a.encrypted(r) {
		return hostPrefix + name
	}
	return name
}

// cookie returns a cookie that no script can read. Without a value it removes
// the one that there is.
func (a *App) cookie(r *http.Request, name, value string, expires time.Time, site http.SameSite) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // Secure where people reach us by https
		Name: a.cookieName(r, name), Value: value, Path: "/", HttpOnly: true, SameSite: site, Secure: a.encrypted(r),
	}
	if value == "" {
		c.MaxAge = -1
	} else {
		c.MaxAge = max(int(time.Until(expires).Seconds()), 1)
	}
	return c
}

func (a *App) cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(a.cookieName(r, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// jar is where the tokens of the browser of one request lie.
type jar struct {
	app *App
	w   http.ResponseWriter
	r   *http.Request
}

var _ graph.Cookies = jar{}

// RefreshToken implements graph.Cookies.
func (j jar) RefreshToken() string { return j.app.cookieOf(j.r, refreshCookie) }

// Set implements graph.Cookies.
func (j jar) Set(t *accounts.Tokens) {
	http.SetCookie(j.w, j.app.cookie(j.r, accessCookie, t.Access, t.AccessExpires, http.SameSiteStrictMode))
	http.SetCookie(j.w, j.app.cookie(j.r, refreshCookie, t.Refresh, t.RefreshExpires, http.SameSiteStrictMode))
}

// Clear implements graph.Cookies.
func (j jar) Clear() {
	for _, name := range []string{accessCookie, refreshCookie} {
		http.SetCookie(j.w, j.app.cookie(j.r, name, "", time.Time{}, http.SameSiteStrictMode))
	}
}

// authenticated puts into the context who the request acts for: the bearer of
// the token in its header, or the browser whose cookies it carries. A request
// with neither goes on without: services refuse what it may not do. A token that
// is not valid ends the request; a cookie that is not any more does not, since
// the page may be about to refresh it.
func (a *App) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := auth.ProjectHint(r.Context(), r.Header.Get(projectHeader))
		secret, bearer := graph.Bearer(r.Header.Get("Authorization"))
		if !bearer {
			secret = a.cookieOf(r, accessCookie)
			same := a.ofOurPage(r)
			if secret != "" && !same && !harmless(r) {
				a.refuse(w, r, apperr.New(apperr.Forbidden, "cookies are taken from pages of this server only, with an Origin header and as application/json"))
				return
			}
			if same && r.Method == http.MethodPost {
				ctx = graph.WithCookies(ctx, jar{a, w, r})
			}
		}
		if secret == "" {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		p, err := a.principal(ctx, secret)
		if !bearer && apperr.CodeOf(err) == apperr.Unauthenticated {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(auth.With(auth.Presented(ctx, secret), p)))
	})
}

func (a *App) principal(ctx context.Context, secret string) (*auth.Principal, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return a.auth.Authenticate(ctx, secret)
}

// ofOurPage reports whether a page of this server made the request, which a
// page of somebody else cannot pretend: neither header can be set by a script,
// and JSON cannot be sent by a form.
func (a *App) ofOurPage(r *http.Request) bool {
	if r.Method == http.MethodPost {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			return false
		}
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Upgrade") == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin"
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if public, err := url.Parse(a.cfg.PublicURL); err == nil && public.Host != "" &&
		strings.EqualFold(u.Host, public.Host) && u.Scheme == public.Scheme {
		return true
	}
	return strings.EqualFold(u.Host, r.Host) && (u.Scheme == "https" || !a.encrypted(r))
}

// harmless reports whether a request only reads what no page of somebody else
// gets to see. Browsers send Strict cookies with it from our own pages alone.
func harmless(r *http.Request) bool {
	return r.Header.Get("Upgrade") == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		strings.HasPrefix(r.URL.Path, "/artifacts/")
}

func respondJSON(w http.ResponseWriter, v any) {
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
