package graph

import (
	"context"

	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/store"
)

func (r *mutationResolver) SetSecret(ctx context.Context, input model.SetSecretInput) (*model.SetSecretPayload, error) {
	row, err := r.Services.Secrets.Set(ctx, secrets.Key{Name: input.Name, Environment: deref(input.Environment)}, input.Value)
	return &model.SetSecretPayload{Secret: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) DeleteSecret(ctx context.Context, input model.DeleteSecretInput) (*model.DeleteSecretPayload, error) {
	id, err := r.Services.Secrets.Delete(ctx, secrets.Key{Name: input.Name, Environment: deref(input.Environment)})
	return &model.DeleteSecretPayload{ID: id, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) Secrets(ctx context.Context, environment *string, first *int, after *string) (*model.SecretConnection, error) {
	page := secrets.Page{Page: store.Page{First: deref(first), After: deref(after)}, Environment: environment}
	rows, more, err := r.Services.Secrets.List(ctx, page)
	if err != nil {
		return nil, err
	}
	return model.NewSecretConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Secrets.Count(ctx, page)
	}), nil
}
