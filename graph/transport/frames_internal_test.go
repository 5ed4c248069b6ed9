package transport

import (
	"errors"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// recorder takes what the frames hold.
type recorder struct{ got []string }

func (r *recorder) text(m []byte) error { r.got = append(r.got, "text "+string(m)); return nil }
func (r *recorder) ping(p []byte)       { r.got = append(r.got, "ping "+string(p)) }
func (r *recorder) end(uint16)          { r.got = append(r.got, "end") }

// readAll gives bytes to the parser in pieces, as a socket does.
func readAll(b []byte, piece int) (got []string, err error) {
	f, to := frames{most: 1 << 10, deflates: true}, &recorder{}
	var in []byte
	for len(b) > 0 {
		n := min(piece, len(b))
		in = append(in, b[:n]...)
		b = b[n:]
		for whole := true; whole; {
			var used int
			used, whole, err = f.read(in, to)
			in = in[used:]
			if err != nil {
				return to.got, err
			}
		}
	}
	return to.got, nil
}

// FuzzFrames checks that the parser never fails but by a breach it can name,
// and that it does not matter how the bytes are cut.
func FuzzFrames(f *testing.F) {
	masked := func(op ws.OpCode, fin bool, text string) []byte {
		b, err := ws.CompileFrame(ws.MaskFrame(ws.NewFrame(op, fin, []byte(text))))
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	whole := masked(ws.OpText, true, `{"type":"ping"}`)
	parts := append(append(masked(ws.OpText, false, "a"), masked(ws.OpPing, true, "p")...), masked(ws.OpContinuation, true, "b")...)
	for _, seed := range [][]byte{
		whole, parts, append(whole, parts...), masked(ws.OpClose, true, "\x03\xe8bye"), masked(ws.OpBinary, true, "x"),
		masked(ws.OpText, true, strings.Repeat("x", 2000)), {0xc1, 0x82, 0, 0, 0, 0, 1, 2},
	} {
		f.Add(seed, 1)
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		if piece < 1 {
			piece = 1
		}
		once, err := readAll(append([]byte(nil), b...), len(b)+1)
		cut, cutErr := readAll(append([]byte(nil), b...), piece)
		if strings.Join(once, "\n") != strings.Join(cut, "\n") || (err == nil) != (cutErr == nil) {
			t.Fatalf("in one piece %q (%v), in pieces of %d %q (%v)", once, err, piece, cut, cutErr)
		}
		if breach, ok := errors.AsType[*broken](err); err != nil && (!ok || breach.code < 1000) {
			t.Fatalf("it fails with %v", err)
		}
	})
}
