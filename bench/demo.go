//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const demoTarget = 20 * time.Second

// runDemo times `semantest demo` from its start to its exit. The first run is
// told apart: it reads the programs from disk.
func runDemo(ctx context.Context, b *bench) (*section, error) {
	cold, err := b.demo(ctx)
	if err != nil {
		return nil, err
	}
	var warm sample
	for range b.times(5, 1) {
		d, err := b.demo(ctx)
		if err != nil {
			return nil, err
		}
		warm = append(warm, d)
	}
	return &section{
		rows: []row{
			{what: "`semantest demo`, first run", value: show(cold)},
			{
				what: "`semantest demo`, warm, process start to exit", value: warm.spread(),
				target: "≤ " + show(demoTarget), met: warm.quantile(0.95) <= demoTarget,
			},
		},
		notes: []string{"The demo starts its own Postgres, Redis and shop, performs `examples/shop.plan.yaml` in a browser and over HTTP, " +
			"and writes the three reports. The target is judged by the 95th percentile."},
	}, nil
}

func (b *bench) demo(ctx context.Context) (time.Duration, error) {
	dir, err := b.newFolder("demo")
	if err != nil {
		return 0, err
	}
	began := time.Now()
	p, err := start(dir, nil, b.program, "demo")
	if err != nil {
		return 0, err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return 0, errors.Join(context.Cause(ctx), p.stop())
	}
	took := time.Since(began)
	if p.err != nil {
		return 0, fmt.Errorf("the demo failed: %w: %s", p.err, p.said)
	}
	return took, nil
}
