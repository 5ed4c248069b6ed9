// Package seal encrypts what must not be read in the database: the secrets
// that a run was started with. It uses AES-256-GCM with a random nonce.
//
// The package is a leaf; it knows nothing of what it seals.
package seal
