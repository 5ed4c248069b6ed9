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
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/graph/armour"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/apperr"
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
	srv.AddTransport(transport.POST{Bodies: r.Limits.bodies(), Context: armour.WithBodySize, Header: rateHeader})
	srv.AddTransport(transport.Refuse{})
	return &Server{Handler: originated(srv), live: live}
}

// Shutdown sends sockets and streams elsewhere and waits until they have gone,
// or until ctx is done. Other requests it leaves alone.
func (s *Server) Shutdown(ctx context.Context) { s.live.Shutdown(ctx) }

// Connections is how many sockets and streams are open.
func (s *Server) Connections() int { return s.live.Stats().Connections }

// Executable returns the graph's executor with all its limits, and no transport.
func Executable(r *Resolver, logger *slog.Logger) *handler.Server {
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: r, Directives: directives()})
	srv := handler.New(schema)
	srv.Use(counter{r.Limits})
	armour.Wear(srv, schema.Schema(), r.Limits.Operation, armour.Options{Signed: signed, Documents: r.Limits.Documents, Uploads: uploads, Weights: weights})
	srv.SetErrorPresenter(presenter(logger))
	srv.SetRecoverFunc(func(_ context.Context, p any) error {
		return fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	})
	source := dataloader.Source{
		Plans: r.Services.Plans, Runs: r.Services.Runs, Artifacts: r.Services.Artifacts,
		Baselines: r.Services.Baselines, Assessments: r.Services.Assessments,
		Schedules: r.Services.Schedules, Triggers: r.Services.Triggers,
	}
	within := r.Limits.Operation.WithDefaults().Within
	srv.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		ctx, cancel := bounded(ctx, within)
		defer cancel()
		priced(ctx)
		return next(dataloader.With(ctx, source.New()))
	})
	return srv
}

// bounded limits how long a query or a mutation may take: a database that does
// not answer must not hold the client.
func bounded(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	if op := once(ctx); op == nil {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, within, tooLong(within))
}

func tooLong(within time.Duration) error {
	return apperr.New(apperr.Unavailable, "the request took longer than %s; try again, or ask for less at once", within).
		With("limit", "time").With("max", within.Seconds())
}

// priced tells what an operation cost.
func priced(ctx context.Context) {
	if op := once(ctx); op != nil {
		graphql.RegisterExtension(ctx, "cost", armour.CostOf(op))
	}
}

// once returns the operation that is answered once, nil for a subscription. A
// request that could not be read has no operation, and its answer passes too.
func once(ctx context.Context) *graphql.OperationContext {
	if !graphql.HasOperationContext(ctx) {
		return nil
	}
	op := graphql.GetOperationContext(ctx)
	if op.Operation == nil || op.Operation.Operation == ast.Subscription {
		return nil
	}
	return op
}

// Bearer reads the token of an Authorization header.
func Bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}
