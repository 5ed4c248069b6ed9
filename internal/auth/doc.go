// Package auth knows who calls and what they may do: projects, API tokens and
// the principal that a request carries.
//
// Services ask it for the caller's principal; it never asks them anything.
package auth
