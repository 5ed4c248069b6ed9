package e2e

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

// sampleRuns has something for each view of a result; all of it fails, so that
// there is something to see.
const sampleRuns = `version: "1"
name: Sample runs
cases:
  - {id: price, name: Price of the mug, kind: api, steps: [{http: /api/products/MUG-01, check: [{jsonpath: $.price, equals: "0.00"}]}]}
  - id: load
    name: Many callers
    kind: load
    steps: [{http: /api/products}]
    scenarios: {steady: {executor: constant-vus, vus: 2, duration: 3s, thinkTime: {min: 20ms, max: 50ms}}}
    thresholds: {http_req_duration: ["p(95)<0.001"], http_reqs: ["rate>1"]}
  - id: audit
    name: For everybody
    kind: browser
    steps:
      - goto: /login
      - evaluate: {script: "document.body.insertAdjacentHTML('beforeend', '<input id=q><img src=/favicon.svg>')"}
      - audit: {accessibility: {baseline: new-only}}
  - {id: picture, name: The front page, kind: visual, url: /, viewport: {width: 800, height: 600}}
  - {id: vitals, name: Fast enough, kind: performance, url: /, runs: 2, thresholds: {LCP: ["median<1"], CLS: ["median<0.1"]}, budget: {total: 1KB}}
`

// slowCases are long enough to be seen running where everything else is slow too.
const slowCases = `version: "1"
name: Slow cases
use: {parallel: 1}
cases:
  - {id: one, name: Slow case 1, kind: api, steps: [{wait: 10s}, {http: /api/products}]}
  - {id: two, name: Slow case 2, kind: api, steps: [{wait: 5s}, {http: /api/products}]}
`

// something puts onto a server what examples/dashboard.plan.yaml looks at, and
// returns the ids that the plan asks for.
func something(t *testing.T, s *server, shop string) (ids []string) {
	t.Helper()
	var sample string
	for _, of := range []struct{ source, status string }{{slowCases, "PASSED"}, {sampleRuns, "FAILED"}} {
		id, err := s.Client.StartRun(t.Context(), client.Start{Source: strings.Replace(of.source, "cases:", "env: {BASE_URL: "+strconv.Quote(shop)+"}\ncases:", 1)})
		if err != nil {
			t.Fatal(err)
		}
		all := follow(t, s.Client, id)
		if last := all[len(all)-1]; last.Status != of.status {
			t.Fatalf("the run that is to be shown ends as %+v, want %s", last, of.status)
		}
		sample = id
	}
	judged(t, s, sample)
	made, err := s.Client.Generate(t.Context(), client.Generate{OpenAPIURL: shop + "/openapi.yaml", Target: shop, MaxCases: 4, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Client.FollowGeneration(t.Context(), made, deadline, func(client.GenerationProgress) {}); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Run struct {
			Results struct{ Nodes []struct{ ID string } }
		}
	}
	if err := s.Client.Do(t.Context(), `query($id: ID!) { run(id: $id) { results(first: 1, kinds: [LOAD]) { nodes { id } } } }`, map[string]any{"id": sample}, &out); err != nil {
		t.Fatal(err)
	}
	return []string{"RUN=" + sample, "LOAD=" + out.Run.Results.Nodes[0].ID, "GENERATION=" + made}
}

// judged has a model judge a run, and labels the first item of what it says.
func judged(t *testing.T, s *server, runID string) {
	t.Helper()
	id, err := s.Client.AskModel(t.Context(), runID, client.Ask{Votes: 3})
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		Assessment struct {
			Status string
			Panel  *struct {
				Items []struct{ Criterion, ID string }
			}
		}
	}
	waitFor(t, "a model has judged the run", func() bool {
		err := s.Client.Do(t.Context(), `query($id: ID!) { assessment(id: $id) { status panel { items { criterion id } } } }`, map[string]any{"id": id}, &a)
		return err == nil && a.Assessment.Status != "PENDING"
	})
	if a.Assessment.Panel == nil || len(a.Assessment.Panel.Items) == 0 {
		t.Fatalf("the model has judged no item: %+v", a)
	}
	first := a.Assessment.Panel.Items[0]
	var out struct{}
	err = s.Client.Do(t.Context(), `mutation($in: LabelAssessmentInput!) { labelAssessment(input: $in) { label { id } } }`,
		map[string]any{"in": map[string]any{"assessmentId": id, "criterion": first.Criterion, "item": first.ID, "label": "FAIL", "note": "Look at the price"}}, &out)
	if err != nil {
		t.Fatal(err)
	}
}

// opinions is what a model says that passes some items and fails others, with a
// line of the evidence that it was given.
func opinions(r llmtest.Request) string {
	var form struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(r.Schema, &form); err != nil {
		return err.Error()
	}
	out := map[string]any{}
	for key := range form.Properties {
		one := map[string]any{"answer": "unclear", "reason": "Nothing shows it.", "evidence": []any{}}
		criterion, _, _ := strings.Cut(key, "_")
		for line := range strings.Lines(r.Text()) {
			source, text, ok := strings.Cut(strings.TrimSpace(line), "] ("+criterion+") ")
			if ok && strings.HasPrefix(source, "[E") {
				one["answer"] = []string{"pass", "fail"}[len(key)%2]
				one["reason"] = "The case that stands for it says so."
				one["evidence"] = []any{map[string]any{"source": source[1:], "quote": text[:min(len(text), 200)]}}
				break
			}
		}
		out[key] = one
	}
	data, _ := json.Marshal(out) // maps of texts marshal
	return string(data)
}
