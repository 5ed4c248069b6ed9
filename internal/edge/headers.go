package edge

import (
	"net/http"
	"strings"
)

// pagePolicy is what our pages may load: their own files alone. Libraries of the
// page put style elements into it, so styles may be inline and scripts not.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"media-src blob:; font-src 'self' data:; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; connect-src 'self'"

// withHeaders sets what every answer carries. A handler may say something
// stricter of its own.
func withHeaders(o Options, next http.Handler) http.Handler {
	strict := o.TLS || strings.HasPrefix(o.PublicURL, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", pagePolicy+sockets(r.Host))
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if strict {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// sockets names the server's own sockets: not every browser takes them for
// 'self'. A host that is none must not add to the policy.
func sockets(host string) string {
	if host == "" || strings.ContainsFunc(host, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".-:[]", r))
	}) {
		return ""
	}
	return " ws://" + host + " wss://" + host
}
