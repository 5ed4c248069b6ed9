//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

const (
	crowdViewers = 10_000
	crowdTarget  = 150 * time.Millisecond
	smallViewers = 100
	smallTarget  = 10 * time.Millisecond
)

// runCrowd measures how soon an event is with the viewers of one process: with
// as many as it is promised for, and with as many as a team has.
func runCrowd(ctx context.Context, b *bench) (_ *section, err error) {
	s, err := b.openStage(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, s.close)
	lasting := 20 * time.Second
	if b.Quick {
		lasting = 5 * time.Second
	}
	sec := &section{notes: []string{fmt.Sprintf("From the commit of an event to the read of its frame, for every event and every viewer, at %d events/s; "+
		"the server alone on one core; the viewers, Postgres and Redis on another one. Each round has its own server; the p95 is the median of the rounds.", liveRate)}}
	for _, part := range []struct {
		viewers int
		target  time.Duration
	}{{crowdViewers, crowdTarget}, {smallViewers, smallTarget}} {
		var p95, median sample
		var most, cpu time.Duration
		for round := range b.times(3, 1) {
			m, err := s.crowded(ctx, part.viewers, lasting)
			if err != nil {
				return nil, fmt.Errorf("%d viewers, round %d: %w", part.viewers, round+1, err)
			}
			b.say("crowd, round %d, %d viewers: median %s, p95 %s, max %s, %s a message",
				round+1, part.viewers, show(m.Median), show(m.P95), show(m.Max), micros(m.perMessage()))
			p95, median, most, cpu = append(p95, m.P95), append(median, m.Median), max(most, m.Max), m.perMessage()
		}
		sec.rows = append(sec.rows, row{
			what: fmt.Sprintf("delivery to %d viewers of one process", part.viewers),
			value: fmt.Sprintf("median %s, p95 %s, max %s (%s of CPU a message)",
				show(median.median()), show(p95.median()), show(most), micros(cpu)),
			target: "p95 ≤ " + show(part.target), met: p95.median() <= part.target,
		})
	}
	return sec, nil
}

func (s *stage) crowded(ctx context.Context, viewers int, lasting time.Duration) (m measured, err error) {
	w, err := s.begin(ctx, ours())
	if err != nil {
		return m, err
	}
	defer together(&err, w.end)
	if _, err := w.order(ctx, 5*time.Minute, order{Do: "open", Viewers: viewers}); err != nil {
		return m, err
	}
	if _, err := w.order(ctx, 2*arriveWithin, order{Do: "paced", Rate: liveRate, For: time.Second}); err != nil { // caches and stacks
		return m, err
	}
	return w.measure(ctx, order{Do: "paced", Rate: liveRate, For: lasting})
}
