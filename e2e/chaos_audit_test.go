package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/semantest/semantest/internal/runs"
)

// audit compares what the database holds at the end with what was started and
// with what the viewers saw.
func (f *fleet) audit(ctx context.Context, t testing.TB, started []chaosRun, views []*view) {
	t.Helper()
	if len(started) != f.runs {
		t.Errorf("%d runs were started, want %d", len(started), f.runs)
	}
	conn, err := pgx.Connect(ctx, f.database)
	if err != nil {
		t.Fatalf("connect for the audit: %v", err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	// A job ends a moment after the outcome that it stored.
	const live = `SELECT count(*) FROM river_job WHERE kind = 'case' AND state NOT IN ('completed', 'cancelled', 'discarded')`
	for left := 1; left > 0 && pause(ctx, 100*time.Millisecond); {
		if err := conn.QueryRow(ctx, live).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for _, r := range started {
		total += len(r.plan.cases)
	}
	for _, q := range []struct{ what, query string }{
		{"runs of our plans beyond or below those that were started", fmt.Sprintf(`SELECT count(*) - %d, '' FROM runs`, f.runs)},
		{"results beyond or below the cases", fmt.Sprintf(`SELECT count(*) - %d, '' FROM results`, total)},
		{"runs that have not ended", list("id || ' is ' || status", `runs WHERE status NOT IN ('passed', 'failed', 'errored', 'cancelled') OR finished_at IS NULL`)},
		{"runs whose counts do not add up", list("id", `runs WHERE total <> finished OR
			finished <> passed + failed + flaky + timed_out + errored + skipped + cancelled OR
			total <> (SELECT count(*) FROM results WHERE run_id = runs.id AND outcome IS NOT NULL)`)},
		{"results without an outcome", list("id || ' is ' || status", `results WHERE status <> 'finished' OR outcome IS NULL OR lease_expires_at IS NOT NULL`)},
		{"cases with two results", list("case_id", `(SELECT case_id FROM results GROUP BY run_id, case_id HAVING count(*) > 1) AS twice`)},
		{"results whose attempts are not 1 to the last", list("r.id", `results r WHERE
			(SELECT (count(*), min(number)::bigint, max(number)::bigint) FROM attempts WHERE result_id = r.id) IS DISTINCT FROM (r.attempt::bigint, 1::bigint, r.attempt::bigint)`)},
		{"runs whose events are not 1 to the last", list("id", `runs WHERE
			(SELECT (count(*), min(seq)::bigint, max(seq)::bigint) FROM run_events WHERE run_id = runs.id) IS DISTINCT FROM (last_seq::bigint, 1::bigint, last_seq::bigint)`)},
		{"runs that did not end once, and last", list("id", `runs WHERE
			(SELECT array_agg(seq) FROM run_events WHERE run_id = runs.id AND type = 'run.finished') IS DISTINCT FROM
			ARRAY[(SELECT max(seq) FROM run_events WHERE run_id = runs.id AND type NOT IN ('assessment.completed', 'anomaly.detected'))]`)},
		{"runs in which a case did not finish once", list("id", `runs WHERE
			total <> (SELECT count(*) FROM run_events WHERE run_id = runs.id AND type = 'case.finished') OR
			total <> (SELECT count(DISTINCT payload_json->>'resultId') FROM (SELECT convert_from(payload, 'UTF8')::jsonb AS payload_json
				FROM run_events WHERE run_id = runs.id AND type = 'case.finished') AS ends)`)},
		{"jobs that are still to do", list("id || ' is ' || state", `river_job WHERE kind = 'case' AND state NOT IN ('completed', 'cancelled')`)},
	} {
		var n int
		var examples string
		if err := conn.QueryRow(ctx, q.query).Scan(&n, &examples); err != nil {
			t.Errorf("count %s: %v", q.what, err)
		} else if n != 0 {
			t.Errorf("%d %s: %s", n, q.what, examples)
		}
	}
	f.auditOutcomes(ctx, t, conn, started)
	auditViews(ctx, t, conn, views)
}

// list counts rows and names some of them.
func list(name, from string) string {
	return fmt.Sprintf(`SELECT count(*), COALESCE(left(string_agg(%s, ', '), 500), '') FROM %s`, name, from)
}

// auditOutcomes checks that each case ended as its plan makes it end, or was
// given up because it had lost too many workers.
func (f *fleet) auditOutcomes(ctx context.Context, t testing.TB, conn *pgx.Conn, started []chaosRun) {
	t.Helper()
	expected := map[string]chaosPlan{}
	for _, r := range started {
		expected[r.id] = r.plan
	}
	rows, err := conn.Query(ctx, `SELECT run_id, case_key, COALESCE(outcome, ''), error, attempt, lost FROM results`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var again, givenUp int
	byLost := map[int]int{} // lost workers: cases
	for rows.Next() {
		var run, key, outcome, problem string
		var attempt, lost int
		if err := rows.Scan(&run, &key, &outcome, &problem, &attempt, &lost); err != nil {
			t.Fatal(err)
		}
		again += attempt - 1
		byLost[lost]++
		switch want, known := expected[run].cases[key]; {
		case !known:
			t.Errorf("nobody started %s of %s", key, run)
		case outcome == "errored" && lost+1 >= runs.MaxLost && strings.HasPrefix(problem, "given up"):
			givenUp++
		case !slices.Contains(want, outcome):
			t.Errorf("%s of %s is %q after %d attempts and %d lost workers, want %v: %s", key, run, outcome, attempt, lost, want, problem)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d attempts beyond the first; cases by how many workers they lost: %v; %d cases were given up", again, byLost, givenUp)
}

// auditViews checks that each viewer saw every event of its run.
func auditViews(ctx context.Context, t testing.TB, conn *pgx.Conn, views []*view) {
	t.Helper()
	var events int64
	connects := map[string]int{}
	for _, w := range views {
		var last int64
		if err := conn.QueryRow(ctx, `SELECT max(seq) FROM run_events WHERE run_id = $1 AND type = 'run.finished'`, w.run).Scan(&last); err != nil {
			t.Errorf("read run %s: %v", w.run, err)
			continue
		}
		if w.wrong != nil || !w.ended || w.seen != last {
			t.Errorf("a viewer by %s saw %d of %d events of %s: %v", w.how, w.seen, last, w.run, w.wrong)
		}
		events += w.seen
		connects[w.how] += w.connects
	}
	t.Logf("%d viewers saw %d events; connections of sockets: %d, of streams: %d",
		len(views), events, connects["socket"], connects["stream"])
}
