// Package httpauth shows HTTP targets who a request is from, for every executor
// that sends some: the `auth` and `tls` of a plan. auth.go writes headers and
// keeps the access tokens of an attempt, tls.go reads certificates.
//
// The package dials nothing itself: tokens are asked for through the transport
// of the executor, which goes through the egress policy.
package httpauth
