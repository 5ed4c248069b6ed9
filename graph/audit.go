package graph

import (
	"cmp"
	"context"

	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

// auditPage reads the audit log of the caller's project, or of the instance.
func (r *Resolver) auditPage(ctx context.Context, first *int, after *string, in *model.AuditFilter, instance bool) (*model.AuditEntryConnection, error) {
	in = cmp.Or(in, &model.AuditFilter{})
	filter := auth.AuditFilter{
		Instance: instance, ActorID: deref(in.ActorID), ObjectID: deref(in.ObjectID), Action: deref(in.Action),
		Outcome: deref(in.Outcome), From: deref(in.From), To: deref(in.To),
	}
	rows, more, err := r.Services.Auth.AuditLog(ctx, store.Page{First: deref(first), After: deref(after)}, filter)
	if err != nil {
		return nil, err
	}
	return model.NewAuditEntryConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Auth.CountAuditLog(ctx, filter)
	}), nil
}
