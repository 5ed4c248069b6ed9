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
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
)

// Limits of one request.
const (
	maxBody       = 16 << 20 // a plan with its files in base64
	maxTokens     = 5_000
	maxComplexity = 5_000
	keepAlive     = 15 * time.Second
	initTimeout   = 10 * time.Second

	operationWithin = 30 * time.Second // a query or a mutation
)

// WebSocket close codes; clients answer the first two by connecting again, and
// the last one by asking for another token.
const (
	closeServiceRestart = 1012
	closeTryAgainLater  = 1013
	closeForbidden      = 4403
)

// Handler serves the graph over POST, server-sent events and WebSocket.
func Handler(r *Resolver, logger *slog.Logger) http.Handler {
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: r})
	srv := handler.New(schema)
	srv.AddTransport(transport.Websocket{
		Implementation:        sockets{},
		InitFunc:              r.authenticateSocket,
		InitTimeout:           initTimeout,
		KeepAlivePingInterval: keepAlive,
		PingPongInterval:      keepAlive,
	})
	srv.AddTransport(transport.SSE{})
	srv.AddTransport(transport.POST{})
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
	return limited(streaming(srv))
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

// authenticateSocket takes the token from connection_init, since a browser
// cannot set headers on a socket. A token in the header of the handshake has
// been seen already.
func (r *Resolver) authenticateSocket(ctx context.Context, init transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	ctx, err := r.principalOf(ctx, init)
	switch apperr.CodeOf(err) {
	case "":
		return ctx, nil, nil
	case apperr.Unauthenticated, apperr.Forbidden:
		return closing(ctx, closeForbidden, apperr.Message(err)), nil, err
	}
	return closing(ctx, closeTryAgainLater, "the server cannot look the token up; connect again"), nil, err
}

func (r *Resolver) principalOf(ctx context.Context, init transport.InitPayload) (context.Context, error) {
	secret, ok := Bearer(init.Authorization())
	if !ok {
		_, err := auth.Require(ctx, auth.Read)
		return ctx, err
	}
	p, err := r.Services.Auth.Authenticate(ctx, secret)
	if err != nil {
		return ctx, err
	}
	return auth.With(ctx, p), nil
}

// closing says how the socket is closed from now on. A reason has at most 123
// bytes, as WebSocket wants it.
func closing(ctx context.Context, code int, reason string) context.Context {
	return transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, code), reason[:min(len(reason), 123)])
}

// Bearer reads the token of an Authorization header.
func Bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}
