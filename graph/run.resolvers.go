package graph

import (
	"context"
	"time"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

func (r *mutationResolver) StartRun(ctx context.Context, input model.StartRunInput) (*model.StartRunPayload, error) {
	in, err := startInput(input)
	if err != nil {
		return nil, err
	}
	if err := r.takeStart(ctx); err != nil {
		return nil, err
	}
	row, err := r.Services.Runs.Start(ctx, in)
	return &model.StartRunPayload{Run: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) PauseRun(ctx context.Context, input model.PauseRunInput) (*model.PauseRunPayload, error) {
	row, err := r.Services.Runs.Pause(ctx, input.ID)
	return &model.PauseRunPayload{Run: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) ResumeRun(ctx context.Context, input model.ResumeRunInput) (*model.ResumeRunPayload, error) {
	row, err := r.Services.Runs.Resume(ctx, input.ID)
	return &model.ResumeRunPayload{Run: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) StopRun(ctx context.Context, input model.StopRunInput) (*model.StopRunPayload, error) {
	row, err := r.Services.Runs.Stop(ctx, input.ID)
	return &model.StopRunPayload{Run: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) Run(ctx context.Context, id string) (*ent.Run, error) {
	return orNull(r.Services.Runs.Get(ctx, id))
}

func (r *queryResolver) Runs(ctx context.Context, first *int, after *string, planID *string, statuses []run.Status) (*model.RunConnection, error) {
	return r.runs(ctx, first, after, runs.Filter{PlanID: deref(planID), Statuses: statuses})
}

func (r *runResolver) Plan(ctx context.Context, obj *ent.Run) (*ent.Plan, error) {
	return dataloader.From(ctx).Plan.Load(ctx, obj.PlanID)
}

func (r *runResolver) PlanVersion(ctx context.Context, obj *ent.Run) (*ent.PlanVersion, error) {
	return dataloader.From(ctx).PlanVersion.Load(ctx, obj.PlanVersionID)
}

func (r *runResolver) OutcomeCounts(ctx context.Context, obj *ent.Run) (*events.Counts, error) {
	counts := runs.CountsOf(obj)
	return &counts, nil
}

func (r *runResolver) Results(ctx context.Context, obj *ent.Run, first *int, after *string, outcomes []spec.Outcome, kinds []spec.Kind) (*model.ResultConnection, error) {
	cursor, err := ordinal(after)
	if err != nil {
		return nil, err
	}
	filter := runs.ResultFilter{Outcomes: outcomes, Kinds: kinds}
	rows, more, err := r.Services.Runs.Results(ctx, obj, deref(first), cursor, filter)
	if err != nil {
		return nil, err
	}
	return model.NewResultConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Runs.CountResults(ctx, obj, filter)
	}), nil
}

func (r *runResolver) QueuePosition(ctx context.Context, obj *ent.Run) (*int, error) {
	s, err := dataloader.From(ctx).Situation.Load(ctx, obj.ID)
	if err != nil || s.Position == 0 {
		return nil, err
	}
	return &s.Position, nil
}

func (r *runResolver) EstimatedStart(ctx context.Context, obj *ent.Run) (*time.Time, error) {
	s, err := dataloader.From(ctx).Situation.Load(ctx, obj.ID)
	if err != nil {
		return nil, err
	}
	return s.Start, nil
}

func (r *runResolver) WaitingFor(ctx context.Context, obj *ent.Run) ([]*runs.Waiting, error) {
	s, err := dataloader.From(ctx).Situation.Load(ctx, obj.ID)
	if err != nil {
		return nil, err
	}
	return pointers(s.Waiting), nil
}

func (r *runResolver) Shard(ctx context.Context, obj *ent.Run) (*model.RunShard, error) {
	if obj.Shards == 0 {
		return nil, nil
	}
	return &model.RunShard{Index: obj.Shard, Total: obj.Shards}, nil
}

func (r *Resolver) Run() generated.RunResolver { return &runResolver{r} }

type runResolver struct{ *Resolver }
