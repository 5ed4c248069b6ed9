package graph

import (
	"context"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/members"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

func (r *memberResolver) Email(ctx context.Context, obj *ent.Member) (string, error) {
	return userOf(obj).Email, nil
}

func (r *memberResolver) Name(ctx context.Context, obj *ent.Member) (string, error) {
	return userOf(obj).Name, nil
}

func (r *memberResolver) Role(ctx context.Context, obj *ent.Member) (auth.Role, error) {
	return auth.Role(obj.Role), nil
}

func (r *mutationResolver) CreateProject(ctx context.Context, input model.CreateProjectInput) (*model.CreateProjectPayload, error) {
	row, err := r.Services.Members.CreateProject(ctx, members.NewProject{
		Slug: input.Slug, Name: deref(input.Name), Administrator: deref(input.Administrator),
	})
	return &model.CreateProjectPayload{Project: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) UpdateProject(ctx context.Context, input model.UpdateProjectInput) (*model.UpdateProjectPayload, error) {
	row, err := r.Services.Members.UpdateProject(ctx, members.ProjectChange{Name: input.Name, DefaultBranch: input.DefaultBranch})
	return &model.UpdateProjectPayload{Project: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) GrantLoad(ctx context.Context, input model.GrantLoadInput) (*model.GrantLoadPayload, error) {
	row, err := r.Services.Members.GrantLoad(ctx, input.ProjectID, spec.LoadGrant{
		MaxUsers:    deref(input.MaxVirtualUsers),
		MaxDuration: time.Duration(deref(input.MaxDurationMs)) * time.Millisecond,
		MaxRamp:     time.Duration(deref(input.MaxRampMs)) * time.Millisecond,
		Hosts:       input.Hosts,
	})
	return &model.GrantLoadPayload{Project: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) AddMember(ctx context.Context, input model.AddMemberInput) (*model.AddMemberPayload, error) {
	row, err := r.Services.Members.AddMember(ctx, input.Email, input.Role)
	return &model.AddMemberPayload{Member: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) SetMemberRole(ctx context.Context, input model.SetMemberRoleInput) (*model.SetMemberRolePayload, error) {
	row, err := r.Services.Members.SetRole(ctx, input.ID, input.Role)
	return &model.SetMemberRolePayload{Member: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RemoveMember(ctx context.Context, input model.RemoveMemberInput) (*model.RemoveMemberPayload, error) {
	err := r.Services.Members.Remove(ctx, input.ID)
	return &model.RemoveMemberPayload{ID: input.ID, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) LeaveProject(ctx context.Context, input model.LeaveProjectInput) (*model.LeaveProjectPayload, error) {
	id, err := r.Services.Members.Leave(ctx)
	return &model.LeaveProjectPayload{ID: id, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) CreateServiceAccount(ctx context.Context, input model.CreateServiceAccountInput) (*model.CreateServiceAccountPayload, error) {
	row, err := r.Services.Members.CreateAccount(ctx, input.Name, input.Role)
	return &model.CreateServiceAccountPayload{ServiceAccount: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) UpdateServiceAccount(ctx context.Context, input model.UpdateServiceAccountInput) (*model.UpdateServiceAccountPayload, error) {
	row, err := r.Services.Members.UpdateAccount(ctx, input.ID, members.AccountChange{
		Name: input.Name, Role: input.Role, Disabled: input.Disabled,
	})
	return &model.UpdateServiceAccountPayload{ServiceAccount: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) CreateAPIToken(ctx context.Context, input model.CreateAPITokenInput) (*model.CreateAPITokenPayload, error) {
	row, secret, err := r.Services.Members.CreateToken(ctx, members.NewToken{
		AccountID: input.ServiceAccountID, Name: input.Name, Permissions: auth.Named(input.Permissions), ExpiresAt: deref(input.ExpiresAt),
	})
	return &model.CreateAPITokenPayload{APIToken: row, Secret: secret, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RevokeAPIToken(ctx context.Context, input model.RevokeAPITokenInput) (*model.RevokeAPITokenPayload, error) {
	row, err := r.Services.Members.RevokeToken(ctx, input.ID)
	return &model.RevokeAPITokenPayload{APIToken: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *projectResolver) LoadGrant(ctx context.Context, obj *ent.Project) (*model.LoadGrant, error) {
	return &model.LoadGrant{
		MaxVirtualUsers: obj.LoadMaxUsers, MaxDurationMs: int(obj.LoadMaxDurationMs), MaxRampMs: int(obj.LoadMaxRampMs),
		Hosts: append([]string{}, obj.LoadHosts...),
	}, nil
}

func (r *projectResolver) Members(ctx context.Context, obj *ent.Project, first *int, after *string) (*model.MemberConnection, error) {
	rows, more, err := r.Services.Members.Members(ctx, obj.ID, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewMemberConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Members.CountMembers(ctx, obj.ID)
	}), nil
}

func (r *projectResolver) ServiceAccounts(ctx context.Context, obj *ent.Project, first *int, after *string) (*model.ServiceAccountConnection, error) {
	rows, more, err := r.Services.Members.Accounts(ctx, obj.ID, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewServiceAccountConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Members.CountAccounts(ctx, obj.ID)
	}), nil
}

func (r *projectResolver) APITokens(ctx context.Context, obj *ent.Project, first *int, after *string) (*model.APITokenConnection, error) {
	return r.tokens(ctx, obj.ID, "", first, after)
}

func (r *queryResolver) Project(ctx context.Context, id string) (*ent.Project, error) {
	return orNull(r.Services.Members.Project(ctx, id))
}

func (r *queryResolver) Projects(ctx context.Context, first *int, after *string) (*model.ProjectConnection, error) {
	rows, more, err := r.Services.Members.Projects(ctx, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewProjectConnection(rows, more, r.Services.Members.CountProjects), nil
}

func (r *serviceAccountResolver) Role(ctx context.Context, obj *ent.ServiceAccount) (auth.Role, error) {
	return auth.Role(obj.Role), nil
}

func (r *serviceAccountResolver) APITokens(ctx context.Context, obj *ent.ServiceAccount, first *int, after *string) (*model.APITokenConnection, error) {
	return r.tokens(ctx, obj.ProjectID, obj.ID, first, after)
}

func (r *Resolver) Member() generated.MemberResolver { return &memberResolver{r} }

func (r *Resolver) ServiceAccount() generated.ServiceAccountResolver {
	return &serviceAccountResolver{r}
}

type (
	memberResolver         struct{ *Resolver }
	serviceAccountResolver struct{ *Resolver }
)
