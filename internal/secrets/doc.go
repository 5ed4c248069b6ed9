// Package secrets keeps the values that a project's plans may use and that
// nobody can read back: they are given by people, sealed in the database, and
// handed to runs alone.
//
// It also renews the key that seals: Rotate replaces it in everything that the
// database holds sealed, also what other services wrote, while servers run.
package secrets
