package graph

import (
	"context"
	"errors"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// maxMessage is how long an error about the text of a request may be, in bytes.
const maxMessage = 500

// presenter is the one place where errors become answers: coded ones with their
// sentence, all others as INTERNAL with an id that the log knows too.
func presenter(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if err = store.Explain(err); apperr.CodeOf(err) == apperr.Internal {
			if late, ok := errors.AsType[*apperr.Error](context.Cause(ctx)); ok {
				err = late
			}
		}
		if coded, ok := errors.AsType[*apperr.Error](err); ok {
			if coded.Code == apperr.Internal {
				return masked(ctx, logger, err)
			}
			out := gqlerror.WrapPath(graphql.GetPath(ctx), errors.New(coded.Message))
			out.Extensions = map[string]any{"code": coded.Code}
			if coded.Field != "" {
				out.Extensions["field"] = coded.Field
			}
			for k, v := range coded.Details {
				out.Extensions[k] = v
			}
			return out
		}
		// gqlgen's own errors are about the request: syntax, unknown fields,
		// wrong variables.
		if list, ok := errors.AsType[*gqlerror.Error](err); ok && list.Err == nil {
			if list.Extensions == nil {
				list.Extensions = map[string]any{}
			}
			if _, ok := list.Extensions["code"]; !ok {
				list.Extensions["code"] = apperr.InvalidInput
			}
			list.Message = excerpt.Of(list.Message, maxMessage) // it repeats what was sent
			return list
		}
		return masked(ctx, logger, err)
	}
}

func masked(ctx context.Context, logger *slog.Logger, err error) *gqlerror.Error {
	id := ident.New(ident.Request)
	if ctx.Err() == nil {
		logger.ErrorContext(ctx, "a request failed", "request", id, "path", graphql.GetPath(ctx).String(), "error", err)
	}
	out := gqlerror.WrapPath(graphql.GetPath(ctx), errors.New(apperr.Message(nil)+"; tell the operator the request id "+id))
	out.Extensions = map[string]any{"code": apperr.Internal, "requestId": id}
	return out
}
