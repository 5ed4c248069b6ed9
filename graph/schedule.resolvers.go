package graph

import (
	"context"
	"time"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/schedules"
	"github.com/semantest/semantest/internal/store"
)

func (r *mutationResolver) CreateSchedule(ctx context.Context, input model.CreateScheduleInput) (*model.CreateSchedulePayload, error) {
	variables, err := variablesOf("variables", input.Variables)
	if err != nil {
		return nil, err
	}
	row, err := r.Services.Schedules.Create(ctx, input.PlanID, schedules.Settings{
		Name: input.Name, Cron: input.Cron, TimeZone: input.TimeZone, Overlap: input.Overlap, Missed: input.Missed,
		Paused: input.Paused, Environment: deref(input.Environment), Variables: variables, Priority: deref(input.Priority),
	})
	return &model.CreateSchedulePayload{Schedule: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) UpdateSchedule(ctx context.Context, input model.UpdateScheduleInput) (*model.UpdateSchedulePayload, error) {
	variables, err := changedVariables(input.Variables)
	if err != nil {
		return nil, err
	}
	row, err := r.Services.Schedules.Update(ctx, input.ID, schedules.Change{
		Name: input.Name, Cron: input.Cron, TimeZone: input.TimeZone, Overlap: input.Overlap, Missed: input.Missed,
		Paused: input.Paused, Environment: input.Environment, Variables: variables, Priority: input.Priority,
	})
	return &model.UpdateSchedulePayload{Schedule: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) DeleteSchedule(ctx context.Context, input model.DeleteScheduleInput) (*model.DeleteSchedulePayload, error) {
	err := r.Services.Schedules.Delete(ctx, input.ID)
	return &model.DeleteSchedulePayload{ID: input.ID, ClientMutationID: input.ClientMutationID}, err
}

func (r *planResolver) Schedules(ctx context.Context, obj *ent.Plan) ([]*ent.Schedule, error) {
	return dataloader.From(ctx).Schedules.Load(ctx, obj.ID)
}

func (r *queryResolver) Schedule(ctx context.Context, id string) (*ent.Schedule, error) {
	return orNull(r.Services.Schedules.Get(ctx, id))
}

func (r *queryResolver) Schedules(ctx context.Context, first *int, after *string) (*model.ScheduleConnection, error) {
	rows, more, err := r.Services.Schedules.List(ctx, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewScheduleConnection(rows, more, r.Services.Schedules.Count), nil
}

func (r *scheduleResolver) Plan(ctx context.Context, obj *ent.Schedule) (*ent.Plan, error) {
	return dataloader.From(ctx).Plan.Load(ctx, obj.PlanID)
}

func (r *scheduleResolver) Variables(ctx context.Context, obj *ent.Schedule) ([]*model.Variable, error) {
	return shownVariables(obj.Variables), nil
}

func (r *scheduleResolver) NextFireTimes(ctx context.Context, obj *ent.Schedule, first *int) ([]*time.Time, error) {
	times, err := r.Services.Schedules.NextFireTimes(ctx, obj, deref(first))
	return pointers(times), err
}

func (r *scheduleResolver) LastRun(ctx context.Context, obj *ent.Schedule) (*ent.Run, error) {
	if obj.LastRunID == "" {
		return nil, nil
	}
	return orNull(dataloader.From(ctx).Run.Load(ctx, obj.LastRunID))
}

func (r *Resolver) Schedule() generated.ScheduleResolver { return &scheduleResolver{r} }

type scheduleResolver struct{ *Resolver }
