package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/runs"
)

func TestFaultPostgresRestarts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(newRoom(t), "pg")
	pg := keepPostgres(t, dir)
	if err := pg.CreateDatabase(t.Context(), "e2e", ""); err != nil {
		t.Fatal(err)
	}
	s, app := systemOn(t, pg.URL("e2e")), openDoors(t)
	api, worker := s.api(t), s.worker(t, 4)
	const cases = 60
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 8", cases))
	events := startFollowing(t, api.Client, id)
	stock := followStock(t, api.URL, api.Token, id)
	app.open("/door", 20)
	waitFor(t, "20 cases have finished", func() bool { return events.count("CASE_FINISHED") >= 20 })
	app.await(t, "/door", 24) // the worker holds as many cases as it has slots

	stopped := time.Now()
	stopPostgres(t, pg)
	app.open("/door", 4) // whoever holds a case now has an outcome and nowhere to put it
	worker.awaitOutput(t, "storing an outcome failed")
	assertUnavailable(t, api)
	waitFor(t, "every lease has run out", func() bool { return time.Since(stopped) > runs.LeaseTime+time.Second })
	keepPostgres(t, dir)
	t.Logf("Postgres was away for %s", time.Since(stopped).Round(100*time.Millisecond))
	app.open("/door", all)

	back := time.Now()
	evs := events.finish(t)
	t.Logf("Postgres is back to the end of the run: %s", time.Since(back).Round(100*time.Millisecond))
	assertEvents(t, evs, cases)
	assertNumbers(t, stock.finish(t), len(evs))
	run := fetchRun(t, api.Client, id)
	assertAllPassed(t, run, cases)
	// The leases ran out, but whoever held them lives and says so in time.
	for _, r := range run.Results {
		if n := len(r.Attempts); n != 1 {
			t.Errorf("%s was performed %d times", r.CaseKey, n)
		}
	}
	// River gives up telling that a job is done after some tries.
	s.await(t, "no job is left in the queue", `SELECT NOT EXISTS (SELECT FROM river_job WHERE kind = 'case' AND state <> 'completed')`)
	if r := worker.stop(t); r.code != 0 {
		t.Errorf("the worker ends with %d\n%s", r.code, r.stderr)
	}
}

// keepPostgres starts a Postgres whose data and address outlive it.
func keepPostgres(t testing.TB, dir string) *embedded.Postgres {
	t.Helper()
	pg, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{
		DataDir: dir, Throwaway: true, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatalf("start a Postgres: %v", err)
	}
	t.Cleanup(func() { stopPostgres(t, pg) })
	return pg
}

func stopPostgres(t testing.TB, pg *embedded.Postgres) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := pg.Stop(ctx); err != nil {
		t.Errorf("stop the Postgres of the test: %v", err)
	}
}

// assertUnavailable checks that every way into the API says in time that the
// database is away, and none calls it a fault of its own.
func assertUnavailable(t testing.TB, api *server) {
	t.Helper()
	var asking sync.WaitGroup
	defer asking.Wait()
	for _, tt := range []unavailable{
		{"query", "POST", "/graphql", `{"query": "{ runs(first: 1) { nodes { id } } }"}`},
		{"mutation", "POST", "/graphql", `{"query": "mutation { startRun(input: {source: \"{version: \\\"1\\\", name: x, cases: [{id: a, kind: api, steps: [{http: 'http://127.0.0.1:1/'}]}]}\"}) { run { id } } }"}`},
		{"artifact", "GET", "/artifacts/art_01jd0000000000000000000000", ""},
	} {
		asking.Go(func() { tt.assert(t, api) })
	}
	res, err := http.Get(api.URL + "/readyz") // answers within two seconds
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d", res.StatusCode)
	}
}

// unavailable is a request that cannot be answered without the database.
type unavailable struct{ name, method, path, body string }

func (u unavailable) assert(t testing.TB, api *server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, u.method, api.URL+u.path, strings.NewReader(u.body))
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+api.Token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Errorf("%s: %v", u.name, err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	var answer struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err != nil || json.Unmarshal(body, &answer) != nil || len(answer.Errors) == 0 ||
		answer.Errors[0].Extensions.Code != "UNAVAILABLE" || !tellsWhy(answer.Errors[0].Message) || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s: the API answers %d %s (%v)", u.name, res.StatusCode, body, err)
	}
}

// tellsWhy reports whether a person learns what is wrong: that the database is
// away, or that all the time went by.
func tellsWhy(message string) bool {
	return strings.Contains(message, "database") || strings.Contains(message, "took longer")
}

// A Postgres that stands still takes connections and answers nothing, as one
// behind a broken network does. Nobody may wait for it beyond the limits.
func TestFaultPostgresSilent(t *testing.T) {
	t.Parallel()
	pg, database := ownPostgres(t)
	s, app := systemOn(t, database), openDoors(t)
	api, worker := s.api(t), s.worker(t, 4)
	const cases = 60
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 8", cases))
	events := startFollowing(t, api.Client, id)
	app.open("/door", 20)
	waitFor(t, "20 cases have finished", func() bool { return events.count("CASE_FINISHED") >= 20 })

	talk := silence(t, pg)
	silent := time.Now()
	app.open("/door", 4)
	worker.awaitOutput(t, "storing an outcome failed")
	assertUnavailable(t, api)
	t.Logf("everything was answered within %s", time.Since(silent).Round(100*time.Millisecond))
	talk()
	app.open("/door", all)
	assertEvents(t, events.finish(t), cases)
	assertAllPassed(t, fetchRun(t, api.Client, id), cases)
}

// silence lets every process of a Postgres stand still until the returned
// function is called.
func silence(t testing.TB, pg *embedded.Postgres) (talk func()) {
	t.Helper()
	var stopped []int
	for _, p := range running() {
		dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", p.pid))
		if err != nil || !strings.HasPrefix(dir, pg.DataDir()+"/") {
			continue
		}
		if err := syscall.Kill(p.pid, syscall.SIGSTOP); err != nil {
			t.Errorf("stop %s: %v", p, err)
		}
		stopped = append(stopped, p.pid)
	}
	if len(stopped) < 3 { // itself, a writer, a session
		t.Errorf("Postgres has %d processes", len(stopped))
	}
	talk = sync.OnceFunc(func() {
		for _, pid := range stopped {
			_ = syscall.Kill(pid, syscall.SIGCONT) // it may have ended
		}
	})
	t.Cleanup(talk)
	return talk
}
