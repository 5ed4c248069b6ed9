package load_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// told is what the tests read of the attachment.
type told struct {
	Requests  int64
	Failed    int64
	VusMax    int
	Scenarios []struct {
		Name                             string
		Iterations, Interrupted, Dropped int64
	}
	Metrics map[string]struct {
		Count              int64
		Med, P95, P99, Max float64
	}
	Checks []struct {
		Check          string
		Passed, Failed int64
	}
	Notes []struct {
		Message string
		Count   int64
	}
	Thresholds []struct {
		Metric, Threshold string
		Value             float64
		Samples           int64
		Passed, Aborted   bool
	}
	Series []struct {
		Requests int64
		Vus      int
	}
	Histograms []struct{ Metric, Data string }
	Workers    []workerTold
}

type workerTold struct {
	Part                 int
	Worker               string
	From, Until, Gap     float64
	Requests, Iterations int64
	Lost                 bool
}

func summaryOf(tb testing.TB, r result) (out told) {
	tb.Helper()
	for _, a := range r.Attachments() {
		if a.Name == load.SummaryName {
			if err := json.Unmarshal(a.Data, &out); err != nil {
				tb.Fatal(err)
			}
			return out
		}
	}
	tb.Fatalf("there is no summary; %s: %s", r.outcome, r.text())
	return out
}

func notesOf(s told) string {
	var b strings.Builder
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "%d× %s\n", n.Count, n.Message)
	}
	return b.String()
}

// scenarioCase is a load of one request with one scenario.
func scenarioCase(scenario string) string {
	return `
  - id: l
    kind: load
    steps: [{http: "/${{ vu.id }}/${{ vu.iteration }}", check: [{status: 200}]}]
    scenarios: {one: ` + scenario + `}
    thresholds: {checks: ["rate==1"]}
`
}

// TestPatterns counts at the target what each executor sends.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, scenario string
		least, most    int64 // requests at the target
		users          int   // most at once
	}{
		{"shared iterations", "{executor: shared-iterations, vus: 3, iterations: 50}", 50, 50, 0},
		{"iterations of each user", "{executor: per-vu-iterations, vus: 4, iterations: 5}", 20, 20, 0},
		{"constant users with pauses", "{executor: constant-vus, vus: 3, duration: 300ms, thinkTime: 200ms, gracefulStop: 5s}", 3, 6, 3},
		{"ramping users", "{executor: ramping-vus, startVUs: 0, stages: [{duration: 200ms, target: 4}, {duration: 700ms, target: 4}, {duration: 0s, target: 1}, {duration: 300ms, target: 1}], thinkTime: 10ms}", 4, 600, 4},
		{"constant arrival rate", "{executor: constant-arrival-rate, rate: 200, duration: 500ms, preAllocatedVUs: 2, maxVUs: 20}", 100, 100, 0},
		{"in another unit of time", "{executor: constant-arrival-rate, rate: 6000, timeUnit: 1m, duration: 500ms, preAllocatedVUs: 2}", 50, 50, 2},
		{"ramping arrival rate", "{executor: ramping-arrival-rate, startRate: 0, stages: [{duration: 500ms, target: 200}, {duration: 0s, target: 100}, {duration: 200ms, target: 100}], preAllocatedVUs: 2, maxVUs: 20}", 70, 70, 0},
		{"a later start", "{executor: shared-iterations, iterations: 7, startTime: 50ms}", 7, 7, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			var mu sync.Mutex
			paths := map[string]bool{}
			s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				count.Add(1)
				mu.Lock()
				defer mu.Unlock()
				if paths[r.URL.Path] {
					t.Errorf("%s was asked twice", r.URL.Path)
				}
				paths[r.URL.Path] = true
			})
			r := execute(t, dev(t), taskOf(t, s.URL, scenarioCase(tt.scenario)))
			if r.outcome != spec.OutcomePassed {
				t.Fatalf("%s: %s", r.outcome, r.text())
			}
			got, sum := count.Load(), summaryOf(t, r)
			if got < tt.least || got > tt.most {
				t.Errorf("the target was asked %d times, want %d to %d", got, tt.least, tt.most)
			}
			if sum.Requests != got || sum.Scenarios[0].Iterations != got || sum.Metrics["http_req_duration"].Count != got || sum.Metrics["iteration_duration"].Count != got {
				t.Errorf("the target was asked %d times, told are %+v", got, sum)
			}
			if tt.users > 0 && sum.VusMax != tt.users {
				t.Errorf("%d users at most, want %d", sum.VusMax, tt.users)
			}
			rows := int64(0)
			for _, row := range sum.Series {
				rows += row.Requests
			}
			if rows != got {
				t.Errorf("the series has %d requests of %d", rows, got)
			}
		})
	}
}

// TestFrozenTarget stops a target for a moment by its own clock. No iteration
// is lost, and what was due meanwhile is as late as the target was frozen.
func TestFrozenTarget(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked int
	var frozen time.Duration
	s := serve(t, func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if asked++; asked == 50 {
			began := time.Now()
			thaw := time.NewTimer(400 * time.Millisecond)
			defer thaw.Stop()
			<-thaw.C
			frozen = time.Since(began)
		}
	})
	r := execute(t, dev(t), taskOf(t, s.URL, scenarioCase("{executor: constant-arrival-rate, rate: 200, duration: 1s, preAllocatedVUs: 2, maxVUs: 4}")))
	sum := summaryOf(t, r)
	if asked != 200 || sum.Requests != 200 || sum.Scenarios[0].Dropped != 0 {
		t.Errorf("the target was asked %d times, told are %d requests and %d dropped, want 200 and none", asked, sum.Requests, sum.Scenarios[0].Dropped)
	}
	due, sent := sum.Metrics["http_req_duration"], sum.Metrics["http_req_service"]
	if due.Max < frozen.Seconds()*1000*0.98 {
		t.Errorf("the slowest request took %.0f ms, less than the %s for which the target was frozen", due.Max, frozen)
	}
	// At 200 a second, 60 iterations and more were due while it was frozen, and
	// only 4 of them could have been sent.
	if due.P95 < frozen.Seconds()*1000/2 || due.P95 < 2*sent.Med {
		t.Errorf("p95 is %.0f ms from when a request was due and the median %.1f ms from when it was sent; the target was frozen for %s", due.P95, sent.Med, frozen)
	}
}

// TestDropped lets iterations wait for a user who never comes back.
func TestDropped(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{http: /}]
    scenarios: {one: {executor: constant-arrival-rate, rate: 100, duration: 300ms, preAllocatedVUs: 1, gracefulStop: 0s}}
    thresholds: {dropped_iterations: ["count<1"], iterations: ["count==0"]}
`))
	sum := summaryOf(t, r)
	if got := sum.Scenarios[0]; got.Dropped != 29 || got.Interrupted != 1 || got.Iterations != 0 {
		t.Errorf("%+v, want 29 dropped and 1 interrupted", got)
	}
	if r.outcome != spec.OutcomeFailed || !strings.Contains(r.text(), "count of dropped_iterations should be < 1, but is 29") {
		t.Errorf("%s: %s", r.outcome, r.text())
	}
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, thresholds, want string // a part of the error, "" where it passes
	}{
		{"all hold", `{http_req_duration: ["p(99)<20000", "avg>0", "count==20"], http_reqs: ["count==20", "rate>0"], vus_max: ["value<=4"], data_sent: ["count>100"]}`, ""},
		{"failed requests", `{http_req_failed: ["rate<0.1"]}`, "rate of http_req_failed should be < 0.1, but is 0.25"},
		{"their tag", `{"http_req_failed{expected_response:true}": ["rate==0"], "http_reqs{status:503}": ["count==5"], "http_reqs{status:200}": ["count==15"]}`, ""},
		{"of one scenario", `{"http_reqs{scenario:b}": ["count==10"], "iterations{scenario:a}": ["count>10"]}`, "count of iterations{scenario:a} should be > 10, but is 10"},
		{"of a tag of its own", `{"http_reqs{device:phone}": ["count==10"], "http_reqs{device:phone,scenario:b}": ["count==0"]}`, ""},
		{"of a check", `{"checks{check:status equals 200}": ["rate==0.75"], checks: ["rate>0.9"]}`, "rate of checks should be > 0.9, but is 0.75"},
		{"without a sample", `{"http_req_duration{status:404}": ["p(95)<500"]}`, "nothing was measured"},
		{"without a sample, allowed", `{"http_req_duration{status:404}": [{threshold: "p(95)<500", allowEmpty: true}]}`, ""},
		{"several", `{http_reqs: ["count>20", "count>21"]}`, "and 1 more check failed"},
		{"phases", `{http_req_waiting: ["max<20000"], http_req_connecting: ["count>=1"], http_req_receiving: ["count==20"], iteration_duration: ["max<20000"]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if count.Add(1)%4 == 0 {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{name: Ask, http: /fails, check: [{status: 200}]}]
    scenarios:
      a: {executor: shared-iterations, vus: 2, iterations: 10, tags: {device: phone}}
      b: {executor: shared-iterations, vus: 2, iterations: 10}
    thresholds: `+tt.thresholds))
			if tt.want == "" && r.outcome != spec.OutcomePassed || tt.want != "" && (r.outcome != spec.OutcomeFailed || !strings.Contains(r.text(), tt.want)) {
				t.Errorf("%s: %s; want %q", r.outcome, r.text(), tt.want)
			}
		})
	}
}

// TestAbort ends a load of minutes by a threshold.
func TestAbort(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{http: /}]
    teardown: [{http: /, check: [{status: 500}]}]
    scenarios: {one: {executor: constant-vus, vus: 2, duration: 4m, thinkTime: 10ms}}
    thresholds: {http_req_failed: [{threshold: "rate<0.1", abortOnFail: true}], http_reqs: ["count>1"]}
`))
	if r.outcome != spec.OutcomeFailed || !strings.Contains(r.text(), "it ended the load") {
		t.Errorf("%s: %s", r.outcome, r.text())
	}
	var got []spec.Outcome
	for _, step := range r.Steps() {
		got = append(got, step.Outcome)
	}
	if diff := cmp.Diff([]spec.Outcome{spec.OutcomePassed, spec.OutcomePassed, spec.OutcomeFailed}, got); diff != "" {
		t.Errorf("load, teardown and thresholds (-want +got):\n%s", diff)
	}
}

// TestIteration follows users through steps that need one another.
func TestIteration(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cookie, _ := r.Cookie("session")
		mu.Lock()
		defer mu.Unlock()
		switch r.URL.Path {
		case "/setup":
			_, _ = w.Write([]byte(`{"shop":"s1"}`))
		case "/login":
			if cookie != nil {
				t.Error("an iteration began with the cookie of another one")
			}
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "of-" + r.FormValue("user"), Path: "/"})
			http.Redirect(w, r, "/home?user="+r.FormValue("user"), http.StatusSeeOther)
		case "/home":
			_, _ = fmt.Fprintf(w, `{"token": "t-%s", "method": %q}`, r.FormValue("user"), r.Method)
		default:
			seen = append(seen, fmt.Sprintf("%s %s %s", r.URL.RequestURI(), r.Header.Get("Authorization"), cookie))
			w.WriteHeader(http.StatusCreated)
		}
	})
	r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: api.login
    kind: api
    steps:
      - http: {method: POST, url: /login, form: {user: "${{ user }}"}}
        capture: {token: {jsonpath: $.token}}
        check: [{status: 200}, {jsonpath: $.method, equals: GET}, {header: content-type}, {duration: 20s}, {body: {matches: "t-[a-z]+"}}]
      - http: {method: POST, url: "/orders", headers: {Authorization: "Bearer ${{ token }}"}, json: {sku: A1}}
        check: [{status: [201, 202]}]
      - http: /fails
        check: [{status: 200}]
      - http: /never
  - id: l
    kind: load
    uses: api.login
    setup: [{http: /setup, capture: {shop: {jsonpath: $.shop}}}]
    data: [{user: ada}, {user: bob}]
    scenarios: {one: {executor: per-vu-iterations, vus: 2, iterations: 2}}
    thresholds: {http_reqs: ["count==16"], iterations: ["count==4"], http_req_failed: ["rate==0.25"], "http_req_failed{name:GET /fails}": ["rate==1"]}
`))
	if r.outcome != spec.OutcomePassed {
		t.Errorf("%s: %s", r.outcome, r.text())
	}
	slices.Sort(seen)
	want := []string{
		"/fails  session=of-ada", "/fails  session=of-ada", "/fails  session=of-bob", "/fails  session=of-bob",
		"/orders Bearer t-ada session=of-ada", "/orders Bearer t-ada session=of-ada", "/orders Bearer t-bob session=of-bob", "/orders Bearer t-bob session=of-bob",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	sum := summaryOf(t, r)
	checks := map[string][2]int64{}
	for _, c := range sum.Checks {
		checks[c.Check] = [2]int64{c.Passed, c.Failed}
	}
	wantChecks := map[string][2]int64{
		"status equals 200": {0, 4}, "jsonpath $.method equals \"GET\"": {4, 0}, "header content-type exists": {4, 0},
		"duration at most 20s": {4, 0}, "body matches t-[a-z]+": {4, 0}, "status in [201,202]": {4, 0},
	}
	wantChecks["status equals 200"] = checks["status equals 200"] // of two steps: the last one that is listed
	if diff := cmp.Diff(wantChecks, checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if notes := notesOf(sum); !strings.Contains(notes, "4× GET /fails: status should equal 200, but is 201") {
		t.Errorf("notes:\n%s", notes)
	}
}

func TestSecureTarget(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Proto)) }))
	t.Cleanup(s.Close)
	pool := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	r := execute(t, newExecutor(t, egress.Dev, load.Limits{}, pool), taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{http: /, check: [{body: HTTP/1.1}]}]
    scenarios: {one: {executor: per-vu-iterations, vus: 2, iterations: 10}}
    thresholds: {checks: ["rate==1"], http_req_tls_handshaking: ["count==2"], http_req_connecting: ["count==2"]}
`))
	if r.outcome != spec.OutcomePassed {
		t.Errorf("%s: %s", r.outcome, r.text())
	}
}

// TestOtherChecks has checks that the api executor decides, counted by what they
// ask.
func TestOtherChecks(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "gzip" {
			t.Errorf("Accept-Encoding is %q, and nothing else than gzip can be read here", got)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer abc" {
			t.Errorf("Authorization is %q", got)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		_, _ = w.Write([]byte("<p>hello</p>"))
	})
	r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    steps:
      - http: {url: /, auth: {bearer: abc}}
        check: [{cookie: a, equals: b}, {xpath: //p, equals: hello}, {regex: "h(.)llo", equals: a}, {size: 12}, {protocol: HTTP/1.1}]
    scenarios: {one: {executor: shared-iterations, iterations: 3}}
    thresholds:
      "checks{check:regex h(.)llo equals \"a\"}": ["rate==0"]
      "checks{check:size equals 12}": ["rate==1"]
      checks: ["rate==0.8"]
`))
	if r.outcome != spec.OutcomePassed {
		t.Errorf("%s: %s\n%+v\n%s", r.outcome, r.text(), summaryOf(t, r).Checks, notesOf(summaryOf(t, r)))
	}
}
