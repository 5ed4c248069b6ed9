// Package accounts knows the people who use an instance: their accounts, how
// they sign in, and their sessions. A session is one sign-in on one device; its
// refresh tokens are a family of which each is good for one exchange.
//
// What a user may do in a project stands in the user's membership, which package
// members keeps. How tokens are signed is the business of auth/keys, how
// passwords are hashed that of auth/password, and how one talks to an identity
// provider that of accounts/oidc.
package accounts
