package members

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

// Service keeps projects, members, service accounts and their tokens.
type Service struct {
	store *store.Store
	auth  *auth.Service
}

// New returns the service.
func New(s *store.Store, a *auth.Service) *Service { return &Service{store: s, auth: a} }

// lock holds the project, so that two changes of its members, each of which
// leaves an administrator, do not leave none together.
func lock(ctx context.Context, tx *store.Tx, projectID string) error {
	if _, err := tx.Project.Query().Where(project.ID(projectID)).ForUpdate(store.NoKey).Only(ctx); err != nil {
		return fmt.Errorf("lock the project: %w", err)
	}
	return nil
}

// requireIn refuses a caller who may not do what is wanted in the project. One
// that the caller may see can still be another one than the one it acts in.
func requireIn(ctx context.Context, projectID string, wanted auth.Permission) error {
	p, err := auth.Require(ctx, wanted)
	if err != nil {
		return err
	}
	if p.ProjectID != projectID {
		return apperr.New(apperr.Forbidden, "this is shown of the project only that the request acts in; name the project in the header Semantest-Project")
	}
	return nil
}

func known(r auth.Role) error {
	if auth.PermissionsOf(r) == nil {
		return apperr.Invalid("role", "there is no role %.100q; use viewer, editor or admin", string(r))
	}
	return nil
}
