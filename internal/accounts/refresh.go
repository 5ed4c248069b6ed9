package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/refreshtoken"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/store"
)

// refreshPrefix lets people and secret scanners recognise a refresh token.
const refreshPrefix = "smr_"

var errRefresh = apperr.New(apperr.Unauthenticated, "the refresh token is not valid any more; sign in again").With("reason", "SESSION_ENDED")

// issue gives a session new tokens.
func (s *Service) issue(ctx context.Context, tx *store.Tx, u *ent.User, sessionID string) (*Tokens, error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	out := &Tokens{
		User: u, SessionID: sessionID,
		Refresh: refreshPrefix + base64.RawURLEncoding.EncodeToString(raw), RefreshExpires: s.Now().Add(RefreshLife),
	}
	err := tx.RefreshToken.Create().SetSessionID(sessionID).SetHash(hash(out.Refresh)).SetExpiresAt(out.RefreshExpires).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("store a refresh token: %w", err)
	}
	if out.Access, out.AccessExpires, err = s.Signer.Sign(ctx, u.ID, sessionID); err != nil {
		return nil, err
	}
	return out, nil
}

func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Refresh exchanges a refresh token for new tokens of its session. It can be
// exchanged once, and within Grace of that again, since two tabs may do so at
// once. When it comes later, somebody has copied it: the whole session ends.
func (s *Service) Refresh(ctx context.Context, secret string) (*Tokens, error) {
	ctx = store.AllProjects(ctx)
	found, err := s.family(ctx, secret)
	if err != nil {
		return nil, err
	}
	var out *Tokens
	var reused *ent.Session
	err = s.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, reused = nil, nil
		row, err := tx.Session.Query().Where(session.ID(found.SessionID)).WithUser().ForUpdate(store.NoKey).Only(ctx)
		if ent.IsNotFound(err) {
			return errRefresh
		}
		if err != nil {
			return fmt.Errorf("lock the session: %w", err)
		}
		if row.RevokedAt != nil || !row.ExpiresAt.After(s.Now()) || row.Edges.User.DisabledAt != nil {
			return errRefresh
		}
		// Under the lock, since another one may have used it by now.
		token, err := tx.RefreshToken.Get(ctx, found.ID)
		if err != nil {
			return fmt.Errorf("read the refresh token: %w", err)
		}
		now := s.Now()
		switch {
		case !token.ExpiresAt.After(now):
			return errRefresh
		case token.UsedAt == nil:
			if err := tx.RefreshToken.UpdateOne(token).SetUsedAt(now).Exec(ctx); err != nil {
				return fmt.Errorf("use the refresh token: %w", err)
			}
		case now.Sub(*token.UsedAt) > Grace:
			reused = row
			return s.endReused(ctx, tx, row)
		}
		out, err = s.renew(ctx, tx, row)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case reused != nil:
		s.Auth.Forget()
		return nil, errRefresh
	}
	return out, nil
}

// family returns the row of a refresh token.
func (s *Service) family(ctx context.Context, secret string) (*ent.RefreshToken, error) {
	if !strings.HasPrefix(secret, refreshPrefix) || len(secret) > 100 {
		return nil, errRefresh
	}
	// The hash is of 256 random bits, so finding it by equality tells nothing.
	row, err := s.Store.Ent.RefreshToken.Query().Where(refreshtoken.Hash(hash(secret))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errRefresh
	}
	if err != nil {
		return nil, fmt.Errorf("look the refresh token up: %w", err)
	}
	return row, nil
}

// renew prolongs a session, which is locked.
func (s *Service) renew(ctx context.Context, tx *store.Tx, row *ent.Session) (*Tokens, error) {
	now, origin := s.Now(), audit.OriginOf(ctx)
	err := tx.Session.UpdateOneID(row.ID).SetLastUsedAt(now).SetExpiresAt(now.Add(RefreshLife)).
		SetAddress(origin.Address).SetUserAgent(clip(origin.UserAgent)).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("prolong the session: %w", err)
	}
	// What has expired cannot be exchanged, used or not.
	if _, err := tx.RefreshToken.Delete().Where(refreshtoken.SessionID(row.ID), refreshtoken.ExpiresAtLTE(now)).Exec(ctx); err != nil {
		return nil, fmt.Errorf("remove expired refresh tokens: %w", err)
	}
	return s.issue(ctx, tx, row.Edges.User, row.ID)
}

// endReused ends a session, which is locked, because a refresh token of it came
// for the second time.
func (s *Service) endReused(ctx context.Context, tx *store.Tx, row *ent.Session) error {
	err := tx.Session.UpdateOneID(row.ID).SetRevokedAt(s.Now()).SetRevokedReason(session.RevokedReasonReuse).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	// Whose request it is, nobody knows: the user's or the thief's.
	return audit.Refused(ctx, tx.AuditEntry, audit.Entry{
		Action: "session.refreshed", ObjectID: row.ID, ObjectName: row.Edges.User.Email,
		Detail: map[string]string{"reason": "a refresh token came twice; the session was ended", "user": row.Edges.User.ID},
	})
}
