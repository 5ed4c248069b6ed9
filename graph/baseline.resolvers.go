package graph

import (
	"context"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/comparison"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/baselines"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

func (r *baselineResolver) Plan(ctx context.Context, obj *ent.Baseline) (*ent.Plan, error) {
	return dataloader.From(ctx).Plan.Load(ctx, obj.PlanID)
}

func (r *baselineResolver) URL(ctx context.Context, obj *ent.Baseline) (string, error) {
	return "/baselines/" + obj.ID, nil
}

func (r *comparisonResolver) Run(ctx context.Context, obj *ent.Comparison) (*ent.Run, error) {
	return dataloader.From(ctx).Run.Load(ctx, obj.RunID)
}

func (r *comparisonResolver) Actual(ctx context.Context, obj *ent.Comparison) (*ent.Artifact, error) {
	return orNull(dataloader.From(ctx).Artifact.Load(ctx, obj.ActualID))
}

func (r *comparisonResolver) Diff(ctx context.Context, obj *ent.Comparison) (*ent.Artifact, error) {
	if obj.DiffID == "" {
		return nil, nil
	}
	return orNull(dataloader.From(ctx).Artifact.Load(ctx, obj.DiffID))
}

func (r *comparisonResolver) Baseline(ctx context.Context, obj *ent.Comparison) (*ent.Baseline, error) {
	if obj.BaselineID == "" {
		return nil, nil
	}
	return orNull(dataloader.From(ctx).Baseline.Load(ctx, obj.BaselineID))
}

func (r *mutationResolver) AcceptBaseline(ctx context.Context, input model.AcceptBaselineInput) (*model.AcceptBaselinePayload, error) {
	row, err := r.Services.Baselines.Accept(ctx, input.ComparisonID, deref(input.AsVariant), deref(input.Note))
	return &model.AcceptBaselinePayload{Comparison: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RejectBaseline(ctx context.Context, input model.RejectBaselineInput) (*model.RejectBaselinePayload, error) {
	row, err := r.Services.Baselines.Reject(ctx, input.ComparisonID, deref(input.Note))
	return &model.RejectBaselinePayload{Comparison: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) AcceptAll(ctx context.Context, input model.AcceptAllInput) (*model.AcceptAllPayload, error) {
	rows, left, err := r.Services.Baselines.AcceptAll(ctx, input.RunID, deref(input.AsVariants))
	return &model.AcceptAllPayload{Comparisons: rows, Left: left, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RemoveBaseline(ctx context.Context, input model.RemoveBaselineInput) (*model.RemoveBaselinePayload, error) {
	row, err := r.Services.Baselines.Remove(ctx, input.ID)
	return &model.RemoveBaselinePayload{Baseline: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) PromoteBaselines(ctx context.Context, input model.PromoteBaselinesInput) (*model.PromoteBaselinesPayload, error) {
	done, err := r.Services.Baselines.Promote(ctx, input.Branch, deref(input.Into))
	if err != nil {
		return nil, err
	}
	out := &model.PromoteBaselinesPayload{Into: done.Into, Promoted: done.Promoted, Unchanged: done.Unchanged, ClientMutationID: input.ClientMutationID}
	for _, c := range done.Kept {
		out.Kept = append(out.Kept, &model.BaselineConflict{Ours: c.Ours, Theirs: c.Theirs})
	}
	return out, nil
}

func (r *queryResolver) Baseline(ctx context.Context, id string) (*ent.Baseline, error) {
	return orNull(r.Services.Baselines.Get(ctx, id))
}

func (r *queryResolver) Baselines(ctx context.Context, first *int, after *string, planID *string, branch *string, caseKey *string, name *string, kinds []spec.BaselineKind) (*model.BaselineConnection, error) {
	f := baselines.Filter{PlanID: deref(planID), Branch: deref(branch), CaseKey: deref(caseKey), Name: deref(name), Kinds: kinds}
	rows, more, err := r.Services.Baselines.List(ctx, store.Page{First: deref(first), After: deref(after)}, f)
	if err != nil {
		return nil, err
	}
	return model.NewBaselineConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Baselines.Count(ctx, f)
	}), nil
}

func (r *queryResolver) Comparison(ctx context.Context, id string) (*ent.Comparison, error) {
	return orNull(r.Services.Baselines.Comparison(ctx, id))
}

func (r *queryResolver) PendingComparisons(ctx context.Context, runID string, first *int, after *string) (*model.ComparisonConnection, error) {
	row, err := r.Services.Runs.Get(ctx, runID)
	if err != nil {
		return nil, err
	}
	return r.comparisons(ctx, first, after, baselines.ComparisonFilter{RunID: row.ID, Reviews: []comparison.Review{comparison.ReviewPending}})
}

func (r *runResolver) Comparisons(ctx context.Context, obj *ent.Run, first *int, after *string, statuses []spec.ComparisonStatus, reviews []comparison.Review) (*model.ComparisonConnection, error) {
	return r.comparisons(ctx, first, after, baselines.ComparisonFilter{RunID: obj.ID, Statuses: statuses, Reviews: reviews})
}

func (r *Resolver) Baseline() generated.BaselineResolver { return &baselineResolver{r} }

func (r *Resolver) Comparison() generated.ComparisonResolver { return &comparisonResolver{r} }

type (
	baselineResolver   struct{ *Resolver }
	comparisonResolver struct{ *Resolver }
)
