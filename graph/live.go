package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/auth"
)

// liveOptions tells the transport who may listen, and what is shared.
func (r *Resolver) liveOptions() transport.Options {
	return transport.Options{
		Authenticate: r.session,
		Check:        r.Services.Auth.Refused,
		Fields: map[string]transport.Field{
			"runEvents":   {Cursor: "after"},
			"runProgress": {Snapshot: true},
		},
	}
}

// session takes the token from connection_init, since a browser cannot set
// headers on a socket. A token in the header of the handshake has been seen
// already.
func (r *Resolver) session(ctx context.Context, init map[string]any) (transport.Session, error) {
	p, err := r.principal(ctx, init)
	if err != nil {
		return transport.Session{}, err
	}
	shared := &auth.Principal{ProjectID: p.ProjectID, Permissions: p.Permissions}
	return transport.Session{
		Scope: scopeOf(p), Token: p.TokenID, Expires: p.ExpiresAt,
		Context: auth.With(context.Background(), p),
		Shared:  auth.With(context.Background(), shared),
	}, nil
}

func (r *Resolver) principal(ctx context.Context, init map[string]any) (*auth.Principal, error) {
	for k, v := range init {
		if header, ok := v.(string); ok && strings.EqualFold(k, "authorization") {
			if secret, ok := Bearer(header); ok {
				return r.Services.Auth.Authenticate(ctx, secret)
			}
		}
	}
	return auth.Require(ctx, auth.Read)
}

// scopeOf names what a principal may see: its project and its permissions.
func scopeOf(p *auth.Principal) string {
	parts := []string{p.ProjectID}
	for _, permission := range p.Permissions {
		parts = append(parts, string(permission))
	}
	slices.Sort(parts[1:])
	return strings.Join(parts, " ")
}
