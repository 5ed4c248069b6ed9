package auth

import (
	"context"
	"slices"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Permission is something that a principal may do in its project.
type Permission string

// The permissions.
const (
	Read    Permission = "tests:read"
	Write   Permission = "tests:write"
	Execute Permission = "tests:execute"
	Admin   Permission = "admin"
)

// Permissions lists all of them.
func Permissions() []Permission { return []Permission{Read, Write, Execute, Admin} }

// Named returns the permissions with these names, which need not exist.
func Named(names []string) []Permission {
	out := make([]Permission, len(names))
	for i, name := range names {
		out[i] = Permission(name)
	}
	return out
}

// Principal is who a request acts for, in which project.
type Principal struct {
	ProjectID   string
	TokenID     string
	Permissions []Permission
	ExpiresAt   time.Time // of the token; zero for never
}

// May reports whether the principal has a permission; Admin has all.
func (p *Principal) May(want Permission) bool {
	return slices.Contains(p.Permissions, want) || slices.Contains(p.Permissions, Admin)
}

type principalKey struct{}

// With returns a context that carries the principal.
func With(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// Require returns the caller's principal when it has all the permissions.
func Require(ctx context.Context, wanted ...Permission) (*Principal, error) {
	p, ok := ctx.Value(principalKey{}).(*Principal)
	if !ok || p == nil {
		return nil, apperr.New(apperr.Unauthenticated,
			"an API token is needed: send it as Authorization: Bearer TOKEN (semantest token create makes one)")
	}
	for _, want := range wanted {
		if !p.May(want) {
			return nil, apperr.New(apperr.Forbidden, "this token lacks the permission %s", want)
		}
	}
	return p, nil
}
