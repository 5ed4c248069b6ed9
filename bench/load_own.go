//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// The roles of this program in the benchmark load.
const (
	asLoad       = "load"
	asLoadTarget = "loadtarget"
)

// loadTask is what ours is to do: users in a closed loop, or a rate.
type loadTask struct {
	URL     string
	Users   int
	Lasting time.Duration
	Rate    int
}

// loadTold is what it measured; times in ms.
type loadTold struct {
	Requests, Failed, Dropped int64
	Seconds, Median, P99      float64
}

// performLoad puts load on a target as a worker does, and prints what it measured.
func performLoad(ctx context.Context, t loadTask, out io.Writer) error {
	scenario := fmt.Sprintf("{executor: constant-vus, vus: %d, duration: %s}", t.Users, t.Lasting)
	if t.Rate > 0 {
		scenario = fmt.Sprintf("{executor: constant-arrival-rate, rate: %d, duration: %s, preAllocatedVUs: %d}", t.Rate, t.Lasting, t.Users)
	}
	plan, err := spec.Parse(fmt.Appendf(nil, `
version: "1"
name: Load
cases:
  - id: load
    kind: load
    steps: [{http: %q, check: [{status: 200}, {body: {contains: PENDING}}]}]
    scenarios: {one: %s}
    thresholds: {checks: ["rate==1"]}
`, t.URL, scenario))
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	policy, err := egress.New(egress.Dev)
	if err != nil {
		return err
	}
	exchanges := api.New(policy)
	e := load.New(exchanges, policy, load.Limits{MaxUsers: t.Users, MaxDuration: time.Hour})
	sink := &summarySink{}
	outcome, err := e.Execute(ctx, executors.Task{
		RunID: "run", ResultID: "result", Attempt: 1, Case: plan.Expand()[0].Case, Use: plan.Use,
		Scope: spec.NewScope(nil, nil), Files: fstest.MapFS{},
	}, sink)
	if err := errors.Join(e.Close(), exchanges.Close()); err != nil {
		return err
	}
	if outcome != spec.OutcomePassed {
		return fmt.Errorf("the load is %s: %w", outcome, err)
	}
	var told struct {
		Requests, Failed int64
		Seconds          float64
		Scenarios        []struct{ Dropped int64 }
		Metrics          map[string]struct{ Med, P99 float64 }
	}
	if err := json.Unmarshal(sink.summary, &told); err != nil {
		return fmt.Errorf("read the summary: %w", err)
	}
	d := told.Metrics["http_req_duration"]
	return json.NewEncoder(out).Encode(loadTold{told.Requests, told.Failed, told.Scenarios[0].Dropped, told.Seconds, d.Med, d.P99})
}

// summarySink keeps what the load attaches.
type summarySink struct{ summary []byte }

// Emit implements executors.Sink.
func (s *summarySink) Emit(executors.Event) {}

// Attach implements executors.Sink.
func (s *summarySink) Attach(_ context.Context, a executors.Attachment) (err error) {
	if a.Name == load.SummaryName {
		s.summary, err = io.ReadAll(a.Body)
	}
	return errors.Join(err, a.Body.Close())
}

// gate is shut once for a second.
type gate struct {
	after time.Duration
	once  sync.Once
	lock  sync.RWMutex
}

func newGate(after time.Duration) *gate { return &gate{after: after} }

// pass waits while the gate is shut.
func (g *gate) pass() {
	if g.after == 0 {
		return
	}
	g.once.Do(func() {
		time.AfterFunc(g.after, func() {
			g.lock.Lock()
			time.AfterFunc(frozenFor, g.lock.Unlock)
		})
	})
	g.lock.RLock()
	defer g.lock.RUnlock()
}
