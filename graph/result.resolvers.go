package graph

import (
	"context"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/scalar"
	"github.com/semantest/semantest/internal/runs"
)

func (r *artifactResolver) URL(ctx context.Context, obj *ent.Artifact) (string, error) {
	return "/artifacts/" + obj.ID, nil
}

func (r *attemptResolver) Steps(ctx context.Context, obj *ent.Attempt) ([]*ent.Step, error) {
	return dataloader.From(ctx).Steps.Load(ctx, obj.ID)
}

func (r *attemptResolver) Metrics(ctx context.Context, obj *ent.Attempt) ([]*ent.Metric, error) {
	return dataloader.From(ctx).Metrics.Load(ctx, obj.ID)
}

func (r *metricResolver) Tags(ctx context.Context, obj *ent.Metric) (scalar.JSON, error) {
	return scalar.Of(obj.Tags)
}

func (r *queryResolver) Result(ctx context.Context, id string) (*ent.Result, error) {
	return orNull(r.Services.Runs.Result(ctx, id))
}

func (r *queryResolver) FindCases(ctx context.Context, search string, first int) ([]*ent.Result, error) {
	return r.Services.Runs.FindCases(ctx, search, first)
}

func (r *resultResolver) Run(ctx context.Context, obj *ent.Result) (*ent.Run, error) {
	return dataloader.From(ctx).Run.Load(ctx, obj.RunID)
}

func (r *resultResolver) Matrix(ctx context.Context, obj *ent.Result) (scalar.JSON, error) {
	return scalar.Of(obj.Matrix)
}

func (r *resultResolver) WaitingFor(ctx context.Context, obj *ent.Result) (*runs.Waiting, error) {
	if obj.Status != result.StatusPending && obj.Status != result.StatusQueued {
		return nil, nil
	}
	s, err := dataloader.From(ctx).Situation.Load(ctx, obj.RunID)
	if err != nil {
		return nil, err
	}
	return s.OfResult(obj), nil
}

func (r *resultResolver) Attempts(ctx context.Context, obj *ent.Result) ([]*ent.Attempt, error) {
	return dataloader.From(ctx).Attempts.Load(ctx, obj.ID)
}

func (r *resultResolver) Artifacts(ctx context.Context, obj *ent.Result) ([]*ent.Artifact, error) {
	return dataloader.From(ctx).Artifacts.Load(ctx, obj.ID)
}

func (r *resultResolver) History(ctx context.Context, obj *ent.Result, first *int) ([]*ent.Result, error) {
	return r.Services.Runs.History(ctx, obj, deref(first))
}

func (r *stepResultResolver) DurationMs(ctx context.Context, obj *ent.Step) (float64, error) {
	return float64(obj.DurationUs) / 1000, nil
}

func (r *stepResultResolver) Detail(ctx context.Context, obj *ent.Step) (scalar.JSON, error) {
	return scalar.JSON(obj.Detail), nil
}

func (r *stepResultResolver) Checks(ctx context.Context, obj *ent.Step) ([]*ent.Check, error) {
	all, err := dataloader.From(ctx).Checks.Load(ctx, obj.AttemptID)
	if err != nil {
		return nil, err
	}
	return checksOf(all, obj.Ordinal), nil
}

func (r *Resolver) Artifact() generated.ArtifactResolver { return &artifactResolver{r} }

func (r *Resolver) Attempt() generated.AttemptResolver { return &attemptResolver{r} }

func (r *Resolver) Metric() generated.MetricResolver { return &metricResolver{r} }

func (r *Resolver) Result() generated.ResultResolver { return &resultResolver{r} }

func (r *Resolver) StepResult() generated.StepResultResolver { return &stepResultResolver{r} }

type (
	artifactResolver   struct{ *Resolver }
	attemptResolver    struct{ *Resolver }
	metricResolver     struct{ *Resolver }
	resultResolver     struct{ *Resolver }
	stepResultResolver struct{ *Resolver }
)
