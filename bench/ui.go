//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/browser/hostiletest"
	"github.com/semantest/semantest/internal/egress"
)

// uiParallel is how many cases act at once.
const uiParallel = 4

// runUI acts on hostile interfaces in a random order, and asks their server
// whether it was done right.
func runUI(ctx context.Context, b *bench) (_ *section, err error) {
	policy, err := egress.New(egress.Dev)
	if err != nil {
		return nil, err
	}
	executor := browser.New(browser.Options{Egress: policy})
	defer together(&err, executor.Close)
	if err := executor.Warm(ctx); err != nil {
		return nil, err
	}
	site := hostiletest.NewSite()
	defer site.Close()

	runs := b.times(1000, 100)
	pages := site.Pages()
	order := make([]int, runs)
	for i := range order {
		order[i] = i % len(pages)
	}
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] }) //nolint:gosec // any order will do

	var mu sync.Mutex
	var wrong [][]string
	next := make(chan int)
	var wg sync.WaitGroup
	for range uiParallel {
		wg.Go(func() {
			for n := range next {
				if why := site.Try(ctx, executor, n); why != "" && ctx.Err() == nil {
					mu.Lock()
					wrong = append(wrong, []string{pages[n].Name, why})
					mu.Unlock()
				}
			}
		})
	}
	done := 0
	for _, n := range order {
		select {
		case next <- n:
			done++
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	out := &section{rows: []row{{
		what: fmt.Sprintf("Wrong outcomes in %d runs of %d hostile pages, %d at once", done, len(pages), uiParallel), value: fmt.Sprint(len(wrong)), target: "0", met: len(wrong) == 0,
	}}}
	if len(wrong) > 0 {
		out.tables = append(out.tables, table{title: "What was wrong.", header: []string{"Page", "Outcome"}, rows: wrong})
	}
	return out, nil
}
