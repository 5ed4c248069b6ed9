//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// asBrowser is the role of this program that performs browser cases.
const asBrowser = "browser"

// browserTask is what ours needs to know: the browser and the shop.
type browserTask struct{ Path, URL string }

// browserOrder asks for cases, and browserTold answers; times in ms.
type (
	browserOrder struct {
		Cases    int `json:"cases"`
		Parallel int `json:"parallel"`
	}
	browserTold struct {
		Took    []float64 `json:"took"`
		Started []float64 `json:"started,omitempty"` // until the first step began
		Error   string    `json:"error,omitempty"`
	}
)

// checkout is the case, which browserpeers/playwright.mjs has in its words.
const checkout = `
version: "1"
name: Checkout
use: {viewport: {width: 1280, height: 720}}
cases:
  - id: checkout
    kind: browser
    steps:
      - goto: /
      - click: {role: link, name: "Earl Grey, loose leaf"}
      - expect: {visible: {role: heading, name: "Earl Grey, loose leaf"}}
      - fill: {label: Quantity, value: "2"}
      - click: {role: button, name: Add to cart}
      - expect: {text: {css: "#cart-count"}, equals: "2"}
      - click: {role: link, name: Cart}
      - expect: {text: {css: "#total"}, equals: "24.80"}
      - click: {role: button, name: One more of Earl Grey}
      - expect: {text: {css: "#total"}, equals: "31.76"}
      - click: {role: link, name: Go to checkout}
      - fill: {label: Name, value: Ada Lovelace}
      - fill: {label: E-mail, value: ada@shop.test}
      - select: {label: Country, option: Germany}
      - check: {label: Invoice}
      - check: {label: I accept the terms}
      - click: {role: button, name: Pay}
      - expect: {visible: {role: heading, name: Thanks}}
      - expect: {text: {css: "#total"}, equals: "31.76"}
`

// serveBrowser performs the case as often as each line of its input says, and
// answers each with a line.
func serveBrowser(ctx context.Context, t browserTask, in io.Reader, out io.Writer) (err error) {
	plan, err := spec.Parse([]byte(checkout))
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	policy, err := egress.New(egress.Dev)
	if err != nil {
		return err
	}
	e := browser.New(browser.Options{Path: t.Path, Egress: policy})
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.Warm(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	task := executors.Task{
		RunID: "run", ResultID: "result", Attempt: 1, Case: plan.Expand()[0].Case, Use: plan.Use, Files: fstest.MapFS{},
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var order browserOrder
		if err := json.Unmarshal(lines.Bytes(), &order); err != nil {
			return fmt.Errorf("read the order: %w", err)
		}
		told := performOrder(ctx, e, task, t.URL, order)
		if err := json.NewEncoder(out).Encode(told); err != nil {
			return err
		}
	}
	return lines.Err()
}

// performOrder performs cases, so many at a time.
func performOrder(ctx context.Context, e *browser.Executor, task executors.Task, url string, order browserOrder) browserTold {
	var (
		told browserTold
		mu   sync.Mutex
		wg   sync.WaitGroup
	)
	left := make(chan struct{}, order.Cases)
	for range order.Cases {
		left <- struct{}{}
	}
	close(left)
	for range order.Parallel {
		wg.Go(func() {
			for range left {
				task := task
				task.Scope = spec.NewScope(map[string]any{spec.VarBaseURL: url}, nil)
				began := time.Now()
				sink := &firstStep{}
				outcome, err := e.Execute(ctx, task, sink)
				took := time.Since(began)
				mu.Lock()
				told.Took = append(told.Took, milliseconds(took))
				told.Started = append(told.Started, milliseconds(sink.at.Sub(began)))
				if outcome != spec.OutcomePassed {
					told.Error = fmt.Sprintf("the case is %s: %v", outcome, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return told
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// firstStep keeps when the first step began.
type firstStep struct {
	once sync.Once
	at   time.Time
}

// Emit implements executors.Sink.
func (s *firstStep) Emit(e executors.Event) {
	if started, ok := e.(executors.StepStarted); ok {
		s.once.Do(func() { s.at = started.At })
	}
}

// Attach implements executors.Sink.
func (s *firstStep) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }
