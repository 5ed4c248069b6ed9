package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/store"
)

func (r *Resolver) tokens(ctx context.Context, projectID, accountID string, first *int, after *string) (*model.APITokenConnection, error) {
	rows, more, err := r.Services.Members.Tokens(ctx, projectID, accountID, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewAPITokenConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Members.CountTokens(ctx, projectID, accountID)
	}), nil
}

// userOf is the user of a member, which the service has read with it.
func userOf(m *ent.Member) *ent.User {
	if m.Edges.User == nil {
		return &ent.User{}
	}
	return m.Edges.User
}
