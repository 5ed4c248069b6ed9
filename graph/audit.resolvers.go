package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/graph/scalar"
)

func (r *auditEntryResolver) Actor(ctx context.Context, obj *ent.AuditEntry) (*model.AuditActor, error) {
	return &model.AuditActor{Kind: obj.ActorKind, ID: obj.ActorID, Name: obj.ActorName}, nil
}

func (r *auditEntryResolver) Detail(ctx context.Context, obj *ent.AuditEntry) (scalar.JSON, error) {
	return scalar.Of(obj.Detail)
}

func (r *queryResolver) AuditLog(ctx context.Context, first *int, after *string, filter *model.AuditFilter) (*model.AuditEntryConnection, error) {
	return r.auditPage(ctx, first, after, filter, false)
}

func (r *queryResolver) InstanceAuditLog(ctx context.Context, first *int, after *string, filter *model.AuditFilter) (*model.AuditEntryConnection, error) {
	return r.auditPage(ctx, first, after, filter, true)
}

func (r *Resolver) AuditEntry() generated.AuditEntryResolver { return &auditEntryResolver{r} }

type auditEntryResolver struct{ *Resolver }
