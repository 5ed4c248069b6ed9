package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

func (r *mutationResolver) Login(ctx context.Context, input model.LoginInput) (*model.LoginPayload, error) {
	to, err := cookies(ctx, deref(input.Cookies))
	if err != nil {
		return nil, err
	}
	t, err := r.Services.Accounts.Login(ctx, input.Email, input.Password)
	if err != nil {
		return nil, err
	}
	out := &model.LoginPayload{
		AccessTokenExpiresAt: t.AccessExpires, RefreshTokenExpiresAt: t.RefreshExpires, User: t.User, ClientMutationID: input.ClientMutationID,
	}
	out.AccessToken, out.RefreshToken = handOver(t, to)
	return out, nil
}

func (r *mutationResolver) RefreshToken(ctx context.Context, input model.RefreshTokenInput) (*model.RefreshTokenPayload, error) {
	secret, to := presented(ctx, input.RefreshToken)
	t, err := r.Services.Accounts.Refresh(ctx, secret)
	if err != nil {
		return nil, err
	}
	out := &model.RefreshTokenPayload{
		AccessTokenExpiresAt: t.AccessExpires, RefreshTokenExpiresAt: t.RefreshExpires, User: t.User, ClientMutationID: input.ClientMutationID,
	}
	out.AccessToken, out.RefreshToken = handOver(t, to)
	return out, nil
}

func (r *mutationResolver) Logout(ctx context.Context, input model.LogoutInput) (*model.LogoutPayload, error) {
	secret, from := presented(ctx, input.RefreshToken)
	if from != nil {
		from.Clear() // also those of a session that has ended already
	}
	if err := r.Services.Accounts.Logout(ctx, secret); err != nil {
		return nil, err
	}
	return &model.LogoutPayload{ClientMutationID: input.ClientMutationID}, nil
}

func (r *mutationResolver) ChangePassword(ctx context.Context, input model.ChangePasswordInput) (*model.ChangePasswordPayload, error) {
	u, err := r.Services.Accounts.ChangePassword(ctx, input.CurrentPassword, input.NewPassword)
	return &model.ChangePasswordPayload{User: u, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RevokeSession(ctx context.Context, input model.RevokeSessionInput) (*model.RevokeSessionPayload, error) {
	row, err := r.Services.Accounts.RevokeSession(ctx, input.ID)
	return &model.RevokeSessionPayload{Session: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) CreateUser(ctx context.Context, input model.CreateUserInput) (*model.CreateUserPayload, error) {
	u, err := r.Services.Accounts.CreateUser(ctx, accounts.NewUser{
		Email: input.Email, Name: deref(input.Name), Password: deref(input.Password), InstanceAdmin: deref(input.InstanceAdmin),
	})
	return &model.CreateUserPayload{User: u, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) UpdateUser(ctx context.Context, input model.UpdateUserInput) (*model.UpdateUserPayload, error) {
	u, err := r.Services.Accounts.UpdateUser(ctx, input.ID, accounts.UserChange{
		Name: input.Name, InstanceAdmin: input.InstanceAdmin, Disabled: input.Disabled, Password: input.Password,
	})
	return &model.UpdateUserPayload{User: u, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) Users(ctx context.Context, first *int, after *string) (*model.UserConnection, error) {
	rows, more, err := r.Services.Accounts.Users(ctx, store.Page{First: deref(first), After: deref(after)})
	return model.NewUserConnection(rows, more, r.Services.Accounts.CountUsers), err
}

func (r *queryResolver) SignInMethods(ctx context.Context) (*model.SignInMethods, error) {
	out := &model.SignInMethods{Password: true}
	if r.Services.StartOIDC != "" {
		out.Oidc = &r.Services.StartOIDC
	}
	return out, nil
}

func (r *sessionResolver) Current(ctx context.Context, obj *ent.Session) (bool, error) {
	p, err := auth.Signed(ctx)
	return err == nil && p.SessionID == obj.ID, err
}

func (r *viewerResolver) User(ctx context.Context, obj *model.Viewer) (*ent.User, error) {
	return r.Services.Accounts.Me(ctx)
}

func (r *viewerResolver) Projects(ctx context.Context, obj *model.Viewer) ([]*model.ViewerProject, error) {
	places, err := r.Services.Accounts.Places(ctx)
	out := make([]*model.ViewerProject, len(places))
	for i, p := range places {
		out[i] = &model.ViewerProject{Project: p.Project}
		if p.Role != "" {
			out[i].Role = &p.Role
		}
	}
	return out, err
}

func (r *viewerResolver) Sessions(ctx context.Context, obj *model.Viewer) ([]*ent.Session, error) {
	return r.Services.Accounts.Sessions(ctx)
}

func (r *Resolver) Session() generated.SessionResolver { return &sessionResolver{r} }

type sessionResolver struct{ *Resolver }
