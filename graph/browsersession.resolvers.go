package graph

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

func (r *browserCommandResolver) Outcome(ctx context.Context, obj *ent.BrowserCommand) (*spec.Outcome, error) {
	if obj.Outcome == "" {
		return nil, nil
	}
	return new(spec.Outcome(obj.Outcome)), nil
}

func (r *browserCommandResolver) Steps(ctx context.Context, obj *ent.BrowserCommand) ([]*model.BrowserStepResult, error) {
	return model.NewBrowserStepResults(obj.Steps)
}

func (r *browserCommandResolver) Picture(ctx context.Context, obj *ent.BrowserCommand) (*string, error) {
	if len(obj.Picture) == 0 {
		return nil, nil
	}
	return new(base64.StdEncoding.EncodeToString(obj.Picture)), nil
}

func (r *browserSessionResolver) Commands(ctx context.Context, obj *ent.BrowserSession, first *int, after *string) (*model.BrowserCommandConnection, error) {
	page := store.Page{First: deref(first), After: deref(after)}
	rows, more, err := r.Services.Sessions.Commands(ctx, obj, page)
	if err != nil {
		return nil, err
	}
	return model.NewBrowserCommandConnection(rows, more, func(context.Context) (int, error) { return obj.CommandCount, nil }), nil
}

func (r *browserSessionResolver) RecordedSteps(ctx context.Context, obj *ent.BrowserSession) (string, error) {
	return obj.Recorded, nil
}

func (r *browserSessionResolver) RecordingNotes(ctx context.Context, obj *ent.BrowserSession) ([]string, error) {
	return append([]string{}, obj.Notes...), nil
}

func (r *browserSessionResolver) IdleSeconds(ctx context.Context, obj *ent.BrowserSession) (int, error) {
	return obj.IdleMs / 1000, nil
}

func (r *mutationResolver) CreateBrowserSession(ctx context.Context, input model.CreateBrowserSessionInput) (*model.CreateBrowserSessionPayload, error) {
	in, err := newBrowserSession(input)
	if err != nil {
		return nil, err
	}
	row, err := r.Services.Sessions.Create(ctx, in)
	return &model.CreateBrowserSessionPayload{Session: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) PerformBrowserSteps(ctx context.Context, input model.PerformBrowserStepsInput) (*model.PerformBrowserStepsPayload, error) {
	row, err := r.Services.Sessions.PerformWithin(ctx, input.SessionID, input.Steps, time.Duration(input.WaitMs)*time.Millisecond)
	return &model.PerformBrowserStepsPayload{Command: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) CloseBrowserSession(ctx context.Context, input model.CloseBrowserSessionInput) (*model.CloseBrowserSessionPayload, error) {
	row, err := r.Services.Sessions.Close(ctx, input.ID)
	return &model.CloseBrowserSessionPayload{Session: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) BrowserSession(ctx context.Context, id string) (*ent.BrowserSession, error) {
	return orNull(r.Services.Sessions.Get(ctx, id))
}

func (r *queryResolver) BrowserSessions(ctx context.Context, first *int, after *string) (*model.BrowserSessionConnection, error) {
	rows, more, err := r.Services.Sessions.List(ctx, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewBrowserSessionConnection(rows, more, r.Services.Sessions.Count), nil
}

func (r *queryResolver) BrowserCommand(ctx context.Context, id string) (*ent.BrowserCommand, error) {
	return orNull(r.Services.Sessions.Command(ctx, id))
}

func (r *subscriptionResolver) BrowserSessionChanged(ctx context.Context, id string) (<-chan *ent.BrowserSession, error) {
	return r.Services.Sessions.Watch(ctx, id)
}

func (r *Resolver) BrowserCommand() generated.BrowserCommandResolver {
	return &browserCommandResolver{r}
}

func (r *Resolver) BrowserSession() generated.BrowserSessionResolver {
	return &browserSessionResolver{r}
}

type (
	browserCommandResolver struct{ *Resolver }
	browserSessionResolver struct{ *Resolver }
)
