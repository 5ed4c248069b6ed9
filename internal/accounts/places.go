package accounts

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

// maxPlaces is how many projects are listed.
const maxPlaces = 100

// Place is a project and what the caller is in it.
type Place struct {
	Project *ent.Project
	Role    auth.Role // empty for an API token, which has permissions of its own
}

// Places returns the projects that the caller may choose, the oldest first: a
// user's own, an instance administrator's all, a token's one.
func (s *Service) Places(ctx context.Context) ([]Place, error) {
	p, err := auth.Signed(ctx)
	if err != nil {
		return nil, err
	}
	ctx = store.AllProjects(ctx)
	if p.UserID != "" && !p.May(auth.Instance) {
		return s.memberships(ctx, p.UserID)
	}
	query, role := s.Store.Ent.Project.Query(), auth.Administrator
	if p.UserID == "" {
		query.Where(project.ID(p.ProjectID))
		role = ""
	}
	rows, err := query.Order(project.ByCreatedAt(), project.ByID()).Limit(maxPlaces).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the projects: %w", err)
	}
	out := make([]Place, len(rows))
	for i, row := range rows {
		out[i] = Place{row, role}
	}
	return out, nil
}

func (s *Service) memberships(ctx context.Context, userID string) ([]Place, error) {
	rows, err := s.Store.Ent.Member.Query().Where(member.UserID(userID)).WithProject().
		Order(member.ByCreatedAt(), member.ByID()).Limit(maxPlaces).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the user's projects: %w", err)
	}
	out := make([]Place, len(rows))
	for i, row := range rows {
		out[i] = Place{row.Edges.Project, auth.Role(row.Role)}
	}
	return out, nil
}
