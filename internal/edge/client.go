package edge

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Client is whom a request comes from, as far as trusted proxies tell.
type Client struct {
	Address netip.Addr // not valid where there is none, as on a Unix socket
	Secure  bool       // whether the client speaks TLS, to us or to a trusted proxy
}

type clientKey struct{}

// ClientOf returns whom the request of a context comes from.
func ClientOf(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// maxHops bounds how many addresses of X-Forwarded-For are read.
const maxHops = 32

// told are the headers by which proxies speak of the client. Nothing behind the
// edge may believe them.
var told = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Real-Ip", "Forwarded"}

// fromClients finds out whom each request comes from. The headers of proxies
// count only where the connection comes from a trusted one. Host becomes what
// the client asked for.
func fromClients(trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := Client{Address: addressOf(r.RemoteAddr), Secure: r.TLS != nil}
		host := r.Host
		if within(trusted, c.Address) {
			c.Address = forwardedFor(r.Header.Values("X-Forwarded-For"), c.Address, trusted)
			if proto := last(r.Header.Values("X-Forwarded-Proto")); proto != "" {
				c.Secure = strings.EqualFold(proto, "https")
			}
			if h := last(r.Header.Values("X-Forwarded-Host")); h != "" {
				host = h
			}
		}
		r = r.WithContext(context.WithValue(r.Context(), clientKey{}, c))
		r.Host = host
		if slices.ContainsFunc(told, func(name string) bool { return r.Header[name] != nil }) {
			r.Header = r.Header.Clone()
			for _, name := range told {
				delete(r.Header, name)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// forwardedFor goes from the nearest hop outwards and returns the first that is
// no trusted proxy: what lies beyond, that one may have made up.
func forwardedFor(lines []string, peer netip.Addr, trusted []netip.Prefix) netip.Addr {
	hops := strings.Split(strings.Join(lines, ","), ",")
	for i, n := len(hops)-1, 0; i >= 0 && n < maxHops; i, n = i-1, n+1 {
		addr := addressOf(strings.TrimSpace(hops[i]))
		if !addr.IsValid() {
			return peer
		}
		peer = addr
		if !within(trusted, addr) {
			return addr
		}
	}
	return peer
}

func within(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// addressOf reads an address with a port or without.
func addressOf(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// last returns the last value of a header that may be a list: the nearest
// proxy's.
func last(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	values := strings.Split(lines[len(lines)-1], ",")
	return strings.TrimSpace(values[len(values)-1])
}
