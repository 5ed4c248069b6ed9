//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// What a step of an API case may cost beyond its request.
const (
	apiSteps  = 50 // of one case
	apiTarget = 60 * time.Microsecond
)

// apiChecks are the three checks of the measured step.
const apiChecks = "check: [{status: 200}, {header: Content-Type, contains: json}, {jsonpath: $.state, equals: PENDING}]"

// runAPI compares the steps of API cases with the bare client of net/http that
// reads the same answers, one request after the other, both in this process by
// turns. The target is another process.
func runAPI(ctx context.Context, b *bench) (_ *section, err error) {
	t, err := b.startTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, t.stop)
	policy, err := egress.New(egress.Dev)
	if err != nil {
		return nil, err
	}
	executor := api.New(policy)
	defer together(&err, executor.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	ways := []*apiWay{
		{name: "the bare client of net/http", do: func() error { return bareRequests(ctx, client, t.url) }},
		{name: "a step without checks", do: apiCase(ctx, executor, t.url, "- http: /")},
		{name: "a step with three checks", do: apiCase(ctx, executor, t.url, "- {http: /, "+apiChecks+"}")},
	}
	cases := b.times(40, 10)
	for round := range b.times(15, 5) + 1 { // the first one warms up
		for _, w := range ways {
			if err := w.measure(cases, round > 0); err != nil {
				return nil, err
			}
		}
	}
	return apiSection(ways), nil
}

// apiWay is one way of sending apiSteps requests.
type apiWay struct {
	name      string
	do        func() error
	cpu, wall sample // of one request
}

func (w *apiWay) measure(times int, keep bool) error {
	before, err := ownCPU()
	if err != nil {
		return err
	}
	began := time.Now()
	for range times {
		if err := w.do(); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	wall := time.Since(began)
	after, err := ownCPU()
	if err != nil || !keep {
		return err
	}
	n := time.Duration(times * apiSteps)
	w.cpu, w.wall = append(w.cpu, (after-before)/n), append(w.wall, wall/n)
	return nil
}

func bareRequests(ctx context.Context, client *http.Client, url string) error {
	for range apiSteps {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/", http.NoBody)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return err
		}
	}
	return nil
}

// apiCase performs a case that has the step so many times.
func apiCase(ctx context.Context, executor *api.Executor, base, step string) func() error {
	plan, err := spec.Parse([]byte("version: \"1\"\nname: Bench\ncases: [{id: c, kind: api, steps: [" + step[2:] + "]}]"))
	if err != nil {
		return func() error { return err }
	}
	c := plan.Cases[0]
	for len(c.APISteps) < apiSteps {
		c.APISteps = append(c.APISteps, c.APISteps[0])
	}
	return func() error {
		outcome, err := executor.Execute(ctx, executors.Task{RunID: "run", ResultID: "result", Attempt: 1, Case: c, Use: plan.Use,
			Scope: spec.NewScope(map[string]any{spec.VarBaseURL: base}, nil), Files: fstest.MapFS{}}, nowhere{})
		if outcome != spec.OutcomePassed {
			return fmt.Errorf("the case is %s: %w", outcome, err)
		}
		return nil
	}
}

// nowhere is a sink that keeps nothing.
type nowhere struct{}

// Emit implements executors.Sink.
func (nowhere) Emit(executors.Event) {}

// Attach implements executors.Sink.
func (nowhere) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }

func apiSection(ways []*apiWay) *section {
	bare, checked := ways[0], ways[len(ways)-1]
	rows := make([][]string, len(ways))
	for i, w := range ways {
		rows[i] = []string{w.name, micros(w.cpu.median()), micros(w.cpu.median() - bare.cpu.median()), micros(w.wall.median()), micros(w.wall.median() - bare.wall.median())}
	}
	var cpu, wall sample // beyond the bare client in each round, since rounds differ more than ways
	for i := range checked.cpu {
		cpu, wall = append(cpu, checked.cpu[i]-bare.cpu[i]), append(wall, checked.wall[i]-bare.wall[i])
	}
	promise := func(what string, over sample) row {
		return row{what: what + " of a step with three checks beyond the bare client's", value: fmt.Sprintf("median %s of %d rounds", micros(over.median()), len(over)),
			target: "≤ " + micros(apiTarget), met: over.median() <= apiTarget}
	}
	return &section{
		rows: []row{promise("CPU time", cpu), promise("time", wall)},
		tables: []table{{
			title:  fmt.Sprintf("One request after the other, medians of %d interleaved rounds, a request:", len(cpu)),
			header: []string{"", "CPU time", "more", "time", "more"}, rows: rows,
		}},
		notes: []string{fmt.Sprintf("Cases of %d steps, each a GET of a small JSON document with a status, a header and a JSONPath check; what is told goes nowhere. "+
			"CPU time is user and system time of the whole process by getrusage, the garbage collector's included. The target is a process of its own. "+
			"The promises are judged by the difference in each round, which is not the difference of the medians.", apiSteps)},
	}
}
