package load

import (
	"net/url"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
)

// Hosts are those that a load may be put on. Each entry is a host, a host with
// a port, or *.example.com for every host below a domain.
type Hosts []string

// maxHosts bounds the list, which is walked for each new target.
const maxHosts = 1000

// ParseHosts reads such a list.
func ParseHosts(list []string) (Hosts, error) {
	if len(list) > maxHosts {
		return nil, apperr.Invalid("loadHosts", "the list of hosts for load has %d entries; at most %d are possible", len(list), maxHosts)
	}
	out := make(Hosts, 0, len(list))
	for _, text := range list {
		host, err := spec.ParseHost(text)
		if err != nil {
			return nil, apperr.Invalid("loadHosts", "in the list of hosts for load, %s", err)
		}
		out = append(out, host)
	}
	return out, nil
}

// contain reports whether the target of an address is listed.
func (h Hosts) contain(u *url.URL) bool {
	target := executors.TargetOf(u)
	host := spec.JoinHost(strings.ToLower(u.Hostname()), "")
	for _, entry := range h {
		domain, below := strings.CutPrefix(entry, "*")
		switch {
		case below && (strings.HasSuffix(host, domain) || strings.HasSuffix(target, domain)):
			return true
		case !below && (entry == host || entry == target):
			return true
		}
	}
	return false
}
