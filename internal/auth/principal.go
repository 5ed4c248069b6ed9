package auth

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/store"
)

// Permission is something that a principal may do.
type Permission string

// The permissions.
const (
	Read    Permission = "tests:read"
	Write   Permission = "tests:write"
	Execute Permission = "tests:execute"
	// Admin is everything within the principal's project.
	Admin Permission = "admin"
	// Instance is what concerns more than one project: users, projects, the
	// slots that all share. No role of a project includes it.
	Instance Permission = "instance"
)

// Permissions lists all of them.
func Permissions() []Permission { return []Permission{Read, Write, Execute, Admin, Instance} }

// Named returns the permissions with these names, which need not exist.
func Named(names []string) []Permission {
	out := make([]Permission, len(names))
	for i, name := range names {
		out[i] = Permission(name)
	}
	return out
}

// Role is a place in a project.
type Role string

// The roles, from the least to the most.
const (
	Viewer        Role = "viewer"
	Editor        Role = "editor"
	Administrator Role = "admin"
)

// PermissionsOf returns what a role may do; nothing for one that is not known.
func PermissionsOf(r Role) []Permission {
	switch r {
	case Viewer:
		return []Permission{Read}
	case Editor:
		return []Permission{Read, Write, Execute}
	case Administrator:
		return []Permission{Admin}
	}
	return nil
}

// Principal is who a request acts for, in which project.
type Principal struct {
	Kind             audit.Kind // empty is a token of nobody
	ProjectID        string     // empty for a user who is in no project
	UserID           string
	SessionID        string // of a user
	TokenID          string // of a service account, or of the command line
	ServiceAccountID string
	Name             string // for people, as it is now
	Permissions      []Permission
	ExpiresAt        time.Time // of the token; zero for never
}

// May reports whether the principal has a permission; Admin has all of the
// project's.
func (p *Principal) May(want Permission) bool {
	return slices.Contains(p.Permissions, want) || want != Instance && slices.Contains(p.Permissions, Admin)
}

// Actor is the principal as the audit log names it.
func (p *Principal) Actor() audit.Actor {
	a := audit.Actor{Kind: cmp.Or(p.Kind, audit.Token), Name: p.Name}
	switch p.Kind {
	case audit.User:
		a.ID = p.UserID
	case audit.ServiceAccount:
		a.ID = p.ServiceAccountID
	default:
		a.ID = p.TokenID
	}
	return a
}

type principalKey struct{}

// With returns a context in which the principal acts. It sees the rows of its
// project only.
func With(ctx context.Context, p *Principal) context.Context {
	return store.InProject(audit.As(context.WithValue(ctx, principalKey{}, p), p.Actor()), p.ProjectID)
}

// Signed returns who acts, with whatever permissions.
func Signed(ctx context.Context) (*Principal, error) {
	p, ok := ctx.Value(principalKey{}).(*Principal)
	if !ok || p == nil {
		return nil, apperr.New(apperr.Unauthenticated,
			"sign in first, or send an API token as Authorization: Bearer TOKEN (semantest token create makes one)")
	}
	return p, nil
}

// Require returns the caller's principal when it has all the permissions.
func Require(ctx context.Context, wanted ...Permission) (*Principal, error) {
	p, err := Signed(ctx)
	if err != nil {
		return nil, err
	}
	for _, want := range wanted {
		if !p.May(want) {
			return nil, apperr.New(apperr.Forbidden, "%s lacks the permission %s", p.noun(), want)
		}
	}
	return p, nil
}

func (p *Principal) noun() string {
	if p.Kind == audit.User {
		return "your account"
	}
	return "this token"
}
