package load

import (
	"net"
	"net/url"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
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
		host := strings.ToLower(strings.TrimSpace(text))
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), ""
		}
		u, err := url.Parse("http://" + joined(strings.TrimPrefix(name, "*."), port))
		if err != nil || name == "" || u.Hostname() == "" || u.Path != "" || u.User != nil || strings.Contains(u.Hostname(), "*") {
			return nil, apperr.Invalid("loadHosts", "%q in the list of hosts for load is no host; write it as shop.example, shop.example:8443 or *.shop.example", text)
		}
		out = append(out, joined(name, port))
	}
	return out, nil
}

func joined(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// contain reports whether the target of an address is listed.
func (h Hosts) contain(u *url.URL) bool {
	target := executors.TargetOf(u)
	host := joined(strings.ToLower(u.Hostname()), "")
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
