package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/cli/client"
)

// A run that stands still says so, with the reason.
func TestProgressTellsWhyARunStandsStill(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(Sys{Stdout: &out, LookupEnv: func(string) (string, bool) { return "", false }})
	for _, e := range []client.Event{
		{Type: "RUN_DEFERRED", Error: "shop.test:443 does not answer; the 3 cases about it wait\x1b[2J"},
		{Type: "CASE_REQUEUED", CaseKey: "api.order", Error: "shop.test:443 still does not answer"},
		{Type: "CASE_REQUEUED", CaseKey: "api.cart"},
		{Type: "RUN_PAUSED"},
		{Type: "RUN_RESUMED"},
	} {
		p.event(e)
	}
	p.end()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	want := [][]string{
		{"waiting", "shop.test:443 does not answer; the 3 cases about it wait"},
		{"api.order", "queued again", "shop.test:443 still does not answer"},
		{"api.cart", "its worker is gone"},
		{"paused"},
		{"resumed"},
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), out.String())
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(lines[i], part) {
				t.Errorf("line %q, want %q in it", lines[i], part)
			}
		}
		if strings.ContainsRune(lines[i], 0x1b) && strings.Contains(lines[i], "[2J") {
			t.Errorf("line %q steers the terminal", lines[i])
		}
	}
}
