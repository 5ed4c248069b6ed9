package jobs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/egress"
)

// shaky is a target that can be away: it closes connections without an answer.
type shaky struct {
	*httptest.Server
	up   atomic.Bool
	asks atomic.Int64
}

func newShaky(t *testing.T) *shaky {
	t.Helper()
	s := &shaky{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		s.asks.Add(1)
		if !s.up.Load() {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shaky) host() string { return s.Listener.Addr().String() }

func asking(t *testing.T, o apptest.Options) *apptest.Server {
	t.Helper()
	policy, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	o.Executors = []executors.Executor{api.New(policy)}
	return apptest.Start(t, o)
}

// around makes a plan with n cases about the shop, and n about another target.
func around(use string, n int, shop, other *shaky) string {
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("%q", fmt.Sprint(i))
	}
	list := strings.Join(numbers, ", ")
	return fmt.Sprintf(`
version: "1"
name: Two targets
use: %s
cases:
  - {id: shop, kind: api, steps: [{http: /}], matrix: {BASE_URL: [%q], n: [%s]}}
  - {id: other, kind: api, steps: [{http: /}], matrix: {BASE_URL: [%q], n: [%s]}}
`, use, shop.URL, list, other.URL, list)
}

// waitings are what a viewer sees while cases wait.
type waitings struct {
	Breakers []struct{ Kind, Name, Status, Reason string }
	Run      struct {
		Results struct {
			Nodes []struct {
				CaseID     string
				Status     string
				WaitingFor *struct{ Reason, Detail string }
			}
		}
	}
}

func look(t *testing.T, s *apptest.Server, runID string) (w waitings) {
	t.Helper()
	var raw json.RawMessage
	err := s.Client.Do(t.Context(), `query($id: ID!) { breakers { kind name status reason }
		run(id: $id) { results(first: 100) { nodes { caseId status waitingFor { reason detail } } } } }`,
		map[string]any{"id": runID}, &raw)
	if err == nil {
		err = json.Unmarshal(raw, &w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A target goes away and comes back: its cases wait and say so, those about
// another target go on, and in the end nobody is the worse for it.
func TestCasesWaitForATargetThatIsAway(t *testing.T) {
	t.Parallel()
	shop, other := newShaky(t), newShaky(t)
	other.up.Store(true)
	s := asking(t, apptest.Options{Breaker: apptest.Breaker{Failures: 1, Open: 300 * time.Millisecond}})
	const n, parallel = 8, 3
	id := s.Run(t, around(fmt.Sprintf("{parallel: %d, retries: 1}", parallel), n, shop, other))

	var evs []client.Event
	var saw waitings
	passed, probed, told := 0, 0, ""
	err := s.Client.Follow(t.Context(), id, time.Minute, func(e client.Event) {
		evs = append(evs, e)
		switch e.Type {
		case "RUN_DEFERRED":
			told = e.Error
		case "CASE_REQUEUED":
			probed++
		case "CASE_FINISHED":
			passed++
		}
		// While it is away: everything about the other target is done, and more
		// probes have failed than one case has retries.
		if !shop.up.Load() && passed >= n && probed >= 3 {
			saw = look(t, s, id)
			shop.up.Store(true)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	contiguous(t, evs)
	if !strings.Contains(told, shop.host()) {
		t.Errorf("RUN_DEFERRED says %q, want %s in it", told, shop.host())
	}
	if len(saw.Breakers) != 1 || saw.Breakers[0].Name != shop.host() || saw.Breakers[0].Kind != "TARGET" || saw.Breakers[0].Status == "CLOSED" {
		t.Errorf("breakers %+v, want that of %s", saw.Breakers, shop.host())
	}
	for _, r := range saw.Run.Results.Nodes {
		if r.CaseID == "other" && r.Status != "FINISHED" {
			t.Errorf("a case about the other target is %s", r.Status)
		}
	}
	if w := look(t, s, id).Breakers; len(w) != 0 {
		t.Errorf("in the end there is %+v", w)
	}

	run := fetch(t, s, id)
	if run.Status != "PASSED" || run.OutcomeCounts.Passed+run.OutcomeCounts.Flaky != 2*n {
		t.Errorf("run %s with %+v", run.Status, run.OutcomeCounts)
	}
	burnt := 0
	for _, r := range run.Results {
		failed := 0
		for _, a := range r.Attempts {
			if a.Outcome == "FAILED" || a.Outcome == "ERRORED" {
				failed++
			}
		}
		if failed > 1 || failed > 0 && r.CaseID == "other" {
			t.Errorf("%s has %d failed attempts", r.CaseKey, failed)
		}
		burnt += failed
	}
	// Those that were under way when it opened count as usual, no others.
	if burnt < 1 || burnt > parallel {
		t.Errorf("%d attempts failed, want one, and those that were under way with it", burnt)
	}
}

// What waits says why and for whom.
func TestAWaitingCaseSaysWhy(t *testing.T) {
	t.Parallel()
	shop, other := newShaky(t), newShaky(t)
	other.up.Store(true)
	s := asking(t, apptest.Options{Breaker: apptest.Breaker{Failures: 1, Open: time.Hour}})
	id := s.Run(t, around("{parallel: 1}", 3, shop, other))
	looked := false
	err := s.Client.Follow(t.Context(), id, time.Minute, func(e client.Event) {
		if e.OutcomeCounts.Passed != 3 || looked {
			return
		}
		looked = true
		w := look(t, s, id)
		waiting := 0
		for _, r := range w.Run.Results.Nodes {
			if r.WaitingFor != nil && r.WaitingFor.Reason == "BREAKER_OPEN" && strings.Contains(r.WaitingFor.Detail, shop.host()) {
				waiting++
			}
		}
		if waiting != 2 {
			t.Errorf("results %+v, want two that wait for %s", w.Run.Results.Nodes, shop.host())
		}
		if len(w.Breakers) != 1 || w.Breakers[0].Status != "OPEN" || !strings.Contains(w.Breakers[0].Reason, shop.host()) {
			t.Errorf("breakers %+v", w.Breakers)
		}
		if err := s.Client.StopRun(t.Context(), id); err != nil { // what waits can be stopped
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	run := fetch(t, s, id)
	if run.Status != "CANCELLED" || run.OutcomeCounts.Cancelled != 2 || shop.asks.Load() != 1 {
		t.Errorf("run %s with %+v after %d requests", run.Status, run.OutcomeCounts, shop.asks.Load())
	}
}

// The next attempt of a case that failed asks for leave too: it waits instead of
// being burnt while the target is away.
func TestARetryWaitsToo(t *testing.T) {
	t.Parallel()
	shop, other := newShaky(t), newShaky(t)
	other.up.Store(true)
	s := asking(t, apptest.Options{Breaker: apptest.Breaker{Failures: 1, Open: 300 * time.Millisecond}})
	id := s.Run(t, around("{parallel: 1, retries: 1}", 1, shop, other))
	err := s.Client.Follow(t.Context(), id, time.Minute, func(e client.Event) {
		if e.Type == "RUN_DEFERRED" {
			shop.up.Store(true)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	run := fetch(t, s, id)
	if run.Status != "PASSED" || run.OutcomeCounts.Flaky != 1 || run.OutcomeCounts.Passed != 1 {
		t.Errorf("run %s with %+v", run.Status, run.OutcomeCounts)
	}
}

// A target that answers with errors is there.
func TestAnswersOfAnyKindKeepTheBreakerClosed(t *testing.T) {
	t.Parallel()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(broken.Close)
	s := asking(t, apptest.Options{Breaker: apptest.Breaker{Failures: 1, Open: time.Hour}})
	id := s.Run(t, fmt.Sprintf(`{"version":"1","name":"Broken","env":{"BASE_URL":%q},"cases":[
		{"id":"a","kind":"api","matrix":{"n":["1","2","3"]},"steps":[{"http":"/","check":[{"status":200}]}]}]}`, broken.URL))
	s.Follow(t, id)
	if run := fetch(t, s, id); run.OutcomeCounts.Failed != 3 {
		t.Errorf("run %s with %+v", run.Status, run.OutcomeCounts)
	}
}
