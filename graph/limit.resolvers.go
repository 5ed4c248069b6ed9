package graph

import (
	"context"

	"github.com/semantest/semantest/graph/model"
)

func (r *queryResolver) RateLimit(ctx context.Context) (*model.RateLimit, error) {
	return rateLimit(ctx), nil
}
