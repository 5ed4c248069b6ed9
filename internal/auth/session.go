package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/ent/predicate"
	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/ident"
)

var sessionOver = apperr.New(apperr.Unauthenticated, "the session has ended; sign in again").With("reason", "SESSION_ENDED")

// ofSession returns the principal of an access token.
func (s *Service) ofSession(ctx context.Context, c *keys.Claims, hint string) (*Principal, error) {
	row, err := s.store.Ent.Session.Query().Where(session.ID(c.SessionID), session.UserID(c.UserID)).WithUser().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, sessionOver
	}
	if err != nil {
		return nil, fmt.Errorf("look the session up: %w", err)
	}
	if !alive(row) {
		return nil, sessionOver
	}
	place, err := s.place(ctx, row.Edges.User, hint)
	if err != nil {
		return nil, err
	}
	p := place.principal(row)
	p.ExpiresAt = c.ExpiresAt
	return p, nil
}

// alive reports whether a session, with its user, may act.
func alive(row *ent.Session) bool {
	return row.RevokedAt == nil && row.ExpiresAt.After(time.Now()) &&
		row.Edges.User != nil && row.Edges.User.DisabledAt == nil
}

// place is where a user acts: nowhere when the project is empty.
type place struct {
	projectID string
	role      Role // empty for an instance administrator who is no member
}

// place returns the project that a hint names, or else the user's first one, or
// the first of all for an instance administrator.
func (s *Service) place(ctx context.Context, u *ent.User, hint string) (place, error) {
	named := []predicate.Member{member.UserID(u.ID)}
	if hint != "" {
		named = append(named, member.HasProjectWith(projectNamed(hint)))
	}
	m, err := s.store.Ent.Member.Query().Where(named...).Order(member.ByCreatedAt(), member.ByID()).First(ctx)
	switch {
	case err == nil:
		return place{m.ProjectID, Role(m.Role)}, nil
	case !ent.IsNotFound(err):
		return place{}, fmt.Errorf("look the user's project up: %w", err)
	case u.InstanceAdmin:
		return s.anywhere(ctx, hint)
	case hint != "":
		return place{}, noProject(hint)
	}
	return place{}, nil
}

func (s *Service) anywhere(ctx context.Context, hint string) (place, error) {
	query := s.store.Ent.Project.Query()
	if hint != "" {
		query.Where(projectNamed(hint))
	}
	id, err := query.Order(project.ByCreatedAt(), project.ByID()).FirstID(ctx)
	switch {
	case ent.IsNotFound(err) && hint != "":
		return place{}, noProject(hint)
	case ent.IsNotFound(err):
		return place{}, nil
	case err != nil:
		return place{}, fmt.Errorf("look the project up: %w", err)
	}
	return place{projectID: id}, nil
}

func projectNamed(hint string) predicate.Project {
	if ident.TypeOf(hint) == ident.Project {
		return project.ID(hint)
	}
	return project.Slug(hint)
}

// principal is what the user of a session may do in a place.
func (l place) principal(row *ent.Session) *Principal {
	u := row.Edges.User
	p := &Principal{Kind: audit.User, ProjectID: l.projectID, UserID: u.ID, SessionID: row.ID, Name: u.Email}
	switch {
	case u.InstanceAdmin && l.projectID != "":
		p.Permissions = []Permission{Admin, Instance}
	case u.InstanceAdmin:
		p.Permissions = []Permission{Instance}
	case l.projectID != "":
		p.Permissions = PermissionsOf(l.role)
	}
	return p
}

// validSessions marks those of some keys whose session still may do the same.
func (s *Service) validSessions(ctx context.Context, all []string, valid map[string]bool) error {
	if len(all) == 0 {
		return nil
	}
	rows, err := s.store.Ent.Session.Query().Where(session.IDIn(ids(all)...)).
		WithUser(func(q *ent.UserQuery) { q.WithMemberships() }).All(ctx)
	if err != nil {
		return err
	}
	byID := make(map[string]*ent.Session, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	for _, key := range all {
		parts := strings.SplitN(key, "/", 3)
		row := byID[parts[0]]
		if row == nil || !alive(row) || len(parts) < 2 {
			continue
		}
		now := place{projectID: parts[1]}
		for _, m := range row.Edges.User.Edges.Memberships {
			if m.ProjectID == now.projectID {
				now.role = Role(m.Role)
			}
		}
		valid[key] = now.principal(row).Key() == key
	}
	return nil
}
