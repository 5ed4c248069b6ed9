package cli

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/cli/client"
)

// progress shows a run as it goes: a line for each finished case, and on a
// terminal a status line that follows the cases under way.
type progress struct {
	sys Sys

	mu      sync.Mutex
	running []client.Event // the cases under way, oldest first
	loads   map[string]client.Pulse
	counts  client.Counts
	drawn   bool
	ended   bool
	stop    chan struct{}
	done    sync.WaitGroup
}

// redrawEvery keeps the elapsed times of a status line moving.
const redrawEvery = 200 * time.Millisecond

func newProgress(sys Sys) *progress {
	p := &progress{sys: sys, loads: map[string]client.Pulse{}, stop: make(chan struct{})}
	if sys.Terminal {
		p.done.Go(p.animate)
	}
	return p
}

func (p *progress) animate() {
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// end takes the status line away.
func (p *progress) end() {
	close(p.stop)
	p.done.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.erase()
}

func (p *progress) event(e client.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts = e.OutcomeCounts
	e.CaseKey, e.Title, e.Error = printable(e.CaseKey), printable(e.Title), printable(e.Error)
	switch e.Type {
	case "RUN_QUEUED":
		p.line(fmt.Sprintf("Running %s", plural(e.OutcomeCounts.Total, "case")))
	case "CASE_STARTED":
		p.drop(e.CaseKey)
		p.running = append(p.running, e)
	case "CASE_RETRIED":
		p.drop(e.CaseKey)
		p.line(p.paint(yellow, "  ↻ ") + e.CaseKey + p.paint(dim, fmt.Sprintf("  attempt %d %s, trying again", e.Attempt, lower(e.Outcome))))
	case "CASE_REQUEUED":
		p.drop(e.CaseKey)
		p.line(p.paint(yellow, "  ↻ ") + e.CaseKey + p.paint(dim, "  queued again: "+oneLine(cmp.Or(e.Error, "its worker is gone"))))
	case "CASE_FINISHED":
		p.drop(e.CaseKey)
		p.finished(e)
	case "RUN_PAUSED":
		p.line(p.paint(yellow, "  ‖ ") + "paused" + p.paint(dim, "  no further case begins"))
	case "RUN_RESUMED":
		p.line(p.paint(yellow, "  ▸ ") + "resumed")
	case "RUN_DEFERRED":
		p.line(p.paint(yellow, "  … ") + "waiting" + p.paint(dim, "  "+oneLine(e.Error)))
	}
	p.draw()
}

// marks of the outcomes, which also tell them apart without colour.
var marks = map[string]struct{ sign, colour string }{
	"PASSED": {"✓", green}, "FLAKY": {"≈", yellow}, "SKIPPED": {"-", dim}, "FAILED": {"✗", red},
	"TIMED_OUT": {"⧖", red}, "ERRORED": {"!", red}, "CANCELLED": {"■", dim},
}

func (p *progress) finished(e client.Event) {
	mark := marks[e.Outcome]
	text := "  " + p.paint(mark.colour, mark.sign) + " " + e.CaseKey
	if e.Title != "" && e.Title != e.CaseKey {
		text += p.paint(dim, "  "+e.Title)
	}
	if e.Outcome != "SKIPPED" {
		text += p.paint(dim, "  "+short(time.Duration(e.DurationMs)*time.Millisecond))
	}
	p.line(text)
	if e.Error != "" && e.Outcome != "PASSED" {
		p.line("      " + p.paint(mark.colour, lower(e.Outcome)+": ") + oneLine(e.Error))
	}
}

// idle reports whether no case is under way.
func (p *progress) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.running) == 0
}

func (p *progress) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line(text)
	p.draw()
}

func (p *progress) verdict(r *client.Run, written []string) {
	c := r.OutcomeCounts
	colour := green
	if r.Status != "PASSED" {
		colour = red
	}
	var parts []string
	for _, part := range []struct {
		n    int
		name string
	}{
		{c.Passed, "passed"}, {c.Flaky, "flaky"}, {c.Failed, "failed"}, {c.TimedOut, "timed out"},
		{c.Errored, "errored"}, {c.Skipped, "skipped"}, {c.Cancelled, "cancelled"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.name))
		}
	}
	took := ""
	if r.StartedAt != nil && r.FinishedAt != nil {
		took = " in " + short(r.FinishedAt.Sub(*r.StartedAt))
	}
	p.print("\n" + p.paint(colour+bold, r.Status) + "  " + printable(r.Name) + ": " + strings.Join(parts, ", ") + took)
	for _, g := range r.Gates {
		if !g.Passed {
			p.print(fmt.Sprintf("  gate %s: expected at least %g, got %s", g.Name, g.Expected, rounded(g.Actual)))
		}
	}
	p.print("  run     " + r.ID)
	for _, path := range written {
		p.print("  report  " + path)
	}
}

func (p *progress) drop(key string) {
	delete(p.loads, key)
	for i, e := range p.running {
		if e.CaseKey == key {
			p.running = append(p.running[:i], p.running[i+1:]...)
			return
		}
	}
}

// line prints above the status line.
func (p *progress) line(text string) {
	p.erase()
	p.print(text)
}

func (p *progress) print(text string) { _, _ = fmt.Fprintln(p.sys.Stdout, text) }

func (p *progress) erase() {
	if p.drawn {
		_, _ = fmt.Fprint(p.sys.Stdout, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *progress) draw() {
	if !p.sys.Terminal || p.counts.Total == 0 || p.counts.Finished == p.counts.Total {
		return
	}
	text := fmt.Sprintf("  %s %d/%d", bar(p.counts.Finished, p.counts.Total), p.counts.Finished, p.counts.Total)
	for _, e := range p.running {
		if load, ok := p.loads[e.CaseKey]; ok {
			text += "  " + pulseText(e.CaseKey, load)
			continue
		}
		text += fmt.Sprintf("  %s %s", e.CaseKey, short(time.Since(e.At)))
	}
	p.erase()
	_, _ = fmt.Fprint(p.sys.Stdout, clip(text, p.sys.Width-1))
	p.drawn = true
}

const barWidth = 20

func bar(done, total int) string {
	full := done * barWidth / total
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}

func clip(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(0, width-1)]) + "…"
}

// printable removes what could steer the terminal: errors quote targets.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || r == utf8.RuneError) {
			return -1
		}
		return r
	}, text)
}

func oneLine(text string) string {
	first, rest, more := strings.Cut(text, "\n")
	if more && strings.TrimSpace(rest) != "" {
		return first + " …"
	}
	return first
}

func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// Colours of a terminal.
const (
	red, green, yellow = "31", "32", "33"
	dim                = "2"
	bold               = ";1"
)

func (p *progress) paint(colour, text string) string {
	if !p.sys.colour() {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
