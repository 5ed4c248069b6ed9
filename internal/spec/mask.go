package spec

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	// minSecret is the least length of a secret that is masked, 3 bytes: to
	// hide shorter ones would make every text unreadable and guard nothing.
	minSecret = 3

	// minEmbedded is the least length of a secret that is also looked for
	// inside the base64 of a longer text: 6 bytes.
	minEmbedded = 6

	masked = "***"
)

// Mask replaces the values of secrets in text by ***, also where they are
// escaped for a URL or for JSON, or encoded in base64, on their own or as a
// part of a longer text such as the credentials of Basic authentication.
// Where secrets overlap, all of them are hidden. Secrets shorter than 3 bytes
// are not masked.
func (s *Scope) Mask(text string) string {
	type span struct{ start, end int }
	var spans []span
	for _, form := range s.masks {
		for from := 0; ; {
			i := strings.Index(text[from:], form)
			if i < 0 {
				break
			}
			spans = append(spans, span{from + i, from + i + len(form)})
			from += i + len(form)
		}
	}
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	end := 0
	for _, sp := range spans {
		if sp.start >= end {
			b.WriteString(text[end:sp.start])
			b.WriteString(masked)
		}
		end = max(end, sp.end)
	}
	b.WriteString(text[end:])
	return b.String()
}

// maskForms lists every text that gives one of the secrets away, longest first.
func maskForms(secrets []string) []string {
	var forms []string
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret),
			strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"), jsonEscape(secret, true), jsonEscape(secret, false))
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			forms = append(forms, enc.EncodeToString([]byte(secret)), enc.WithPadding(base64.NoPadding).EncodeToString([]byte(secret)))
			if len(secret) >= minEmbedded {
				forms = append(forms, embedded(enc, secret)...)
			}
		}
	}
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(forms)
}

// embedded returns the characters of base64 that depend on the secret alone,
// for each of the three places at which it may begin within a longer text.
func embedded(enc *base64.Encoding, secret string) []string {
	var forms []string
	for offset := range 3 {
		text := enc.WithPadding(base64.NoPadding).EncodeToString([]byte(strings.Repeat("\x00", offset) + secret))
		first := (offset*8 + 5) / 6
		last := (offset + len(secret)) * 8 / 6
		forms = append(forms, text[first:last])
	}
	return forms
}

func jsonEscape(text string, html bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(html)
	if err := enc.Encode(text); err != nil {
		return text
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}
