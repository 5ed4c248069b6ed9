package analytics_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/analytics/digest"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/llm/llmtest"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

type object = map[string]any

const plan = `
version: "1"
name: Shop
env: {BASE_URL: "http://127.0.0.1:1"}
cases:
  - {id: good, kind: api, steps: [{http: /}]}
  - {id: breaks, kind: api, steps: [{http: /}]}
  - {id: shaky, kind: api, retries: 1, steps: [{http: /}]}
  - {id: page, kind: api, steps: [{http: /}]}
`

// world is a server on which a plan ran twice: a case broke between, another is
// flaky, and a page was measured and audited.
func world(t *testing.T, models config.LLM) *apptest.Server {
	t.Helper()
	var broken atomic.Bool
	s := apptest.Start(t, apptest.Options{LLM: models, Executors: []executors.Executor{fake.New(spec.KindAPI, fake.WithScript(func(task executors.Task) fake.Script {
		switch step := (fake.Step{}); task.Case.ID {
		case "breaks":
			if broken.Load() {
				step.Checks = []executors.Check{{Name: "status equals 200", Message: "status is 500, expected 200"}}
			}
			return fake.Script{Steps: []fake.Step{step}}
		case "shaky":
			return fake.Script{FailFirst: 1, Steps: []fake.Step{step}}
		case "page":
			step.Metrics = []executors.Metric{{Name: "LCP", Unit: "ms", Value: 2400, Tags: map[string]string{"device": "mobile"}}}
			return fake.Script{Steps: []fake.Step{step, {Action: "audit", Checks: []executors.Check{{Name: "accessibility image-alt", Passed: true}},
				Detail: object{"accessibility": object{"violations": []any{}, "incomplete": []any{}, "passes": 1}}}}}
		}
		return fake.Script{Steps: []fake.Step{{}}}
	}))}})
	made := s.Query(t, `mutation($s: String!) { createPlan(input: {source: $s}) { plan { id } } }`, object{"s": plan})
	for _, now := range []bool{false, true} {
		broken.Store(now)
		started := s.Query(t, `mutation($p: ID!) { startRun(input: {planId: $p}) { run { id } } }`, object{"p": made["createPlan"].(object)["plan"].(object)["id"]})
		id := started["startRun"].(object)["run"].(object)["id"].(string)
		s.Follow(t, id)
		s.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`, object{"id": id})
	}
	return s
}

func TestReport(t *testing.T) {
	t.Parallel()
	s := world(t, config.LLM{})
	got := s.Query(t, `{ projectQualityReport(format: JSON) { format contentType fileName content runs } }`, nil)["projectQualityReport"].(object)
	var f digest.Facts
	if err := json.Unmarshal([]byte(got["content"].(string)), &f); err != nil {
		t.Fatal(err)
	}
	if got["runs"] != 2.0 || f.Runs != 2 || f.Passed != 1 || f.Results != 8 || f.PassRate != 0.875 || f.Score == nil {
		t.Errorf("the runs are %+v", f)
	}
	if len(f.Plans) != 1 || f.Plans[0].Name != "Shop" || f.Plans[0].Runs != 2 || f.Plans[0].Status != "FAILED" || f.Plans[0].Score == nil {
		t.Errorf("the plans are %+v", f.Plans)
	}
	if len(f.Broken) != 1 || f.Broken[0].Key != "breaks" || f.Broken[0].Runs != 2 || f.Broken[0].Error == "" {
		t.Errorf("newly broken are %+v", f.Broken)
	}
	if len(f.Flaky) != 1 || f.Flaky[0].Key != "shaky" || f.Flaky[0].Flaky != 2 || f.Flaky[0].Runs != 2 {
		t.Errorf("flaky are %+v", f.Flaky)
	}
	if len(f.Clusters) != 2 || len(f.Slowest) != 3 || len(f.Days) == 0 {
		t.Errorf("clusters %+v, slowest %+v, days %+v", f.Clusters, f.Slowest, f.Days)
	}
	if len(f.Vitals) != 1 || f.Vitals[0].Median != 2400 || f.Vitals[0].Values != 2 {
		t.Errorf("the page measured %+v", f.Vitals)
	}
	if len(f.Accessibility) != 1 || f.Accessibility[0].Score != 1 {
		t.Errorf("accessibility is %+v", f.Accessibility)
	}

	own := s.Query(t, `{ projectQualityReport(sections: [{kind: TEXT, title: "Our words", text: "We *care*."}, {kind: FLAKY}]) { content contentType } }`, nil)
	text := own["projectQualityReport"].(object)["content"].(string)
	if !strings.Contains(text, "## Our words\n\nWe \\*care\\*.") || !strings.Contains(text, "| shaky | Shop | 2 | 2 |") || strings.Contains(text, "Trend") {
		t.Errorf("the report of its own sections is %s", text)
	}
	page := s.Query(t, `{ projectQualityReport(format: HTML) { content } }`, nil)["projectQualityReport"].(object)["content"].(string)
	if !strings.HasPrefix(page, "<!doctype html>") || !strings.Contains(page, "status is 500, expected 200") {
		t.Errorf("the page is %.300s", page)
	}
	empty := s.Query(t, `{ projectQualityReport(from: "2020-01-01T00:00:00Z", to: "2020-01-08T00:00:00Z") { content runs } }`, nil)["projectQualityReport"].(object)
	if empty["runs"] != 0.0 || !strings.Contains(empty["content"].(string), "No run ended in this time.") {
		t.Errorf("a time without runs is %v", empty)
	}
	for _, bad := range []string{`window: 0`, `window: 91`, `from: "2030-01-01T00:00:00Z"`, `sections: [{kind: TEXT}]`, `sections: [{kind: TREND, text: "x"}]`} {
		if err := s.Client.Do(t.Context(), `{ projectQualityReport(`+bad+`) { content } }`, nil, new(any)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// TestTold asks for reports in the words of a model: of the project and of a run,
// in each form. What the model makes up is not in them.
func TestTold(t *testing.T) {
	t.Parallel()
	model := llmtest.New(t)
	model.Answer(func(r llmtest.Request) string {
		if strings.Contains(r.Text(), "Quality of Shop") {
			return `{"sentences": [
				{"quote": "status is 500, expected 200", "text": "Answers with status 500 are the worst"},
				{"quote": "confidence", "text": "All 4711 cases are perfect"},
				{"quote": "1 case needs a look|nothing of the kind", "text": "Nothing is wrong"},
				{"quote": "breaks", "text": "too short"},
				{"quote": "expected 200", "text": "The checks expected 200 there."}]}`
		}
		return `{"sentences": [
			{"quote": "status is 500, expected 200", "text": "Answers with status 500 are the worst"},
			{"quote": "expected 200", "text": "The checks expected 200 there."},
			{"quote": "Newly broken", "text": "99 cases broke."}]}`
	})
	s := world(t, config.LLM{LLMBaseURL: model.URL(), LLMAPIKey: llmtest.Key, LLMModel: llmtest.Model})
	run := s.Query(t, `{ runs(first: 1) { edges { node { id } } } }`, nil)["runs"].(object)["edges"].([]any)[0].(object)["node"].(object)["id"]
	const told = "Answers with status 500 are the worst. The checks expected 200 there."
	for _, format := range []string{"MARKDOWN", "HTML", "JSON"} {
		got := s.Query(t, `query($id: ID!, $f: ReportFormat!) { project: projectQualityReport(format: $f, natural: true) { content toldBy }
			run: qualityReport(runId: $id, format: $f, natural: true) { content toldBy } }`, object{"id": run, "f": format})
		for _, of := range []string{"project", "run"} {
			report := got[of].(object)
			content := strings.NewReplacer("\\", "").Replace(report["content"].(string))
			if !strings.Contains(content, told) || strings.Contains(content, "4711") || strings.Contains(content, "99 cases") || !strings.Contains(report["toldBy"].(string), llmtest.Model) {
				t.Errorf("%s of the %s, told by %v:\n%s", format, of, report["toldBy"], report["content"])
			}
		}
	}
	plain := s.Query(t, `{ projectQualityReport { content toldBy } }`, nil)["projectQualityReport"].(object)
	if plain["toldBy"] != nil || strings.Contains(plain["content"].(string), told) {
		t.Errorf("without being asked for: %v", plain)
	}
	model.Always(llmtest.Refusal)
	refused := s.Query(t, `{ projectQualityReport(natural: true, window: 8) { content toldBy } }`, nil)["projectQualityReport"].(object)
	if by := refused["toldBy"].(string); !strings.HasPrefix(by, "Told by a template: ") || !strings.Contains(refused["content"].(string), "2 runs ended and 1 passed.") {
		t.Errorf("a model that refuses: %v", refused)
	}
}
