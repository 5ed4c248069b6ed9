package accounts

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/ent/user"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/password"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// NewUser is what CreateUser needs.
type NewUser struct {
	Email         string
	Name          string
	Password      string // empty for somebody who signs in by an identity provider
	InstanceAdmin bool
}

// CreateUser makes an account. It gives no place in any project.
func (s *Service) CreateUser(ctx context.Context, in NewUser) (*ent.User, error) {
	if _, err := auth.Require(ctx, auth.Instance); err != nil {
		return nil, err
	}
	email, err := normalize("email", in.Email)
	if err != nil {
		return nil, err
	}
	in.Email = email
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	create, err := s.prepare(ctx, in)
	if err != nil {
		return nil, err
	}
	var out *ent.User
	err = s.Store.WithTx(store.AllProjects(ctx), func(ctx context.Context, tx *store.Tx) error {
		out, err = create(ctx, tx)
		return err
	})
	if ent.IsConstraintError(err) {
		return nil, apperr.Wrap(err, apperr.Conflict, "there is a user with the e-mail address %s already", email)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// prepare hashes the password, which must not happen while a row is locked.
func (s *Service) prepare(ctx context.Context, in NewUser) (func(ctx context.Context, tx *store.Tx) (*ent.User, error), error) {
	hashed := ""
	if in.Password != "" {
		var err error
		if hashed, err = s.Passwords.Hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, tx *store.Tx) (*ent.User, error) {
		create := tx.User.Create().SetEmail(in.Email).SetName(in.Name).SetInstanceAdmin(in.InstanceAdmin)
		if hashed != "" {
			create.SetPasswordHash(hashed).SetPasswordChangedAt(s.Now())
		}
		u, err := create.Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("store the user: %w", err)
		}
		detail := map[string]string{}
		if in.InstanceAdmin {
			detail["instanceAdmin"] = "true"
		}
		return u, audit.Record(ctx, tx.AuditEntry, audit.Entry{
			Action: "user.created", ObjectID: u.ID, ObjectName: u.Email, Detail: detail,
		})
	}, nil
}

// UserChange is what UpdateUser changes; nil leaves a thing as it is.
type UserChange struct {
	Name          *string
	InstanceAdmin *bool
	Disabled      *bool
	Password      *string
}

// UpdateUser changes an account. To disable it or to set its password ends its
// sessions. An instance keeps an administrator who can sign in.
func (s *Service) UpdateUser(ctx context.Context, id string, c UserChange) (*ent.User, error) {
	p, err := auth.Require(ctx, auth.Instance)
	if err != nil {
		return nil, err
	}
	if c.Name != nil {
		if err := checkName(*c.Name); err != nil {
			return nil, err
		}
	}
	hashed := ""
	if c.Password != nil {
		if hashed, err = s.Passwords.Hash(ctx, *c.Password); err != nil {
			return nil, err
		}
	}
	var out *ent.User
	err = s.Store.WithTx(store.AllProjects(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := lockUsers(ctx, tx); err != nil {
			return err
		}
		u, err := tx.User.Query().Where(user.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if ent.IsNotFound(err) {
			return missing(ident.User, id)
		}
		if err != nil {
			return fmt.Errorf("lock the user: %w", err)
		}
		if err := keepsAnAdministrator(ctx, tx, u, c); err != nil {
			return err
		}
		tx.AfterCommit(s.Auth.Forget)
		out, err = s.apply(ctx, tx, u, c, hashed, p.SessionID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// apply makes the changes of a user, whose row is locked. The session of whoever
// asks goes on, unless its own account is disabled.
func (s *Service) apply(ctx context.Context, tx *store.Tx, u *ent.User, c UserChange, hashed, own string) (*ent.User, error) {
	update, detail := tx.User.UpdateOne(u), map[string]string{}
	if c.Name != nil {
		update.SetName(*c.Name)
		detail["name"] = *c.Name
	}
	if c.InstanceAdmin != nil {
		update.SetInstanceAdmin(*c.InstanceAdmin)
		detail["instanceAdmin"] = fmt.Sprint(*c.InstanceAdmin)
	}
	if hashed != "" {
		update.SetPasswordHash(hashed).SetPasswordChangedAt(s.Now())
		detail["password"] = "set"
		if err := s.endOthers(ctx, tx, u.ID, own, session.RevokedReasonPassword, detail); err != nil {
			return nil, err
		}
	}
	if c.Disabled != nil {
		detail["disabled"] = fmt.Sprint(*c.Disabled)
		switch {
		case !*c.Disabled:
			update.ClearDisabledAt()
		case u.DisabledAt == nil:
			update.SetDisabledAt(s.Now())
			if err := s.endOthers(ctx, tx, u.ID, "", session.RevokedReasonDisabled, detail); err != nil {
				return nil, err
			}
		}
	}
	out, err := update.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("change the user: %w", err)
	}
	return out, audit.Record(ctx, tx.AuditEntry, audit.Entry{
		Action: "user.updated", ObjectID: u.ID, ObjectName: u.Email, Detail: detail,
	})
}

// keepsAnAdministrator refuses a change after which nobody could administer the
// instance.
func keepsAnAdministrator(ctx context.Context, tx *store.Tx, u *ent.User, c UserChange) error {
	leaves := c.InstanceAdmin != nil && !*c.InstanceAdmin || c.Disabled != nil && *c.Disabled
	if !u.InstanceAdmin || u.DisabledAt != nil || !leaves {
		return nil
	}
	other, err := tx.User.Query().Where(user.IDNEQ(u.ID), user.InstanceAdmin(true), user.DisabledAtIsNil()).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for other administrators: %w", err)
	}
	if !other {
		return apperr.New(apperr.Conflict, "%s is the last administrator of the instance; make another user one first", u.Email)
	}
	return nil
}

// ChangePassword gives the caller another password and ends the caller's other
// sessions. A wrong current password counts as an attempt to sign in.
func (s *Service) ChangePassword(ctx context.Context, old, fresh string) (*ent.User, error) {
	p, err := userOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := password.Check("newPassword", fresh); err != nil {
		return nil, err
	}
	ctx = store.AllProjects(ctx)
	u, err := s.Store.Ent.User.Get(ctx, p.UserID)
	if err != nil {
		return nil, fmt.Errorf("read the user: %w", err)
	}
	entry := audit.Entry{Action: "user.password_changed", ObjectID: u.ID, ObjectName: u.Email}
	if err := s.proves(ctx, u, old, entry); err != nil {
		return nil, err
	}
	hashed, err := s.Passwords.Hash(ctx, fresh)
	if err != nil {
		return nil, err
	}
	err = s.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		was := *u.PasswordHash
		row, err := tx.User.Query().Where(user.ID(u.ID)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return fmt.Errorf("lock the user: %w", err)
		}
		if row.PasswordHash == nil || *row.PasswordHash != was || row.DisabledAt != nil {
			return apperr.New(apperr.Conflict, "the account has just been changed by somebody else; sign in again")
		}
		entry.Detail = map[string]string{}
		if err := s.endOthers(ctx, tx, u.ID, p.SessionID, session.RevokedReasonPassword, entry.Detail); err != nil {
			return err
		}
		if row, err = tx.User.UpdateOne(row).SetPasswordHash(hashed).SetPasswordChangedAt(s.Now()).Save(ctx); err != nil {
			return fmt.Errorf("change the password: %w", err)
		}
		tx.AfterCommit(func() { u = row; s.Auth.Forget() })
		return audit.Record(ctx, tx.AuditEntry, entry)
	})
	if err != nil {
		return nil, err
	}
	return u, s.ByAccount.Reset(ctx, u.Email)
}

// proves makes sure that the caller knows the password.
func (s *Service) proves(ctx context.Context, u *ent.User, pass string, entry audit.Entry) error {
	if u.PasswordHash == nil {
		return apperr.New(apperr.Conflict, "this account has no password; it signs in by the identity provider")
	}
	if err := s.ByAccount.Take(ctx, u.Email); err != nil {
		if apperr.CodeOf(err) != apperr.RateLimited {
			return err
		}
		return s.refuse(ctx, entry, reasonLimit, err)
	}
	right, err := s.Passwords.Verify(ctx, pass, *u.PasswordHash)
	if err != nil {
		return fmt.Errorf("verify the password of %s: %w", u.ID, err)
	}
	if !right {
		return s.refuse(ctx, entry, reasonPassword, apperr.Invalid("currentPassword", "the current password is wrong"))
	}
	return nil
}

// Me returns the caller's account, nil for an API token.
func (s *Service) Me(ctx context.Context) (*ent.User, error) {
	p, err := auth.Signed(ctx)
	if err != nil || p.UserID == "" {
		return nil, err
	}
	u, err := s.Store.Ent.User.Get(store.AllProjects(ctx), p.UserID)
	if err != nil {
		return nil, fmt.Errorf("read the user: %w", err)
	}
	return u, nil
}

// Users returns a page of all accounts, the newest first, and whether more
// follow.
func (s *Service) Users(ctx context.Context, page store.Page) ([]*ent.User, bool, error) {
	if _, err := auth.Require(ctx, auth.Instance); err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	query := s.Store.Ent.User.Query()
	if page.After != "" {
		if err := ident.Validate(ident.User, page.After); err != nil {
			return nil, false, apperr.Invalid("after", "the cursor is not one of this list")
		}
		query.Where(user.IDLT(page.After))
	}
	rows, err := query.Order(user.ByID(sql.OrderDesc())).Limit(limit).All(store.AllProjects(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("list the users: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountUsers returns how many accounts there are.
func (s *Service) CountUsers(ctx context.Context) (int, error) {
	if _, err := auth.Require(ctx, auth.Instance); err != nil {
		return 0, err
	}
	n, err := s.Store.Ent.User.Query().Count(store.AllProjects(ctx))
	if err != nil {
		return 0, fmt.Errorf("count the users: %w", err)
	}
	return n, nil
}

func checkName(name string) error {
	if len(name) > 100 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return apperr.Invalid("name", "a name has at most 100 characters, none of them a control character")
	}
	return nil
}
