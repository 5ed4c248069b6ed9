package auth

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/ent/predicate"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/store"
)

// AuditFilter chooses entries of the audit log; zero fields choose all.
type AuditFilter struct {
	Instance bool   // of the whole instance, for its administrators; else of the caller's project
	ActorID  string // a user, a service account, a token
	ObjectID string
	Action   string // exactly, such as plan.created
	Outcome  auditentry.Outcome
	From, To time.Time // From is included, To is not
}

// AuditLog returns a page of the audit log, newest first, and whether more
// follow.
func (s *Service) AuditLog(ctx context.Context, page store.Page, f AuditFilter) ([]*ent.AuditEntry, bool, error) {
	ctx, where, err := f.open(ctx)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	if page.After != "" {
		where = append(where, auditentry.IDLT(page.After))
	}
	rows, err := s.store.Ent.AuditEntry.Query().Where(where...).Order(auditentry.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("read the audit log: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountAuditLog returns how many entries AuditLog would go through.
func (s *Service) CountAuditLog(ctx context.Context, f AuditFilter) (int, error) {
	ctx, where, err := f.open(ctx)
	if err != nil {
		return 0, err
	}
	return s.store.Ent.AuditEntry.Query().Where(where...).Count(ctx)
}

// open says who may read what the filter chooses, and in which scope.
func (f AuditFilter) open(ctx context.Context) (context.Context, []predicate.AuditEntry, error) {
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return ctx, nil, apperr.Invalid("to", "to must be later than from")
	}
	var where []predicate.AuditEntry
	if f.Instance {
		if _, err := Require(ctx, Instance); err != nil {
			return ctx, nil, err
		}
		ctx = store.AllProjects(ctx)
	} else {
		p, err := Require(ctx, Admin)
		if err != nil {
			return ctx, nil, err
		}
		where = append(where, auditentry.ProjectID(p.ProjectID))
	}
	if f.ActorID != "" {
		where = append(where, auditentry.ActorID(f.ActorID))
	}
	if f.ObjectID != "" {
		where = append(where, auditentry.ObjectID(f.ObjectID))
	}
	if f.Action != "" {
		where = append(where, auditentry.Action(f.Action))
	}
	if f.Outcome != "" {
		where = append(where, auditentry.OutcomeEQ(f.Outcome))
	}
	if !f.From.IsZero() {
		where = append(where, auditentry.AtGTE(f.From))
	}
	if !f.To.IsZero() {
		where = append(where, auditentry.AtLT(f.To))
	}
	return ctx, where, nil
}

// pruneAtOnce bounds how many entries one statement removes, and so how long it
// keeps others from adding.
const pruneAtOnce = 10_000

// PruneAuditLog removes entries that are older than keep, which is a day at
// least, and returns how many.
func (s *Service) PruneAuditLog(ctx context.Context, keep time.Duration) (removed int, err error) {
	for {
		var n int
		err := s.store.DB.QueryRowContext(store.AllProjects(ctx),
			"SELECT prune_audit_entries(now() - $1 * interval '1 second', $2)", keep.Seconds(), pruneAtOnce).Scan(&n)
		if err != nil {
			return removed, fmt.Errorf("remove old entries of the audit log: %w", err)
		}
		if removed += n; n < pruneAtOnce {
			return removed, nil
		}
	}
}
