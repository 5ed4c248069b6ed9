package accounts

import (
	"context"
	"fmt"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// MaxSessions is how many sessions are listed.
const MaxSessions = 100

// Sessions returns the caller's sessions that can be used, the newest first; an
// API token has none.
func (s *Service) Sessions(ctx context.Context) ([]*ent.Session, error) {
	p, err := auth.Signed(ctx)
	if err != nil || p.UserID == "" {
		return nil, err
	}
	rows, err := s.Store.Ent.Session.Query().
		Where(session.UserID(p.UserID), session.RevokedAtIsNil(), session.ExpiresAtGT(s.Now())).
		Order(session.ByID(sql.OrderDesc())).Limit(MaxSessions).All(store.AllProjects(ctx))
	if err != nil {
		return nil, fmt.Errorf("list the sessions: %w", err)
	}
	return rows, nil
}

// RevokeSession ends one of the caller's sessions; an instance administrator may
// end anybody's. Its access token is refused at once in this process, and within
// auth.Remember in the others. One that has ended already stays as it is.
func (s *Service) RevokeSession(ctx context.Context, id string) (*ent.Session, error) {
	p, err := auth.Signed(ctx)
	if err != nil {
		return nil, err
	}
	return s.end(ctx, id, session.RevokedReasonRevoked, func(row *ent.Session) bool {
		return p.UserID != "" && row.UserID == p.UserID || p.May(auth.Instance)
	})
}

// Logout ends the session of a refresh token, or the caller's when it is empty.
func (s *Service) Logout(ctx context.Context, secret string) error {
	anybody := func(*ent.Session) bool { return true } // who has the secret
	if secret == "" {
		p, err := userOf(ctx)
		if err != nil {
			return err
		}
		_, err = s.end(ctx, p.SessionID, session.RevokedReasonLogout, anybody)
		return err
	}
	ctx = store.AllProjects(ctx)
	found, err := s.family(ctx, secret)
	if err != nil {
		return err
	}
	row, err := s.Store.Ent.Session.Query().Where(session.ID(found.SessionID)).WithUser().Only(ctx)
	if err != nil {
		return fmt.Errorf("look the session up: %w", err)
	}
	_, err = s.end(audit.As(ctx, actor(row.Edges.User)), row.ID, session.RevokedReasonLogout, anybody)
	return err
}

// end ends a session unless it has ended.
func (s *Service) end(ctx context.Context, id string, why session.RevokedReason, may func(*ent.Session) bool) (*ent.Session, error) {
	ctx = store.AllProjects(ctx)
	var out *ent.Session
	err := s.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Session.Query().Where(session.ID(id)).WithUser().ForUpdate(store.NoKey).Only(ctx)
		if ent.IsNotFound(err) || err == nil && !may(row) {
			return missing(ident.Session, id)
		}
		if err != nil {
			return fmt.Errorf("lock the session: %w", err)
		}
		if out = row; row.RevokedAt != nil {
			return nil
		}
		if out, err = tx.Session.UpdateOneID(id).SetRevokedAt(s.Now()).SetRevokedReason(why).Save(ctx); err != nil {
			return fmt.Errorf("end the session: %w", err)
		}
		tx.AfterCommit(s.Auth.Forget)
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			Action: "session.revoked", ObjectID: id, ObjectName: row.Edges.User.Email,
			Detail: map[string]string{"reason": string(why), "user": row.UserID},
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// endOthers ends all sessions of a user but one, in the transaction that changes
// the user, and says in the entry how many.
func (s *Service) endOthers(ctx context.Context, tx *store.Tx, userID, but string, why session.RevokedReason, detail map[string]string) error {
	n, err := tx.Session.Update().Where(session.UserID(userID), session.RevokedAtIsNil(), session.IDNEQ(but)).
		SetRevokedAt(s.Now()).SetRevokedReason(why).Save(ctx)
	if err != nil {
		return fmt.Errorf("end the user's sessions: %w", err)
	}
	detail["sessionsEnded"] = strconv.Itoa(n)
	return nil
}

// Prune removes sessions that ended long ago, with their refresh tokens.
func (s *Service) Prune(ctx context.Context) (int, error) {
	ctx = store.AllProjects(ctx)
	old, err := s.Store.Ent.Session.Query().Where(session.ExpiresAtLT(s.Now().Add(-keepEnded))).
		Order(session.ByExpiresAt()).Limit(pruneAtMost).IDs(ctx)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	n, err := s.Store.Ent.Session.Delete().Where(session.IDIn(old...)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("remove old sessions: %w", err)
	}
	return n, nil
}
