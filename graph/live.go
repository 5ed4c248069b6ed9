package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
)

// liveOptions tells the transport who may listen, and what is shared.
func (r *Resolver) liveOptions() transport.Options {
	return transport.Options{
		Authenticate: r.session,
		Check:        r.Services.Auth.Refused,
		Origins:      r.Origins,
		Bodies:       r.Limits.bodies(),
		MessageSize:  int64(r.Limits.bodies().Most),
		Fields: map[string]transport.Field{
			"runEvents":   {Cursor: "after"},
			"runProgress": {Snapshot: true},

			"browserSessionChanged": {Snapshot: true},
			"generationProgress":    {Cursor: "after"},
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
		Scope: scopeOf(p), Token: p.Key(), Expires: p.ExpiresAt,
		Context: audit.From(auth.With(context.Background(), p), audit.OriginOf(ctx)),
		Shared:  auth.With(context.Background(), shared),
	}, nil
}

// principal returns who a socket acts for: the bearer of the token in
// connection_init, else whoever the handshake was made by. It acts in the
// project that connection_init names.
func (r *Resolver) principal(ctx context.Context, init map[string]any) (*auth.Principal, error) {
	secret, project := auth.Secret(ctx), ""
	for k, v := range init {
		text, ok := v.(string)
		switch {
		case !ok:
		case strings.EqualFold(k, "authorization"):
			if sent, ok := Bearer(text); ok {
				secret = sent
			}
		case k == "project":
			project = text
		}
	}
	if project != "" {
		ctx = auth.ProjectHint(ctx, project)
	}
	if secret == "" {
		return auth.Require(ctx, auth.Read)
	}
	p, err := r.Services.Auth.Authenticate(ctx, secret)
	if apperr.CodeOf(err) == apperr.NotFound { // the project, which no retry brings
		return nil, apperr.New(apperr.Forbidden, "%s", apperr.Message(err))
	}
	if err != nil {
		return nil, err
	}
	return auth.Require(auth.With(ctx, p), auth.Read)
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
