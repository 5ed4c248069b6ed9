package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/ent/user"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/store"
)

// Identity is whom an identity provider vouches for.
type Identity struct {
	Issuer        string
	Subject       string // unique at the issuer, for good
	Email         string
	EmailVerified bool
	Name          string
}

// SignIn begins a session of the user to whom an identity belongs. Who comes for
// the first time gets an account, or the one that an administrator made for the
// e-mail address without a password. An account with a password is never given
// to an identity.
func (s *Service) SignIn(ctx context.Context, id Identity) (*Tokens, error) {
	ctx = store.AllProjects(ctx)
	entry := audit.Entry{Action: sessionCreated, ObjectName: id.Email, Detail: map[string]string{"method": "oidc", "subject": id.Subject}}
	email, err := s.admit(id)
	if err != nil {
		return nil, s.refuse(ctx, entry, "not admitted", err)
	}
	home, err := s.Auth.EnsureProject(ctx)
	if err != nil {
		return nil, err
	}
	var out *Tokens
	err = s.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lockUsers(ctx, tx); err != nil {
			return err
		}
		u, err := s.belongs(ctx, tx, id, email, home.ID)
		if err != nil {
			return err
		}
		if u.DisabledAt != nil {
			return errDisabled
		}
		out, err = s.begin(ctx, tx, u, session.MethodOidc)
		return err
	})
	switch {
	case errors.Is(err, errDisabled):
		return nil, s.refuse(ctx, entry, reasonDisabled, err)
	case apperr.CodeOf(err) == apperr.Conflict:
		return nil, s.refuse(ctx, entry, "the account has a password", err)
	case err != nil:
		return nil, err
	}
	return out, nil
}

// admit judges what the provider says, and returns the e-mail address.
func (s *Service) admit(id Identity) (string, error) {
	if id.Issuer == "" || id.Subject == "" || len(id.Subject) > 255 {
		return "", apperr.New(apperr.Unauthenticated, "the identity provider does not say who you are")
	}
	email, err := normalize("email", id.Email)
	if err != nil {
		return "", apperr.Wrap(err, apperr.Unauthenticated, "the identity provider tells no e-mail address of yours")
	}
	if !id.EmailVerified {
		return "", apperr.New(apperr.Unauthenticated, "the identity provider has not verified your e-mail address; do that there first")
	}
	_, domain, _ := strings.Cut(email, "@")
	allowed := func(d string) bool { return strings.EqualFold(strings.TrimSpace(d), domain) }
	if len(s.Domains) > 0 && !slices.ContainsFunc(s.Domains, allowed) {
		return "", apperr.New(apperr.Forbidden, "people with an e-mail address at %s may not sign in here", domain)
	}
	return email, nil
}

// belongs returns the account of an identity, whose row it locks, and makes it
// when there is none.
func (s *Service) belongs(ctx context.Context, tx *store.Tx, id Identity, email, home string) (*ent.User, error) {
	u, err := tx.User.Query().Where(user.Issuer(id.Issuer), user.Subject(id.Subject)).ForUpdate(store.NoKey).Only(ctx)
	if err == nil {
		return u, nil
	}
	if !ent.IsNotFound(err) {
		return nil, fmt.Errorf("look the identity up: %w", err)
	}
	u, err = tx.User.Query().Where(user.Email(email)).ForUpdate(store.NoKey).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return s.welcome(ctx, tx, id, email, home)
	case err != nil:
		return nil, fmt.Errorf("look the e-mail address up: %w", err)
	case u.PasswordHash != nil || u.Issuer != nil:
		return nil, apperr.New(apperr.Conflict, "the account of %s is not one of this identity; sign in as you did before", email)
	}
	if u, err = tx.User.UpdateOne(u).SetIssuer(id.Issuer).SetSubject(id.Subject).Save(ctx); err != nil {
		return nil, fmt.Errorf("bind the account: %w", err)
	}
	return u, audit.Record(audit.As(ctx, actor(u)), tx.AuditEntry, audit.Entry{
		Action: "user.bound", ObjectID: u.ID, ObjectName: u.Email, Detail: map[string]string{"issuer": id.Issuer, "subject": id.Subject},
	})
}

// welcome makes the account of somebody who comes for the first time.
func (s *Service) welcome(ctx context.Context, tx *store.Tx, id Identity, email, home string) (*ent.User, error) {
	name := id.Name
	if checkName(name) != nil {
		name = ""
	}
	u, err := tx.User.Create().SetEmail(email).SetName(name).SetIssuer(id.Issuer).SetSubject(id.Subject).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store the user: %w", err)
	}
	ctx = audit.As(ctx, actor(u))
	err = audit.Record(ctx, tx.AuditEntry, audit.Entry{
		Action: "user.created", ObjectID: u.ID, ObjectName: u.Email, Detail: map[string]string{"issuer": id.Issuer, "subject": id.Subject},
	})
	if err != nil || s.DefaultRole == "" {
		return u, err
	}
	return u, join(ctx, tx, home, u, member.Role(s.DefaultRole))
}
