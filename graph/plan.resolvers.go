package graph

import (
	"context"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

func (r *mutationResolver) CreatePlan(ctx context.Context, input model.CreatePlanInput) (*model.CreatePlanPayload, error) {
	src, err := sourceOf(input.Source, input.Files)
	if err != nil {
		return nil, err
	}
	plan, err := r.Services.Plans.Create(ctx, src)
	return &model.CreatePlanPayload{Plan: plan, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) UpdatePlan(ctx context.Context, input model.UpdatePlanInput) (*model.UpdatePlanPayload, error) {
	src, err := sourceOf(input.Source, input.Files)
	if err != nil {
		return nil, err
	}
	plan, err := r.Services.Plans.Update(ctx, input.ID, src)
	return &model.UpdatePlanPayload{Plan: plan, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) DeletePlan(ctx context.Context, input model.DeletePlanInput) (*model.DeletePlanPayload, error) {
	err := r.Services.Plans.Delete(ctx, input.ID)
	return &model.DeletePlanPayload{ID: input.ID, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) ValidatePlan(ctx context.Context, input model.ValidatePlanInput) (*model.ValidatePlanPayload, error) {
	cases, mistakes, err := r.Services.Plans.Validate(ctx, input.Source)
	if err != nil {
		return nil, err
	}
	return &model.ValidatePlanPayload{
		Validation:       &model.PlanValidation{Valid: len(mistakes) == 0, Mistakes: pointers(mistakes), Cases: casesOf(cases)},
		ClientMutationID: input.ClientMutationID,
	}, nil
}

func (r *planResolver) Version(ctx context.Context, obj *ent.Plan) (*ent.PlanVersion, error) {
	return dataloader.From(ctx).LatestVersion.Load(ctx, obj.ID)
}

func (r *planResolver) Versions(ctx context.Context, obj *ent.Plan, first *int, after *string) (*model.PlanVersionConnection, error) {
	rows, more, err := r.Services.Plans.Versions(ctx, obj.ID, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewPlanVersionConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Plans.CountVersions(ctx, obj.ID)
	}), nil
}

func (r *planResolver) Runs(ctx context.Context, obj *ent.Plan, first *int, after *string) (*model.RunConnection, error) {
	return r.runs(ctx, first, after, runs.Filter{PlanID: obj.ID})
}

func (r *planVersionResolver) Cases(ctx context.Context, obj *ent.PlanVersion) ([]*model.PlanCase, error) {
	version, err := r.Services.Plans.Version(ctx, obj.ID)
	if err != nil {
		return nil, err
	}
	return casesOf(version.Plan.Expand()), nil
}

func (r *queryResolver) Plan(ctx context.Context, id string) (*ent.Plan, error) {
	return orNull(r.Services.Plans.Get(ctx, id))
}

func (r *queryResolver) Plans(ctx context.Context, first *int, after *string, search *string) (*model.PlanConnection, error) {
	rows, more, err := r.Services.Plans.List(ctx, store.Page{First: deref(first), After: deref(after)}, deref(search))
	if err != nil {
		return nil, err
	}
	return model.NewPlanConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Plans.Count(ctx, deref(search))
	}), nil
}

func (r *Resolver) Plan() generated.PlanResolver { return &planResolver{r} }

func (r *Resolver) PlanVersion() generated.PlanVersionResolver { return &planVersionResolver{r} }

type (
	planResolver        struct{ *Resolver }
	planVersionResolver struct{ *Resolver }
)
