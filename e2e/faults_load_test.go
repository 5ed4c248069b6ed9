package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// loader starts a process that performs load cases, one at once.
func (s *system) loader(t testing.TB) *process {
	t.Helper()
	p := work(t, launch{env: s.env, args: []string{"--kinds", "load", "--drain-timeout", "2s"}})
	p.awaitOutput(t, "worker started")
	return p
}

// sharedLoad is a plan of one load that workers share, with so many requests a
// second.
func sharedLoad(base, policy string, workers, rate int, length time.Duration) string {
	return fmt.Sprintf(`
version: "1"
name: Shared load
env: {BASE_URL: %q}
cases:
  - id: load
    kind: load
    workers: %d
    onLostWorker: %s
    steps: [{http: "/${{ vu.id }}/${{ vu.iteration }}", check: [{status: 200}]}]
    scenarios: {all: {executor: constant-arrival-rate, rate: %d, duration: %s, preAllocatedVUs: 6}}
    thresholds: {checks: ["rate==1"], http_reqs: ["count>0"]}
`, base, workers, policy, rate, length)
}

// performers are the process that has the attempt of a shared load, and the one
// that has the other part, once that has told what it measured.
func (s *system) performers(t testing.TB, all []*process) (coordinator, member *process) {
	t.Helper()
	s.await(t, "the other part tells what it measures", "SELECT EXISTS (SELECT FROM load_reports WHERE number > 1)")
	of := func(query string) *process {
		var id string
		if err := s.connect(t).QueryRow(t.Context(), query).Scan(&id); err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if workerID(t, p) == id {
				return p
			}
		}
		t.Fatalf("no process is the worker %s", id)
		return nil
	}
	return of("SELECT worker_id FROM results WHERE status = 'running'"), of("SELECT worker_id FROM load_parts WHERE state = 'running'")
}

// loadDetail is what the step of the load tells.
func loadDetail(t testing.TB, run *client.Run) map[string]any {
	t.Helper()
	r := run.Results[0]
	for _, step := range r.Attempts[len(r.Attempts)-1].Steps {
		if step.Action == "load" {
			return step.Detail
		}
	}
	t.Fatalf("the case is %s and has no step of a load: %s", r.Outcome, r.Error)
	return nil
}

func TestFaultWorkerOfASharedLoadKilled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		policy, outcome string
		workers         int
		length          time.Duration
	}{
		{"fail", "ERRORED", 2, time.Minute},
		{"replace", "PASSED", 3, 20 * time.Second}, // a silent worker is missed after ten seconds
	} {
		t.Run(tt.policy, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
			t.Cleanup(site.Close)
			s := newSystem(t)
			api := s.api(t)
			var all []*process
			for range tt.workers {
				all = append(all, s.loader(t))
			}
			const rate = 40
			id := startRun(t, api.Client, sharedLoad(site.URL, tt.policy, 2, rate, tt.length))
			events := startFollowing(t, api.Client, id)
			_, member := s.performers(t, all)
			killed := workerID(t, member)
			member.kill(t)
			began := time.Now()
			events.finish(t)
			t.Logf("kill -9 to the end of the run: %s", time.Since(began).Round(100*time.Millisecond))
			run := fetchRun(t, api.Client, id)
			r := run.Results[0]
			if r.Outcome != tt.outcome || len(r.Attempts) != 1 {
				t.Fatalf("%s after %d attempts: %s", r.Outcome, len(r.Attempts), r.Error)
			}
			if tt.policy == "fail" {
				if !strings.Contains(r.Error, "part 2 of 2 of the load was lost at ") || !strings.Contains(r.Error, killed) {
					t.Errorf("the case says %s", r.Error)
				}
			} else {
				assertTakenOver(t, loadDetail(t, run), killed, rate*int64(tt.length/time.Second))
			}
			s.await(t, "no part is left", "SELECT NOT EXISTS (SELECT FROM load_parts)")
			if tt.policy == "fail" && asked.Load() > rate*50 {
				t.Errorf("the load went on to %d requests", asked.Load())
			}
		})
	}
}

// assertTakenOver checks that the result tells who was lost and who took over,
// and accounts for everything that was due.
func assertTakenOver(t testing.TB, detail map[string]any, killed string, due int64) {
	t.Helper()
	workers, _ := detail["workers"].([]any)
	if len(workers) != 3 {
		t.Fatalf("the workers are told as %v", detail["workers"])
	}
	lost, heir := workers[1].(map[string]any), workers[2].(map[string]any)
	gap, _ := heir["gap"].(float64)
	if !strings.Contains(fmt.Sprint(lost["worker"]), killed) || lost["lost"] != true || heir["part"] != lost["part"] || gap < 5 {
		t.Errorf("the workers are told as %v", workers)
	}
	scenario := detail["scenarios"].([]any)[0].(map[string]any)
	sum := int64(0)
	for _, key := range []string{"iterations", "interrupted", "dropped"} {
		n, _ := scenario[key].(float64)
		sum += int64(n)
	}
	if sum != due {
		t.Errorf("of %d iterations that were due %d are accounted for: %v", due, sum, scenario)
	}
}

// A worker that is told to end in the middle gives its part up, and does not wait
// for the end of the load.
func TestFaultWorkerOfASharedLoadToldToEnd(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(site.Close)
	s := newSystem(t)
	api := s.api(t)
	all := []*process{s.loader(t), s.loader(t)}
	id := startRun(t, api.Client, sharedLoad(site.URL, "fail", 2, 40, 2*time.Minute))
	events := startFollowing(t, api.Client, id)
	_, member := s.performers(t, all)
	if r := member.stop(t); r.code != 0 {
		t.Errorf("%s exits with %d: %s", member, r.code, r.stderr)
	}
	events.finish(t)
	r := fetchRun(t, api.Client, id).Results[0]
	if r.Outcome != "ERRORED" || len(r.Attempts) != 1 || !strings.Contains(r.Error, "part 2 of 2 of the load was lost at ") {
		t.Errorf("%s after %d attempts: %s", r.Outcome, len(r.Attempts), r.Error)
	}
}

// When the worker dies that has the attempt, the others stop and the whole load is
// performed again: half of its measurements are gone.
func TestFaultCoordinatorOfASharedLoadKilled(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(site.Close)
	s := newSystem(t)
	api := s.api(t)
	all := []*process{s.loader(t), s.loader(t), s.loader(t)}
	const rate, length = 40, 20 * time.Second
	id := startRun(t, api.Client, sharedLoad(site.URL, "fail", 2, rate, length))
	events := startFollowing(t, api.Client, id)
	coordinator, member := s.performers(t, all)
	coordinator.kill(t)
	member.awaitOutput(t, "nobody waits for it any more")
	events.finish(t)
	run := fetchRun(t, api.Client, id)
	r := run.Results[0]
	if r.Outcome != "PASSED" || len(r.Attempts) != 2 || !strings.Contains(r.Attempts[0].Error, "the worker was lost") {
		t.Fatalf("%s: %s; its attempts: %+v", r.Outcome, r.Error, r.Attempts)
	}
	detail := loadDetail(t, run)
	if workers, _ := detail["workers"].([]any); len(workers) != 2 || strings.Contains(fmt.Sprint(workers), workerID(t, coordinator)) {
		t.Errorf("the workers of the second attempt are told as %v", detail["workers"])
	}
	s.await(t, "no part is left", "SELECT NOT EXISTS (SELECT FROM load_parts)")
}
