// Package seal encrypts what must not be read in the database: the secrets of a
// project and of its runs, the keys of webhooks and triggers, the private keys
// of tokens. It uses AES-256-GCM of Tink, and more than one key at a time, so
// that keys can be replaced while servers run.
//
// The package is a leaf; it knows nothing of what it seals.
package seal
