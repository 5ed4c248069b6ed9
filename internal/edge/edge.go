package edge

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"

	"github.com/semantest/semantest/internal/apperr"
)

// Options say where the server stands.
type Options struct {
	PublicURL      string         // at which people reach it; empty when it is not known
	Origins        []string       // of pages that may read answers; "*" alone for all, without credentials
	TrustedProxies []netip.Prefix // whose word about the client is taken
	TLS            bool           // whether the server itself speaks TLS
	Body           BodyLimits
}

// Handler guards next.
func Handler(o Options, next http.Handler) http.Handler {
	next = slowBodies(o.Body, next)
	if len(o.Origins) > 0 {
		next = shared(o.Origins).Handler(next)
	}
	return fromClients(o.TrustedProxies, withHeaders(o, next))
}

// SocketOrigins are the origins whose pages may open sockets. A socket carries
// cookies, so "*" is none.
func SocketOrigins(origins []string) []string {
	return slices.DeleteFunc(slices.Clone(origins), func(o string) bool { return o == anyOrigin })
}

const anyOrigin = "*"

// CheckOrigins reads a list of origins, each as a browser writes it.
func CheckOrigins(origins []string) error {
	for _, o := range origins {
		if o == anyOrigin && len(origins) == 1 {
			continue
		}
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+strings.ToLower(u.Host) != o {
			return apperr.Invalid("corsOrigins",
				"%q is no origin of pages; write it as https://dashboard.example or http://localhost:5173, or * alone for all", o)
		}
		if port := u.Port(); port != "" && port == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
			return apperr.Invalid("corsOrigins", "a browser leaves the port of the origin %q out, and so must the list", o)
		}
	}
	return nil
}

// ParseProxies reads a list of addresses and networks.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(list))
	for _, text := range list {
		text = strings.TrimSpace(text)
		if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, apperr.Invalid("trustedProxies", "%q is neither an address nor a network of a proxy; write it as 10.0.0.0/8 or 192.168.1.5", text)
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

func shared(origins []string) *cors.Cors {
	return cors.New(cors.Options{
		AllowedOrigins:   origins,
		AllowCredentials: !slices.Contains(origins, anyOrigin),
		AllowedMethods:   []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:   []string{"Accept", "Authorization", "Content-Type", "Last-Event-ID", "Semantest-Project", "Semantest-CSRF", "GraphQL-Preflight"},
		ExposedHeaders:   []string{"Retry-After"},
		MaxAge:           600,
	})
}
