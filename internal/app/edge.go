package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/edge"
)

// guarded lets a request in by the edge, and tells the audit log where it comes
// from.
func (a *App) guarded(next http.Handler) (http.Handler, error) {
	proxies, err := edge.ParseProxies(a.cfg.Edge.TrustedProxies)
	if err != nil {
		return nil, err
	}
	return edge.Handler(edge.Options{
		PublicURL: a.cfg.PublicURL, Origins: a.cfg.Edge.CORSOrigins, TrustedProxies: proxies, TLS: a.cfg.Edge.TLSCert != "",
		Body: a.cfg.Bodies,
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := audit.Origin{UserAgent: strings.Clone(r.UserAgent())} // a socket keeps it, and not all headers with it
		if addr := edge.ClientOf(r.Context()).Address; addr.IsValid() {
			origin.Address = addr.String()
		}
		next.ServeHTTP(w, r.WithContext(audit.From(r.Context(), origin)))
	})), nil
}

// pages serves what is only read. Whatever else is asked of an address that no
// other handler knows is refused, and not answered with a page.
func pages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			respond(w, http.StatusMethodNotAllowed, "nothing is sent to this address; it is only read")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// listenAndServe answers on the listener until the server is shut down.
func (a *App) listenAndServe() error {
	if a.server.TLSConfig != nil {
		return a.server.ServeTLS(a.listener, "", "")
	}
	return a.server.Serve(a.listener)
}

// openTLS reads the certificate, so that one that cannot be used ends the start.
func (a *App) openTLS(context.Context) (err error) {
	if a.cfg.Edge.TLSCert == "" || a.cfg.Listen == "" {
		return nil
	}
	a.tls, err = edge.TLS(a.cfg.Edge.TLSCert, a.cfg.Edge.TLSKey, a.logger)
	return err
}
