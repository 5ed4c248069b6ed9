// Package apperr gives errors a code that every edge understands, and one
// sentence that a person may read.
//
// An error without a code is internal: its text goes to the log and never to a
// user. The package is a leaf; every room may import it.
package apperr
