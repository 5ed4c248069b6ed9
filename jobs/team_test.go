package jobs_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/store"
)

// loadPlan is a plan of one load that workers share.
func loadPlan(target, policy, scenarios string, workers int) string {
	return fmt.Sprintf(`
version: "1"
name: Shared load
env: {BASE_URL: "%s"}
cases:
  - id: load
    kind: load
    workers: %d
    onLostWorker: %s
    setup: [{http: {method: POST, url: /setup}, capture: {token: {jsonpath: $.token}}}]
    steps: [{http: "/${{ token }}/${{ vu.id }}/${{ vu.iteration }}", check: [{status: 200}]}]
    scenarios: {all: %s}
    thresholds: {checks: ["rate==1"], http_reqs: ["count>0"]}
`, target, workers, policy, scenarios)
}

// target counts what it is asked, and by whom how often.
type target struct {
	*httptest.Server
	asked  atomic.Int64
	setups atomic.Int64
	mu     sync.Mutex
	paths  map[string]int
}

func newTarget(t *testing.T) *target {
	t.Helper()
	out := &target{paths: map[string]int{}}
	out.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/setup" {
			out.setups.Add(1)
			_, _ = w.Write([]byte(`{"token": "sesame"}`))
			return
		}
		out.asked.Add(1)
		out.mu.Lock()
		defer out.mu.Unlock()
		out.paths[r.URL.Path]++
	}))
	t.Cleanup(out.Close)
	return out
}

// workersOf starts a server and further workers on its database.
func workersOf(t *testing.T, n int, gather time.Duration) (*apptest.Server, []*apptest.Server) {
	t.Helper()
	const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	first := apptest.Start(t, apptest.Options{SecretKey: key, Gather: gather})
	all := []*apptest.Server{first}
	for range n - 1 {
		all = append(all, apptest.Start(t, apptest.Options{SecretKey: key, Gather: gather, NoAPI: true, DatabaseURL: first.DatabaseURL}))
	}
	return first, all
}

// told is what the detail of a load's step says.
type told struct {
	Requests int64
	Workers  []struct {
		Part     int
		Worker   string
		Requests int64
		Lost     bool
		Gap      float64
	}
	Scenarios []struct{ Iterations, Interrupted, Dropped int64 }
	Series    []struct{ Requests int64 }
}

func toldOf(t *testing.T, r client.Result) (out told) {
	t.Helper()
	for _, s := range r.Attempts[len(r.Attempts)-1].Steps {
		if s.Action != "load" {
			continue
		}
		data, err := json.Marshal(s.Detail)
		if err == nil {
			err = json.Unmarshal(data, &out)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// database reads and changes rows behind the server's back.
func database(t *testing.T, s *apptest.Server) *sql.DB {
	t.Helper()
	opened, err := store.Open(t.Context(), s.DatabaseURL, store.Options{MaxConns: 2, AllProjects: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened.DB
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWorkersShareALoad(t *testing.T) {
	t.Parallel()
	site := newTarget(t)
	s, _ := workersOf(t, 3, time.Minute)
	id := s.Run(t, loadPlan(site.URL, "fail", "{executor: constant-arrival-rate, rate: 100, duration: 2s, preAllocatedVUs: 6}", 3))
	ended(t, s, id)
	r := fetch(t, s, id).Results[0]
	if r.Outcome != "PASSED" || site.setups.Load() != 1 || site.asked.Load() != 200 {
		t.Fatalf("%s after %d setups and %d requests: %s", r.Outcome, site.setups.Load(), site.asked.Load(), r.Error)
	}
	sum := toldOf(t, r)
	names, requests := map[string]bool{}, int64(0)
	for _, w := range sum.Workers {
		names[w.Worker] = true
		requests += w.Requests
	}
	if sum.Requests != 200 || requests != 200 || len(names) != 3 {
		t.Errorf("%d requests by three workers, told are %+v", sum.Requests, sum.Workers)
	}
	inSeries := int64(0)
	for _, row := range sum.Series {
		inSeries += row.Requests
	}
	if inSeries != 200 {
		t.Errorf("the series has %d requests", inSeries)
	}
	for path, n := range site.paths {
		if n != 1 || !strings.HasPrefix(path, "/sesame/") {
			t.Errorf("%s was asked %d times", path, n)
		}
	}
}

func TestTooFewWorkersAreTold(t *testing.T) {
	t.Parallel()
	site := newTarget(t)
	s, _ := workersOf(t, 2, time.Second)
	id := s.Run(t, loadPlan(site.URL, "fail", "{executor: constant-vus, vus: 9, duration: 2s}", 3))
	ended(t, s, id)
	r := fetch(t, s, id).Results[0]
	if r.Outcome != "ERRORED" || !strings.Contains(r.Error, "the load needs 3 workers, and 1 came within 1s: there are 2 slots for load") {
		t.Errorf("%s: %s", r.Outcome, r.Error)
	}
	if site.setups.Load() != 0 {
		t.Error("the setup was performed although the load could not be")
	}
}

// TestLoadsThatNeedAllWorkersTakeTurns: each would hold what the other waits for.
func TestLoadsThatNeedAllWorkersTakeTurns(t *testing.T) {
	t.Parallel()
	site := newTarget(t)
	s, _ := workersOf(t, 2, time.Minute)
	var ids []string
	for range 3 {
		ids = append(ids, s.Run(t, loadPlan(site.URL, "fail", "{executor: shared-iterations, vus: 2, iterations: 20}", 2)))
	}
	for _, id := range ids {
		ended(t, s, id)
		if r := fetch(t, s, id).Results[0]; r.Outcome != "PASSED" {
			t.Errorf("%s: %s", r.Outcome, r.Error)
		}
	}
	if n := site.asked.Load(); n != 60 {
		t.Errorf("the target had %d requests, want 60", n)
	}
}

func TestStopReachesAllParts(t *testing.T) {
	t.Parallel()
	site := newTarget(t)
	s, _ := workersOf(t, 3, time.Minute)
	db := database(t, s)
	id := s.Run(t, loadPlan(site.URL, "fail", "{executor: constant-vus, vus: 6, duration: 4m, thinkTime: 10ms}", 3))
	await(t, "the target is asked", func() bool { return site.asked.Load() > 100 })
	if err := s.Client.StopRun(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	ended(t, s, id)
	if r := fetch(t, s, id).Results[0]; r.Outcome != "CANCELLED" {
		t.Errorf("%s: %s", r.Outcome, r.Error)
	}
	await(t, "no part is left", func() bool {
		return count(t, db, "SELECT count(*) FROM load_parts") == 0 &&
			count(t, db, "SELECT count(*) FROM river_job WHERE kind = 'load_part' AND state IN ('available', 'running', 'scheduled', 'retryable')") == 0
	})
	before := site.asked.Load()
	again := s.Run(t, loadPlan(site.URL, "fail", "{executor: shared-iterations, vus: 3, iterations: 3}", 3))
	ended(t, s, again)
	if n := site.asked.Load() - before; n != 3 {
		t.Errorf("after the end somebody sent %d further requests", n-3)
	}
}

// TestALostPartIsTakenOver takes a part away from its worker, as when the two
// could not reach one another: the worker ends it, and another one goes on.
func TestALostPartIsTakenOver(t *testing.T) {
	t.Parallel()
	site := newTarget(t)
	s, _ := workersOf(t, 3, time.Minute)
	db := database(t, s)
	id := s.Run(t, loadPlan(site.URL, "replace", "{executor: constant-arrival-rate, rate: 60, duration: 8s, preAllocatedVUs: 6}", 2))
	lose(t, db)
	ended(t, s, id)
	r := fetch(t, s, id).Results[0]
	if r.Outcome != "PASSED" {
		t.Fatalf("%s: %s", r.Outcome, r.Error)
	}
	sum := toldOf(t, r)
	all := sum.Scenarios[0]
	if n := all.Iterations + all.Interrupted + all.Dropped; n != 480 {
		t.Errorf("of 480 iterations that were due %d are accounted for: %+v", n, all)
	}
	if len(sum.Workers) != 3 || !sum.Workers[1].Lost || sum.Workers[2].Part != 2 || sum.Workers[2].Gap <= 0 || sum.Workers[2].Requests == 0 {
		t.Errorf("the workers are told as %+v", sum.Workers)
	}
}

func TestALostPartFailsItsCase(t *testing.T) {
	t.Parallel()
	site := newTarget(t)
	s, _ := workersOf(t, 2, time.Minute)
	db := database(t, s)
	id := s.Run(t, loadPlan(site.URL, "fail", "{executor: constant-arrival-rate, rate: 60, duration: 60s, preAllocatedVUs: 6}", 2))
	lose(t, db)
	ended(t, s, id)
	r := fetch(t, s, id).Results[0]
	if r.Outcome != "ERRORED" || !strings.Contains(r.Error, "part 2 of 2 of the load was lost at ") || !strings.Contains(r.Error, "(wrk_") {
		t.Fatalf("%s: %s", r.Outcome, r.Error)
	}
	await(t, "no part is left", func() bool { return count(t, db, "SELECT count(*) FROM load_parts") == 0 })
}

// TestAnAttemptThatIsTakenAwayLeavesNoPart: its parts find out by themselves.
func TestAnAttemptThatIsTakenAwayLeavesNoPart(t *testing.T) {
	t.Parallel()
	site := newTarget(t)
	s, _ := workersOf(t, 2, time.Minute)
	db := database(t, s)
	id := s.Run(t, loadPlan(site.URL, "fail", "{executor: constant-arrival-rate, rate: 60, duration: 3s, preAllocatedVUs: 6}", 2))
	await(t, "the part tells", func() bool { return count(t, db, "SELECT count(*) FROM load_parts WHERE state = 'running'") == 1 })
	if _, err := db.ExecContext(t.Context(), "UPDATE results SET attempt = attempt + 1, worker_id = NULL, status = 'queued', lost = lost + 1"); err != nil {
		t.Fatal(err)
	}
	const insert = `INSERT INTO river_job (state, attempt, max_attempts, priority, args, kind, queue, scheduled_at, created_at, metadata, tags)
SELECT 'available', 0, 20, 1, jsonb_set(args, '{attempt}', '2'), kind, queue, now(), now(), '{}', '{}' FROM river_job WHERE kind = 'case'`
	if _, err := db.ExecContext(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	ended(t, s, id)
	r := fetch(t, s, id).Results[0]
	if r.Outcome != "PASSED" || toldOf(t, r).Requests != 180 {
		t.Errorf("the second attempt is %s with %d requests: %s", r.Outcome, toldOf(t, r).Requests, r.Error)
	}
}

// lose takes the part away that has begun to tell what it measures.
func lose(t *testing.T, db *sql.DB) {
	t.Helper()
	await(t, "a part was taken away", func() bool {
		done, err := db.ExecContext(t.Context(), `UPDATE load_parts SET state = 'lost'
WHERE state = 'running' AND EXISTS (SELECT FROM load_reports WHERE load_part_id = load_parts.id AND number > 1)`)
		if err != nil {
			t.Fatal(err)
		}
		n, err := done.RowsAffected()
		return err == nil && n > 0
	})
}

// ended waits for the end of a run. Servers that share no Redis hear of one
// another through the database only.
func ended(t *testing.T, s *apptest.Server, id string) {
	t.Helper()
	await(t, "the run has ended", func() bool {
		switch fetch(t, s, id).Status {
		case "QUEUED", "RUNNING", "PAUSED":
			return false
		}
		return true
	})
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("a minute has passed, and not: %s", what)
		}
	}
}
