// Package oidc lets an OpenID Connect provider say who somebody is, by the
// authorization code flow with PKCE. What the browser must bring back is sealed
// into a cookie, so that nothing is kept here between the two steps.
//
// It knows nothing of accounts, and reaches the provider by the client that it
// is given.
package oidc
