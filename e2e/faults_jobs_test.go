package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/semantest/semantest/internal/runs"
)

// River delivers at least once. A second delivery has no second effect, neither
// while the attempt is performed nor after it.
func TestFaultJobDeliveredTwice(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	s.worker(t, 2)
	s.worker(t, 2)
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 1", 1))
	events := startFollowing(t, api.Client, id)
	app.await(t, "/door", 1)
	s.deliverAgain(t, 3)
	app.open("/door", all)
	assertEvents(t, events.finish(t), 1)
	s.deliverAgain(t, 3)

	run := fetchRun(t, api.Client, id)
	assertAllPassed(t, run, 1)
	if n := len(run.Results[0].Attempts); n != 1 {
		t.Errorf("the case was performed %d times", n)
	}
	app.mu.Lock()
	defer app.mu.Unlock()
	if app.came["/door"] != 1 {
		t.Errorf("the application was asked %d times", app.came["/door"])
	}
}

// deliverAgain copies the first job of a case and returns when each copy was
// worked.
func (s *system) deliverAgain(t testing.TB, copies int) {
	t.Helper()
	const again = `INSERT INTO river_job (args, kind, max_attempts, priority, queue, state)
		SELECT args, kind, max_attempts, priority, queue, 'available'
		FROM (SELECT * FROM river_job WHERE kind = 'case' ORDER BY id LIMIT 1) AS first, generate_series(1, $1) RETURNING id`
	conn := s.connect(t)
	rows, err := conn.Query(t.Context(), again, copies)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the copies were worked", func() bool {
		var done int
		const query = `SELECT count(*) FROM river_job WHERE id = ANY($1) AND state = 'completed' AND errors IS NULL`
		if err := conn.QueryRow(t.Context(), query, ids).Scan(&done); err != nil {
			t.Fatal(err)
		}
		return done == copies
	})
}

// A case that takes each of its workers down is given up, and the others of its
// run and of other runs are performed.
func TestFaultPoisonousCase(t *testing.T) {
	t.Parallel()
	needFaults(t) // it takes as long as three leases run out
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	victim := keep(t, "worker", launch{env: s.env, args: []string{"work", "--kinds", "api", "--api-slots", "2"}}, "worker started")
	victim.awaitReady(t)
	poison := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		victim.strike(syscall.SIGKILL, 0)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(poison.Close)
	app.open("/door", all)
	source := plan(app.URL, "/door", "parallel: 1", 20) + fmt.Sprintf("  - {id: poison, kind: api, steps: [{http: %q}]}\n", poison.URL)
	source = strings.Replace(source, "cases:\n", "cases:\n"+fmt.Sprintf("  - {id: first, kind: api, steps: [{http: %q}]}\n", poison.URL), 1)
	id := startRun(t, api.Client, source)
	events := startFollowing(t, api.Client, id)
	other := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 1", 20))
	assertEvents(t, follow(t, api.Client, other), 20)
	assertAllPassed(t, fetchRun(t, api.Client, other), 20)

	assertEvents(t, events.finish(t), 22)
	run := fetchRun(t, api.Client, id)
	if run.Status != "ERRORED" || run.OutcomeCounts.Passed != 20 || run.OutcomeCounts.Errored != 2 {
		t.Errorf("the run is %s with %+v", run.Status, run.OutcomeCounts)
	}
	for _, r := range run.Results {
		if r.Outcome == "PASSED" {
			continue
		}
		if want := fmt.Sprintf("given up: %d workers were lost", runs.MaxLost); len(r.Attempts) != runs.MaxLost || !strings.HasPrefix(r.Error, want) {
			t.Errorf("%s is %s after %d attempts: %s", r.CaseKey, r.Outcome, len(r.Attempts), r.Error)
		}
	}
}

// What cannot be kept says why, and the run goes on as if it had been.
func TestFaultObjectStoreDown(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(func() {
		close(over)
		silent.Close()
	})
	for _, tt := range []struct{ name, address string }{
		{"nobody listens", "http://" + closedAddress(t)},
		{"it does not answer", silent.URL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, app := newSystem(t), openTarget(t)
			s.env = append(s.env, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true",
				"SEMANTEST_ARTIFACTS_URL=s3://bucket?region=eu-west-1&use_path_style=true&endpoint="+tt.address)
			api := s.api(t)
			s.worker(t, 4)
			id := startRun(t, api.Client, fmt.Sprintf(`
version: "1"
name: Store
env: {BASE_URL: %q}
use: {timeout: 2m, stepTimeout: 2m}
cases:
  - {id: bad, kind: api, steps: [{http: /fail, check: [{status: 200}]}]}
  - {id: good, kind: api, steps: [{http: /ok, check: [{status: 200}]}]}
`, app.URL))
			assertEvents(t, follow(t, api.Client, id), 2)
			run := fetchRun(t, api.Client, id)
			if run.Status != "FAILED" || run.OutcomeCounts.Passed != 1 || run.OutcomeCounts.Failed != 1 {
				t.Errorf("the run is %s with %+v", run.Status, run.OutcomeCounts)
			}
			var kept []string
			for _, r := range run.Results {
				if len(r.Attempts) != 1 {
					t.Errorf("%s was performed %d times", r.CaseKey, len(r.Attempts))
				}
				for _, a := range r.Artifacts {
					kept = append(kept, a.Error)
				}
			}
			if len(kept) == 0 {
				t.Error("the failed case has no artifacts")
			}
			for _, says := range kept {
				if !strings.Contains(says, "the content could not be stored") {
					t.Errorf("an artifact says %q", says)
				}
			}
		})
	}
}
