package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// tellLoadEvery is how often a load under way is told where no status line can
// be drawn.
const tellLoadEvery = 10 * time.Second

// pulses takes how the loads under way do. On a terminal they are part of the
// status line; elsewhere a line is printed from time to time.
func (p *progress) pulses(loads map[string]client.Pulse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	for key, load := range loads {
		key = printable(key)
		old := p.loads[key]
		p.loads[key] = load
		if p.sys.Terminal {
			continue
		}
		if elapsed, before := elapsedOf(load), elapsedOf(old); elapsed/tellLoadEvery > before/tellLoadEvery {
			p.line("  … " + pulseText(key, load))
		}
	}
	p.draw()
}

// pulseText is such as: load.order 42s 1,203/s p95 12 ms 0.0 % failed 50 VUs.
func pulseText(key string, l client.Pulse) string {
	text := fmt.Sprintf("%s %s %s/s p95 %s ms %.1f %% failed %s VUs", key, elapsedOf(l).Round(time.Second),
		thousands(int64(l.Rate+0.5)), latency(l.P95), l.Failed*100, thousands(int64(l.VUs)))
	if l.Dropped > 0 {
		text += " " + thousands(l.Dropped) + " dropped"
	}
	return text
}

// latency has a digit behind the point where that tells something.
func latency(ms float64) string {
	if ms < 10 {
		return strconv.FormatFloat(ms, 'f', 1, 64)
	}
	return thousands(int64(ms + 0.5))
}

func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func elapsedOf(l client.Pulse) time.Duration { return time.Duration(l.ElapsedMs) * time.Millisecond }
