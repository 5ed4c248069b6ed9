package runs

import (
	"maps"
	"net"
	"net/url"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// targets tells which host each case of a run is about: that of its BASE_URL.
// What a case reaches by an absolute address is known only when it runs.
type targets struct {
	vars    map[string]any
	secrets map[string]string
	common  string // of the cases whose matrix has no say
	fixed   bool
}

func newTargets(vars map[string]any, secrets map[string]string) *targets {
	t := &targets{vars: vars, secrets: secrets}
	base, known := vars[spec.VarBaseURL]
	if _, text := base.(string); text || !known {
		t.common, t.fixed = t.resolve(nil), true
	}
	return t
}

// of returns a host with its port, "" when nothing says it or it is secret.
func (t *targets) of(c spec.ExpandedCase) string {
	if _, own := c.Matrix[spec.VarBaseURL]; t.fixed && !own {
		return t.common
	}
	return t.resolve(c.Matrix)
}

func (t *targets) resolve(matrix map[string]string) string {
	vars := maps.Clone(t.vars)
	if vars == nil {
		vars = map[string]any{}
	}
	for k, v := range matrix {
		vars[k] = v
	}
	scope := spec.NewScope(vars, t.secrets)
	address, err := scope.ResolveURL("/")
	if err != nil {
		return "" // the case says what is wrong when it runs
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	target := hostOf(u)
	if len(target) > maxTarget || scope.Mask(target) != target {
		return ""
	}
	return target
}

// maxTarget is the longest name that DNS knows, with a port.
const maxTarget = 253 + 6

func hostOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
