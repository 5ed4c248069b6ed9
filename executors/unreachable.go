package executors

import (
	"net"
	"net/url"
	"strings"
)

// Unreachable marks an error that says that a target could not be reached at
// all: its name is not known, no connection could be made, or it gave no answer
// in time, to nothing that the attempt asked. An answer that is wrong, also a
// status of 500, comes from a target that was reached.
//
// It only marks: the error that it wraps says the sentence and the outcome.
// Whoever performs many cases can spare a target that is away.
type Unreachable struct {
	Target string // host:port in lower case, as TargetOf gives it
	Err    error
}

// Error implements error.
func (u *Unreachable) Error() string { return u.Err.Error() }

// Unwrap returns the error itself.
func (u *Unreachable) Unwrap() error { return u.Err }

// TargetOf names the host of an address with its port, which is that of the
// scheme where the address has none.
func TargetOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
