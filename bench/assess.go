//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

const (
	assessTarget = 50 * time.Millisecond
	knownTarget  = 5 * time.Millisecond
)

const assessRun = `mutation($id: ID!, $fresh: Boolean!) { assessRun(input: {runId: $id, fresh: $fresh}) { assessment { id status score } } }`

// runAssess times the rules judge on a run of 500 results, and the answer where the
// run was assessed before.
func runAssess(ctx context.Context, b *bench) (_ *section, err error) {
	s, t, err := b.pair(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, func() error { return errors.Join(s.stop(), t.stop()) })
	if err := warmUp(ctx, s, t); err != nil {
		return nil, err
	}
	id, err := s.client.StartRun(ctx, client.Start{Source: manyPlan(25, 20, 20), Variables: map[string]string{"BASE_URL": t.url}})
	if err != nil {
		return nil, fmt.Errorf("start the run: %w", err)
	}
	if err := s.awaitPassed(ctx, id); err != nil {
		return nil, err
	}
	ask := func(fresh bool) (time.Duration, error) {
		var out struct {
			AssessRun struct {
				Assessment struct {
					Status string
					Score  *float64
				}
			}
		}
		began := time.Now()
		err := s.client.Do(ctx, assessRun, map[string]any{"id": id, "fresh": fresh}, &out)
		took := time.Since(began)
		if a := out.AssessRun.Assessment; err == nil && (a.Status != "ASSESSED" || a.Score == nil) {
			err = fmt.Errorf("the run is %s", a.Status)
		}
		return took, err
	}
	var made, known sample
	for i := range b.times(50, 10) + 3 {
		for _, part := range []struct {
			into  *sample
			fresh bool
		}{{&made, true}, {&known, false}} {
			took, err := ask(part.fresh)
			if err != nil {
				return nil, fmt.Errorf("assess the run: %w", err)
			}
			if i >= 3 { // the first ones meet cold pages
				*part.into = append(*part.into, took)
			}
		}
	}
	return &section{
		rows: []row{
			{what: "Assessment by rules of a run of 500 results, made and stored", value: made.spread(), target: "p95 ≤ " + show(assessTarget), met: made.quantile(0.95) <= assessTarget},
			{what: "The same question again", value: known.spread(), target: "p95 ≤ " + show(knownTarget), met: known.quantile(0.95) <= knownTarget},
		},
		notes: []string{"`assessRun` over HTTP, from request to answer: with `fresh` the results are read, judged and stored with an event and an audit entry; " +
			"without it the assessment that is there is the answer. 500 api cases of one exchange each, all of which passed."},
	}, nil
}
