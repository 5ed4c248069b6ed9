package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/semantest/semantest/frontend"
	"github.com/semantest/semantest/graph"
	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/analytics"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/conformance"
	"github.com/semantest/semantest/internal/edge"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/triggers"
)

func (a *App) listen(ctx context.Context) error {
	if a.cfg.Listen == "" {
		return nil
	}
	config := net.ListenConfig{Control: transport.LimitUnsent}
	config.SetMultipathTCP(false) // its connections do not inherit the limit
	l, err := config.Listen(ctx, "tcp", a.cfg.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return apperr.Wrap(err, apperr.Conflict, "the address %s is in use; choose another one with --listen", a.cfg.Listen)
	}
	if err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "cannot listen on %s", a.cfg.Listen)
	}
	a.listener = l
	a.onClose("listener", func(context.Context) error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// serve begins to answer requests.
func (a *App) serve() error {
	if a.listener == nil {
		return nil
	}
	graph := a.graph()
	a.metrics.Live("api", graph.Connections)
	handler, err := a.guarded(a.routes(graph))
	if err != nil {
		return err
	}
	a.server = &http.Server{
		Handler:           handler,
		TLSConfig:         a.tls,
		ConnState:         a.metrics.Connections("api"),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	go func() {
		if err := a.listenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("the API has ended unexpectedly: %w", err))
		}
	}()
	a.onClose("api", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		graph.Shutdown(ctx)
		if err := a.server.Shutdown(ctx); err != nil {
			return a.server.Close()
		}
		return nil
	})
	return nil
}

func (a *App) graph() *graph.Server {
	return graph.Handler(&graph.Resolver{Limits: a.limits(), Origins: edge.SocketOrigins(a.cfg.Edge.CORSOrigins), RiverUI: a.cfg.RiverUIURL, Services: graph.Services{
		Auth: a.auth, Plans: a.plans, Runs: a.runs, Workers: a.workers, Artifacts: a.artifacts,
		Webhooks: a.webhooks, Breakers: a.breakers, Schedules: a.schedules, Secrets: a.secrets, Triggers: a.triggers,
		Members: a.members, Sessions: a.sessions, Conformance: conformance.New(judge{}), Baselines: a.baselines, Assessments: a.assessed,
		Failures: a.failures, Anomalies: a.anomalies, Generation: a.generated, Analytics: analytics.New(a.store, a.failures, a.anomalies, a.llm),
		Accounts: a.accounts, StartOIDC: a.startOIDC(),
	}}, a.logger)
}

func (a *App) routes(graph http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", a.metrics.Requests("graphql", a.authenticated(graph)))
	mux.Handle("GET /artifacts/{id}", a.metrics.Requests("artifacts", a.authenticated(http.HandlerFunc(a.artifact))))
	mux.Handle("GET /baselines/{id}", a.metrics.Requests("artifacts", a.authenticated(http.HandlerFunc(a.baseline))))
	mux.Handle(triggers.Path("{id}"), a.metrics.Requests("triggers", a.hooks()))
	mux.Handle("GET /.well-known/jwks.json", a.metrics.Requests("identity", http.HandlerFunc(a.jwks)))
	if a.provider != nil {
		mux.Handle("GET "+oidcStart, a.metrics.Requests("identity", http.HandlerFunc(a.oidcBegin)))
		mux.Handle("GET "+oidcCallback, a.metrics.Requests("identity", http.HandlerFunc(a.oidcEnd)))
	}
	mux.Handle("GET /healthz", a.metrics.Requests("health", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, "ok") })))
	mux.Handle("GET /readyz", a.metrics.Requests("health", http.HandlerFunc(a.ready)))
	if a.cfg.Metrics.MetricsPath {
		mux.Handle("GET "+metricsPath, a.metrics.Requests("metrics", a.metricsForAdmins()))
	}
	mux.Handle("/", a.metrics.Requests("pages", pages(frontend.Handler())))
	return mux
}

func (a *App) artifact(w http.ResponseWriter, r *http.Request) {
	row, content, err := a.artifacts.Open(r.Context(), r.PathValue("id"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.send(w, r, sent{id: row.ID, name: row.Name, contentType: row.ContentType, sha256: row.Sha256, size: row.Size}, content)
}

// sent is a content of the blob store as its row describes it.
type sent struct {
	id, name, contentType, sha256 string
	size                          int64
}

// send sends a content and closes it.
func (a *App) send(w http.ResponseWriter, r *http.Request, row sent, content io.ReadCloser) {
	defer func() { _ = content.Close() }()
	h := w.Header()
	h.Set("Content-Type", row.contentType)
	h.Set("Content-Length", fmt.Sprint(row.size))
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("ETag", `"`+row.sha256+`"`)
	// What a target answered must never run as a page of ours.
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": row.name}))
	if _, err := io.Copy(w, content); err != nil && r.Context().Err() == nil {
		a.logger.Warn("sending an artifact broke off", "artifact", row.id, "error", err)
	}
}

func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.store.Ready(ctx); err != nil {
		respond(w, http.StatusServiceUnavailable, apperr.Message(err))
		return
	}
	respond(w, http.StatusOK, "ready")
}

// refuse answers an error in the form of a GraphQL response, which every client
// of ours reads.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	err = store.Explain(err)
	code := apperr.CodeOf(err)
	if code == apperr.Internal {
		a.logger.ErrorContext(r.Context(), "a request failed", "path", r.URL.Path, "error", err)
	}
	status := map[apperr.Code]int{
		apperr.InvalidInput: http.StatusBadRequest, apperr.Unauthenticated: http.StatusUnauthorized,
		apperr.Forbidden: http.StatusForbidden, apperr.NotFound: http.StatusNotFound,
		apperr.Conflict: http.StatusConflict, apperr.RateLimited: http.StatusTooManyRequests,
		apperr.Unavailable: http.StatusServiceUnavailable,
	}[code]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	refuseWith(w, status, err)
}

func refuseWith(w http.ResponseWriter, status int, err error) {
	extensions := map[string]any{"code": apperr.CodeOf(err)}
	if coded, ok := errors.AsType[*apperr.Error](err); ok {
		maps.Copy(extensions, coded.Details)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client may be gone
		"errors": []any{map[string]any{"message": apperr.Message(err), "extensions": extensions}},
	})
}

func respond(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client may be gone
}
