package load_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// TestControlSteps counts what conditions, loops, groups and pauses let a
// virtual user do: requests and checks of each step, and iterations.
func TestControlSteps(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.URL.RequestURI())
		switch r.URL.Path {
		case "/stock/C3":
			w.WriteHeader(http.StatusNotFound)
		case "/order":
			_, _ = w.Write([]byte(`{"state": "` + map[string]string{"1": "PAID", "2": "OPEN"}[r.URL.Query().Get("vu")] + `"}`))
		}
	})
	task := taskOf(t, s.URL, `
  - id: api.shop
    kind: api
    steps:
      - name: Order
        http: /order?vu=${{ user }}
        capture: {state: {jsonpath: $.state}}
      - wait: 5ms
      - group:
          steps:
            - {name: Group, http: /group, check: [{status: 200}]}
            - if:
                variable: state
                equals: PAID
                then: [{name: Receipt, http: /receipt, check: [{status: 200}]}]
                else: [{name: Remind, http: /remind, check: [{status: 201}]}]
      - name: rows of the plan
        for:
          as: product
          rows: [{sku: A1}, {sku: "${{ user }}"}]
          steps: [{name: Stock, http: "/stock/${{ product.sku }}", check: [{status: 200}]}]
      - for:
          as: line
          file: file://skus.csv
          steps:
            - {name: File, http: "/stock/${{ line.sku }}", check: [{status: 200}, {body: ""}]}
      - {name: Never, http: /never}
  - id: l
    kind: load
    uses: api.shop
    data: [{user: "1"}, {user: "2"}]
    scenarios: {one: {executor: per-vu-iterations, vus: 2, iterations: 3}}
    thresholds:
      iterations: ["count==6"]
      http_reqs: ["count==30"]
      "http_reqs{name:Receipt}": ["count==3"]
      "http_reqs{name:Remind}": ["count==3"]
      "http_reqs{name:Stock}": ["count==6"]
      "http_reqs{name:File}": ["count==6"]
      "http_reqs{name:Never}": ["count==0"]
      "checks{name:Group}": ["rate==1"]
      "checks{name:Receipt}": ["rate==1"]
      "checks{name:Remind}": ["rate==0"]
      "checks{name:File,check:status equals 200}": ["rate==0.5"]
`)
	task.Files = fstest.MapFS{"skus.csv": &fstest.MapFile{Data: []byte("sku\nB2\nC3\nD4\n")}}
	r := execute(t, dev(t), task)
	if r.outcome != spec.OutcomePassed {
		t.Errorf("%s: %s\n%+v\n%s", r.outcome, r.text(), summaryOf(t, r).Checks, notesOf(summaryOf(t, r)))
	}
	slices.Sort(seen)
	var want []string
	for range 3 {
		// The second user ends at the reminder, which is not what was asked for.
		want = append(want, "/group", "/group", "/order?vu=1", "/order?vu=2", "/receipt", "/remind", "/stock/1", "/stock/A1", "/stock/B2", "/stock/C3")
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestWaitEndsWithTheLoad: a user in a long pause holds nothing up.
func TestWaitEndsWithTheLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, scenario := range map[string]string{
		"the scenario is over": "{executor: constant-vus, vus: 2, duration: 2s, gracefulStop: 50ms}",
		"the user is retired":  "{executor: ramping-vus, startVUs: 2, stages: [{duration: 2s, target: 2}, {duration: 0s, target: 1}, {duration: 300ms, target: 1}], gracefulRampDown: 20ms, gracefulStop: 0s}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{http: /}, {wait: 10m}]
    scenarios: {one: `+scenario+`}
    thresholds: {iterations: ["count==0"], http_reqs: ["count==2"]}
`))
			sum := summaryOf(t, r)
			if r.outcome != spec.OutcomePassed || sum.Scenarios[0].Interrupted != 2 {
				t.Errorf("%s: %s; %+v", r.outcome, r.text(), sum.Scenarios)
			}
		})
	}
}

func TestRowsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	task := taskOf(t, "http://127.0.0.1:1", `
  - id: l
    kind: load
    steps: [{for: {file: file://skus.csv, steps: [{http: /}]}}]
    scenarios: {one: {executor: shared-iterations}}
    thresholds: {iterations: ["count==0"]}
`)
	for want, data := range map[string][]byte{"there is no file skus.csv": nil, "larger than the limit of 1 MiB": make([]byte, 1<<20+1)} {
		task.Files = fstest.MapFS{}
		if data != nil {
			task.Files = fstest.MapFS{"skus.csv": &fstest.MapFile{Data: data}}
		}
		if r := execute(t, dev(t), task); r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), want) {
			t.Errorf("%s: %s; want %q", r.outcome, r.text(), want)
		}
	}
}
