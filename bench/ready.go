//go:build linux

package main

import (
	"context"
	"errors"
	"time"
)

const (
	emptyTarget    = 2 * time.Second
	existingTarget = 500 * time.Millisecond
)

// runReady times `semantest serve` from its start to the first 200 of /readyz,
// on a data folder that is empty and on one that it has used before.
func runReady(ctx context.Context, b *bench) (*section, error) {
	var empty, existing sample
	for range b.times(10, 2) {
		folder, err := b.newFolder("data")
		if err != nil {
			return nil, err
		}
		for _, s := range []*sample{&empty, &existing} {
			d, err := b.ready(ctx, folder)
			if err != nil {
				return nil, err
			}
			*s = append(*s, d)
		}
	}
	judge := func(what string, s sample, limit time.Duration) row {
		return row{what: what, value: s.spread(), target: "≤ " + show(limit), met: s.quantile(0.95) <= limit}
	}
	return &section{
		rows: []row{
			judge("`semantest serve` ready, empty data folder", empty, emptyTarget),
			judge("`semantest serve` ready, existing data folder", existing, existingTarget),
		},
		notes: []string{"From the start of the process to the first 200 of `/readyz`, asked every 2 ms, with the embedded Postgres and Redis. " +
			"The targets are judged by the 95th percentile."},
	}, nil
}

func (b *bench) ready(ctx context.Context, folder string) (took time.Duration, err error) {
	address, err := freeAddress()
	if err != nil {
		return 0, err
	}
	lines := newLineReader()
	began := time.Now()
	p, err := start(b.folder, lines, b.program, "serve", "--data-dir", folder, "--listen", address, "--log-level", "warn")
	if err != nil {
		return 0, err
	}
	err = awaitReady(ctx, p, "http://"+address)
	took = time.Since(began)
	if err == nil { // it has still to make its token
		_, err = p.awaitLine(ctx, lines, readyWithin)
	}
	return took, errors.Join(err, p.stop())
}
