package graph

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/apperr"
)

// Limits of one request.
const (
	maxBody       = 16 << 20 // a plan with its files in base64
	maxTokens     = 5_000
	maxComplexity = 5_000

	operationWithin = 30 * time.Second // a query or a mutation
)

// Server serves the graph over POST, server-sent events and WebSocket.
type Server struct {
	http.Handler
	live *transport.Live
}

// Handler returns the server. Shutdown ends what is live in it.
func Handler(r *Resolver, logger *slog.Logger) *Server {
	live := transport.New(r.liveOptions())
	srv := Executable(r, logger)
	srv.AddTransport(live.WebSocket())
	srv.AddTransport(live.SSE())
	srv.AddTransport(gqltransport.POST{})
	srv.AddTransport(transport.Refuse{})
	return &Server{Handler: limited(srv), live: live}
}

// Shutdown sends sockets and streams elsewhere and waits until they have gone,
// or until ctx is done. Other requests it leaves alone.
func (s *Server) Shutdown(ctx context.Context) { s.live.Shutdown(ctx) }

// Executable returns the graph's executor with all its limits, and no transport.
func Executable(r *Resolver, logger *slog.Logger) *handler.Server {
	srv := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: r, Directives: directives()}))
	srv.SetParserTokenLimit(maxTokens)
	srv.SetQueryCache(lru.New[*ast.QueryDocument](500))
	srv.Use(extension.Introspection{})
	srv.Use(extension.FixedComplexityLimit(maxComplexity))
	srv.SetErrorPresenter(presenter(logger))
	srv.SetRecoverFunc(func(_ context.Context, p any) error {
		return fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	})
	source := dataloader.Source{
		Plans: r.Services.Plans, Runs: r.Services.Runs, Artifacts: r.Services.Artifacts,
		Schedules: r.Services.Schedules, Triggers: r.Services.Triggers,
	}
	srv.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		ctx, cancel := bounded(ctx)
		defer cancel()
		return next(dataloader.With(ctx, source.New()))
	})
	return srv
}

// bounded limits how long a query or a mutation may take: a database that does
// not answer must not hold the client.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	// A request that could not be read has no operation, and its answer passes
	// here too.
	if !graphql.HasOperationContext(ctx) {
		return ctx, func() {}
	}
	op := graphql.GetOperationContext(ctx).Operation
	if op == nil || op.Operation == ast.Subscription {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, operationWithin, errTooLong)
}

var errTooLong = apperr.New(apperr.Unavailable, "the request took longer than %s; try again", operationWithin)

// limited refuses a body that says that it is too large before it is read, and
// cuts off one that does not say so.
func limited(next http.Handler) http.Handler {
	cut := http.MaxBytesHandler(next, maxBody)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength <= maxBody {
			cut.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = fmt.Fprintf(w, `{"errors":[{"message":"the request has %d bytes; the limit is %d","extensions":{"code":%q}}]}`, //nolint:gosec // numbers only
			r.ContentLength, maxBody, apperr.InvalidInput) // the client may be gone
	})
}

// Bearer reads the token of an Authorization header.
func Bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}
