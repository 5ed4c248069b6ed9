package embedded

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
)

const (
	tailLines   = 20
	tailLineMax = 2000 // bytes
)

// tail is the writer that a child's output goes to: it keeps the last lines
// for error messages and logs each one.
type tail struct {
	mu      sync.Mutex
	log     *slog.Logger // nil: keep only
	lines   []string
	partial []byte
}

func newTail(log *slog.Logger) *tail { return &tail{log: log} }

// Write implements io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	for {
		line, rest, found := bytes.Cut(p, []byte("\n"))
		if room := tailLineMax - len(t.partial); room > 0 {
			t.partial = append(t.partial, line[:min(room, len(line))]...)
		}
		if !found {
			return n, nil
		}
		t.endLine()
		p = rest
	}
}

// String returns the lines that were kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}

// lastWords returns the line that explains an end best, with its detail: a full
// disk, which other complaints only follow, else the last of the gravest level.
func (t *tail) lastWords() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, mark := range []string{"No space left", "PANIC:", "FATAL:", "rror:", "ERROR:"} {
		for i := len(t.lines) - 1; i >= 0; i-- {
			if !strings.Contains(t.lines[i], mark) {
				continue
			}
			words := message(t.lines[i])
			if i+1 < len(t.lines) && strings.Contains(t.lines[i+1], "DETAIL:") {
				words += "; " + message(t.lines[i+1])
			}
			return words
		}
	}
	if len(t.lines) == 0 {
		return "it said nothing"
	}
	return message(t.lines[len(t.lines)-1])
}

func (t *tail) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endLine()
}

func (t *tail) endLine() {
	line := strings.TrimSpace(string(t.partial))
	t.partial = t.partial[:0]
	if line == "" {
		return
	}
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
	if t.log == nil {
		return
	}
	level := slog.LevelDebug
	if strings.Contains(line, "PANIC:") || strings.Contains(line, "WARNING:") {
		level = slog.LevelWarn
	}
	t.log.Log(context.Background(), level, "postgres: "+message(line))
}

// message cuts the time and process id that the server puts before a line.
func message(line string) string {
	if _, after, found := strings.Cut(line, "] "); found && strings.HasPrefix(line, "2") {
		line = after
	}
	return strings.Join(strings.Fields(line), " ")
}
