package e2e

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		env           []string
		drawn, colour bool
	}{
		{name: "colours and a status line", env: []string{"TERM=xterm-256color"}, drawn: true, colour: true},
		{name: "NO_COLOR", env: []string{"TERM=xterm-256color", "NO_COLOR=1"}, drawn: true},
		{name: "CI", env: []string{"TERM=xterm-256color", "CI=true"}},
		{name: "a dumb terminal", env: []string{"TERM=dumb"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			room, app := newRoom(t), openTarget(t)
			terminal, tty, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = terminal.Close() }()
			if err := pty.Setsize(terminal, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
				t.Fatal(err)
			}
			p := start(t, launch{
				room: room, env: append(local(t), tc.env...), tty: tty,
				args: []string{"run", writePlan(t, room, holding), "--var", "BASE_URL=" + app.URL, "--output", "out"},
			})
			_ = tty.Close()
			seen := make(chan struct{})
			go func() { // ends when nobody holds the other side
				defer close(seen)
				_, _ = io.Copy(p.stdout, terminal)
			}()
			p.awaitOutput(t, "✓")
			if tc.drawn {
				p.awaitMatch(t, `( 1/3 +b )`) // a bar, and the case under way
			}
			app.release()
			r := p.wait(t)
			<-seen
			out := p.stdout.text()
			if r.code != 0 || !strings.Contains(out, "Holding: 3 passed") {
				t.Errorf("exit code %d\n%s%s", r.code, out, r.stderr)
			}
			if got := strings.Contains(out, "\r\x1b[K"); got != tc.drawn {
				t.Errorf("draws a status line: %t, want %t\n%q", got, tc.drawn, out)
			}
			if got := strings.Contains(strings.ReplaceAll(out, "\x1b[K", ""), "\x1b["); got != tc.colour {
				t.Errorf("uses colour: %t, want %t\n%q", got, tc.colour, out)
			}
			p.assertNothingLeft(t)
			assertReports(t, filepath.Join(room, "out"))
		})
	}
}
