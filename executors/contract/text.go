package contract

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"regexp/syntax"
	"strings"
)

// formatted makes a text of a format that the validator asserts.
func (g *generator) formatted(format string) (string, bool) {
	n := func(k int) int { return g.rng.IntN(k) }
	switch format {
	case "date-time":
		return fmt.Sprintf("20%02d-%02d-%02dT%02d:%02d:%02dZ", 20+n(10), 1+n(12), 1+n(28), n(24), n(60), n(60)), true
	case "date":
		return fmt.Sprintf("20%02d-%02d-%02d", 20+n(10), 1+n(12), 1+n(28)), true
	case "time":
		return fmt.Sprintf("%02d:%02d:%02dZ", n(24), n(60), n(60)), true
	case "duration":
		return fmt.Sprintf("P%dD", 1+n(30)), true
	case "email", "idn-email":
		return g.word(6) + "@example.com", true
	case "hostname", "idn-hostname":
		return g.word(6) + ".example.com", true
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", n(256)), true
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", 1+n(65535)), true
	case "uri", "iri", "url":
		return "https://example.com/" + g.word(6), true
	case "uri-reference", "iri-reference":
		return "/" + g.word(6), true
	case "uuid":
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", g.rng.Uint32(), n(1<<16), n(1<<12), n(1<<12), g.rng.Uint64()>>16), true
	case "json-pointer":
		return "/" + g.word(4), true
	case "regex":
		return "^" + g.word(3) + "$", true
	case "byte":
		return base64.StdEncoding.EncodeToString([]byte(g.word(9))), true
	}
	return "", false
}

// malformed are texts that no format accepts, as far as there are such.
var malformed = map[string]string{
	"date-time": "2026-13-45T99:99", "date": "2026-13-45", "time": "99:99", "duration": "soon", "email": "nobody", "idn-email": "nobody",
	"hostname": "-not a host-", "ipv4": "999.1.1.1", "ipv6": "12345::z", "uri": "not an address", "url": "not an address",
	"uuid": "not-a-uuid", "json-pointer": "no/pointer", "byte": "%%%",
}

// matching makes a text that an expression matches. Anchors are dropped: what
// comes out is the whole text, and the validator has the last word.
func (g *generator) matching(pattern string) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	g.write(&b, re.Simplify(), 0)
	return b.String(), b.Len() < maxText
}

func (g *generator) write(b *strings.Builder, re *syntax.Regexp, depth int) {
	if depth > maxDepth || b.Len() >= maxText {
		return
	}
	times := func(low, high int) {
		for range low + g.rng.IntN(max(1, high-low+1)) {
			g.write(b, re.Sub[0], depth+1)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		if len(re.Rune) > 1 {
			b.WriteRune(g.runeOf(re.Rune))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(alphabet[g.rng.IntN(len(alphabet))])
	case syntax.OpStar:
		times(0, 4)
	case syntax.OpPlus:
		times(1, 4)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpRepeat:
		high := re.Max
		if high < 0 {
			high = re.Min + 4
		}
		times(re.Min, high)
	case syntax.OpAlternate:
		g.write(b, re.Sub[g.rng.IntN(len(re.Sub))], depth+1)
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			g.write(b, sub, depth+1)
		}
	}
}

// runeOf takes a character of a class, a printable one of ASCII if there is one.
func (g *generator) runeOf(class []rune) rune {
	var ascii []rune
	for i := 0; i+1 < len(class); i += 2 {
		for r := max(class[i], 0x21); r <= min(class[i+1], 0x7e); r++ {
			ascii = append(ascii, r)
		}
	}
	if len(ascii) > 0 {
		return ascii[g.rng.IntN(len(ascii))]
	}
	return class[0]
}

// picture is a PNG of one pixel, for bodies that ask for an image.
var picture = func() string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.String()
}()
