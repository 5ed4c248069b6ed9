package accounts

import (
	"context"
	"fmt"
	"strings"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/ent/user"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth/password"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/store"
)

// sessionCreated is the action of every sign-in, also of one that is refused.
const sessionCreated = "session.created"

// Why a sign-in is refused, in the audit log.
const (
	reasonLimit    = "limit"
	reasonUnknown  = "unknown account"
	reasonPassword = "wrong password"
	reasonDisabled = "disabled"
)

var (
	errWrong    = apperr.New(apperr.Unauthenticated, "the e-mail address or the password is wrong")
	errDisabled = apperr.New(apperr.Unauthenticated, "this account is disabled; an administrator of the instance can enable it")
)

// Login begins a session of the user with an e-mail address and a password. How
// long a refusal takes does not tell whether there is such a user. It counts as
// an attempt of the account and of the address from which the request comes.
func (s *Service) Login(ctx context.Context, email, pass string) (*Tokens, error) {
	ctx = store.AllProjects(ctx)
	email = strings.ToLower(strings.TrimSpace(email))
	entry := audit.Entry{Action: sessionCreated, ObjectName: email}
	if err := s.take(ctx, email); err != nil {
		if apperr.CodeOf(err) != apperr.RateLimited {
			return nil, err
		}
		return nil, s.refuse(ctx, entry, reasonLimit, err)
	}
	u, err := s.Store.Ent.User.Query().Where(user.Email(email)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("look the user up: %w", err)
	}
	if u == nil || u.PasswordHash == nil {
		if err := s.Passwords.Pretend(ctx, pass); err != nil {
			return nil, err
		}
		return nil, s.refuse(ctx, entry, reasonUnknown, errWrong)
	}
	entry.ObjectID = u.ID
	right, err := s.Passwords.Verify(ctx, pass, *u.PasswordHash)
	switch {
	case err != nil:
		return nil, fmt.Errorf("verify the password of %s: %w", u.ID, err)
	case !right:
		return nil, s.refuse(ctx, entry, reasonPassword, errWrong)
	case u.DisabledAt != nil:
		return nil, s.refuse(ctx, entry, reasonDisabled, errDisabled)
	}
	return s.enter(ctx, u, pass)
}

// take counts an attempt of an account and of the address of the request.
func (s *Service) take(ctx context.Context, email string) error {
	if address := audit.OriginOf(ctx).Address; address != "" {
		if err := s.ByAddress.Take(ctx, address); err != nil {
			return err
		}
	}
	return s.ByAccount.Take(ctx, email)
}

// enter begins a session of a user whose password was right.
func (s *Service) enter(ctx context.Context, u *ent.User, pass string) (*Tokens, error) {
	fresh := ""
	if password.NeedsRehash(*u.PasswordHash) {
		var err error
		if fresh, err = s.Passwords.Hash(ctx, pass); err != nil {
			return nil, err
		}
	}
	verified := *u.PasswordHash
	var out *Tokens
	err := s.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// The row is locked, so that whoever disables the user or changes the
		// password also ends the session that begins here.
		u, err := tx.User.Query().Where(user.ID(u.ID)).ForUpdate(store.NoKey).Only(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("lock the user: %w", err)
		case u.DisabledAt != nil:
			return errDisabled
		case u.PasswordHash == nil || *u.PasswordHash != verified:
			return errWrong
		}
		if fresh != "" {
			if err := tx.User.UpdateOne(u).SetPasswordHash(fresh).Exec(ctx); err != nil {
				return fmt.Errorf("renew the hash of the password: %w", err)
			}
		}
		out, err = s.begin(ctx, tx, u, session.MethodPassword)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.ByAccount.Reset(ctx, u.Email); err != nil {
		return nil, err
	}
	return out, nil
}

// begin makes a session of a user, whose row is locked, and its first tokens.
func (s *Service) begin(ctx context.Context, tx *store.Tx, u *ent.User, method session.Method) (*Tokens, error) {
	now, origin := s.Now(), audit.OriginOf(ctx)
	row, err := tx.Session.Create().SetUserID(u.ID).SetMethod(method).
		SetAddress(origin.Address).SetUserAgent(clip(origin.UserAgent)).
		SetLastUsedAt(now).SetExpiresAt(now.Add(RefreshLife)).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin a session: %w", err)
	}
	if u, err = tx.User.UpdateOne(u).SetLastLoginAt(now).Save(ctx); err != nil {
		return nil, fmt.Errorf("note the sign-in: %w", err)
	}
	err = audit.Record(audit.As(ctx, actor(u)), tx.AuditEntry, audit.Entry{
		Action: sessionCreated, ObjectID: row.ID, ObjectName: u.Email, Detail: map[string]string{"method": string(method)},
	})
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, tx, u, row.ID)
}

// clip cuts what a client says of itself to the length of its column.
func clip(text string) string {
	const most = 300
	return excerpt.Start(excerpt.Storable(text), most)
}
