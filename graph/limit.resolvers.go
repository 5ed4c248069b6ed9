package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/semantest/semantest/graph/armour"
	"github.com/semantest/semantest/graph/model"
)

func (r *queryResolver) RateLimit(ctx context.Context) (*model.RateLimit, error) {
	op := graphql.GetOperationContext(ctx)
	s := rateOf(op)
	if !s.Limited() {
		return nil, nil
	}
	return &model.RateLimit{
		Limit: s.Limit.Max, Per: int(s.Limit.Per.Seconds()), Remaining: s.Remaining, ResetAt: s.ResetAt, Cost: armour.CostOf(op),
	}, nil
}
