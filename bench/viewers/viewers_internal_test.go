//go:build linux

package viewers

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serverFrame is a frame as a server sends it.
func serverFrame(first byte, payload string) []byte {
	switch n := len(payload); {
	case n < 126:
		return append([]byte{first, byte(n)}, payload...)
	case n <= 0xffff:
		return append([]byte{first, 126, byte(n >> 8), byte(n)}, payload...)
	default:
		return append([]byte{first, 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	long, longer := strings.Repeat("a", 126), strings.Repeat("b", 70_000)
	whole := bytes.Join([][]byte{serverFrame(0x81, "x"), serverFrame(0x81, long), serverFrame(0x01, longer), serverFrame(0x89, "")}, nil)
	for name, tt := range map[string]struct {
		in    []byte
		want  []string
		left  int
		wrong string
	}{
		"nothing":       {},
		"all lengths":   {in: whole, want: []string{"true 1 x", "true 1 " + long, "false 1 " + longer, "true 9 "}},
		"half a head":   {in: whole[:4], want: []string{"true 1 x"}, left: 1},
		"half a length": {in: whole[:5], want: []string{"true 1 x"}, left: 2},
		"half a frame":  {in: whole[:20], want: []string{"true 1 x"}, left: 17},
		"masked":        {in: []byte{0x81, 0x81, 0, 0, 0, 0, 'x'}, left: 7, wrong: "masks"},
		"compressed":    {in: []byte{0xc1, 1, 'x'}, left: 3, wrong: "reserved bits"},
		"too long":      {in: []byte{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0}, left: 10, wrong: "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			used, err := frames(tt.in, func(fin bool, op byte, payload []byte) error {
				got = append(got, fmt.Sprintf("%t %d %s", fin, op, payload))
				return nil
			})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if used != len(tt.in)-tt.left {
				t.Errorf("%d of %d bytes were used, want %d", used, len(tt.in), len(tt.in)-tt.left)
			}
			if (err != nil) != (tt.wrong != "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("ended with %v, want %q", err, tt.wrong)
			}
		})
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(serverFrame(0x81, "x"), 1)
	f.Add(serverFrame(0x88, "\x03\xe8"), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var whole, parts [][]byte
		keep := func(to *[][]byte) func(bool, byte, []byte) error {
			return func(_ bool, _ byte, p []byte) error { *to = append(*to, bytes.Clone(p)); return nil }
		}
		used, err := frames(b, keep(&whole))
		if used > len(b) || err != nil {
			return
		}
		// However the bytes are cut, the frames are the same.
		at := min(max(cut, 0), len(b))
		first, err := frames(b[:at], keep(&parts))
		if err != nil {
			t.Fatalf("the first %d bytes: %v", at, err)
		}
		if _, err := frames(b[first:], keep(&parts)); err != nil {
			t.Fatalf("the rest: %v", err)
		}
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNumberOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		`{"data":{"runEvents":{"seq":42,"type":"X"}}}`: 42,
		`"seq":7`:                      7,
		`"seq":1234567890123456789012`: 123456789012345678,
	} {
		if got, err := numberOf([]byte(in)); err != nil || got != want {
			t.Errorf("%s is read as %d (%v), want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", `{"type":"next"}`, `"seq":null`, `"seq":`} {
		if got, err := numberOf([]byte(in)); err == nil {
			t.Errorf("%q is read as %d", in, got)
		}
	}
}

func TestPongs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		protocol Protocol
		message  string
		want     string
	}{
		{GraphQL, `{"type":"ping"}`, `{"type":"pong"}`},
		{GraphQL, `{"type":"ping","payload":{}}`, `{"type":"pong"}`},
		{GraphQL, `{"type":"complete","id":"1"}`, ""},
		{GraphQL, `{}`, ""},
		{Centrifuge, `{}`, `{}`},
		{Centrifuge, `{"id":2,"subscribe":{}}`, ""},
		{Centrifuge, "", ""},
	} {
		if got := string(tt.protocol.pongFor([]byte(tt.message))); got != tt.want {
			t.Errorf("%s answers %q with %q, want %q", tt.protocol, tt.message, got, tt.want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	o := Options{Protocol: GraphQL, Query: "Q", Variables: map[string]any{"runId": "run_1"}, Init: map[string]any{"a": "b"}}
	w, err := o.wordsOf("u1", 7)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{string(w.hello), string(w.subscribe), string(w.id)}
	want := []string{
		`{"payload":{"a":"b"},"type":"connection_init"}`,
		`{"id":"u1","payload":{"query":"Q","variables":{"after":7,"runId":"run_1"}},"type":"subscribe"}`,
		`"id":"u1"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestClientFrames(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 125, 126, 65_535, 65_536} {
		payload := strings.Repeat("a", n)
		b := appendFrame(nil, opText, []byte(payload))
		if b[0] != 0x81 || b[1]&0x80 == 0 || !bytes.HasSuffix(b, append([]byte{0, 0, 0, 0}, payload...)) {
			t.Errorf("a frame of %d bytes begins with %x", n, b[:min(len(b), 14)])
		}
	}
}
