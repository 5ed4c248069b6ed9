package importing

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a token of a script is.
type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenText    // a string, or a template in which nothing is filled in
	tokenFilled  // a template in which something is
	tokenNumber  // its text is the number's
	tokenPattern // a regular expression; flags beside it
	tokenMark    // punctuation
)

type token struct {
	kind    tokenKind
	text    string
	flags   string
	line    int
	newLine bool // it is the first on its line
}

// lex splits a script of JavaScript or TypeScript into tokens.
func lex(source string) ([]token, error) {
	l := &lexer{rest: source, line: 1, fresh: true}
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		l.tokens = append(l.tokens, t)
		if t.kind == tokenEnd {
			return l.tokens, nil
		}
	}
}

type lexer struct {
	rest   string
	line   int
	fresh  bool // nothing has come on this line yet
	tokens []token
}

func (l *lexer) next() (token, error) {
	l.skip()
	t := token{line: l.line, newLine: l.fresh}
	l.fresh = false
	if l.rest == "" {
		return t, nil
	}
	r, size := utf8.DecodeRuneInString(l.rest)
	switch {
	case r == '\'' || r == '"':
		return l.text(t, byte(r))
	case r == '`':
		return l.template(t)
	case r >= '0' && r <= '9':
		t.kind, t.text = tokenNumber, l.take(func(r rune) bool { return unicode.IsDigit(r) || unicode.IsLetter(r) || r == '.' || r == '_' })
	case isNameRune(r):
		t.kind, t.text = tokenName, l.take(func(r rune) bool { return isNameRune(r) || unicode.IsDigit(r) })
	case r == '/' && l.patternMayCome():
		return l.pattern(t)
	case strings.HasPrefix(l.rest, "=>") || strings.HasPrefix(l.rest, "?.") || strings.HasPrefix(l.rest, "??"):
		t.kind, t.text = tokenMark, l.rest[:2]
		l.rest = l.rest[2:]
	case strings.HasPrefix(l.rest, "..."):
		t.kind, t.text = tokenMark, "..."
		l.rest = l.rest[3:]
	default:
		t.kind, t.text = tokenMark, l.rest[:size]
		l.rest = l.rest[size:]
	}
	return t, nil
}

func isNameRune(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) }

func (l *lexer) take(fits func(rune) bool) string {
	n := strings.IndexFunc(l.rest, func(r rune) bool { return !fits(r) })
	if n < 0 {
		n = len(l.rest)
	}
	out := l.rest[:n]
	l.rest = l.rest[n:]
	return out
}

// skip leaves out white space and comments.
func (l *lexer) skip() {
	for l.rest != "" {
		switch {
		case l.rest[0] == '\n':
			l.line, l.fresh, l.rest = l.line+1, true, l.rest[1:]
		case strings.HasPrefix(l.rest, "//"):
			if n := strings.IndexByte(l.rest, '\n'); n >= 0 {
				l.rest = l.rest[n:]
			} else {
				l.rest = ""
			}
		case strings.HasPrefix(l.rest, "/*"):
			n := strings.Index(l.rest[2:], "*/")
			if n < 0 {
				l.rest = ""
				return
			}
			l.line += strings.Count(l.rest[:n+4], "\n")
			l.rest = l.rest[n+4:]
		default:
			r, size := utf8.DecodeRuneInString(l.rest)
			if !unicode.IsSpace(r) && r != '\ufeff' {
				return
			}
			l.rest = l.rest[size:]
		}
	}
}

// patternMayCome tells a regular expression from a division: by what is before.
func (l *lexer) patternMayCome() bool {
	if len(l.tokens) == 0 {
		return true
	}
	last := l.tokens[len(l.tokens)-1]
	return last.kind == tokenMark && last.text != ")" && last.text != "]" && last.text != "}" || last.kind == tokenName && last.text == "return"
}

func (l *lexer) pattern(t token) (token, error) {
	inClass := false
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; {
		case c == '\\':
			i++
		case c == '\n':
			return t, fmt.Errorf("line %d: a regular expression has no end", t.line)
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case c == '/' && !inClass:
			t.kind, t.text = tokenPattern, l.rest[1:i]
			l.rest = l.rest[i+1:]
			t.flags = l.take(isNameRune)
			return t, nil
		}
	}
	return t, fmt.Errorf("line %d: a regular expression has no end", t.line)
}

func (l *lexer) text(t token, quote byte) (token, error) {
	var b strings.Builder
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; c {
		case quote:
			t.kind, t.text = tokenText, b.String()
			l.rest = l.rest[i+1:]
			return t, nil
		case '\n':
			return t, fmt.Errorf("line %d: a text has no end", t.line)
		case '\\':
			i += l.escaped(&b, i+1)
		default:
			b.WriteByte(c)
		}
	}
	return t, fmt.Errorf("line %d: a text has no end", t.line)
}

// escaped writes what stands for an escape, whose letter is at i, and returns how
// many bytes it had.
func (l *lexer) escaped(b *strings.Builder, i int) int {
	if i >= len(l.rest) {
		return 1
	}
	digits := func(from, n int) (int, bool) {
		if from+n > len(l.rest) {
			return 0, false
		}
		v, err := strconv.ParseUint(l.rest[from:from+n], 16, 32)
		b.WriteRune(rune(v)) //nolint:gosec // at most six digits, and no rune is written as U+FFFD
		return n + (from - i), err == nil
	}
	switch c := l.rest[i]; c {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case '\n':
		l.line++
	case 'x':
		if n, ok := digits(i+1, 2); ok {
			return n
		}
	case 'u':
		if i+1 < len(l.rest) && l.rest[i+1] == '{' {
			if end := strings.IndexByte(l.rest[i:], '}'); end > 2 && end < 9 {
				n, _ := digits(i+2, end-2)
				return n + 1
			}
			return 1
		}
		if n, ok := digits(i+1, 4); ok {
			return n
		}
	default:
		b.WriteByte(c)
	}
	return 1
}

// template reads one; in what is filled in braces are balanced.
func (l *lexer) template(t token) (token, error) {
	var b strings.Builder
	t.kind = tokenText
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; {
		case c == '`':
			l.line += strings.Count(l.rest[:i], "\n")
			t.text, l.rest = b.String(), l.rest[i+1:]
			return t, nil
		case c == '\\':
			before := l.line
			i += l.escaped(&b, i+1)
			l.line = before // all lines are counted in the end
		case c == '$' && strings.HasPrefix(l.rest[i:], "${"):
			t.kind = tokenFilled
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return t, fmt.Errorf("line %d: a template has no end", t.line)
}
