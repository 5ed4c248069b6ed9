package load_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/spec"
)

// TestBaseline judges a load by what an earlier one measured.
func TestBaseline(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	const form = `
  - id: l
    kind: load
    steps: [{http: /}]
    baselineFile: file://old.json
    requireBaseline: %t
    scenarios: {one: {executor: shared-iterations, vus: 2, iterations: 20}}
    thresholds: {%s}
`
	const file = `{"version": 1, "figures": {"http_reqs": {"count": 20}, "http_req_duration{scenario:one}": {"count": 10}, "http_req_failed": {"rate": 0}}}`
	for _, tt := range []struct {
		name, thresholds, file string
		require                bool
		outcome                spec.Outcome
		want                   string // in the error
		expected               string // of the first check
	}{
		{"holds", `http_reqs: ["count<=baseline*1.1"]`, file, false, spec.OutcomePassed, "", "<= 22 (baseline*1.1; the baseline is 20)"},
		{"is the same", `http_reqs: ["count==baseline"]`, file, true, spec.OutcomePassed, "", "== 20 (baseline; the baseline is 20)"},
		{"does not hold", `http_reqs: ["count<baseline*0.5"]`, file, false, spec.OutcomeFailed, "count of http_reqs should be < 10 (baseline*0.5; the baseline is 20), but is 20", ""},
		{"of a part", `"http_req_duration{scenario:one}": ["count<baseline+5"]`, file, false, spec.OutcomeFailed, "should be < 15 (baseline+5; the baseline is 10), but is 20", ""},
		{"less than", `"http_req_failed": ["rate>=baseline-0.01"]`, file, false, spec.OutcomePassed, "", ">= -0.01 (baseline-0.01; the baseline is 0)"},
		{"unknown", `iterations: ["count<baseline*2"]`, file, false, spec.OutcomePassed, "", "<baseline*2"},
		{"unknown and required", `iterations: ["count<baseline*2"]`, file, true, spec.OutcomeFailed, "there is no baseline to compare 20 with, and the case requires one", ""},
		{"unknown ends no load", `iterations: [{threshold: "count<baseline*0", abortOnFail: true}]`, file, false, spec.OutcomePassed, "", "<baseline*0"},
		{"no file", `http_reqs: ["count<baseline"]`, "", false, spec.OutcomeErrored, "there is no file old.json beside the plan", ""},
		{"another file", `http_reqs: ["count<baseline"]`, `[1]`, false, spec.OutcomeErrored, "the baseline old.json is not the load.json of an earlier run", ""},
		{"another version", `http_reqs: ["count<baseline"]`, `{"version": 2, "figures": {}}`, false, spec.OutcomeErrored, "it has no figures of version 1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := taskOf(t, s.URL, fmt.Sprintf(form, tt.require, tt.thresholds))
			files := fstest.MapFS{}
			if tt.file != "" {
				files["old.json"] = &fstest.MapFile{Data: []byte(tt.file)}
			}
			task.Files = files
			r := execute(t, dev(t), task)
			if r.outcome != tt.outcome || !strings.Contains(r.text(), tt.want) {
				t.Fatalf("%s: %s; want %s and %q", r.outcome, r.text(), tt.outcome, tt.want)
			}
			if tt.expected != "" {
				if got := r.Steps()[1].Checks[0]; got.Expected != tt.expected || strings.Contains(got.Actual, "not judged") != strings.HasPrefix(tt.name, "unknown") {
					t.Errorf("the check is %+v, want that %q is expected", got, tt.expected)
				}
			}
		})
	}
}

// before is what the run before left.
type before struct {
	data string
	err  error
}

func (b before) Open(_ context.Context, name string) (io.ReadCloser, string, error) {
	if name != load.SummaryName {
		return nil, "", fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(b.data)), "run_0", b.err
}

// TestRunBefore compares a load with what the run before measured.
func TestRunBefore(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, tt := range []struct {
		name    string
		before  before
		outcome spec.Outcome
		want    string // in the error
		actual  string // of the check
	}{
		{"worse", before{data: `{"version": 1, "figures": {"http_reqs": {"count": 30}}}`}, spec.OutcomeFailed, "the baseline is 30), but is 20", "20"},
		{"as good", before{data: `{"version": 1, "figures": {"http_reqs": {"count": 20}}}`}, spec.OutcomePassed, "", "20"},
		{"none", before{err: fs.ErrNotExist}, spec.OutcomePassed, "", "20 (not judged: there is no baseline)"},
		{"of another form", before{data: "[]"}, spec.OutcomePassed, "", "20 (not judged: there is no baseline)"},
		{"away", before{err: errors.New("the store is away")}, spec.OutcomeErrored, "what the run before measured cannot be read: the store is away", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{http: /}]
    scenarios: {one: {executor: shared-iterations, vus: 2, iterations: 20}}
    thresholds: {http_reqs: ["count>=baseline"]}
`)
			task.Previous = tt.before
			r := execute(t, dev(t), task)
			if r.outcome != tt.outcome || !strings.Contains(r.text(), tt.want) {
				t.Fatalf("%s: %s; want %s and %q", r.outcome, r.text(), tt.outcome, tt.want)
			}
			if tt.actual != "" && r.Steps()[1].Checks[0].Actual != tt.actual {
				t.Errorf("the check is %+v, want %q", r.Steps()[1].Checks[0], tt.actual)
			}
		})
	}
}

// TestBaselineOfALoad compares a load with the load.json of the one before.
func TestBaselineOfALoad(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	const cases = `
  - id: l
    kind: load
    steps: [{http: /}]
    %s
    scenarios: {one: {executor: shared-iterations, vus: 2, iterations: 20}}
    thresholds: {http_reqs: ["count==baseline"], http_req_duration: ["p(95)<baseline+60000"], "http_reqs{name:GET /}": ["count==baseline"]}
`
	first := execute(t, dev(t), taskOf(t, s.URL, fmt.Sprintf(cases, "")))
	if first.outcome != spec.OutcomePassed {
		t.Fatalf("%s: %s", first.outcome, first.text())
	}
	for _, c := range first.Steps()[1].Checks {
		if !strings.Contains(c.Actual, "not judged") {
			t.Errorf("%+v was judged without a baseline", c)
		}
	}
	task := taskOf(t, s.URL, fmt.Sprintf(cases, "baselineFile: file://load.json\n    requireBaseline: true"))
	for _, a := range first.Attachments() {
		if a.Name == load.SummaryName {
			task.Files = fstest.MapFS{"load.json": &fstest.MapFile{Data: a.Data}}
		}
	}
	if second := execute(t, dev(t), task); second.outcome != spec.OutcomePassed {
		t.Errorf("%s: %s", second.outcome, second.text())
	}
}
