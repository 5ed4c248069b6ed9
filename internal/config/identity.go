package config

import (
	"net/url"

	"github.com/semantest/semantest/internal/apperr"
)

// Identity configures how people sign in: serve.
type Identity struct {
	AdminEmail    string `name:"admin-email" env:"SEMANTEST_ADMIN_EMAIL" placeholder:"EMAIL" default:"admin@localhost" help:"E-mail address of the administrator who is made when the instance has no user at all."`
	AdminPassword string `name:"admin-password" env:"SEMANTEST_ADMIN_PASSWORD" placeholder:"PASSWORD" help:"Its password, 12–256 bytes. Set it in the environment: other people on the machine can see flags. Default: a random one that is printed once."`
	LoginAttempts int    `name:"login-attempts" env:"SEMANTEST_LOGIN_ATTEMPTS" placeholder:"N" default:"5" help:"Logins that an account, and that an address, may try in 15 minutes; 0 is without a limit. Raise it where many people share an address."`

	OIDCIssuer         string   `name:"oidc-issuer" env:"SEMANTEST_OIDC_ISSUER" placeholder:"URL" help:"Address of an OpenID Connect provider by which people may sign in. It must know the address /auth/oidc/callback below the public URL. Default: none."`
	OIDCClientID       string   `name:"oidc-client-id" env:"SEMANTEST_OIDC_CLIENT_ID" placeholder:"ID" help:"What the provider knows this server as."`
	OIDCClientSecret   string   `name:"oidc-client-secret" env:"SEMANTEST_OIDC_CLIENT_SECRET" placeholder:"SECRET" help:"The secret that goes with it; set it in the environment. None for a public client."`
	OIDCScopes         []string `name:"oidc-scopes" env:"SEMANTEST_OIDC_SCOPES" placeholder:"SCOPE,..." help:"Scopes to ask for beside openid. Default: email and profile."`
	OIDCAllowedDomains []string `name:"oidc-allowed-domains" env:"SEMANTEST_OIDC_ALLOWED_DOMAINS" placeholder:"DOMAIN,..." help:"Domains whose e-mail addresses may sign in by the provider. Default: all."`
	OIDCDefaultRole    string   `name:"oidc-default-role" env:"SEMANTEST_OIDC_DEFAULT_ROLE" enum:"viewer,editor,admin,," default:"" placeholder:"ROLE" help:"What people become in the default project who come by the provider for the first time: viewer, editor or admin. Default: they have no project until an administrator adds them to one."`
}

// Validate names the first setting that cannot work.
func (i Identity) Validate() error {
	if i.LoginAttempts < 0 {
		return apperr.Invalid("loginAttempts", "the number of attempts to log in must not be negative")
	}
	switch i.OIDCDefaultRole {
	case "", "viewer", "editor", "admin":
	default:
		return apperr.Invalid("oidcDefaultRole", "there is no role %q; use viewer, editor or admin", i.OIDCDefaultRole)
	}
	if i.OIDCIssuer == "" {
		return nil
	}
	if u, err := url.Parse(i.OIDCIssuer); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return apperr.Invalid("oidcIssuer", "the issuer is a complete address, such as https://login.example.com")
	}
	if i.OIDCClientID == "" {
		return apperr.Invalid("oidcClientId", "the identity provider must know who we are: set SEMANTEST_OIDC_CLIENT_ID")
	}
	return nil
}
