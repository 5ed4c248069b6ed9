//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

const (
	startTarget = 100 * time.Millisecond
	startRate   = 20 // runs per second
)

// runStart starts runs at a fixed rate, whether or not earlier ones were
// answered. A latency counts from the moment at which the run was due, so that
// a server that falls behind is not spared.
func runStart(ctx context.Context, b *bench) (_ *section, err error) {
	s, t, err := b.pair(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, func() error { return errors.Join(s.stop(), t.stop()) })
	if err := warmUp(ctx, s, t); err != nil {
		return nil, err
	}
	latencies, runs, err := openModel(ctx, b.times(15, 3)*startRate, startRate, func() (string, error) {
		return s.client.StartRun(ctx, client.Start{Source: onePlan, Variables: map[string]string{"BASE_URL": t.url}})
	})
	if err != nil {
		return nil, err
	}
	for _, id := range runs {
		if err := s.awaitPassed(ctx, id); err != nil {
			return nil, err
		}
	}
	return &section{
		rows: []row{{
			what: fmt.Sprintf("`startRun` at %d runs/s, due time to answer", startRate), value: latencies.spread(),
			target: "p95 ≤ " + show(startTarget), met: latencies.quantile(0.95) <= startTarget,
		}},
		notes: []string{"Open model: each run is due at its time whatever became of those before. Each is started from its source, " +
			"over HTTP, by `semantest serve` with embedded parts, which performs the runs meanwhile (one case of one exchange each); all must pass."},
	}, nil
}

// openModel calls f n times, rate times a second, and returns the latencies.
func openModel(ctx context.Context, n, rate int, f func() (string, error)) (sample, []string, error) {
	latencies, ids, errs := make(sample, n), make([]string, n), make([]error, n)
	began := time.Now()
	var all sync.WaitGroup
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if err := pause(ctx, time.Until(due)); err != nil {
			errs[i] = err
			break
		}
		all.Go(func() {
			ids[i], errs[i] = f()
			latencies[i] = time.Since(due)
		})
	}
	all.Wait()
	return latencies, ids, errors.Join(errs...)
}

// pair starts a server and a target.
func (b *bench) pair(ctx context.Context, flags ...string) (*server, *target, error) {
	folder, err := b.newFolder("data")
	if err != nil {
		return nil, nil, err
	}
	t, err := b.startTarget(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := b.serve(ctx, folder, flags...)
	if err != nil {
		return nil, nil, errors.Join(err, t.stop())
	}
	return s, t, nil
}

// warmUp lets connections, caches and pages come up before anything counts.
func warmUp(ctx context.Context, s *server, t *target) error {
	for range 10 {
		id, err := s.client.StartRun(ctx, client.Start{Source: onePlan, Variables: map[string]string{"BASE_URL": t.url}})
		if err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
		if err := s.awaitPassed(ctx, id); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
	}
	return nil
}
