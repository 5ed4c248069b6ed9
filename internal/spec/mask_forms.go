package spec

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
)

const (
	// enough is how many bytes of a longer pattern give it away, also where the
	// rest is cut off or differs. It is longer than what tokens of one kind have
	// in common, such as the header of a JWT.
	enough = 48

	// minEmbedded is the least length of a secret that is also looked for inside
	// the base64 of a longer text, and minHex in hexadecimal, in bytes. Shorter
	// ones are found in texts that have nothing to do with them.
	minEmbedded = 6
	minHex      = 4

	// minLine is the least length of a line that gives a secret of several lines
	// away, such as a private key; maxLines bounds how many are looked for.
	minLine  = 12
	maxLines = 1000

	// minCut is how many bytes of a secret are hidden at the end of a text that
	// was cut.
	minCut = 4
)

// masks are the secrets of a scope in all forms that are looked for. Escapes of
// URLs, JSON and HTML need no form: they are read before a text is gone through.
type masks struct {
	patterns []pattern
	byPair   map[uint16][]int32 // patterns by the two bytes with which they may begin
	pairs    [1 << 10]uint64    // a bit for each of those pairs
}

// pattern is one form of a secret.
type pattern struct {
	text   string
	enough int  // bytes of it that give it away
	fold   bool // it is hexadecimal in small letters and matches large ones
	wrap   bool // lines may break anywhere within it
}

// masksOf prepares to hide secrets; nil where nothing is to be hidden.
func masksOf(secrets []string) *masks {
	var all []pattern
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		all = append(all, pattern{text: secret})
		all = appendLines(all, secret)
		if len(secret) >= minHex {
			all = append(all, pattern{text: hex.EncodeToString([]byte(secret)), fold: true})
		}
		for _, form := range withinBase64(secret) {
			all = appendBase64(all, form)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return index(all)
}

// appendLines adds the lines of a secret that has more than one.
func appendLines(all []pattern, secret string) []pattern {
	if !strings.ContainsAny(secret, "\r\n") {
		return all
	}
	n := 0
	for line := range strings.FieldsFuncSeq(secret, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if line = strings.TrimSpace(line); len(line) < minLine {
			continue
		}
		all = append(all, pattern{text: line})
		if n++; n == maxLines {
			break
		}
	}
	return all
}

// withinBase64 lists the texts as which a secret stands in what is encoded in
// base64, such as the payload of a JWT.
func withinBase64(secret string) []string {
	forms := []string{
		secret, jsonEscape(secret, true), jsonEscape(secret, false),
		url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

func appendBase64(all []pattern, text string) []pattern {
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		all = append(all, pattern{text: enc.EncodeToString([]byte(text)), wrap: true})
		if len(text) >= minEmbedded {
			for _, form := range embedded(enc, text) {
				all = append(all, pattern{text: form, wrap: true})
			}
		}
	}
	return all
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

func jsonEscape(text string, forHTML bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(forHTML)
	if err := enc.Encode(text); err != nil {
		return text
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

// index sorts patterns by how they begin.
func index(all []pattern) *masks {
	m := &masks{byPair: make(map[uint16][]int32, len(all))}
	seen := make(map[pattern]bool, len(all))
	for _, p := range all {
		if seen[p] {
			continue
		}
		seen[p] = true
		p.enough = min(len(p.text), enough)
		n := int32(len(m.patterns)) //nolint:gosec // a plan has 50 secrets at most, and each some 1100 patterns
		m.patterns = append(m.patterns, p)
		for _, first := range p.spellings(0) {
			for _, second := range p.seconds() {
				pair := uint16(first)<<8 | uint16(second)
				m.byPair[pair] = append(m.byPair[pair], n)
				m.pairs[pair>>6] |= 1 << (pair & 63)
			}
		}
	}
	return m
}

// spellings are the bytes that stand for a byte of the pattern by themselves.
func (p *pattern) spellings(at int) []byte {
	switch b := p.text[at]; {
	case p.fold && b >= 'a':
		return []byte{b, b - 'a' + 'A'}
	case b == ' ':
		return []byte{b, '+'} // as forms are encoded
	default:
		return []byte{b}
	}
}

// seconds are the bytes that may follow the first one of a pattern in a text.
func (p *pattern) seconds() []byte {
	out := p.spellings(1)
	if p.wrap {
		out = append(out, '\r', '\n')
	}
	return out
}
