package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/graph/scalar"
)

func (r *queryResolver) Capacity(ctx context.Context) (*model.Capacity, error) {
	live, err := r.Services.Workers.Live(ctx)
	return &model.Capacity{Workers: live}, err
}

func (r *workerResolver) Slots(ctx context.Context, obj *ent.Worker) (scalar.JSON, error) {
	return scalar.Of(obj.Slots)
}

func (r *Resolver) Worker() generated.WorkerResolver { return &workerResolver{r} }

type workerResolver struct{ *Resolver }
