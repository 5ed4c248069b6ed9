package spec

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ParseHost reads an entry of a list of hosts: a host, a host with a port, or
// *.example.com for every host below a domain. It comes back in lower case, an
// IPv6 address in brackets.
func ParseHost(text string) (string, error) {
	host := strings.ToLower(strings.TrimSpace(text))
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), ""
	}
	u, err := url.Parse("http://" + JoinHost(strings.TrimPrefix(name, "*."), port))
	if err != nil || name == "" || u.Hostname() == "" || u.Path != "" || u.User != nil || strings.Contains(u.Hostname(), "*") {
		return "", fmt.Errorf("%.200q is no host; write it as shop.example, shop.example:8443 or *.shop.example", text)
	}
	return JoinHost(name, port), nil
}

// JoinHost writes a host and its port, which may be empty, as an address does.
func JoinHost(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
