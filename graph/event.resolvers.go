package graph

import (
	"context"

	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/events"
)

func (r *subscriptionResolver) RunEvents(ctx context.Context, runID string, after int, reviews bool) (<-chan *model.RunEvent, error) {
	watch := r.Services.Runs.Watch
	if reviews {
		watch = r.Services.Runs.WatchReviews
	}
	in, err := watch(ctx, runID, transport.After(ctx, int64(after)))
	return convert(ctx, in, err, func(e events.Event) *model.RunEvent {
		transport.Number(ctx, e.Seq)
		return model.NewRunEvent(e)
	})
}

func (r *subscriptionResolver) RunProgress(ctx context.Context, runID string) (<-chan *model.RunProgress, error) {
	in, err := r.Services.Runs.WatchProgress(ctx, runID)
	return convert(ctx, in, err, model.NewRunProgress)
}
