package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/graph/scalar"
	"github.com/semantest/semantest/internal/workers"
)

func (r *mutationResolver) AllocateSlots(ctx context.Context, input model.AllocateSlotsInput) (*model.AllocateSlotsPayload, error) {
	in := workers.NewReservation{
		ProjectID: deref(input.ProjectID), Kind: input.Kind, Slots: input.Slots, EndsAt: input.EndsAt, Note: deref(input.Note),
	}
	if input.StartsAt != nil {
		in.StartsAt = *input.StartsAt
	}
	row, err := r.Services.Workers.Reserve(ctx, in)
	return &model.AllocateSlotsPayload{Reservation: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) ReleaseSlots(ctx context.Context, input model.ReleaseSlotsInput) (*model.ReleaseSlotsPayload, error) {
	row, err := r.Services.Workers.Release(ctx, input.ID)
	return &model.ReleaseSlotsPayload{Reservation: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) Capacity(ctx context.Context) (*model.Capacity, error) {
	live, err := r.Services.Workers.Live(ctx)
	if err != nil {
		return nil, err
	}
	kinds, err := r.Services.Workers.Capacity(ctx)
	if err != nil {
		return nil, err
	}
	reservations, err := r.Services.Workers.Reservations(ctx)
	return &model.Capacity{Workers: live, Kinds: pointers(kinds), Reservations: reservations}, err
}

func (r *queryResolver) RiverUI(ctx context.Context) (*string, error) {
	if r.Resolver.RiverUI == "" {
		return nil, nil
	}
	return &r.Resolver.RiverUI, nil
}

func (r *workerResolver) Slots(ctx context.Context, obj *ent.Worker) (scalar.JSON, error) {
	return scalar.Of(obj.Slots)
}

func (r *workerResolver) Labels(ctx context.Context, obj *ent.Worker) (scalar.JSON, error) {
	if len(obj.Labels) == 0 {
		return nil, nil
	}
	return scalar.Of(obj.Labels)
}

func (r *Resolver) Worker() generated.WorkerResolver { return &workerResolver{r} }

type workerResolver struct{ *Resolver }
