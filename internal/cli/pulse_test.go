package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// A load under way is part of the status line of a terminal, and a line every
// ten seconds elsewhere.
func TestProgressTellsHowALoadDoes(t *testing.T) {
	t.Parallel()
	second := func(n int64) map[string]client.Pulse {
		return map[string]client.Pulse{"load.order": {ElapsedMs: n * 1000, Rate: 1202.6, P95: 12.4, VUs: 50}}
	}
	began := client.Event{Type: "CASE_STARTED", CaseKey: "load.order", At: time.Now(), OutcomeCounts: client.Counts{Total: 2}}
	for _, tt := range []struct {
		name     string
		terminal bool
		seconds  []int64
		want     string
	}{
		{"a terminal", true, []int64{1, 42}, "\r\x1b[K  ░░░░░░░░░░░░░░░░░░░░ 0/2  load.order 42s 1,203/s p95 12 ms 0.0 % failed 50 VUs\r\x1b[K"},
		{"CI", false, []int64{1, 9, 10, 11, 19, 21, 21}, "  … load.order 10s 1,203/s p95 12 ms 0.0 % failed 50 VUs\n  … load.order 21s 1,203/s p95 12 ms 0.0 % failed 50 VUs\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			// Nothing is drawn at intervals, so that what was written is known.
			p := &progress{sys: Sys{Stdout: &out, Terminal: tt.terminal, Width: 120, LookupEnv: func(string) (string, bool) { return "", false }},
				loads: map[string]client.Pulse{}, stop: make(chan struct{})}
			p.event(began)
			for _, n := range tt.seconds {
				p.pulses(second(n))
			}
			p.end()
			p.pulses(second(99))
			if got := out.String(); !strings.HasSuffix(got, tt.want) {
				t.Errorf("wrote %q, want %q at the end", got, tt.want)
			}
		})
	}
}

func TestPulseText(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]client.Pulse{
		"l 0s 0/s p95 0.0 ms 0.0 % failed 0 VUs":                     {},
		"l 1m1s 1,234,568/s p95 3.1 ms 12.5 % failed 1,000 VUs":      {ElapsedMs: 61_200, Rate: 1234567.8, P95: 3.14, Failed: 0.125, VUs: 1000},
		"l 2s 10/s p95 30,001 ms 100.0 % failed 3 VUs 4,000 dropped": {ElapsedMs: 2000, Rate: 10, P95: 30_001, Failed: 1, VUs: 3, Dropped: 4000},
	} {
		if got := pulseText("l", l); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
