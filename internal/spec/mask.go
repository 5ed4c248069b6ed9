package spec

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// minSecret is the least length of a secret that is masked, 3 bytes: to
	// hide shorter ones would make every text unreadable and guard nothing.
	minSecret = 3

	masked = "***"
)

// Mask replaces the values of secrets in text by ***, also where they are
// encoded: with escapes of URLs, JSON or HTML, one within another too, in
// base64, on their own or as a part of a longer text such as the credentials of
// Basic authentication, and in hexadecimal. Where secrets overlap, all of them
// are hidden. Of a long secret its beginning and each of its lines are hidden
// wherever they stand alone. Secrets shorter than 3 bytes are not masked.
func (s *Scope) Mask(text string) string { return conceal(s.lists(), text, false) }

// MaskCut is Mask for the beginning of a longer text: a secret of which only the
// beginning is left at the end is hidden as well.
func (s *Scope) MaskCut(text string) string { return conceal(s.lists(), text, true) }

// span is a part of a text that is hidden.
type span struct{ start, end int }

func conceal(lists []*masks, text string, cut bool) string {
	spans := find(lists, text, cut)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
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

// effort bounds how many characters are compared for each byte of a text. Texts
// as they occur take fewer than one; what takes more was made to.
const effort = 50

// overlap is how far before the end of a hidden part another one is looked for
// that begins within it, in bytes. Further before, only secrets that hold one
// another in most of their length could begin.
const overlap = 64

// find returns the parts of a text that give secrets away, in the text as it is
// and as what it says when its escapes are read, ordered by where they begin. A
// text that would take more than its share of time is hidden from where it was
// given up.
func find(lists []*masks, text string, cut bool) (spans []span) {
	if len(lists) == 0 {
		return nil
	}
	for _, v := range viewsOf(text) {
		for _, m := range lists {
			spans = m.look(v, cut, spans)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return spans
}

func (m *masks) look(v *view, cut bool, spans []span) []span {
	text, left := v.text, effort*(len(v.text)+10_000)
	covered := 0 // end of what is hidden already
	for i := 0; i+1 < len(text); i++ {
		if i < covered-overlap {
			i = covered - overlap
		}
		pair := uint16(text[i])<<8 | uint16(text[i+1])
		if m.pairs[pair>>6]&(1<<(pair&63)) == 0 {
			continue
		}
		end := 0
		for _, p := range m.byPair[pair] {
			e, steps := m.patterns[p].match(text, i, cut)
			end, left = max(end, e), left-steps
		}
		if end > covered {
			spans = append(spans, span{v.origin(i), v.origin(end)})
			covered = end
		}
		if left < 0 {
			return append(spans, span{v.origin(i), v.origin(len(text))})
		}
	}
	return spans
}

// match returns the end of the pattern where it begins at i, 0 where it does
// not, and how many characters it took to tell.
func (p *pattern) match(text string, i int, cut bool) (end, steps int) {
	j, k := 0, i
	for ; j < len(p.text) && k < len(text); k++ {
		b, want := text[k], p.text[j]
		switch {
		case b == want:
		case p.fold && 'A' <= b && b <= 'F' && b-'A'+'a' == want:
		case b == '+' && want == ' ': // as forms are encoded
		case p.wrap && j > 0 && (b == '\n' || b == '\r'):
			continue
		case j >= p.enough:
			return k, k - i
		case cut && j >= minCut && escapes[b] && k+maxEntity >= len(text):
			return len(text), k - i // an escape that was cut as well
		default:
			return 0, k - i + 1
		}
		j++
	}
	if j >= p.enough || cut && k >= len(text) && j >= minCut {
		return k, k - i
	}
	return 0, k - i
}
