//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/bench/viewers"
)

// soak is how one was done.
const (
	soakViewers  = 10_000
	soakStalled  = soakViewers / 10
	soakLate     = 100 // of the stalled begin to read in the first minute, to see what they are told
	resumable    = 4499
	growthTarget = 0.05 // of the memory, over the whole time
)

// sighting is the server's footprint at a moment.
type sighting struct {
	at time.Duration // since the first event
	footprint
}

// runSoak lets many viewers follow a run for long, while a tenth of them do not
// read: memory must stay as it is, those must be closed so that they can resume,
// and the others must not notice.
func runSoak(ctx context.Context, b *bench) (_ *section, err error) {
	lasting := b.Soak
	if b.Quick {
		lasting = min(lasting, time.Minute)
	}
	s, err := b.openStage(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, s.close)
	w, err := s.begin(ctx, ours())
	if err != nil {
		return nil, err
	}
	defer together(&err, w.end)
	if _, err := w.order(ctx, 5*time.Minute, order{Do: "open", Viewers: soakViewers, Stalled: soakStalled}); err != nil {
		return nil, err
	}
	d, seen, err := w.soak(ctx, lasting)
	if err != nil {
		return nil, err
	}
	last, err := w.server.footprint(ctx, "usage")
	if err != nil {
		return nil, err
	}
	again, err := w.order(ctx, 3*time.Minute, order{Do: "resume"})
	if err != nil {
		return nil, err
	}
	return soakSection(lasting, d, again, seen, last), nil
}

// soak looks at the server every second while the viewers follow the run.
func (w *performance) soak(ctx context.Context, lasting time.Duration) (delivered, []sighting, error) {
	type outcome struct {
		d   delivered
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		d, err := w.order(ctx, lasting+2*arriveWithin, order{Do: "paced", Rate: liveRate, For: lasting, Late: soakLate})
		done <- outcome{d, err}
	}()
	began := time.Now()
	f, err := w.server.footprint(ctx, "usage")
	if err != nil {
		return delivered{}, nil, err
	}
	seen := []sighting{{0, f}}
	for tick := time.NewTicker(time.Second); ; {
		select {
		case o := <-done:
			tick.Stop()
			return o.d, seen, o.err
		case <-tick.C:
			f, err := w.server.footprint(ctx, "usage")
			if err != nil {
				return delivered{}, nil, err
			}
			seen = append(seen, sighting{time.Since(began), f})
		}
	}
}

func soakSection(lasting time.Duration, d, again delivered, seen []sighting, last footprint) *section {
	// The first part does not count: sockets of the stalled fill up, and the
	// collector finds its pace.
	settled := seen[len(seen)/3:]
	slope, mean := slopeOf(settled)
	growth := slope * lasting.Seconds() / mean
	reading := soakViewers - soakStalled
	kept := d.State.Stalled + d.State.Woken // the server holds those yet, as far as the viewers know
	told := d.State.Closed[resumable]
	wrong := 0
	for code, n := range d.State.Closed {
		if code != resumable && code != 1006 {
			wrong += n
		}
	}
	return &section{
		rows: []row{
			{
				what:   fmt.Sprintf("memory of the server over %s, after the first third", show(lasting)),
				value:  fmt.Sprintf("%.1f MB on average, %+.2f MB/min by least squares, which is %+.1f %% over the whole time", mean/(1<<20), slope*60/(1<<20), 100*growth),
				target: fmt.Sprintf("growth ≤ %.0f %%", 100*growthTarget), met: growth <= growthTarget,
			},
			{
				what: fmt.Sprintf("viewers that read (%d)", reading),
				value: fmt.Sprintf("%d connected to the end, each got all %d events in order; median %s, p95 %s, max %s",
					d.State.Reading, d.Events, show(d.Median), show(d.P95), show(d.Max)),
				target: "all", met: d.State.Reading == reading && d.Messages == int64(d.Events)*int64(reading),
			},
			{
				what:   fmt.Sprintf("viewers that do not read (%d), connections at the server", soakStalled),
				value:  fmt.Sprintf("%d open files of the server at the end, %d at the beginning", last.Sockets, seen[0].Sockets),
				target: "none of theirs is left", met: last.Sockets <= seen[0].Sockets-soakStalled+soakLate,
			},
			{
				what:   fmt.Sprintf("close codes that those saw who began to read late (%d)", soakLate),
				value:  codes(d.State),
				target: fmt.Sprintf("%d, or 1006 when they came too late for it", resumable), met: told > 0 && wrong == 0,
			},
			{
				what:   "closed viewers that connected again from their last event",
				value:  fmt.Sprintf("%d in %s, without a hole", again.State.Reading-d.State.Reading, show(again.Took)),
				target: "all that were closed", met: len(again.State.Closed) == 0 && again.State.Reading > d.State.Reading,
			},
		},
		notes: []string{fmt.Sprintf("%d viewers on one process at %d events/s; the stalled ones have a receive buffer of 4 KiB and never read, "+
			"but for %d that begin to, one after the other, in the first minute. Memory is the process's RSS, read every second; "+
			"%d stalled connections looked open to their clients at the end, since nothing tells a client that does not read.",
			soakViewers, liveRate, soakLate, kept)},
	}
}

// slopeOf fits a line to the memory by least squares and returns its slope, in
// bytes a second, and the mean.
func slopeOf(seen []sighting) (slope, mean float64) {
	n := float64(len(seen))
	if n == 0 {
		return 0, 0
	}
	var t, m float64
	for _, s := range seen {
		t += s.at.Seconds()
		m += float64(s.RSS)
	}
	t, m = t/n, m/n
	var above, below float64
	for _, s := range seen {
		above += (s.at.Seconds() - t) * (float64(s.RSS) - m)
		below += (s.at.Seconds() - t) * (s.at.Seconds() - t)
	}
	if below == 0 {
		return 0, m
	}
	return above / below, m
}

func codes(s viewers.State) string {
	var parts []string
	for code, n := range s.Closed {
		parts = append(parts, fmt.Sprintf("%d: %d", code, n))
	}
	slices.Sort(parts)
	return fmt.Sprintf("%s; still reading: %d", strings.Join(parts, ", "), s.Woken)
}
