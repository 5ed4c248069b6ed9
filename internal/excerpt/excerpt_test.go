package excerpt_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/excerpt"
)

func TestExcerpts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		got, want string
	}{
		{"short", excerpt.Of("abc", 3), "abc"},
		{"long", excerpt.Of("abcd", 3), "abc…"},
		{"in the middle of a rune", excerpt.Of("aßb", 2), "a…"},
		{"after a rune", excerpt.Of("aßb", 3), "aß…"},
		{"no room", excerpt.Of("abc", 0), "…"},
		{"less than no room", excerpt.Of("abc", -1), "…"},
		{"a first rune without room", excerpt.Of("ßß", 1), "…"},
		{"only continuation bytes", excerpt.Of("\x80\x80\x80", 2), "…"},
		{"start", excerpt.Start("aßb", 2), "a"},
		{"start of a short text", excerpt.Start("a", 2), "a"},
		{"line", excerpt.Line(" a\r\n\tb  c\x00 ", 20), "a b c\x00"},
		{"line of what is no text", excerpt.Line("a\xffb", 20), "a\uFFFDb"},
		{"long line", excerpt.Line("a\nb\nc", 3), "a b…"},
		{"storable", excerpt.Storable("a\x00b\xff"), "a\uFFFDb\uFFFD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.got != test.want {
				t.Errorf("got %q, want %q", test.got, test.want)
			}
		})
	}
}

func FuzzExcerpts(f *testing.F) {
	f.Add("aßb\x00\xff\n", 2)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		got := excerpt.Of(text, limit)
		if len(got) > max(limit, 0)+len("…") || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("Of(%q, %d) = %q", text, limit, got)
		}
		if !strings.HasPrefix(text, strings.TrimSuffix(got, "…")) {
			t.Errorf("Of(%q, %d) = %q, which is not its beginning", text, limit, got)
		}
		if line := excerpt.Line(text, 100); !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\t") {
			t.Errorf("Line(%q) = %q", text, line)
		}
		if kept := excerpt.Storable(text); !utf8.ValidString(kept) || strings.Contains(kept, "\x00") {
			t.Errorf("Storable(%q) = %q", text, kept)
		}
	})
}
