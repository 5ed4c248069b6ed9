package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/auth"
)

func (r *mutationResolver) SetProjectLimits(ctx context.Context, input model.SetProjectLimitsInput) (*model.SetProjectLimitsPayload, error) {
	limits, err := limitsOf(input)
	if err != nil {
		return nil, err
	}
	row, err := r.Services.Auth.SetLimits(ctx, limits)
	return &model.SetProjectLimitsPayload{Project: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *projectResolver) EnvironmentLimits(ctx context.Context, obj *ent.Project) ([]*model.EnvironmentLimit, error) {
	out := []*model.EnvironmentLimit{}
	for _, name := range slices.Sorted(maps.Keys(obj.EnvironmentLimits)) {
		out = append(out, &model.EnvironmentLimit{Environment: name, MaxRuns: obj.EnvironmentLimits[name]})
	}
	return out, nil
}

func (r *queryResolver) Node(ctx context.Context, id string) (model.Node, error) {
	return r.node(ctx, id)
}

func (r *queryResolver) Viewer(ctx context.Context) (*model.Viewer, error) {
	p, err := auth.Signed(ctx)
	if err != nil {
		return nil, err
	}
	out := &model.Viewer{Permissions: []string{}}
	if p.ProjectID != "" {
		if out.Project, err = r.project(ctx, p); err != nil {
			return nil, err
		}
	}
	for _, permission := range p.Permissions {
		out.Permissions = append(out.Permissions, string(permission))
	}
	return out, nil
}

func (r *Resolver) Mutation() generated.MutationResolver { return &mutationResolver{r} }

func (r *Resolver) Project() generated.ProjectResolver { return &projectResolver{r} }

func (r *Resolver) Query() generated.QueryResolver { return &queryResolver{r} }

func (r *Resolver) Subscription() generated.SubscriptionResolver { return &subscriptionResolver{r} }

func (r *Resolver) Viewer() generated.ViewerResolver { return &viewerResolver{r} }

type (
	mutationResolver     struct{ *Resolver }
	projectResolver      struct{ *Resolver }
	queryResolver        struct{ *Resolver }
	subscriptionResolver struct{ *Resolver }
	viewerResolver       struct{ *Resolver }
)
