//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

const requestConnections = 32

// request is a GraphQL query as pages and programs send it.
type request struct {
	name, query string
	variables   map[string]any
}

// runRequests measures what a GraphQL request over HTTP costs: a closed loop of
// several connections, one kind of request after the other.
func runRequests(ctx context.Context, b *bench) (_ *section, err error) {
	f, err := b.openFleet(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, f.close)
	large, err := f.history(ctx)
	if err != nil {
		return nil, err
	}
	c, err := f.begin(ctx, lineup{apis: 1})
	if err != nil {
		return nil, err
	}
	defer together(&err, c.end)
	waiting, err := c.apis[0].client.StartRun(ctx, client.Start{Source: manyPlan(10, 10, 5)}) // there is no worker now
	if err != nil {
		return nil, err
	}
	lasting := 4 * time.Second
	if b.Quick {
		lasting = time.Second
	}
	kinds := requests(large, waiting)
	rounds := make([][]answered, len(kinds))
	for round := range b.times(3, 1) {
		for i, r := range kinds {
			if _, err := c.ask(ctx, r, lasting/4); err != nil { // statements and caches
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			a, err := c.ask(ctx, r, lasting)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			b.say("requests, round %d, %s: %s", round+1, r.name, a)
			rounds[i] = append(rounds[i], a)
		}
	}
	s := requestSection(kinds, rounds)
	return s, c.reportWatched(ctx, s)
}

func requests(large, waiting string) []request {
	const run = `query($id: ID!) { run(id: $id) { status lastSeq startedAt queuePosition waitingFor { reason detail }
		outcomeCounts { total finished passed failed flaky } } }`
	return []request{
		{name: "`viewer { project { slug } permissions }`", query: `{ viewer { project { slug name } permissions } }`},
		{name: "`run` with counts, ended", query: run, variables: map[string]any{"id": large}},
		{name: "`run` with counts and `waitingFor`, waiting", query: run, variables: map[string]any{"id": waiting}},
		{
			name:  "`runs(first: 20)`",
			query: `{ runs(first: 20) { edges { node { id name status startedAt finishedAt outcomeCounts { total passed failed } } } pageInfo { hasNextPage endCursor } } }`,
		},
		{
			name: "`run { results(first: 20) }`",
			query: `query($id: ID!) { run(id: $id) { results(first: 20) { edges { node { id caseKey title status outcome durationMs error } }
				pageInfo { hasNextPage endCursor } } } }`,
			variables: map[string]any{"id": large},
		},
		{
			name: "the same with `attempts`",
			query: `query($id: ID!) { run(id: $id) { results(first: 20) { edges { node { id caseKey title status outcome durationMs error
				attempts { number outcome durationMs } } } } } }`,
			variables: map[string]any{"id": large},
		},
	}
}

// history performs what the requests look at: a large run and some small ones.
func (f *fleet) history(ctx context.Context) (large string, err error) {
	c, err := f.begin(ctx, lineup{apis: 1, whole: true})
	if err != nil {
		return "", err
	}
	defer together(&err, c.end)
	if err := c.perform(ctx, fleetLoad{runs: 200, cases: 5, parallel: 5}); err != nil {
		return "", err
	}
	if err := c.perform(ctx, fleetLoad{runs: 1, cases: 1000, parallel: casesParallel}); err != nil {
		return "", err
	}
	if err := f.db.QueryRowContext(ctx, `SELECT run_id FROM results WHERE ordinal = 999`).Scan(&large); err != nil {
		return "", fmt.Errorf("find the large run: %w", err)
	}
	return large, nil
}

// answered is what came of a closed loop.
type answered struct {
	spent
	latencies sample
	bytes     int64
	took      time.Duration
}

func (a answered) each(d time.Duration) float64 { return float64(d) / 1e3 / float64(len(a.latencies)) }
func (a answered) rate() float64                { return float64(len(a.latencies)) / a.took.Seconds() }

func (a answered) String() string {
	return fmt.Sprintf("API %.0f µs, Postgres %.0f µs a request, %.0f requests/s, p95 %s",
		a.each(sum(a.apis)), a.each(a.postgres), a.rate(), show(a.latencies.quantile(0.95)))
}

// ask sends a request again and again over each of the connections. Every answer
// must be free of errors.
func (c *crew) ask(ctx context.Context, r request, lasting time.Duration) (a answered, err error) {
	body, err := json.Marshal(map[string]any{"query": r.query, "variables": r.variables})
	if err != nil {
		return a, fmt.Errorf("encode a request: %w", err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: requestConnections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	h := &http.Client{Transport: transport, Timeout: time.Minute}
	before, err := c.spent(ctx)
	if err != nil {
		return a, err
	}
	until := before.at.Add(lasting)
	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	for range requestConnections {
		all.Go(func() {
			var own sample
			var size int64
			var err error
			for err == nil && time.Now().Before(until) {
				began := time.Now()
				var n int
				n, err = c.apis[0].send(ctx, h, body)
				own, size = append(own, time.Since(began)), size+int64(n)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
			}
			a.latencies, a.bytes = append(a.latencies, own...), a.bytes+size
		})
	}
	all.Wait()
	if failed != nil {
		return a, failed
	}
	after, err := c.spent(ctx)
	a.spent, a.took = after.minus(before), after.at.Sub(before.at)
	return a, err
}

// send posts a request and returns the size of its answer.
func (s *server) send(ctx context.Context, h *http.Client, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("prepare a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := h.Do(req)
	if err != nil {
		return 0, fmt.Errorf("send a request: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, fmt.Errorf("read an answer: %w", err)
	}
	if res.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"errors"`)) {
		return 0, fmt.Errorf("the server answered %d: %.200s", res.StatusCode, text)
	}
	return len(text), nil
}

func requestSection(kinds []request, rounds [][]answered) *section {
	t := table{
		title:  fmt.Sprintf("%d connections, each with one request under way; medians of the rounds:", requestConnections),
		header: []string{"Request", "API, CPU µs", "Postgres, CPU µs", "bytes of the answer", "requests/s", "p95"},
	}
	for i, r := range kinds {
		m := func(f func(a answered) float64) string {
			values := make([]float64, len(rounds[i]))
			for k, a := range rounds[i] {
				values[k] = f(a)
			}
			return fmt.Sprintf("%.0f", medianOf(values))
		}
		p95 := make(sample, len(rounds[i]))
		for k, a := range rounds[i] {
			p95[k] = a.latencies.quantile(0.95)
		}
		t.rows = append(t.rows, []string{
			r.name,
			m(func(a answered) float64 { return a.each(sum(a.apis)) }),
			m(func(a answered) float64 { return a.each(a.postgres) }),
			m(func(a answered) float64 { return float64(a.bytes) / float64(len(a.latencies)) }),
			m(answered.rate),
			show(p95.median()),
		})
	}
	return &section{tables: []table{t}, notes: []string{
		"One `serve --no-workers`, Postgres and the client share the cores of this machine: the CPU time is the result, the rate only " +
			"what was left of two cores. The project has about 200 runs, one of them of 1,000 cases; all that is read lies in memory.",
	}}
}
