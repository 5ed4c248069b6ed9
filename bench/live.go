//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// What a delivered event may cost, beside the others in the same run.
const (
	mostOfStock      = 0.25
	mostOfCentrifuge = 0.75
	mostOfFloor      = 1.3
	idleTarget       = 10 << 10 // bytes a connection
	loadedTarget     = 12 << 10
)

// liveRate is how many events a second a page gets of a busy run.
const liveRate = 5

// runLive compares servers that deliver the same events to many viewers: each in
// its own process on one core, one after the other, in several rounds.
func runLive(ctx context.Context, b *bench) (_ *section, err error) {
	s, err := b.openStage(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, s.close)
	field := []contender{ours(), stock()}
	sec := &section{}
	if program, err := b.buildPeers(ctx); err != nil {
		sec.notes = append(sec.notes, fmt.Sprintf("centrifuge is missing here, since its server could not be built: %v", err))
	} else {
		field = append(field, centrifuge(program))
	}
	field = append(field, bareWrites())
	plan := livePlan{viewers: 5000, paced: 6 * time.Second, burst: 3 * time.Second, settle: 3 * time.Second}
	if b.Quick {
		plan = livePlan{viewers: 1000, paced: 3 * time.Second, burst: 2 * time.Second, settle: time.Second}
	}
	rounds := make([][]showing, len(field))
	times := b.times(5, 1) // many short ones: what else the machine does hits all alike
	for round := range times {
		for i, c := range field {
			plan.profile = ""
			if i == 0 && round == times-1 {
				plan.profile = b.Profile
			}
			got, err := s.perform(ctx, c, plan)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", c.name, round+1, err)
			}
			b.say("live, round %d, %s: %s", round+1, c.name, got)
			rounds[i] = append(rounds[i], got)
		}
	}
	sec.report(field, rounds, plan)
	return sec, nil
}

// livePlan is how much to do.
type livePlan struct {
	viewers      int
	paced, burst time.Duration
	settle       time.Duration // before memory is read
	profile      string        // where a CPU profile of the server goes; empty for none
}

// showing is what one round found of one server.
type showing struct {
	paced, one, eight measured
	idle, loaded      float64 // bytes a connection, as the kernel counts the process
	idleKept          float64 // the same after all that is free was given back
	loadedKept        float64
	frame             float64 // bytes of a message
}

func (s showing) String() string {
	return fmt.Sprintf("%s a message at %d/s (p95 %s), %s one at a time, %s eight at a time; %.1f KB a connection idle, %.1f KB loaded; %.0f bytes",
		micros(s.paced.perMessage()), liveRate, show(s.paced.P95), micros(s.one.perMessage()), micros(s.eight.perMessage()), s.idle/1024, s.loaded/1024, s.frame)
}

func (s *stage) perform(ctx context.Context, c contender, plan livePlan) (got showing, err error) {
	w, err := s.begin(ctx, c)
	if err != nil {
		return got, err
	}
	defer together(&err, w.end)
	if _, err := w.order(ctx, 5*time.Minute, order{Do: "open", Viewers: plan.viewers}); err != nil {
		return got, err
	}
	if got.idle, got.idleKept, err = w.memory(ctx, plan); err != nil {
		return got, err
	}
	if plan.profile != "" {
		file, err := filepath.Abs(plan.profile)
		if err != nil {
			return got, fmt.Errorf("find the profile's place: %w", err)
		}
		if _, err := w.server.footprint(ctx, "profile "+file); err != nil {
			return got, err
		}
	}
	for _, part := range []struct {
		into *measured
		do   order
	}{
		{&got.paced, order{Do: "paced", Rate: liveRate, For: plan.paced}},
		{&got.one, order{Do: "burst", Window: 1, For: plan.burst}},
		{&got.eight, order{Do: "burst", Window: 8, For: plan.burst}},
	} {
		if *part.into, err = w.measure(ctx, part.do); err != nil {
			return got, err
		}
	}
	if plan.profile != "" {
		if _, err := w.server.footprint(ctx, "stop"); err != nil {
			return got, err
		}
	}
	got.frame = float64(got.paced.Bytes) / float64(max(got.paced.Messages, 1))
	got.loaded, got.loadedKept, err = w.memory(ctx, plan)
	return got, err
}

// memory returns the bytes that each connection takes, as they are and after all
// that is free was given back.
func (w *performance) memory(ctx context.Context, plan livePlan) (held, kept float64, err error) {
	if err := pause(ctx, plan.settle); err != nil {
		return 0, 0, err
	}
	asIs, err := w.server.footprint(ctx, "usage")
	if err != nil {
		return 0, 0, err
	}
	least, err := w.server.footprint(ctx, "collect")
	each := func(f footprint) float64 { return float64(f.RSS-w.empty.RSS) / float64(plan.viewers) }
	return each(asIs), each(least), err
}

func (s *section) report(field []contender, rounds [][]showing, plan livePlan) {
	t := table{
		title: fmt.Sprintf("%d viewers of one run, as medians of %d rounds; CPU time is the server's, for each message:", plan.viewers, len(rounds[0])),
		header: []string{
			"Server", fmt.Sprintf("CPU at %d events/s", liveRate), "p95 of delivery", "one event at a time: CPU", "messages/s",
			"eight at a time: CPU", "messages/s", "KB a connection, idle", "after load", "bytes a message",
		},
	}
	for i, c := range field {
		m := func(f func(showing) float64) float64 { return medianBy(rounds[i], f) }
		t.rows = append(t.rows, []string{
			c.name, micros(time.Duration(m(pacedCPU))), show(time.Duration(m(func(s showing) float64 { return float64(s.paced.P95) }))),
			micros(time.Duration(m(oneCPU))), thousands(m(func(s showing) float64 { return s.one.perSecond() })),
			micros(time.Duration(m(eightCPU))), thousands(m(func(s showing) float64 { return s.eight.perSecond() })),
			kilobytes(m(func(s showing) float64 { return s.idle }), m(func(s showing) float64 { return s.idleKept })),
			kilobytes(m(func(s showing) float64 { return s.loaded }), m(func(s showing) float64 { return s.loadedKept })),
			fmt.Sprintf("%.0f", m(func(s showing) float64 { return s.frame })),
		})
	}
	s.tables = append(s.tables, t)
	for i, c := range field[1:] {
		s.rows = append(s.rows, c.ratio(rounds[0], rounds[i+1]))
	}
	memory := func(what string, target float64, f func(showing) float64) row {
		got := medianBy(rounds[0], f)
		return row{what: what, value: fmt.Sprintf("%.1f KB", got/1024), target: fmt.Sprintf("≤ %.0f KB", target/1024), met: got <= target}
	}
	s.rows = append(s.rows,
		memory("memory of the server for each connection, idle", idleTarget, func(s showing) float64 { return s.idle }),
		memory("the same, after load", loadedTarget, func(s showing) float64 { return s.loaded }),
		row{what: "deliveries of our server in a second, on one core", value: fmt.Sprintf("%s one event at a time, %s with eight under way",
			thousands(medianBy(rounds[0], func(s showing) float64 { return s.one.perSecond() })),
			thousands(medianBy(rounds[0], func(s showing) float64 { return s.eight.perSecond() })))},
	)
	s.notes = append(s.notes,
		"Each server is a process of its own on one core; the viewers, the source of events, Postgres and Redis share another one. "+
			"CPU time is what the server says of itself by getrusage, from before the first event to after its last delivery. "+
			"Every viewer has a UUID as its subscription's id, and checks the id and the number of each event: a hole, a repeat or a wrong id ends the benchmark. "+
			"The viewers do not sleep between the frames of one event, so that no server pays for waking them. "+
			"Events of ours and of gqlgen's are rows of a real run, numbered, committed and published; delivery counts from the commit to the read of the frame. "+
			"The others are handed the same payload over a socket.",
		"Memory is the growth of the process by its viewers, as the kernel counts it (RSS); in brackets after a collection that gave all free memory back. "+
			"Ratios are medians of those of each round.")
}

// ratio compares what ours and the contender cost.
func (c contender) ratio(ours, theirs []showing) row {
	by := func(f func(showing) float64) float64 {
		ratios := make([]float64, len(ours))
		for i := range ours {
			ratios[i] = f(ours[i]) / f(theirs[i])
		}
		return medianOf(ratios)
	}
	paced, one := by(pacedCPU), by(oneCPU)
	return row{
		what:   "CPU time a message, ours to " + c.name,
		value:  fmt.Sprintf("%.2f at %d events/s, %.2f back to back, %.2f with eight events under way", paced, liveRate, one, by(eightCPU)),
		target: fmt.Sprintf("≤ %.2f in the first two", c.most),
		met:    paced <= c.most && one <= c.most,
	}
}

func pacedCPU(s showing) float64 { return float64(s.paced.perMessage()) }
func oneCPU(s showing) float64   { return float64(s.one.perMessage()) }
func eightCPU(s showing) float64 { return float64(s.eight.perMessage()) }

func medianBy(rounds []showing, f func(showing) float64) float64 {
	values := make([]float64, len(rounds))
	for i, s := range rounds {
		values[i] = f(s)
	}
	return medianOf(values)
}

func micros(d time.Duration) string { return fmt.Sprintf("%.2f µs", float64(d)/1e3) }

func thousands(n float64) string { return fmt.Sprintf("%.1fk", n/1000) }

func kilobytes(held, kept float64) string { return fmt.Sprintf("%.1f (%.1f)", held/1024, kept/1024) }
