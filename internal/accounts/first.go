package accounts

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/store"
)

// FirstEmail is the e-mail address of the first administrator unless another one
// is configured.
const FirstEmail = "admin@localhost"

// First is the administrator that an instance begins with.
type First struct {
	User      *ent.User
	Password  string
	Generated bool // whether nobody knows the password but the reader of this
}

// EnsureAdministrator makes the first administrator when there is no user at
// all, and returns nil when there is one. When several processes start together
// one of them makes it. Without a password it draws one.
func (s *Service) EnsureAdministrator(ctx context.Context, email, pass string) (*First, error) {
	ctx = audit.As(store.AllProjects(ctx), audit.Actor{Kind: audit.System})
	some, err := s.Store.Ent.User.Query().Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for users: %w", err)
	}
	if some {
		return nil, nil //nolint:nilnil // documented: there is nobody to make
	}
	if email, err = normalize("adminEmail", cmp.Or(email, FirstEmail)); err != nil {
		return nil, err
	}
	first := &First{Password: pass}
	if pass == "" {
		first.Password, first.Generated = rand.Text(), true
	}
	create, err := s.prepare(ctx, NewUser{Email: email, Password: first.Password, InstanceAdmin: true})
	if err != nil {
		return nil, err
	}
	home, err := s.Auth.EnsureProject(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		first.User = nil
		if err := lockUsers(ctx, tx); err != nil {
			return err
		}
		if some, err = tx.User.Query().Exist(ctx); err != nil || some {
			return err
		}
		if first.User, err = create(ctx, tx); err != nil {
			return err
		}
		return join(ctx, tx, home.ID, first.User, member.RoleAdmin)
	})
	if err != nil {
		return nil, fmt.Errorf("make the first administrator: %w", err)
	}
	if first.User == nil {
		return nil, nil //nolint:nilnil // another process was faster
	}
	return first, nil
}

// join gives a user a place in a project.
func join(ctx context.Context, tx *store.Tx, projectID string, u *ent.User, role member.Role) error {
	m, err := tx.Member.Create().SetProjectID(projectID).SetUserID(u.ID).SetRole(role).Save(ctx)
	if err != nil {
		return fmt.Errorf("store the member: %w", err)
	}
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: projectID, Action: "member.added", ObjectID: m.ID, ObjectName: u.Email,
		Detail: map[string]string{"role": string(role), "user": u.ID},
	})
}
