package assessments_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/spec"
)

type object = map[string]any

const plan = `
version: "1"
name: Measured
env: {BASE_URL: "http://127.0.0.1:1"}
judge: {apiP95: 300ms, criteria: {functionality: 0.25, ui: 0.3, performance: 0.25, accessibility: 0.2}}
cases:
  - {id: good, kind: api, steps: [{http: /}]}
  - {id: bad, kind: api, steps: [{http: /}]}
  - {id: page, kind: api, steps: [{http: /}]}
`

// measuring is an executor whose cases tell what real ones do.
func measuring() *fake.Executor {
	var shot bytes.Buffer
	_ = png.Encode(&shot, image.NewGray(image.Rect(0, 0, 2000, 1000))) // a buffer takes everything
	vitals := []executors.Metric{{Name: "layout_overflow", Unit: "px", Value: 0}}
	for range 5 {
		vitals = append(vitals, executors.Metric{Name: "LCP", Unit: "ms", Value: 4000, Tags: map[string]string{"device": "mobile", "case": "page"}})
	}
	return fake.New(spec.KindAPI, fake.WithScripts(map[string]fake.Script{
		"good": {Steps: []fake.Step{{Metrics: []executors.Metric{{Name: "http_req_duration", Unit: "ms", Value: 300}}}}},
		"bad":  {Steps: []fake.Step{{}, {Checks: []executors.Check{{Name: "status equals 200", Message: "status is 500, expected 200"}}}}},
		"page": {Steps: []fake.Step{{Metrics: vitals, Attachments: []fake.Attachment{
			{Name: "page.png", Kind: executors.AttachmentScreenshot, ContentType: "image/png", Body: shot.Bytes()},
			{Name: "no-picture.png", Kind: executors.AttachmentScreenshot, ContentType: "image/png", Body: []byte("<html>")},
		}}, {
			Action: "audit",
			Checks: []executors.Check{{Name: "accessibility image-alt", Passed: true}, {Name: "accessibility color-contrast", Passed: true}},
			Detail: object{"accessibility": object{
				"violations": []any{object{"rule": "color-contrast", "impact": "serious", "help": "Contrast", "count": 3, "elements": []any{object{"selector": ".price"}}}},
				"incomplete": []any{object{"rule": "region"}}, "passes": 1,
			}},
		}}},
	}))
}

const fields = `id status verdict score confidence customWeights finishedAt
	criteria { criterion status weight share score coverage parts { name value evidence { id } } }
	issues { title detail evidence { kind id caseKey attempt step name quote } } recommendations { action gain evidence { id } }`

// assessed is an assessment as the graph shows it.
type assessed struct {
	ID, Status, Verdict string
	Score               *float64
	Confidence          float64
	CustomWeights       bool
	Criteria            []rules.CriterionScore
	Issues              []rules.Issue
	Recommendations     []rules.Recommendation
}

func read(t *testing.T, from any) assessed {
	t.Helper()
	raw, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	var out assessed
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func assess(t *testing.T, s *apptest.Server, more string, id string) assessed {
	t.Helper()
	q := fmt.Sprintf(`mutation($id: ID!) { assessRun(input: {runId: $id%s}) { assessment { %s } } }`, more, fields)
	return read(t, s.Query(t, q, object{"id": id})["assessRun"].(object)["assessment"])
}

func TestARunIsAssessed(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{measuring()}})
	id := s.Run(t, plan)
	s.Follow(t, id)
	told := completed(t, s, id)
	got := read(t, s.Query(t, `query($id: ID!) { run(id: $id) { assessment { `+fields+` } } }`, object{"id": id})["run"].(object)["assessment"])
	if told.AssessmentID != got.ID || told.Verdict != "AVERAGE" || told.Score == nil || *told.Score != *got.Score {
		t.Errorf("told was %+v of %+v", told, got)
	}
	// .25·2/3 + .3·1 + .25·(.5 + .9)/2 + .2·10/17
	if got.Status != "ASSESSED" || math.Abs(*got.Score-0.7593) > 1e-3 {
		t.Errorf("%s, %v", got.Status, *got.Score)
	}
	for i, want := range []struct{ score, coverage float64 }{{0.6667, 1}, {1, 0.1}, {0.7, 0.625}, {0.5882, 0.6667}} {
		if c := got.Criteria[i]; c.Score == nil || math.Abs(*c.Score-want.score) > 1e-3 || math.Abs(c.Coverage-want.coverage) > 1e-3 {
			t.Errorf("%s: %+v, want %+v", c.Criterion, c, want)
		}
	}
	evidence(t, got)
}

// evidence looks for what the failure and the broken rule stand on.
func evidence(t *testing.T, a assessed) {
	t.Helper()
	found := map[string]rules.Evidence{}
	for _, i := range a.Issues {
		for _, e := range i.Evidence {
			found[e.Name] = e
		}
	}
	check := found["status equals 200"]
	if check.Kind != rules.EvidenceCheck || !strings.HasPrefix(check.ID, "res_") || check.CaseKey != "bad" || check.Attempt != 1 ||
		check.Step == nil || *check.Step != 1 || check.Quote != "status is 500, expected 200" {
		t.Errorf("the failed check is %+v", check)
	}
	if rule := found["accessibility color-contrast"]; rule.CaseKey != "page" || rule.Quote != ".price" || rule.Step == nil || *rule.Step != 1 {
		t.Errorf("the broken rule is %+v", rule)
	}
	if slow := found["LCP"]; slow.Kind != rules.EvidenceMetric || slow.CaseKey != "page" {
		t.Errorf("the slow page is %+v", slow)
	}
}

// news is what an event tells of an assessment.
type news struct {
	Type, AssessmentID, AssessmentStatus, Verdict string
	Score                                         *float64
}

// completed waits for the event of the assessment.
func completed(t *testing.T, s *apptest.Server, runID string) news {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got news
	err := s.Client.Subscribe(ctx, `subscription($id: ID!) { runEvents(runId: $id, reviews: true) { type assessmentId assessmentStatus verdict score } }`,
		object{"id": runID}, func(data json.RawMessage) error {
			var item struct{ RunEvents news }
			if err := json.Unmarshal(data, &item); err != nil {
				return err
			}
			if got = item.RunEvents; got.Type == "ASSESSMENT_COMPLETED" {
				cancel()
			}
			return nil
		})
	if got.Type != "ASSESSMENT_COMPLETED" {
		t.Fatalf("the last event is %+v: %v", got, err)
	}
	return got
}

func TestAssessmentsOnDemand(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{measuring()}})
	id := s.Run(t, plan)
	s.Follow(t, id)
	first := assess(t, s, "", id)
	if again := assess(t, s, "", id); again.ID != first.ID || first.CustomWeights {
		t.Errorf("the same question gets %s and %s", first.ID, again.ID)
	}
	if fresh := assess(t, s, ", fresh: true", id); fresh.ID == first.ID || *fresh.Score != *first.Score || fresh.Confidence != first.Confidence {
		t.Errorf("a fresh one is %+v, the first %+v", fresh, first)
	}
	own := assess(t, s, ", weights: {functionality: 1}", id)
	if !own.CustomWeights || math.Abs(*own.Score-0.6667) > 1e-3 || own.ID == first.ID {
		t.Errorf("with weights of one's own: %+v", own)
	}
	if again := assess(t, s, ", weights: {functionality: 1}", id); again.ID != own.ID {
		t.Errorf("the same weights get %s and %s", own.ID, again.ID)
	}
	run := s.Query(t, `query($id: ID!) { run(id: $id) { assessment { id } assessments { totalCount } results(first: 3) { nodes { id caseId } } } }`, object{"id": id})["run"].(object)
	if n := run["assessments"].(object)["totalCount"]; n != float64(3) || run["assessment"].(object)["id"] == own.ID {
		t.Errorf("the run has %v assessments, the one that counts is %v", n, run["assessment"])
	}
	bad := run["results"].(object)["nodes"].([]any)[1].(object)["id"]
	one := read(t, s.Query(t, `mutation($id: ID!) { assessResult(input: {resultId: $id}) { assessment { `+fields+` } } }`,
		object{"id": bad})["assessResult"].(object)["assessment"])
	if one.Verdict != "POOR" || *one.Score != 0 || one.Criteria[2].Status != rules.NotAssessed || one.Criteria[3].Status != rules.NotAssessed {
		t.Errorf("the result that failed is %+v", one)
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{measuring()}})
	id := s.Run(t, plan)
	s.Follow(t, id)
	assess(t, s, "", id)
	for format, want := range map[string]string{
		"HTML": "<h1><bdi>Measured</bdi></h1>", "MARKDOWN": "# Quality of Measured: average, 0.75", "JSON": `"verdict": "AVERAGE"`,
	} {
		out := s.Query(t, `query($id: ID!, $f: ReportFormat!) { qualityReport(runId: $id, format: $f) { content contentType fileName } }`,
			object{"id": id, "f": format})["qualityReport"].(object)
		if !strings.Contains(out["content"].(string), want) {
			t.Errorf("%s: %s", format, out["content"])
		}
	}
}

func TestWhatIsNotAssessed(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}})
	away := s.Run(t, strings.ReplaceAll(plan, "kind: api,", "kind: api, tags: [fake.error],"))
	s.Follow(t, away)
	if got := assess(t, s, "", away); got.Status != "NOT_ASSESSED" || got.Score != nil || got.Verdict != "" || got.Confidence != 0 {
		t.Errorf("a run that could not be judged is %+v", got)
	}
	running := s.Run(t, strings.ReplaceAll(plan, "kind: api,", "kind: api, tags: [fake.block],"))
	if run := s.Query(t, `query($id: ID!) { run(id: $id) { assessment { id } } }`, object{"id": running})["run"].(object); run["assessment"] != nil {
		t.Errorf("a run under way has %v", run["assessment"])
	}
	for name, tt := range map[string]struct {
		input string
		want  apperr.Code
	}{
		"a run under way":        {`runId: "` + running + `"`, apperr.Conflict},
		"weights of nothing":     {`runId: "` + away + `", weights: {functionality: 0}`, apperr.InvalidInput},
		"a weight below zero":    {`runId: "` + away + `", weights: {ui: -1, functionality: 1}`, apperr.InvalidInput},
		"a run that is not here": {`runId: "run_01h455vb4pex5vsknk084sn02q"`, apperr.NotFound},
	} {
		err := s.Client.Do(t.Context(), `mutation { assessRun(input: {`+tt.input+`}) { assessment { id } } }`, nil, nil)
		if apperr.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}
