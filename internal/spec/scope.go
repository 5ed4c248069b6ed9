package spec

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// maxExpanded bounds what one expansion may produce: 16 MiB. Without it a
// small plan could multiply a large captured value without end.
const maxExpanded = 16 << 20

// Names of the variables that every case has.
const (
	VarRunID     = "run.id"    // id of the run
	VarCaseID    = "case.id"   // id of the case
	VarAttempt   = "attempt"   // number of the attempt, from 1
	VarUUID      = "uuid"      // a new random UUID at each use
	VarTimestamp = "timestamp" // the time of each use, RFC 3339 in UTC with milliseconds
	VarBaseURL   = "BASE_URL"  // what relative URLs are resolved against
)

// Scope holds the variables that `${{ name }}` reads while a case runs. It is
// made anew for each attempt. Defaults of variables that need something of the
// case are filled in when the scope is made. Reading is safe for concurrent use as
// long as nothing calls Set; AddSecret is safe at any time.
type Scope struct {
	vars  map[string]any
	masks *masks // the secrets in every form in which they may show up
	later *laterSecrets
}

// NewScope returns a scope with these variables. The values of the secrets are
// variables too, and Mask hides them.
func NewScope(vars map[string]any, secrets map[string]string) *Scope {
	s := &Scope{vars: make(map[string]any, len(vars)+len(secrets)), later: &laterSecrets{}}
	for k, v := range vars {
		s.vars[k] = v
	}
	values := make([]string, 0, len(secrets))
	for k, v := range secrets {
		s.vars[k] = v
		values = append(values, v)
	}
	s.masks = masksOf(values)
	r := resolver{scope: s, left: maxExpanded}
	for name, v := range s.vars {
		if _, ok := v.(late); ok {
			r.resolve(name)
		}
	}
	return s
}

// Set gives a variable a value; captures use it. A value is of the types that
// Value names.
func (s *Scope) Set(name string, value any) { s.vars[name] = value }

// Get returns a variable's value. uuid and timestamp are new at each call.
func (s *Scope) Get(name string) (any, bool) {
	if v, ok := s.vars[name]; ok {
		_, isLate := v.(late) // it needs what this scope has not got
		return v, !isLate
	}
	switch name {
	case VarUUID:
		id, err := uuid.NewRandom()
		return id.String(), err == nil
	case VarTimestamp:
		return time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), true
	}
	return nil, false
}

// ExpandString replaces every reference in text by the variable's value: text
// as it is, numbers and booleans as JSON writes them, null as nothing, lists
// and mappings as JSON. What a variable holds is not expanded again. The
// result is at most 16 MiB.
func (s *Scope) ExpandString(text string) (string, error) {
	e := expander{scope: s, left: maxExpanded}
	return e.text(text)
}

// ResolveURL resolves ref (already expanded) against BASE_URL, as RFC 3986
// says, and returns an absolute http or https address, or an error that says
// what is missing. An absolute ref needs no BASE_URL.
func (s *Scope) ResolveURL(ref string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(ref))
	if err != nil {
		return "", fmt.Errorf("the address %s cannot be read: %w", show(ref), cause(err))
	}
	if !u.IsAbs() {
		base, err := s.baseURL(ref)
		if err != nil {
			return "", err
		}
		u = base.ResolveReference(u)
	}
	if err := webAddress(u); err != nil {
		return "", fmt.Errorf("the address %s %w", show(ref), err)
	}
	return u.String(), nil
}

func (s *Scope) baseURL(ref string) (*url.URL, error) {
	value, _ := s.vars[VarBaseURL].(string)
	value = strings.TrimSpace(value)
	if value == "" {
		return nil, fmt.Errorf("the address %s is relative and %s has no value: set %s under env or for this run, or write the whole address",
			show(ref), VarBaseURL, VarBaseURL)
	}
	base, err := url.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("%s is %s, which cannot be read: %w", VarBaseURL, show(value), cause(err))
	}
	if err := webAddress(base); err != nil {
		return nil, fmt.Errorf("%s is %s, which %w", VarBaseURL, show(value), err)
	}
	return base, nil
}

// webAddress refuses what is not an absolute http or https address. Its
// sentence continues one that names the address.
func webAddress(u *url.URL) error {
	switch {
	case u.Scheme == "":
		return fmt.Errorf("does not begin with http:// or https://")
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("has the scheme %s: only http and https can be used", show(u.Scheme))
	case u.Opaque != "" || u.Hostname() == "":
		return fmt.Errorf("names no host")
	}
	return nil
}

// cause drops the address that url.Error repeats.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
