package app

import (
	"context"
	"time"

	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

// NewLocalToken makes a token of the default project for a client of this
// process. Without permissions it may do all but administer.
func (a *App) NewLocalToken(ctx context.Context, name string, ttl time.Duration, permissions ...string) (string, error) {
	return a.NewToken(ctx, auth.DefaultProject, name, ttl, permissions...)
}

// NewToken makes a token of a project, named by its slug or id, in the name of
// whoever may start this process.
func (a *App) NewToken(ctx context.Context, project, name string, ttl time.Duration, permissions ...string) (string, error) {
	ctx = audit.As(store.AllProjects(ctx), audit.Actor{Kind: audit.System, Name: "command line"})
	if _, err := a.auth.EnsureProject(ctx); err != nil {
		return "", err
	}
	row, err := a.auth.ProjectNamed(ctx, project)
	if err != nil {
		return "", err
	}
	_, secret, err := a.auth.CreateToken(ctx, auth.NewToken{ProjectID: row.ID, Name: name, TTL: ttl, Permissions: auth.Named(permissions)})
	return secret, err
}
