package har

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of an archive. What is beyond is left out.
const (
	MaxEntries = 500
	MaxBody    = 64 << 10 // of one request or answer
	MaxBodies  = 2 << 20  // of all of them

	maxHeader   = 2 << 10 // bytes of one header's value
	maxHeaders  = 100
	concealment = "***"
)

// Object is a JSON object.
type Object = map[string]any

// Archive is the whole file. Dropped says how many entries there was no room for.
func Archive(entries []any, dropped int) Object {
	log := Object{"version": "1.2", "creator": Object{"name": "Semantest", "version": "1"}, "entries": entries}
	if dropped > 0 {
		log["_dropped"] = dropped
	}
	return Object{"log": log}
}

// Headers lists headers by their names, without the values that are never
// shown.
func Headers(h http.Header, scope *spec.Scope) []any {
	out := []any{}
	for _, name := range sorted(h) {
		for _, value := range h[name] {
			if len(out) == maxHeaders {
				return out
			}
			if Sensitive(name) {
				value = concealment
			}
			out = append(out, Object{"name": name, "value": excerpt.Of(scope.Mask(value), maxHeader)})
		}
	}
	return out
}

// Sensitive names headers whose values are never shown.
func Sensitive(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "X-Auth-Token", "X-Csrf-Token":
		return true
	}
	return false
}

// Query lists the parameters of an address.
func Query(raw string, scope *spec.Scope) []any {
	out := []any{}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return out
	}
	for _, name := range sorted(values) {
		for _, v := range values[name] {
			out = append(out, Object{"name": scope.Mask(name), "value": scope.Mask(v)})
		}
	}
	return out
}

// Body is a body as text, or in base64 where it is none. Secrets are masked
// first, since half of one would not be recognised; in what is not text they
// cannot be found once it is encoded, so it is masked before, too.
func Body(body []byte, scope *spec.Scope) (text, encoding string) {
	text = scope.Mask(string(body[:min(len(body), MaxBody*2)]))
	if !utf8.ValidString(text) && strings.ToValidUTF8(text, "") != text {
		return base64.StdEncoding.EncodeToString([]byte(text[:min(len(text), MaxBody)])), "base64"
	}
	return excerpt.Of(text, MaxBody), ""
}

// Millis is a length of time as archives have it.
func Millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
