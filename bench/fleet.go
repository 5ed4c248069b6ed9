//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/semantest/semantest/internal/cli/client"
)

// runFleet measures what a case costs when several processes share the work,
// and what a process costs that only stands by. They share the cores, so that
// CPU time is the result and speed is not.
func runFleet(ctx context.Context, b *bench) (_ *section, err error) {
	f, err := b.openFleet(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, f.close)
	browser := &section{}
	if err := f.reportBrowser(ctx, browser); err != nil {
		browser.notes = append(browser.notes, fmt.Sprintf("Browser cases are missing here: %v", err))
	}
	empty, err := f.sizes(ctx)
	if err != nil {
		return nil, err
	}
	lineups := []lineup{{apis: 1, whole: true}, {apis: 2, workers: 2}, {apis: 1, workers: 4}}
	found := make([][][]worked, len(lineups)) // by lineup, load, round
	for i := range found {
		found[i] = make([][]worked, len(fleetLoads(b)))
	}
	for round := range b.times(3, 1) {
		for i, l := range lineups {
			for j, load := range fleetLoads(b) {
				w, err := f.work(ctx, l, load)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", l, load.name, err)
				}
				b.say("fleet, round %d, %s, %s: %s", round+1, l, load.name, w)
				found[i][j] = append(found[i][j], w)
			}
		}
	}
	s := &section{}
	for j, load := range fleetLoads(b) {
		s.tables = append(s.tables, fleetTable(load, lineups, found, j))
	}
	if err := f.reportSizes(ctx, s, empty); err != nil {
		return nil, err
	}
	if err := f.reportIdle(ctx, s); err != nil {
		return nil, err
	}
	s.tables = append(s.tables, browser.tables...)
	s.notes = append(s.notes, browser.notes...)
	s.notes = append(s.notes, "All processes, a Postgres, a redis-server and the target share the cores of this machine, so a further process "+
		"makes nothing faster here. CPU time is the kernel's account of each process, divided by the cases; medians of the rounds. "+
		"64 slots in every lineup, divided among the workers. Cases are one HTTP exchange with one check. Nobody watches the runs.")
	return s, nil
}

// fleetLoad is some runs that are started at once.
type fleetLoad struct {
	name        string
	runs, cases int // cases of each run
	parallel    int
}

func fleetLoads(b *bench) []fleetLoad {
	many := fleetLoad{name: "40 runs of 75 cases, 5 at once in each", runs: 40, cases: 75, parallel: 5}
	if b.Quick {
		many.name, many.runs = "12 runs of 75 cases, 5 at once in each", 12
	}
	one := fleetLoad{runs: 1, cases: many.runs * many.cases, parallel: casesParallel}
	one.name = fmt.Sprintf("1 run of %d cases, %d at once", one.cases, one.parallel)
	return []fleetLoad{one, many}
}

func (l fleetLoad) total() int { return l.runs * l.cases }

// worked is what a load has cost.
type worked struct {
	spent
	cases, events int
	took          time.Duration
	connections   int // to Postgres, at the end
}

// work performs a load in a lineup of its own, after a small one that nobody
// counts.
func (f *fleet) work(ctx context.Context, l lineup, load fleetLoad) (w worked, err error) {
	c, err := f.begin(ctx, l)
	if err != nil {
		return w, err
	}
	defer together(&err, c.end)
	warm := load
	warm.cases = max(load.cases/5, 10)
	if err := c.perform(ctx, warm); err != nil {
		return w, fmt.Errorf("warm up: %w", err)
	}
	before, err := c.settled(ctx)
	if err != nil {
		return w, err
	}
	eventsBefore, err := f.count(ctx, `SELECT count(*) FROM run_events`)
	if err != nil {
		return w, err
	}
	began := time.Now()
	if err := c.perform(ctx, load); err != nil {
		return w, err
	}
	w.took, w.cases = time.Since(began), load.total()
	after, err := c.settled(ctx)
	if err != nil {
		return w, err
	}
	w.spent = after.minus(before)
	events, err := f.count(ctx, `SELECT count(*) FROM run_events`)
	if err != nil {
		return w, err
	}
	w.events = events - eventsBefore
	w.connections, err = f.count(ctx, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'bench'`)
	return w, err
}

// settled reads what was spent when what follows the end of a run is over too,
// and Postgres has told its own statistics, which it does once a second.
func (c *crew) settled(ctx context.Context) (spent, error) {
	if err := pause(ctx, 1500*time.Millisecond); err != nil {
		return spent{}, err
	}
	return c.spent(ctx)
}

// perform starts the runs, all at once, and waits until they have passed.
func (c *crew) perform(ctx context.Context, load fleetLoad) error {
	ids := make([]string, load.runs)
	inner := 5
	if load.cases > 500 { // a matrix has 100 values in each of its dimensions, at most
		inner = 50
	}
	plan := manyPlan(load.cases/inner, inner, load.parallel)
	for i := range ids {
		var err error
		ids[i], err = c.apis[0].client.StartRun(ctx, client.Start{Source: plan, Variables: map[string]string{"BASE_URL": c.target.url}})
		if err != nil {
			return err
		}
	}
	for {
		var passed, failed int
		err := c.db.QueryRowContext(ctx, `
SELECT count(*) FILTER (WHERE status = 'passed'), count(*) FILTER (WHERE status IN ('failed', 'errored', 'cancelled'))
FROM runs WHERE id = ANY($1)`, pq.Array(ids)).Scan(&passed, &failed)
		switch {
		case err != nil:
			return fmt.Errorf("look at the runs: %w", err)
		case failed > 0:
			return fmt.Errorf("%d of %d runs did not pass", failed, load.runs)
		case passed == load.runs:
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (f *fleet) count(ctx context.Context, query string) (n int, err error) {
	if err := f.db.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return 0, errors.Join(errors.New("count rows"), err)
	}
	return n, nil
}

// perCase in microseconds.
func (w worked) perCase(d time.Duration) float64 { return float64(d) / 1e3 / float64(w.cases) }

func (w worked) String() string {
	return fmt.Sprintf("%.0f cases/s; API %.0f, workers %.0f, Postgres %.0f, Redis %.0f µs a case; %.2f transactions, %.1f KB of log a case",
		float64(w.cases)/w.took.Seconds(), w.perCase(sum(w.apis)), w.perCase(sum(w.workers)), w.perCase(w.postgres), w.perCase(w.redis),
		float64(w.commits)/float64(w.cases), float64(w.wal)/1024/float64(w.cases))
}

func fleetTable(load fleetLoad, lineups []lineup, found [][][]worked, j int) table {
	t := table{
		title: load.name + "; CPU time in µs a case:",
		header: []string{
			"Processes", "API", "workers", "Postgres", "Redis", "**all**", "transactions a case", "Postgres' log, KB a case",
			"events a case", "connections after", "cases/s",
		},
	}
	for i, l := range lineups {
		rounds := found[i][j]
		m := func(format string, f func(w worked) float64) string {
			values := make([]float64, len(rounds))
			for k, w := range rounds {
				values[k] = f(w)
			}
			return fmt.Sprintf(format, medianOf(values))
		}
		t.rows = append(t.rows, []string{
			l.String(),
			m("%.0f", func(w worked) float64 { return w.perCase(sum(w.apis)) }),
			m("%.0f", func(w worked) float64 { return w.perCase(sum(w.workers)) }),
			m("%.0f", func(w worked) float64 { return w.perCase(w.postgres) }),
			m("%.0f", func(w worked) float64 { return w.perCase(w.redis) }),
			m("%.0f", func(w worked) float64 { return w.perCase(sum(w.apis) + sum(w.workers) + w.postgres + w.redis) }),
			m("%.2f", func(w worked) float64 { return float64(w.commits) / float64(w.cases) }),
			m("%.1f", func(w worked) float64 { return float64(w.wal) / 1024 / float64(w.cases) }),
			m("%.2f", func(w worked) float64 { return float64(w.events) / float64(w.cases) }),
			m("%.0f", func(w worked) float64 { return float64(w.connections) }),
			m("%.0f", func(w worked) float64 { return float64(w.cases) / w.took.Seconds() }),
		})
	}
	return t
}
