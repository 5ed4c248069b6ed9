package report

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "a\tb\nc", "a\tb\nc"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"link of a terminal", "\x1b]8;;https://evil.test\x07text\x1b]8;;\x07", "text"},
		{"a lone escape", "a\x1b", "a"},
		{"controls", "a\x00b\x07c\x7fd\u0085e", "abcde"},
		{"line ends", "a\r\nb\rc", "a\nb\nc"},
		{"not UTF-8", "a\xff\xfeb", "a\uFFFDb"},
		{"no character of XML", "a\uFFFE\uFFFFb", "ab"},
		{"other scripts", "déjà 世界 🙂", "déjà 世界 🙂"},
	}
	for _, tt := range tests {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzClip(f *testing.F) {
	f.Add("a\xffb\x1b[0m", 3)
	f.Add("世界", 4)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 || limit > 1<<20 {
			t.Skip()
		}
		got := clip(s, limit)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b\r\x7f") {
			t.Errorf("%q", got)
		}
		if len(got) > limit+50 {
			t.Errorf("%d bytes, limit %d", len(got), limit)
		}
	})
}

func TestClipSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	if got, want := clip("世界", 4), "世… (cut, 6 bytes in all)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := clip("1234", 4); got != "1234" {
		t.Errorf("got %q", got)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	tests := map[time.Duration]string{
		0: "0 ms", -time.Second: "0 ms", 400 * time.Microsecond: "0.4 ms", 9960 * time.Microsecond: "10 ms", 840 * time.Millisecond: "840 ms",
		999600 * time.Microsecond: "1.0 s", 12340 * time.Millisecond: "12.3 s", 59960 * time.Millisecond: "1 min 00 s",
		245 * time.Second: "4 min 05 s", 2*time.Hour + 3*time.Minute: "2 h 03 min", time.Hour - time.Millisecond: "1 h 00 min",
	}
	for in, want := range tests {
		if got := short(in); got != want {
			t.Errorf("%v: got %q, want %q", in, got, want)
		}
	}
}

func TestDiffLines(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, expected, actual, want string }{
		{"equal", "a\nb", "a\nb", " a, b"},
		{"changed", "a\nb\nc", "a\nx\nc", " a,-b,+x, c"},
		{"added", "a\nc", "a\nb\nc", " a,+b, c"},
		{"removed", "a\nb\nc", "c", "-a,-b, c"},
		{"nothing in common", "a\nb", "x\ny", "-a,-b,+x,+y"},
	}
	for _, tt := range tests {
		var got []string
		for _, l := range diffLines(tt.expected, tt.actual) {
			got = append(got, l.Sign+l.Text)
		}
		if d := cmp.Diff(tt.want, strings.Join(got, ",")); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
	if diffLines(strings.Repeat("\n", diffLinesMax), "") != nil {
		t.Error("a text beyond the limit was compared")
	}
}

func TestDiffering(t *testing.T) {
	t.Parallel()
	tests := []struct{ a, b, wantA, wantB string }{
		{"201", "200", "20[1]", "20[0]"},
		{"/orders/8f/x", "/orders/91/x", "/orders/[8f]/x", "/orders/[91]/x"},
		{"visible", "not found", "[visible]", "[not found]"},
		{"aa", "aaa", "aa[]", "aa[a]"},
		{"", "x", "[]", "[x]"},
		{"世界", "世間", "世[界]", "世[間]"},
	}
	for _, tt := range tests {
		x, y := differing(tt.a, tt.b)
		if got := x.Before + "[" + x.Changed + "]" + x.After; got != tt.wantA {
			t.Errorf("%q, %q: got %s, want %s", tt.a, tt.b, got, tt.wantA)
		}
		if got := y.Before + "[" + y.Changed + "]" + y.After; got != tt.wantB {
			t.Errorf("%q, %q: got %s, want %s", tt.a, tt.b, got, tt.wantB)
		}
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, whole := range []time.Duration{time.Nanosecond, time.Microsecond, 3 * time.Millisecond, 999 * time.Millisecond, 1001 * time.Millisecond, 48 * time.Second, 7 * time.Minute, 26 * time.Hour, 9000 * time.Hour} {
		got := ticks(whole)
		if len(got) < 1 || len(got) > 7 || (whole > time.Microsecond && len(got) < 3) {
			t.Errorf("%v: %d ticks: %v", whole, len(got), got)
		}
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	for q, want := range map[float64]float64{0: 1, 0.5: 2.5, 0.95: 3.85, 1: 4} {
		if got := quantile([]float64{1, 2, 3, 4}, q); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := quantile([]float64{7}, 0.95); got != 7 {
		t.Errorf("got %v", got)
	}
}
