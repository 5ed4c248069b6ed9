package load_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
)

// both closes the api executor with the load executor.
type both struct {
	*load.Executor
	steps *api.Executor
}

func (b both) Close() error {
	if err := b.Executor.Close(); err != nil {
		return err
	}
	return b.steps.Close()
}

func TestConformance(t *testing.T) { conform(t, "") }

// TestConformanceOfSeveralParts lets engines of this process share each load.
func TestConformanceOfSeveralParts(t *testing.T) { conform(t, "    workers: 3\n") }

// conform runs the suite on load cases with a further key.
func conform(t *testing.T, key string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/echo":
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(`{"token":"` + r.Header.Get("X-Token") + `"}`))
		default:
			_, _ = w.Write([]byte(`{"ok":true}`))
		}
	}))
	t.Cleanup(server.Close)
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	tasks := func(base, cases string) func(testing.TB) executors.Task {
		return func(tb testing.TB) executors.Task { tb.Helper(); return taskOf(tb, base, cases+key) }
	}
	const passing = `
  - id: l
    kind: load
    steps: [{http: /, check: [{status: 200}, {jsonpath: $.ok, equals: true}]}]
    setup: [{http: /setup, check: [{status: 200}]}]
    teardown: [{http: /teardown}]
    scenarios: {all: {executor: shared-iterations, vus: 4, iterations: 40}}
    thresholds: {checks: ["rate==1"], iterations: ["count==40"]}
`
	executortest.Run(t, executortest.Harness{
		New: func(tb testing.TB) executors.Executor {
			tb.Helper()
			policy, err := egress.New(egress.Dev)
			if err != nil {
				tb.Fatal(err)
			}
			steps := api.New(policy)
			return both{load.New(steps, policy, load.Limits{}), steps}
		},
		Steps:   func(task executors.Task) int { return task.Case.StepCount() },
		Passing: tasks(server.URL, passing),
		Failing: tasks(server.URL, `
  - id: l
    kind: load
    steps: [{http: /}]
    setup: [{http: /setup, check: [{status: 404}]}]
    scenarios: {all: {executor: shared-iterations, vus: 3, iterations: 3}}
    thresholds: {iterations: ["count==1"]}
`),
		Slow: tasks(server.URL, `
  - id: l
    kind: load
    steps: [{http: /slow}]
    scenarios: {all: {executor: constant-vus, vus: 5, duration: 4m}}
    thresholds: {iterations: ["count==1"]}
`),
		Erroring: tasks("http://"+unused, `
  - id: l
    kind: load
    steps: [{http: /}]
    scenarios: {all: {executor: constant-vus, vus: 20, duration: 4m}}
    thresholds: {iterations: ["count==1"]}
`),
		Attaching: tasks(server.URL, passing),
		Secret: tasks(server.URL, `
  - id: l
    kind: load
    steps:
      - name: "Ask with ${{ TOKEN }}"
        http: {url: "/echo?a=${{ TOKEN }}", headers: {X-Token: "${{ TOKEN }}"}}
        check: [{status: 200}, {body: {notContains: "${{ TOKEN }}"}}, {jsonpath: $.token, equals: other}]
    scenarios: {all: {executor: shared-iterations, vus: 3, iterations: 10}}
    thresholds: {checks: ["rate==1"]}
`),
	})
}
