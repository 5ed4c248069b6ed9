package spec

import (
	"html"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes marks the bytes that begin an escape: %2F in URLs and forms, \" and
// \u0022 in JSON and JavaScript, &quot; and &#34; in HTML and XML.
var escapes = [256]bool{'%': true, '\\': true, '&': true}

// maxEscapes is how many ways of escaping within one another are read: an address
// in a JSON text in a page.
const maxEscapes = 3

// view is a text as it says when its escapes are read.
type view struct {
	text   string
	parent *view  // what it was read from; nil is the text itself
	marks  []mark // where places move, in their order
}

// mark says that from out on, up to the next mark, a view goes along with its
// parent from in on.
type mark struct{ out, in int }

// viewsOf returns a text and all that it says: with each way of escaping, and
// with one after another, up to maxEscapes. What changes nothing is left out.
func viewsOf(text string) []*view {
	views := []*view{{text: text}}
	from := 0
	for range maxEscapes {
		to := len(views)
		for _, v := range views[from:to] {
			for _, escape := range []byte{'%', '\\', '&'} {
				next := v.read(escape)
				if next != nil && !slices.ContainsFunc(views, func(w *view) bool { return w.text == next.text }) {
					views = append(views, next)
				}
			}
		}
		from = to
	}
	return views
}

// origin returns the place in the text itself that a place of the view is from.
func (v *view) origin(at int) int {
	for ; v.parent != nil; v = v.parent {
		i := sort.Search(len(v.marks), func(i int) bool { return v.marks[i].out > at })
		if i > 0 {
			at += v.marks[i-1].in - v.marks[i-1].out
		}
	}
	return at
}

// read returns the view with one way of escaping read, nil when nothing was
// escaped so. What cannot be read stands for itself.
func (v *view) read(escape byte) *view {
	next := strings.IndexByte(v.text, escape)
	if next < 0 {
		return nil
	}
	out := &view{parent: v}
	var b strings.Builder
	done := 0 // what was copied or read
	for at := next; next >= 0; {
		var n, size int
		var char [8]byte
		switch rest := v.text[at:]; escape {
		case '%':
			n, size = percent(rest, &char)
		case '\\':
			n, size = slash(rest, &char)
		default:
			n, size = entity(rest, &char)
		}
		if size > 0 {
			if len(out.marks) == 0 {
				b.Grow(len(v.text))
			}
			b.WriteString(v.text[done:at])
			b.Write(char[:n])
			done = at + size
			out.marks = append(out.marks, mark{out: b.Len(), in: done})
		}
		from := max(done, at+1)
		if next = strings.IndexByte(v.text[from:], escape); next >= 0 {
			at = from + next
		}
	}
	if len(out.marks) == 0 {
		return nil
	}
	b.WriteString(v.text[done:])
	out.text = b.String()
	return out
}

// percent reads %2F. Like its siblings it returns how many bytes the character
// has and how many the escape takes; none when it is none.
func percent(text string, char *[8]byte) (n, size int) {
	v, ok := hexadecimal(text, 1, 2)
	if !ok {
		return 0, 0
	}
	char[0] = byte(v) //nolint:gosec // it has two digits
	return 1, 3
}

// simple are the escapes of one letter in JSON, JavaScript and Go.
var simple = [256]byte{
	'"': '"', '\'': '\'', '\\': '\\', '/': '/', '`': '`',
	'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', 'a': '\a',
}

// slash reads \", \x22, \u0022 with its surrogates, \u{22} and \U00000022.
func slash(text string, char *[8]byte) (n, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch text[1] {
	case 'x':
		v, ok := hexadecimal(text, 2, 2)
		if !ok {
			return 0, 0
		}
		char[0] = byte(v) //nolint:gosec // it has two digits; a byte in Go and Python
		return 1, 4
	case 'U':
		v, ok := hexadecimal(text, 2, 8)
		if !ok {
			return 0, 0
		}
		return encode(char, v), 10
	case 'u':
		return unicode(text, char)
	}
	if char[0] = simple[text[1]]; char[0] == 0 {
		return 0, 0
	}
	return 1, 2
}

func unicode(text string, char *[8]byte) (n, size int) {
	if strings.HasPrefix(text, `\u{`) {
		end := strings.IndexByte(text[:min(len(text), 12)], '}')
		v, ok := hexadecimal(text, 3, end-3)
		if !ok {
			return 0, 0
		}
		return encode(char, v), end + 1
	}
	high, ok := hexadecimal(text, 2, 4)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(high) {
		return encode(char, high), 6
	}
	low, ok := hexadecimal(text, 8, 4)
	if !ok || text[6:8] != `\u` {
		return 0, 0
	}
	return encode(char, utf16.DecodeRune(high, low)), 12
}

// maxEntity bounds an entity; those that stand for what people type are shorter.
const maxEntity = 14

// entity reads &quot;, &#34; and &#x22;.
func entity(text string, char *[8]byte) (n, size int) {
	end := strings.IndexByte(text[:min(len(text), maxEntity)], ';')
	if end < 2 {
		return 0, 0
	}
	name := text[:end+1]
	for _, b := range []byte(name[1:end]) {
		if b != '#' && (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z') {
			return 0, 0
		}
	}
	read := html.UnescapeString(name)
	if read == name || len(read) > 1 && strings.HasSuffix(read, ";") || len(read) > len(char) {
		return 0, 0
	}
	return copy(char[:], read), end + 1
}

// hexadecimal reads so many digits of a text.
func hexadecimal(text string, from, digits int) (v rune, ok bool) {
	if digits <= 0 || from+digits > len(text) {
		return 0, false
	}
	for _, b := range []byte(text[from : from+digits]) {
		switch {
		case '0' <= b && b <= '9':
			v = v<<4 | rune(b-'0')
		case 'a' <= b && b <= 'f':
			v = v<<4 | rune(b-'a'+10)
		case 'A' <= b && b <= 'F':
			v = v<<4 | rune(b-'A'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

func encode(char *[8]byte, v rune) int { return utf8.EncodeRune(char[:], v) }
