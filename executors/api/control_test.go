package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// planTask reads the one case of a plan, as a person writes it. The steps are
// the YAML of the list under steps, by two spaces.
func planTask(tb testing.TB, base, steps string, files fstest.MapFS) executors.Task {
	tb.Helper()
	source := "version: \"1\"\nname: P\nsecrets: [TOKEN]\nenv: {PLAN: \"5\"}\ncases:\n  - id: c\n    kind: api\n    steps:\n" +
		strings.ReplaceAll("      "+strings.TrimSpace(steps), "\n", "\n      ") + "\n"
	p, err := spec.Parse([]byte(source))
	if err != nil {
		tb.Fatalf("%v\n%s", err, source)
	}
	if files == nil {
		files = fstest.MapFS{}
	}
	return executors.Task{
		RunID: "run_1", ResultID: "res_1", Attempt: 1, Case: p.Cases[0], Use: p.Use,
		Scope: spec.NewScope(map[string]any{"BASE_URL": base, "PLAN": "5"}, map[string]string{"TOKEN": "t0ken-Of-ada"}),
		Files: files,
	}
}

// run performs the steps of a plan; the number of reported steps is not asked.
func run(tb testing.TB, base, steps string, files fstest.MapFS) result {
	tb.Helper()
	return perform(tb, newExecutor(tb), planTask(tb, base, steps, files))
}

// told lists the steps: "0 GET /a passed".
func (r result) told() []string {
	var out []string
	for _, s := range r.Steps() {
		out = append(out, fmt.Sprintf("%s %s", s.Name, s.Outcome))
	}
	return out
}

func TestControlSteps(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]int{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		n := asked[r.URL.Path]
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"path":%q,"n":%d,"state":"PAID"}`, r.URL.Path, n)
	})
	files := fstest.MapFS{
		"rows.csv":  {Data: []byte("sku,price\nA1,5\n\"B,2\",7\n")},
		"rows.json": {Data: []byte(`[{"sku":"J1"},{"sku":"J2"}]`)},
		"none.csv":  {Data: []byte("sku\n")},
		"bad.csv":   {Data: []byte("sku,price\nA1\n")},
	}
	tests := []struct {
		name, steps string
		want        []string
		err         string // a part of it
	}{
		{"group", `
- name: Both
  group: {steps: [{http: /g1}, {name: second, http: /g2}]}
- http: /g3`, []string{"Both passed", "Both › GET /g1 passed", "Both › second passed", "GET /g3 passed"}, ""},
		{"group that fails", `
- group: {steps: [{http: /f1, check: [{status: 404}]}, {http: /f2}]}
- http: /f3`, []string{"group of 2 steps passed", "group of 2 steps › GET /f1 failed", "group of 2 steps › GET /f2 skipped", "GET /f3 skipped"},
			"step 2 (group of 2 steps › GET /f1): status should equal 404"},
		{"then", `
- {http: /i, capture: {state: {jsonpath: $.state}}}
- if: {variable: state, equals: PAID, then: [{http: /paid}], else: [{http: /unpaid}]}`,
			[]string{"GET /i passed", `if state equals "PAID" passed`, `if state equals "PAID" › GET /paid passed`}, ""},
		{"else", `
- if: {variable: PLAN, gt: 5, then: [{http: /a}], else: [{http: /unpaid}]}`,
			[]string{`if PLAN greater than 5 passed`, `if PLAN greater than 5 (else) › GET /unpaid passed`}, ""},
		{"no else", `
- if: {variable: PLAN, equals: 6, then: [{http: /a}]}
- if: {variable: PLAN, equals: 5, then: [{wait: 1ms}]}`,
			[]string{`if PLAN equals 6 passed`, `if PLAN equals 5 passed`, "if PLAN equals 5 › wait 1ms passed"}, ""},
		{"variable that nobody captured", `
- if: {variable: PLAN, equals: 6, then: [{http: /a, capture: {other: {jsonpath: $.n}}}]}
- if: {variable: other, exists: false, then: [{wait: 1ms}]}`,
			[]string{`if PLAN equals 6 passed`, `if other does not exist passed`, "if other does not exist › wait 1ms passed"}, ""},
		{"rows", `
- for: {as: p, rows: [{sku: A, n: 1}, {sku: "${{ PLAN }}", n: 1}], steps: [{http: "/rows/${{ p.sku }}", check: [{jsonpath: $.n, equals: "${{ p.n }}"}], capture: {seen: {jsonpath: $.path}}}]}
- if: {variable: seen, equals: /rows/5, then: [{wait: 1ms}]}`,
			[]string{"for each p passed", "for each p › p 1 of 2 passed", "p 1 of 2 › GET /rows/${{ p.sku }} passed", "for each p › p 2 of 2 passed",
				"p 2 of 2 › GET /rows/${{ p.sku }} passed", `if seen equals "/rows/5" passed`, `if seen equals "/rows/5" › wait 1ms passed`}, ""},
		{"single values", `
- for: {rows: [1, 2], steps: [{http: "/n/${{ row }}", check: [{jsonpath: $.path, equals: "/n/${{ row }}"}]}]}`,
			[]string{"for each row passed", "for each row › row 1 of 2 passed", "row 1 of 2 › GET /n/${{ row }} passed",
				"for each row › row 2 of 2 passed", "row 2 of 2 › GET /n/${{ row }} passed"}, ""},
		{"a row that fails", `
- for: {rows: [x, y, z], steps: [{http: "/r/${{ row }}", check: [{jsonpath: $.path, notEquals: /r/y}]}, {http: /more}]}`,
			[]string{"for each row passed", "for each row › row 1 of 3 passed", "row 1 of 3 › GET /r/${{ row }} passed", "row 1 of 3 › GET /more passed",
				"for each row › row 2 of 3 passed", "row 2 of 3 › GET /r/${{ row }} failed", "row 2 of 3 › GET /more skipped", "for each row › row 3 of 3 skipped"},
			`step 6 (row 2 of 3 › GET /r/${{ row }}): jsonpath $.path should not equal "/r/y"`},
		{"csv", `
- for: {file: file://rows.csv, steps: [{http: {url: /csv, query: {q: "${{ row.sku }}", p: "${{ row.price }}"}}}]}`,
			[]string{"for each row passed", "for each row › row 1 of 2 passed", "row 1 of 2 › GET /csv passed", "for each row › row 2 of 2 passed", "row 2 of 2 › GET /csv passed"}, ""},
		{"json", `
- for: {file: file://rows.json, steps: [{wait: 1ms}]}`,
			[]string{"for each row passed", "for each row › row 1 of 2 passed", "row 1 of 2 › wait 1ms passed", "for each row › row 2 of 2 passed", "row 2 of 2 › wait 1ms passed"}, ""},
		{"column that is not there", `
- for: {file: file://rows.csv, steps: [{http: "/${{ row.price2 }}"}]}`,
			[]string{"for each row passed", "for each row › row 1 of 2 passed", "row 1 of 2 › GET /${{ row.price2 }} errored", "for each row › row 2 of 2 skipped"}, "variable row.price2 has no value"},
		{"no rows", "- for: {file: file://none.csv, steps: [{wait: 1ms}]}", []string{"for each row errored"}, `"file://none.csv" holds no rows`},
		{"bad rows", "- for: {file: file://bad.csv, steps: [{wait: 1ms}]}", []string{"for each row errored"}, "wrong number of fields"},
		{"missing rows", "- for: {file: file://gone.csv, steps: [{wait: 1ms}]}", []string{"for each row errored"}, "there is no file gone.csv beside the plan"},
		{"until it holds", `
- http: /poll
  until: {every: 1ms}
  check: [{jsonpath: $.n, gte: 4}]`, []string{"GET /poll passed"}, ""},
		{"until it has been tried enough", `
- http: /never
  until: {attempts: 3, every: 1ms}
  check: [{jsonpath: $.n, gte: 4}]`, []string{"GET /never failed"}, "did not pass after 3 tries within 30s: jsonpath $.n should be at least 4, but is 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, server.URL, tt.steps, files)
			if diff := cmp.Diff(tt.want, r.told()); diff != "" {
				t.Error(diff, r.err)
			}
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
		})
	}
}

// TestUntilSaysHowOften counts the tries in the detail of the step.
func TestUntilSaysHowOften(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	r := run(t, server.URL, "- {http: /, until: {every: 1ms}, check: [{status: 200}]}", nil)
	steps := r.Steps()
	if len(steps) != 1 || steps[0].Detail["attempts"] != 3 || len(steps[0].Checks) != 1 {
		t.Errorf("%+v", steps)
	}
}

// TestParallelBranches meet at the server: both requests are there at once. What
// they capture is there after the group, and a cookie that one of them got is
// held by all.
func TestParallelBranches(t *testing.T) {
	t.Parallel()
	met := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/left":
			met <- struct{}{}
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "one", Path: "/"})
		case "/right":
			<-met
		case "/after":
			if c, err := r.Cookie("sid"); err != nil || c.Value != "one" {
				t.Errorf("cookie %v, %v", c, err)
			}
		}
		_, _ = fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
	})
	r := run(t, server.URL, `
- group:
    parallel: true
    steps:
      - {http: /left, capture: {a: {jsonpath: $.path}}}
      - {http: /right, capture: {b: {jsonpath: $.path}}}
- http: {url: /after, query: {a: "${{ a }}", b: "${{ b }}"}}`, nil)
	if r.err != nil {
		t.Error(r.err)
	}
	want := []string{"2 steps at the same time passed", "2 steps at the same time › GET /left passed", "2 steps at the same time › GET /right passed", "GET /after passed"}
	if diff := cmp.Diff(want, r.told()); diff != "" {
		t.Error(diff)
	}
}
