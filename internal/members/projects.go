package members

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// NewProject is what CreateProject needs.
type NewProject struct {
	Slug          string
	Name          string // the slug when empty
	Administrator string // e-mail address of a user; the caller, when it is one, when empty
}

var slugs = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CreateProject makes a project. It takes the permission instance.
func (s *Service) CreateProject(ctx context.Context, in NewProject) (*ent.Project, error) {
	p, err := auth.Require(ctx, auth.Instance)
	if err != nil {
		return nil, err
	}
	if !slugs.MatchString(in.Slug) {
		return nil, apperr.Invalid("slug", "a slug has 1–63 of the characters a–z, 0–9 and -, neither beginning nor ending with -")
	}
	if in.Name == "" {
		in.Name = in.Slug
	}
	if err := auth.CheckName("name", in.Name); err != nil {
		return nil, err
	}
	ctx = store.AllProjects(ctx) // nobody is in the new one yet
	var out *ent.Project
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		admin := p.UserID
		if in.Administrator != "" {
			u, err := userByEmail(ctx, tx, "administrator", in.Administrator)
			if err != nil {
				return err
			}
			admin = u.ID
		}
		out, err = tx.Project.Create().SetSlug(in.Slug).SetName(in.Name).Save(ctx)
		if ent.IsConstraintError(err) {
			return apperr.New(apperr.Conflict, "there is a project with the slug %s; choose another one", in.Slug)
		}
		if err != nil {
			return fmt.Errorf("store the project: %w", err)
		}
		detail := map[string]string{}
		if admin != "" {
			err := tx.Member.Create().SetProjectID(out.ID).SetUserID(admin).SetRole(member.RoleAdmin).Exec(ctx)
			if err != nil {
				return fmt.Errorf("store the project's administrator: %w", err)
			}
			detail["administrator"] = admin
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			ProjectID: out.ID, Action: "project.created", ObjectID: out.ID, ObjectName: out.Slug, Detail: detail,
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ProjectChange says what of a project changes; nil leaves it as it is.
type ProjectChange struct {
	Name          *string
	DefaultBranch *string
}

func (c ProjectChange) check() error {
	if c.Name != nil {
		if err := auth.CheckName("name", *c.Name); err != nil {
			return err
		}
	}
	if c.DefaultBranch != nil && (strings.TrimSpace(*c.DefaultBranch) != *c.DefaultBranch || *c.DefaultBranch == "" || len(*c.DefaultBranch) > 250) {
		return apperr.Invalid("defaultBranch", "the name of a branch has 1 to 250 characters, and no spaces around it")
	}
	return nil
}

// UpdateProject changes the project that the caller administers.
func (s *Service) UpdateProject(ctx context.Context, c ProjectChange) (*ent.Project, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	detail := map[string]string{}
	if c.Name != nil {
		detail["name"] = *c.Name
	}
	if c.DefaultBranch != nil {
		detail["defaultBranch"] = *c.DefaultBranch
	}
	var out *ent.Project
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, err = tx.Project.UpdateOneID(p.ProjectID).SetNillableName(c.Name).SetNillableDefaultBranch(c.DefaultBranch).Save(ctx)
		if err != nil {
			return fmt.Errorf("change the project: %w", err)
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			ProjectID: out.ID, Action: "project.updated", ObjectID: out.ID, ObjectName: out.Slug, Detail: detail,
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Project returns a project that the caller may see.
func (s *Service) Project(ctx context.Context, id string) (*ent.Project, error) {
	p, err := auth.Signed(ctx)
	if err != nil {
		return nil, err
	}
	row, err := s.seen(p).Where(project.ID(id)).Only(store.AllProjects(ctx))
	switch {
	case ent.IsNotFound(err):
		if err := ident.Validate(ident.Project, id); err != nil {
			return nil, err
		}
		return nil, apperr.New(apperr.NotFound, "there is no project %s", id)
	case err != nil:
		return nil, fmt.Errorf("read the project: %w", err)
	}
	return row, nil
}

// Projects returns a page of the projects that the caller may see, newest first,
// and whether more follow.
func (s *Service) Projects(ctx context.Context, page store.Page) ([]*ent.Project, bool, error) {
	p, err := auth.Signed(ctx)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.seen(p).Order(project.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(project.IDLT(page.After))
	}
	rows, err := q.All(store.AllProjects(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("list the projects: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountProjects returns how many projects Projects would go through.
func (s *Service) CountProjects(ctx context.Context) (int, error) {
	p, err := auth.Signed(ctx)
	if err != nil {
		return 0, err
	}
	return s.seen(p).Count(store.AllProjects(ctx))
}

// seen queries the projects that a principal may see: all for one of the
// instance, those of which a user is a member, the one of a token. The policy of
// the rows does not know users, so this alone decides.
func (s *Service) seen(p *auth.Principal) *ent.ProjectQuery {
	q := s.store.Ent.Project.Query()
	switch {
	case p.May(auth.Instance):
		return q
	case p.UserID != "":
		return q.Where(project.HasMembersWith(member.UserID(p.UserID)))
	default:
		return q.Where(project.ID(p.ProjectID))
	}
}
