package graph

import (
	"context"

	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/auth"
)

// Breakers resolves breakers. They belong to projects, so nobody learns here
// what others test.
func (r *queryResolver) Breakers(ctx context.Context) ([]*model.Breaker, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	states := r.Services.Breakers.States(p.ProjectID)
	out := make([]*model.Breaker, len(states))
	for i, s := range states {
		out[i] = model.NewBreaker(s)
	}
	return out, nil
}
