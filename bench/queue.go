//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/semantest/semantest/internal/cli/client"
)

const (
	waitTarget = 20 * time.Millisecond
	underLoad  = 5 // runs per second beside the load
)

// runQueue measures how long a run of one case waits while nothing else is
// there, and how long startRun takes while as many cases as possible are.
func runQueue(ctx context.Context, b *bench) (_ *section, err error) {
	s, t, err := b.pair(ctx, "--api-slots", fmt.Sprint(casesParallel))
	if err != nil {
		return nil, err
	}
	defer together(&err, func() error { return errors.Join(s.stop(), t.stop()) })
	if err := warmUp(ctx, s, t); err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, s.folder)
	if err != nil {
		return nil, err
	}
	defer together(&err, db.Close)
	waits, err := idleWaits(ctx, db, s, t, b.times(200, 20))
	if err != nil {
		return nil, err
	}
	seconds := 15
	if b.Quick {
		seconds = 4
	}
	latencies, rate, err := startsUnderLoad(ctx, db, s, t, seconds)
	if err != nil {
		return nil, err
	}
	return &section{
		rows: []row{
			{
				what: "queue wait of a run of one case, nothing else under way", value: waits.whole.spread(),
				target: "p95 ≤ " + show(waitTarget), met: waits.whole.quantile(0.95) <= waitTarget,
			},
			{what: "of that, until a worker has fetched the job", value: waits.fetched.spread()},
			{
				what:  fmt.Sprintf("`startRun` at %d runs/s beside a load of %.0f cases/s, due time to answer", underLoad, rate),
				value: latencies.spread(), target: "p95 ≤ " + show(startTarget), met: latencies.quantile(0.95) <= startTarget,
			},
		},
		notes: []string{"The wait counts from when the run is written to when its case's attempt begins, both as stored; the runs come one after the other, each when the one before has ended. " +
			fmt.Sprintf("The load is runs of 3,000 one-step API cases, %d at once, one run after the other, by the same `semantest serve` with embedded parts; ", casesParallel) +
			"`startRun` is measured as in *Starting runs*, and all runs must pass."},
	}, nil
}

// waits are how long cases waited.
type waits struct{ whole, fetched sample }

func idleWaits(ctx context.Context, db *sql.DB, s *server, t *target, n int) (waits, error) {
	ids := make([]string, n)
	for i := range ids {
		id, err := s.client.StartRun(ctx, client.Start{Source: onePlan, Variables: map[string]string{"BASE_URL": t.url}})
		if err != nil {
			return waits{}, err
		}
		if err := s.awaitPassed(ctx, id); err != nil {
			return waits{}, err
		}
		if err := pause(ctx, 30*time.Millisecond); err != nil { // what follows the end of a run is over too
			return waits{}, err
		}
		ids[i] = id
	}
	return readWaits(ctx, db, ids)
}

func readWaits(ctx context.Context, db *sql.DB, runIDs []string) (w waits, err error) {
	const query = `
SELECT extract(epoch FROM a.started_at - r.created_at), extract(epoch FROM j.attempted_at - j.created_at)
FROM attempts a
JOIN runs r ON r.id = a.run_id
JOIN river_job j ON j.args->>'resultId' = a.result_id AND (j.args->>'attempt')::int = a.number
WHERE a.run_id = ANY($1)`
	rows, err := db.QueryContext(ctx, query, pq.Array(runIDs))
	if err != nil {
		return w, fmt.Errorf("read how long cases waited: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var whole, fetched float64
		if err := rows.Scan(&whole, &fetched); err != nil {
			return w, fmt.Errorf("read how long cases waited: %w", err)
		}
		w.whole = append(w.whole, time.Duration(whole*float64(time.Second)))
		w.fetched = append(w.fetched, time.Duration(fetched*float64(time.Second)))
	}
	if err := rows.Err(); err != nil {
		return w, fmt.Errorf("read how long cases waited: %w", err)
	}
	if len(w.whole) != len(runIDs) {
		return w, fmt.Errorf("%d runs of one case left %d attempts", len(runIDs), len(w.whole))
	}
	return w, nil
}

// startsUnderLoad starts runs at a fixed rate beside large ones, and returns how
// many cases were performed in a second meanwhile.
func startsUnderLoad(ctx context.Context, db *sql.DB, s *server, t *target, seconds int) (sample, float64, error) {
	enough, began, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { ended <- keepBusy(ctx, s, t, began, enough) }()
	select {
	case <-began:
	case err := <-ended:
		return nil, 0, err
	}
	latencies, rate, ids, err := startBeside(ctx, db, s, t, seconds)
	close(enough)
	err = errors.Join(err, <-ended)
	for _, id := range ids {
		if err == nil {
			err = s.awaitPassed(ctx, id)
		}
	}
	return latencies, rate, err
}

func startBeside(ctx context.Context, db *sql.DB, s *server, t *target, seconds int) (sample, float64, []string, error) {
	before, err := finishedCases(ctx, db)
	if err != nil {
		return nil, 0, nil, err
	}
	first := time.Now()
	latencies, ids, err := openModel(ctx, seconds*underLoad, underLoad, func() (string, error) {
		return s.client.StartRun(ctx, client.Start{Source: onePlan, Variables: map[string]string{"BASE_URL": t.url}})
	})
	if err != nil {
		return nil, 0, nil, err
	}
	took := time.Since(first)
	after, err := finishedCases(ctx, db)
	return latencies, float64(after-before) / took.Seconds(), ids, err
}

// keepBusy performs one large run after the other, until it was enough. It says
// when the first has begun.
func keepBusy(ctx context.Context, s *server, t *target, began chan<- struct{}, enough <-chan struct{}) error {
	for first := true; ; first = false {
		id, err := s.client.StartRun(ctx, client.Start{Source: manyPlan(60, 50, casesParallel), Variables: map[string]string{"BASE_URL": t.url}})
		if err != nil {
			return fmt.Errorf("start a large run: %w", err)
		}
		if first {
			close(began)
		}
		if err := s.awaitPassed(ctx, id); err != nil {
			return err
		}
		select {
		case <-enough:
			return nil
		default:
		}
	}
}

func finishedCases(ctx context.Context, db *sql.DB) (n int, err error) {
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM results WHERE status = 'finished'`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the finished cases: %w", err)
	}
	return n, nil
}
