package members

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/ent/user"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// AddMember gives a user of the instance a place in the caller's project.
func (s *Service) AddMember(ctx context.Context, email string, role auth.Role) (*ent.Member, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	if err := known(role); err != nil {
		return nil, err
	}
	var out *ent.Member
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := userByEmail(ctx, tx, "email", email)
		if err != nil {
			return err
		}
		out, err = tx.Member.Create().SetProjectID(p.ProjectID).SetUserID(u.ID).SetRole(member.Role(role)).Save(ctx)
		if ent.IsConstraintError(err) {
			return apperr.New(apperr.Conflict, "%s is a member already; setMemberRole changes the role", u.Email)
		}
		if err != nil {
			return fmt.Errorf("store the member: %w", err)
		}
		out.Edges.User = u
		return record(ctx, tx, "member.added", out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SetRole gives a member of the caller's project another role.
func (s *Service) SetRole(ctx context.Context, id string, role auth.Role) (*ent.Member, error) {
	if err := known(role); err != nil {
		return nil, err
	}
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, p.ProjectID, id, func(ctx context.Context, tx *store.Tx, row *ent.Member) (*ent.Member, error) {
		if row.Role == member.Role(role) {
			return row, nil
		}
		if err := another(ctx, tx, row); err != nil {
			return nil, err
		}
		u := row.Edges.User
		row, err := tx.Member.UpdateOne(row).SetRole(member.Role(role)).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("change the member's role: %w", err)
		}
		row.Edges.User = u
		return row, record(ctx, tx, "member.updated", row)
	})
}

// Remove takes a member's place in the caller's project away.
func (s *Service) Remove(ctx context.Context, id string) error {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, p.ProjectID, id, remove("member.removed"))
	return err
}

// Leave gives the caller's own place in the project up and returns its id.
func (s *Service) Leave(ctx context.Context) (string, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return "", err
	}
	none := apperr.New(apperr.NotFound, "you are not a member of this project, so there is no place to give up")
	if p.UserID == "" {
		return "", none
	}
	id, err := s.store.Ent.Member.Query().Where(member.ProjectID(p.ProjectID), member.UserID(p.UserID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return "", none
	}
	if err != nil {
		return "", fmt.Errorf("read the membership: %w", err)
	}
	_, err = s.change(ctx, p.ProjectID, id, remove("member.left"))
	return id, err
}

// Member returns a member of the caller's project.
func (s *Service) Member(ctx context.Context, id string) (*ent.Member, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Member.Query().Where(member.ProjectID(p.ProjectID), member.ID(id)).WithUser().Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Member, id)
	}
	return row, nil
}

// Members returns a page of the members of the caller's project, newest first,
// and whether more follow.
func (s *Service) Members(ctx context.Context, projectID string, page store.Page) ([]*ent.Member, bool, error) {
	if err := requireIn(ctx, projectID, auth.Read); err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.Member.Query().Where(member.ProjectID(projectID)).WithUser().Order(member.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(member.IDLT(page.After))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the members: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountMembers returns how many members Members would go through.
func (s *Service) CountMembers(ctx context.Context, projectID string) (int, error) {
	if err := requireIn(ctx, projectID, auth.Read); err != nil {
		return 0, err
	}
	return s.store.Ent.Member.Query().Where(member.ProjectID(projectID)).Count(ctx)
}

type change func(ctx context.Context, tx *store.Tx, row *ent.Member) (*ent.Member, error)

// change does something to a member while the project is held.
func (s *Service) change(ctx context.Context, projectID, id string, do change) (out *ent.Member, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lock(ctx, tx, projectID); err != nil {
			return err
		}
		row, err := tx.Member.Query().Where(member.ProjectID(projectID), member.ID(id)).WithUser().Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Member, id)
		}
		tx.AfterCommit(s.auth.Forget)
		out, err = do(ctx, tx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func remove(action string) change {
	return func(ctx context.Context, tx *store.Tx, row *ent.Member) (*ent.Member, error) {
		if err := another(ctx, tx, row); err != nil {
			return nil, err
		}
		// The entry first: without the row the user cannot be seen from the project.
		if err := record(ctx, tx, action, row); err != nil {
			return nil, err
		}
		if err := tx.Member.DeleteOne(row).Exec(ctx); err != nil {
			return nil, fmt.Errorf("remove the member: %w", err)
		}
		return row, nil
	}
}

// another refuses to lower or remove the last administrator who can sign in.
func another(ctx context.Context, tx *store.Tx, row *ent.Member) error {
	if row.Role != member.RoleAdmin {
		return nil
	}
	others, err := tx.Member.Query().Where(
		member.ProjectID(row.ProjectID), member.RoleEQ(member.RoleAdmin), member.IDNEQ(row.ID),
		member.HasUserWith(user.DisabledAtIsNil()),
	).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for another administrator: %w", err)
	}
	if !others {
		return apperr.New(apperr.Conflict, "the project would be left without an administrator; make somebody else one first")
	}
	return nil
}

// userByEmail finds who can sign in. The users of the whole instance are looked
// at: who has no place in the project cannot be seen from it.
func userByEmail(ctx context.Context, tx *store.Tx, field, email string) (*ent.User, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if email == "" || len(email) > 254 {
		return nil, apperr.Invalid(field, "the e-mail address must have 1–254 characters")
	}
	u, err := tx.User.Query().Where(user.Email(email), user.DisabledAtIsNil()).Only(store.AllProjects(ctx))
	if ent.IsNotFound(err) {
		return nil, apperr.New(apperr.NotFound, "there is no user %s; an administrator of the instance can make one with createUser", email)
	}
	if err != nil {
		return nil, fmt.Errorf("look the user up: %w", err)
	}
	return u, nil
}

func record(ctx context.Context, tx *store.Tx, action string, row *ent.Member) error {
	e := audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID,
		Detail: map[string]string{"user": row.UserID, "role": string(row.Role)},
	}
	if u := row.Edges.User; u != nil {
		e.ObjectName = u.Email
	}
	return audit.Record(ctx, tx.AuditEntry, e)
}
