package devtools

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func frames(t testing.TB, input string, limit int) (out []string, last error) {
	t.Helper()
	r := newFrameReader(io.NopCloser(strings.NewReader(input)), limit)
	for {
		f, err := r.Next()
		var large *tooLargeError
		if errors.As(err, &large) {
			out = append(out, "large:"+string(rune('0'+large.id)))
			continue
		}
		if err != nil {
			return out, err
		}
		out = append(out, string(f))
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200_000)
	tests := []struct {
		name, input string
		want        []string
		last        error
	}{
		{"none", "", nil, io.EOF},
		{"two", "a\x00b\x00", []string{"a", "b"}, io.EOF},
		{"empty ones are skipped", "\x00 \x00a\x00", []string{"a"}, io.EOF},
		{"longer than the buffer", long + "\x00b\x00", []string{long, "b"}, io.EOF},
		{"cut off", "a\x00b", []string{"a"}, io.ErrUnexpectedEOF},
		{"too large", long + long + "\x00b\x00", []string{"large:0", "b"}, io.EOF},
		{"too large an answer", `{"id":7,"result":"` + long + long + "\x00b\x00", []string{"large:7", "b"}, io.EOF},
		{"too large and cut off", long + long, nil, io.EOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, last := frames(t, tt.input, 300_000)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("frames (-want +got):\n%s", diff)
			}
			if !errors.Is(last, tt.last) {
				t.Errorf("ended with %v, want %v", last, tt.last)
			}
		})
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("a\x00b\x00"))
	f.Add([]byte(`{"id":12,"result":{}}` + "\x00"))
	f.Add([]byte(`{"id":`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _ := frames(t, string(data), 16)
		if n := bytes.Count(data, []byte{0}); len(got) > n {
			t.Errorf("%d frames out of %d", len(got), n)
		}
		for _, g := range got {
			if len(g) > 17 {
				t.Errorf("the frame %q is over the limit", g)
			}
		}
	})
}
