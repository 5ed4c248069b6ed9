package graph

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/internal/apperr"
)

func TestOperationsAreBounded(t *testing.T) {
	t.Parallel()
	for op, want := range map[ast.Operation]bool{ast.Query: true, ast.Mutation: true, ast.Subscription: false} {
		ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: op}})
		ctx, cancel := bounded(ctx, time.Minute)
		defer cancel()
		if _, got := ctx.Deadline(); got != want {
			t.Errorf("%s: bounded %v, want %v", op, got, want)
		}
	}
}

func TestWhatTookTooLongSaysSo(t *testing.T) {
	t.Parallel()
	late, cancel := context.WithTimeoutCause(t.Context(), 0, tooLong(time.Second))
	defer cancel()
	<-late.Done()
	for _, tt := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // what the table is about
		err  error
		want apperr.Code
	}{
		{"a query that was cancelled", late, errors.New("canceling statement due to user request"), apperr.Unavailable},
		{"a mistake that was found in time", late, apperr.Invalid("x", "wrong"), apperr.InvalidInput},
		{"a failure of ours", t.Context(), errors.New("oops"), apperr.Internal},
	} {
		got := presenter(slog.New(slog.DiscardHandler))(tt.ctx, tt.err)
		if got.Extensions["code"] != tt.want {
			t.Errorf("%s: %v %q, want %s", tt.name, got.Extensions["code"], got.Message, tt.want)
		}
	}
}
