package graph

import (
	"context"

	"github.com/semantest/semantest/graph/model"
)

func (r *subscriptionResolver) RunEvents(ctx context.Context, runID string, after int) (<-chan *model.RunEvent, error) {
	in, err := r.Services.Runs.Watch(ctx, runID, int64(after))
	return convert(ctx, in, err, model.NewRunEvent)
}

func (r *subscriptionResolver) RunProgress(ctx context.Context, runID string) (<-chan *model.RunProgress, error) {
	in, err := r.Services.Runs.WatchProgress(ctx, runID)
	return convert(ctx, in, err, model.NewRunProgress)
}
