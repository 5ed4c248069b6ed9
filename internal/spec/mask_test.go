package spec_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// peculiar are values that the ways of escaping treat differently.
var peculiar = map[string]string{
	"plain":         "hunter2hunter",
	"marks":         `p&ss/w"rd <1> 'x'+=?#`,
	"percents":      "100%41%zz%",
	"backslashes":   `C:\new\table\u0041`,
	"unicode":       "pæsswörd-密码-🔑",
	"entities":      "a&amp;b&lt;c",
	"spaces":        "correct horse battery",
	"control":       "tab\there\nand there\x01",
	"an address":    "postgres://u:p%40ss@db.test/x?y=1&z=2",
	"base64":        "aGVsbG8+d29ybGQ/Cg==",
	"long":          strings.Repeat("0123456789abcdef/", 200),
	"several":       "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQDfoo+x\n-----END KEY-----\n",
	"many the same": strings.Repeat("a", 100) + "b",
}

// encodings are how texts reach what people see.
var encodings = map[string]func(string) string{
	"as it is":          func(s string) string { return s },
	"query":             url.QueryEscape,
	"path":              url.PathEscape,
	"small query":       func(s string) string { return smallEscapes(url.QueryEscape(s)) },
	"every byte":        func(s string) string { return everyByte(s, "%%%02X") },
	"mixed escapes":     mixed,
	"JSON":              func(s string) string { return jsonOf(s, true) },
	"JSON not for HTML": func(s string) string { return jsonOf(s, false) },
	"JSON in ASCII":     ascii,
	"JSON with \\/":     func(s string) string { return strings.ReplaceAll(jsonOf(s, false), "/", `\/`) },
	"Go":                func(s string) string { return strings.Trim(strconv.Quote(s), `"`) },
	"Go in ASCII":       func(s string) string { q := strconv.QuoteToASCII(s); return q[1 : len(q)-1] },
	"HTML":              html.EscapeString,
	"HTML in numbers":   func(s string) string { return everyRune(s, "&#%d;") },
	"HTML in hex":       func(s string) string { return everyRune(s, "&#x%X;") },
	"hex":               func(s string) string { return hex.EncodeToString([]byte(s)) },
	"large hex":         func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"base64":            func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 for URLs":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 in lines":   func(s string) string { return lines(base64.StdEncoding.EncodeToString([]byte(s)), 20) },
}

// TestMaskFindsEveryEncoding hides each value in each encoding, in each within
// another, and in the middle of base64.
func TestMaskFindsEveryEncoding(t *testing.T) {
	t.Parallel()
	for name, secret := range peculiar {
		scope := spec.NewScope(nil, map[string]string{"S": secret})
		check := func(how, text string, run int) {
			t.Helper()
			if got := scope.Mask("before " + text + " after"); !strings.Contains(got, "***") || leaks(got, text, run) {
				t.Errorf("%s as %s: %.200q became %.200q", name, how, text, got)
			}
		}
		hidden := func(how, text string) { t.Helper(); check(how, text, 8) }
		for inner, f := range encodings {
			text := f(secret)
			hidden(inner, text)
			for outer, g := range encodings {
				if twice[outer] && !strings.Contains(inner, "ines") {
					hidden(inner+" in "+outer, g(text))
				}
			}
		}
		for offset := range 4 {
			around := strings.Repeat("u", offset) + secret + "!"
			check("Basic", base64.StdEncoding.EncodeToString([]byte(around)), 12)
			payload := `{"a":"` + strings.Repeat("u", offset) + jsonOf(secret, true) + `"}`
			check("JWT", base64.RawURLEncoding.EncodeToString([]byte(payload)), 14)
		}
	}
}

// twice are the ways of escaping that may stand around another encoding.
var twice = map[string]bool{
	"query": true, "path": true, "JSON": true, "JSON not for HTML": true, "JSON in ASCII": true, "HTML": true, "small query": true,
}

// leaks reports whether so many characters of a text are still to be seen. What
// is around the secret stays, and a few characters of base64 that both share.
func leaks(got, text string, run int) bool {
	for i := 0; i+run <= len(text) && len(text) < 400; i++ {
		if strings.Contains(got, text[i:i+run]) {
			return true
		}
	}
	return len(got) > len(text)/2+40
}

func TestMaskKeepsTheRest(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, map[string]string{
		"A": "hunter2", "B": "p w", "C": strings.Repeat("long-secret-", 20), "D": "ab", "E": "", "F": "hunter2\"x",
	})
	for in, want := range map[string]string{
		"":                                      "",
		"nothing to hide":                       "nothing to hide",
		"ab cab":                                "ab cab",
		"50% of \\ & + the rest; 100%":          "50% of \\ & + the rest; 100%",
		`{"a":"\u00e6\"\\n","b":"%2F%2f&amp;"}`: `{"a":"\u00e6\"\\n","b":"%2F%2f&amp;"}`,
		"HUNTER2 hunter 2":                      "HUNTER2 hunter 2",
		"a=p+w&b=p%20w&c=p w":                   "a=***&b=***&c=***",
		"hunter2":                               "***",
		"hunter2hunter2":                        "******",
		"xhunter2x":                             "x***x",
		`"hunter2\"x"`:                          `"***"`,
		"\xff\xfehunter2\x00":                   "\xff\xfe***\x00",
		strings.Repeat("long-secret-", 20):      "***",
		strings.Repeat("long-secret-", 6) + "?": "***?",
		"long-secret-long-secret":               "long-secret-long-secret", // too little to tell
		"&":                                     "&", "%": "%", "\\": "\\", "%7": "%7", "&#;": "&#;", "&#x;": "&#x;", "\\u": "\\u", "\\ud83d": "\\ud83d", "\\u{": "\\u{",
	} {
		if got := scope.Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
	if got := spec.NewScope(nil, map[string]string{"A": ""}).Mask("text"); got != "text" {
		t.Errorf("with an empty secret: %q", got)
	}
}

func TestMaskCut(t *testing.T) {
	t.Parallel()
	const secret = `secret "quoted" value`
	scope := spec.NewScope(nil, map[string]string{"A": secret})
	for _, whole := range []string{"x " + secret, "x " + jsonOf(secret, true), "x " + url.QueryEscape(secret), "x " + html.EscapeString(secret)} {
		for n := len("x secr"); n < len(whole); n++ {
			if got := scope.MaskCut(whole[:n]); got != "x ***" {
				t.Errorf("%q became %q", whole[:n], got)
			}
		}
	}
	for in, want := range map[string]string{"x sec": "x sec", "x secret ": "x ***", "x secrets": "x secrets", "": ""} {
		if got := scope.MaskCut(in); got != want {
			t.Errorf("MaskCut(%q) = %q, want %q", in, got, want)
		}
	}
	if got := scope.Mask("x secret"); got != "x secret" {
		t.Errorf("a text that is whole: %q", got)
	}
}

// TestMaskIsBounded gives the matcher what makes careless ones slow, which would
// take hours, and sees that nothing is shown for lack of time.
func TestMaskIsBounded(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = strings.Repeat("a", 1000+i) + "b"
	}
	scope := spec.NewScope(nil, many)
	escaped := spec.NewScope(nil, map[string]string{"A": strings.Repeat(`\`, 60<<10), "B": strings.Repeat("%", 60<<10), "C": strings.Repeat(`"\n`, 20<<10)})
	for _, s := range []*spec.Scope{scope, escaped} {
		for _, part := range []string{"a", `\`, "%", "%25", `\u0061`, "&#97;", `\"`, "&", "%61", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%6"} {
			got := s.Mask(strings.Repeat(part, (1<<18)/len(part)) + strings.Repeat("a", 1000) + "b")
			if strings.Contains(got, strings.Repeat("a", 100)) && s == scope {
				t.Errorf("after many %q the secret is to be seen", part)
			}
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range peculiar {
		f.Add(s, "before ", " after")
	}
	f.Add("abcd", "%", "\\u")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < 6 || len(secret) > 200 {
			return
		}
		scope := spec.NewScope(nil, map[string]string{"S": secret})
		if strings.ContainsRune(secret, '\ufffd') || strings.Trim(secret, "*") == "" {
			return
		}
		for name, text := range map[string]string{
			"raw": secret, "query": url.QueryEscape(secret), "hex": hex.EncodeToString([]byte(secret)),
			"base64": base64.StdEncoding.EncodeToString([]byte(secret)),
		} {
			// What precedes may be the beginning of an escape, which changes what
			// the secret says; a space ends it.
			got := scope.Mask(before + " " + text + " " + after)
			if strings.Contains(got, text) && !strings.Contains(before+" "+"***"+" "+after, text) {
				t.Errorf("%s of %q is to be seen in %q", name, secret, got)
			}
		}
	})
}

func BenchmarkMask(b *testing.B) {
	secrets := map[string]string{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 50 {
		raw := make([]byte, 24)
		for j := range raw {
			raw[j] = byte(r.Uint32())
		}
		secrets[fmt.Sprint("S", i)] = base64.StdEncoding.EncodeToString(raw)
	}
	one := map[string]string{"S0": secrets["S0"]}
	rows := make([]map[string]any, 200)
	for i := range rows {
		rows[i] = map[string]any{"id": i, "name": fmt.Sprintf("Item \"%d\" <b>", i), "url": "https://shop.test/a%20b?x=1&y=2", "at": time.Unix(int64(i), 0).UTC()}
	}
	doc, err := json.Marshal(rows)
	if err != nil {
		b.Fatal(err)
	}
	quoted, err := json.Marshal(string(doc))
	if err != nil {
		b.Fatal(err)
	}
	noise := make([]byte, 48<<10)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	texts := map[string]string{
		"prose":        strings.Repeat("The quick brown fox jumps over the lazy dog. ", 1000),
		"JSON":         string(doc),
		"JSON in JSON": string(quoted),
		"base64":       base64.StdEncoding.EncodeToString(noise),
		"HTML":         strings.Repeat(`<a href="/x?a=1&amp;b=2" class="item">It&#39;s 50%</a>`+"\n", 800),
	}
	for n, given := range map[string]map[string]string{"1": one, "50": secrets} {
		scope := spec.NewScope(nil, given)
		for name, text := range texts {
			b.Run(name+"/"+n, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					scope.Mask(text)
				}
			})
		}
	}
	b.Run("scope/50", func(b *testing.B) {
		for b.Loop() {
			spec.NewScope(nil, secrets)
		}
	})
}

func jsonOf(s string, forHTML bool) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(forHTML)
	if err := enc.Encode(s); err != nil {
		panic(err)
	}
	out := strings.TrimSuffix(b.String(), "\n")
	return out[1 : len(out)-1]
}

func ascii(s string) string {
	var b strings.Builder
	for _, r := range jsonOf(s, true) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return b.String()
}

func everyByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func everyRune(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

// mixed escapes every other byte, in small letters and large ones.
func mixed(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch {
		case s[i] == '%' || s[i] >= 0x80 || i%4 == 0:
			fmt.Fprintf(&b, "%%%02x", s[i])
		case i%4 == 2:
			fmt.Fprintf(&b, "%%%02X", s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func smallEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:], bytes.ToLower(b[i:i+3]))
		}
	}
	return string(b)
}

func lines(s string, width int) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + "\r\n")
		s = s[width:]
	}
	return b.String() + s
}
