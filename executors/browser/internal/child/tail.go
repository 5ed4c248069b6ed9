package child

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// tail keeps the last bytes that a process printed, to explain a start that
// failed, and hands out its lines.
type tail struct {
	limit  int
	onLine func(string)

	mu   sync.Mutex
	buf  []byte
	line []byte // the newest, which has no end yet
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	lines := t.cut(p)
	t.mu.Unlock()
	for _, l := range lines {
		t.onLine(l)
	}
	return len(p), nil
}

// cut returns the lines that are complete now. One beyond the limit is given up.
func (t *tail) cut(p []byte) (lines []string) {
	if t.onLine == nil {
		return nil
	}
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		lines = append(lines, strings.TrimRight(string(t.line)+string(p[:i]), "\r"))
		t.line = t.line[:0]
		p = p[i+1:]
	}
	if t.line = append(t.line, p...); len(t.line) > t.limit {
		t.line = t.line[:0]
	}
	return lines
}

func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	return lines[len(lines)-1]
}
