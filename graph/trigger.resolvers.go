package graph

import (
	"context"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/triggers"
)

func (r *mutationResolver) CreateTrigger(ctx context.Context, input model.CreateTriggerInput) (*model.CreateTriggerPayload, error) {
	variables, err := variablesOf("variables", input.Variables)
	if err != nil {
		return nil, err
	}
	row, secret, err := r.Services.Triggers.Create(ctx, input.PlanID, triggers.Settings{
		Name: input.Name, Environment: deref(input.Environment), Variables: variables, OpenVariables: input.OpenVariables,
		Priority: deref(input.Priority), Enabled: input.Enabled,
	})
	return &model.CreateTriggerPayload{Trigger: row, Secret: secret, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) UpdateTrigger(ctx context.Context, input model.UpdateTriggerInput) (*model.UpdateTriggerPayload, error) {
	variables, err := changedVariables(input.Variables)
	if err != nil {
		return nil, err
	}
	change := triggers.Change{
		Name: input.Name, Environment: input.Environment, Variables: variables, Priority: input.Priority, Enabled: input.Enabled,
	}
	if input.OpenVariables != nil {
		change.OpenVariables = &input.OpenVariables
	}
	row, err := r.Services.Triggers.Update(ctx, input.ID, change)
	return &model.UpdateTriggerPayload{Trigger: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RotateTriggerSecret(ctx context.Context, input model.RotateTriggerSecretInput) (*model.RotateTriggerSecretPayload, error) {
	row, secret, err := r.Services.Triggers.RotateSecret(ctx, input.ID)
	return &model.RotateTriggerSecretPayload{Trigger: row, Secret: secret, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) DeleteTrigger(ctx context.Context, input model.DeleteTriggerInput) (*model.DeleteTriggerPayload, error) {
	err := r.Services.Triggers.Delete(ctx, input.ID)
	return &model.DeleteTriggerPayload{ID: input.ID, ClientMutationID: input.ClientMutationID}, err
}

func (r *planResolver) Triggers(ctx context.Context, obj *ent.Plan) ([]*ent.Trigger, error) {
	return dataloader.From(ctx).Triggers.Load(ctx, obj.ID)
}

func (r *queryResolver) Trigger(ctx context.Context, id string) (*ent.Trigger, error) {
	return orNull(r.Services.Triggers.Get(ctx, id))
}

func (r *queryResolver) Triggers(ctx context.Context, first *int, after *string) (*model.TriggerConnection, error) {
	rows, more, err := r.Services.Triggers.List(ctx, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewTriggerConnection(rows, more, r.Services.Triggers.Count), nil
}

func (r *triggerResolver) Plan(ctx context.Context, obj *ent.Trigger) (*ent.Plan, error) {
	return dataloader.From(ctx).Plan.Load(ctx, obj.PlanID)
}

func (r *triggerResolver) Path(ctx context.Context, obj *ent.Trigger) (string, error) {
	return triggers.Path(obj.ID), nil
}

func (r *triggerResolver) Variables(ctx context.Context, obj *ent.Trigger) ([]*model.Variable, error) {
	return shownVariables(obj.Variables), nil
}

func (r *Resolver) Trigger() generated.TriggerResolver { return &triggerResolver{r} }

type triggerResolver struct{ *Resolver }
