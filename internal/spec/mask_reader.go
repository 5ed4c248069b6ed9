package spec

import (
	"io"
)

// Bounds of what MaskReader holds of a stream.
const (
	readerWindow = 1 << 20   // looked at together
	readerKeep   = 128 << 10 // not given out before more has come: a secret may begin there
)

// MaskReader returns a reader that hides secrets in a text of any length, as Mask
// does in one that is held in memory; it holds about 1 MiB. A secret of which the
// end would not fit into that is hidden as far as it goes.
func (s *Scope) MaskReader(r io.Reader) io.Reader { return &maskReader{scope: s, from: r} }

type maskReader struct {
	scope *Scope
	from  io.Reader
	held  []byte // read, but not gone through
	ready []byte // gone through, but not given out
	err   error  // of from
}

// Read implements io.Reader.
func (m *maskReader) Read(p []byte) (int, error) {
	for len(m.ready) == 0 {
		if m.err != nil && len(m.held) == 0 {
			return 0, m.err
		}
		m.fill()
	}
	n := copy(p, m.ready)
	m.ready = m.ready[n:]
	return n, nil
}

// fill reads up to a window and makes the part of it ready that nothing that
// follows can change.
func (m *maskReader) fill() {
	if m.held == nil {
		m.held = make([]byte, 0, readerWindow)
	}
	for m.err == nil && len(m.held) < cap(m.held) {
		var n int
		n, m.err = m.from.Read(m.held[len(m.held):cap(m.held)])
		m.held = m.held[:len(m.held)+n]
	}
	text := string(m.held)
	end := len(text)
	spans := find(m.scope.lists(), text, false)
	if m.err == nil {
		end -= readerKeep
		end = whole(spans, end, len(text))
	}
	m.ready = hide(m.ready[:0], text, spans, end)
	m.held = m.held[:copy(m.held, text[end:])]
}

// whole moves the end of a part so that it cuts no secret in two: behind one
// that ends in sight, before one that may go on.
func whole(spans []span, end, length int) int {
	for _, sp := range spans { // ordered by where they begin
		switch {
		case sp.start >= end || sp.end <= end:
		case sp.end < length:
			end = sp.end
		case sp.start > 0:
			return sp.start
		default:
			return length // it fills the window
		}
	}
	return end
}

// hide appends a text up to an end, without the parts that are secret.
func hide(out []byte, text string, spans []span, end int) []byte {
	done := 0
	for _, sp := range spans {
		if sp.start >= end {
			break
		}
		if sp.start >= done {
			out = append(out, text[done:sp.start]...)
			out = append(out, masked...)
		}
		done = max(done, min(sp.end, end))
	}
	return append(out, text[done:end]...)
}
