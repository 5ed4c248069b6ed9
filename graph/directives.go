package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/internal/auth"
)

// directives are what the schema asks of a caller before a field is resolved.
// Services ask again, about the objects themselves: a field's permission is of
// the project that the caller acts in.
func directives() generated.DirectiveRoot {
	return generated.DirectiveRoot{
		HasPermission: func(ctx context.Context, _ any, next graphql.Resolver, permission string) (any, error) {
			if _, err := auth.Require(ctx, auth.Permission(permission)); err != nil {
				return nil, err
			}
			return next(ctx)
		},
	}
}
