package assessments_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

const judgedFields = fields + ` judge reason model promptVersion votes
	gate { expected actual applied passed reason } labels { item label said }
	panel { counted agreement tokens screens fromCache notes items { criterion id answer pass fail dropped quotes { id quote } } votes { failure fromCache } }`

// judged is a model's assessment as the graph shows it.
type judged struct {
	assessed
	Judge, Reason, Model, PromptVersion string
	Votes                               int
	Gate                                *struct {
		Expected        float64
		Actual          *float64
		Applied, Passed bool
		Reason          string
	}
	Labels []struct{ Item, Label, Said string }
	Panel  struct {
		Counted, Tokens, Screens int
		Agreement                float64
		FromCache                bool
		Notes                    []string
		Items                    []struct {
			Criterion, ID, Answer string
			Pass, Fail, Dropped   int
			Quotes                []struct{ ID, Quote string }
		}
		Votes []struct {
			Failure   string
			FromCache bool
		}
	}
}

// ready is a server whose model is the stub.
func ready(t *testing.T, stub *llmtest.Server, change func(*config.LLM)) *apptest.Server {
	t.Helper()
	l := config.LLM{LLMBaseURL: stub.URL(), LLMAPIKey: llmtest.Key, LLMModel: llmtest.Model, LLMCache: 3600e9, JudgeItems: 4}
	if change != nil {
		change(&l)
	}
	return apptest.Start(t, apptest.Options{Executors: []executors.Executor{measuring()}, LLM: l})
}

// praising answers every item with pass, and quotes the first line of its
// criterion.
func praising(r llmtest.Request) string { return answering(r, "pass") }

func answering(r llmtest.Request, answer string) string {
	var form struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(r.Schema, &form); err != nil {
		return err.Error()
	}
	out := map[string]any{}
	for key := range form.Properties {
		criterion, _, _ := strings.Cut(key, "_")
		one := map[string]any{"answer": "unclear", "reason": "it is so", "evidence": []any{}}
		for line := range strings.Lines(r.Text()) {
			id, text, ok := strings.Cut(strings.TrimSpace(line), "] ("+criterion+") ")
			if ok && strings.HasPrefix(id, "[E") {
				one["answer"], one["evidence"] = answer, []any{map[string]any{"source": id[1:], "quote": text[:min(len(text), 250)]}}
				break
			}
		}
		out[key] = one
	}
	data, _ := json.Marshal(out) // maps of texts marshal
	return string(data)
}

// askModel has a run judged and waits for the event that tells it.
func askModel(t *testing.T, s *apptest.Server, runID, more string) judged {
	t.Helper()
	asked := s.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id, judge: LLM`+more+`}) { assessment { id status } } }`,
		object{"id": runID})["assessRun"].(object)["assessment"].(object)
	return waitFor(t, s, runID, asked["id"].(string))
}

func waitFor(t *testing.T, s *apptest.Server, runID, id string) judged {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := s.Client.Subscribe(ctx, `subscription($id: ID!) { runEvents(runId: $id, reviews: true) { type assessmentId assessmentStatus } }`,
		object{"id": runID}, func(data json.RawMessage) error {
			var item struct{ RunEvents news }
			if err := json.Unmarshal(data, &item); err != nil {
				return err
			}
			if item.RunEvents.AssessmentID == id {
				cancel()
			}
			return nil
		})
	if ctx.Err() == nil {
		t.Fatalf("nothing is told of %s: %v", id, err)
	}
	raw, err := json.Marshal(s.Query(t, `query($id: ID!) { assessment(id: $id) { `+judgedFields+` } }`, object{"id": id})["assessment"])
	if err != nil {
		t.Fatal(err)
	}
	var out judged
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAModelJudgesARun(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	stub.Answer(praising)
	s := ready(t, stub, nil)
	id := s.Run(t, plan)
	s.Follow(t, id)
	byRules := assess(t, s, "", id)
	first := askModel(t, s, id, ", votes: 3")
	if first.Judge != "LLM" || first.Status != "ASSESSED" || first.Votes != 3 || first.Panel.Counted != 3 || first.Model != llmtest.Model || first.Panel.Tokens == 0 {
		t.Fatalf("the judgement is %+v", first)
	}
	if first.Panel.Screens != 1 || stub.Asked()[0].Messages[1].Images != 1 {
		t.Errorf("%d screenshots are told and %d shown, want the one that is a picture", first.Panel.Screens, stub.Asked()[0].Messages[1].Images)
	}
	if *first.Score > *byRules.Score || *first.Criteria[0].Score > *byRules.Criteria[0].Score {
		t.Errorf("a case failed, and praise raises the score from %v to %v", *byRules.Score, *first.Score)
	}
	for _, i := range first.Panel.Items {
		if i.Answer == "PASS" && (len(i.Quotes) == 0 || i.Quotes[0].Quote == "") {
			t.Errorf("the item %s quotes nothing", i.ID)
		}
	}
	listed(t, s, byRules, first)
	n := len(stub.Asked())
	if again := askModel(t, s, id, ", votes: 3"); again.ID != first.ID || len(stub.Asked()) != n {
		t.Errorf("the same question gets %s and %s, after %d more requests", first.ID, again.ID, len(stub.Asked())-n)
	}
	// Other votes are another assessment; those that are the same as before come
	// from the cache.
	five := askModel(t, s, id, ", votes: 5")
	if five.ID == first.ID || len(stub.Asked()) != n+2 || !five.Panel.Votes[0].FromCache || five.Panel.Votes[4].FromCache {
		t.Errorf("five votes take %d requests, of %+v", len(stub.Asked())-n, five.Panel.Votes)
	}
	run := s.Query(t, `query($id: ID!) { run(id: $id) { assessment { id judge } } }`, object{"id": id})["run"].(object)["assessment"].(object)
	if run["judge"] != "RULES" || run["id"] != byRules.ID {
		t.Errorf("the run's assessment is %v", run)
	}
	compared(t, s, byRules, first, five)
	reported(t, s, id)
}

func compared(t *testing.T, s *apptest.Server, byRules assessed, first, five judged) {
	t.Helper()
	const query = `query($a: ID!, $b: ID!) { compareAssessments(a: $a, b: $b) { difference agreement items differing { id a b } criteria { criterion a b difference } } }`
	same := s.Query(t, query, object{"a": first.ID, "b": five.ID})["compareAssessments"].(object)
	if same["difference"] != float64(0) || same["agreement"] != float64(1) || len(same["differing"].([]any)) != 0 {
		t.Errorf("two judgements that say the same: %v", same)
	}
	other := s.Query(t, query, object{"a": byRules.ID, "b": first.ID})["compareAssessments"].(object)
	if other["agreement"] != nil || len(other["differing"].([]any)) != len(first.Panel.Items) || len(other["criteria"].([]any)) != 4 {
		t.Errorf("the rules and a model: %v", other)
	}
}

func reported(t *testing.T, s *apptest.Server, runID string) {
	t.Helper()
	for format, want := range map[string]string{"HTML": "How the model judged", "MARKDOWN": "## How the model judged", "JSON": `"panel"`} {
		out := s.Query(t, `query($id: ID!, $f: ReportFormat!) { qualityReport(runId: $id, format: $f, judge: LLM) { content } }`,
			object{"id": runID, "f": format})["qualityReport"].(object)
		if !strings.Contains(out["content"].(string), want) {
			t.Errorf("%s: %s", format, out["content"])
		}
	}
}

func TestAModelJudgesAResult(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	stub.Answer(func(r llmtest.Request) string { return answering(r, "fail") })
	s := ready(t, stub, nil)
	id := s.Run(t, plan)
	s.Follow(t, id)
	run := s.Query(t, `query($id: ID!) { run(id: $id) { results(first: 3) { nodes { id caseId } } } }`, object{"id": id})["run"].(object)
	bad := run["results"].(object)["nodes"].([]any)[1].(object)["id"]
	asked := s.Query(t, `mutation($id: ID!) { assessResult(input: {resultId: $id, judge: LLM, votes: 1}) { assessment { id } } }`,
		object{"id": bad})["assessResult"].(object)["assessment"].(object)
	got := waitFor(t, s, id, asked["id"].(string))
	if got.Status != "ASSESSED" || *got.Score != 0 || got.Criteria[3].Status != rules.NotAssessed || len(got.Issues) == 0 {
		t.Errorf("%s, %v, %d issues", got.Status, got.Score, len(got.Issues))
	}
	if strings.Contains(stub.Asked()[0].Text(), "The case good") {
		t.Error("the model is told of other results")
	}
}

// TestHonestlyNotAssessed goes through what keeps a judgement from coming about: a
// state with its reason, no score, and a run that stays what it was.
func TestHonestlyNotAssessed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*config.LLM)
		how    llmtest.Behaviour
		more   string
		want   string
	}{
		"no key":                {func(l *config.LLM) { l.LLMAPIKey = "" }, llmtest.OK, "", "does not accept the key"},
		"a wrong key":           {func(l *config.LLM) { l.LLMAPIKey = "sk-wrong" }, llmtest.OK, "", "does not accept the key"},
		"no provider":           {func(l *config.LLM) { *l = config.LLM{} }, llmtest.OK, "", "no language model is configured"},
		"no model at all":       {func(l *config.LLM) { l.LLMBaseURL = strings.TrimSuffix(l.LLMBaseURL, "/v1") }, llmtest.OK, "", "speaks no OpenAI API"},
		"an unknown model":      {nil, llmtest.OK, `, model: "nobody"`, "knows no such model"},
		"a spent budget":        {func(l *config.LLM) { l.LLMRunTokens = 100 }, llmtest.OK, "", "budget"},
		"a page":                {nil, llmtest.HTML, "", "HTML"},
		"a refusal":             {nil, llmtest.Refusal, "", "refuses"},
		"an answer cut off":     {nil, llmtest.Length, "", "cut off"},
		"another schema":        {nil, llmtest.Violation, "", "schema"},
		"a model that obeys":    {nil, llmtest.OK, ", votes: 2", "stand on evidence"},
		"too many requests":     {nil, llmtest.RateLimitedLong, "", "1h0m0s"},
		"an invented quotation": {nil, llmtest.OK, "", "stand on evidence"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub := llmtest.New(t)
			stub.Always(tt.how)
			s := ready(t, stub, tt.change)
			id := s.Run(t, plan)
			s.Follow(t, id)
			before := s.Query(t, `query($id: ID!) { run(id: $id) { status } }`, object{"id": id})["run"].(object)["status"]
			got := askModel(t, s, id, tt.more)
			if got.Status != "NOT_ASSESSED" || got.Score != nil || got.Verdict != "" || got.Confidence != 0 || len(got.Issues) != 0 {
				t.Errorf("%s with %v: %s", got.Status, got.Score, got.Reason)
			}
			if !strings.Contains(got.Reason, tt.want) || strings.Contains(got.Reason, "sk-") {
				t.Errorf("the reason is %q, want %q", got.Reason, tt.want)
			}
			if after := s.Query(t, `query($id: ID!) { run(id: $id) { status } }`, object{"id": id})["run"].(object)["status"]; after != before {
				t.Errorf("the run was %v and is %v", before, after)
			}
		})
	}
}

const judgedPlan = `
version: "1"
name: Judged
env: {BASE_URL: "http://127.0.0.1:1"}
gates: {judge: 0.9}
judge: {llm: {votes: 1}, criteria: {functionality: 1}, rubrics: [file://own.md]}
cases:
  - {id: good, kind: api, steps: [{http: /}]}
  - {id: bad, kind: api, steps: [{http: /}]}
`

const ownRubric = `---
criterion: functionality
version: own-1
items:
  - {id: a, question: "Is a well?", fault: a is not well, advice: Mend a}
  - {id: b, question: "Is b well?", fault: b is not well, advice: Mend b}
  - {id: c, question: "Is c well?", fault: c is not well, advice: Mend c}
  - {id: d, question: "Is d well?", fault: d is not well, advice: Mend d}
---
Be kind.
`

func startJudged(t *testing.T, s *apptest.Server, rubric string) string {
	t.Helper()
	id, err := s.Client.StartRun(t.Context(), client.Start{Source: judgedPlan, Files: map[string][]byte{"own.md": []byte(rubric)}})
	if err != nil {
		t.Fatal(err)
	}
	s.Follow(t, id)
	return id
}

// planned is the judgement that the plan asks for at the end of the run.
func planned(t *testing.T, s *apptest.Server, runID string) judged {
	t.Helper()
	nodes := s.Query(t, `query($id: ID!) { run(id: $id) { assessments { nodes { id judge } } } }`,
		object{"id": runID})["run"].(object)["assessments"].(object)["nodes"].([]any)
	for _, n := range nodes {
		if n.(object)["judge"] == "LLM" {
			return waitFor(t, s, runID, n.(object)["id"].(string))
		}
	}
	t.Fatalf("among %v is none of a model", nodes)
	return judged{}
}

func TestAGateOnAJudge(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	stub.Answer(func(r llmtest.Request) string { // a and b pass, c and d do not
		var out map[string]map[string]any
		if err := json.Unmarshal([]byte(praising(r)), &out); err != nil {
			return err.Error()
		}
		out["functionality_c"]["answer"], out["functionality_d"]["answer"] = "fail", "fail"
		data, _ := json.Marshal(out) // it was JSON before
		return string(data)
	})
	s := ready(t, stub, nil)
	id := startJudged(t, s, ownRubric)
	first := planned(t, s, id)
	if first.Status != "ASSESSED" || first.Gate == nil || first.Gate.Applied || !first.Gate.Passed || !strings.Contains(first.Gate.Reason, "not calibrated") {
		t.Fatalf("without labels: %+v, %s", first.Gate, first.Reason)
	}
	if !strings.Contains(first.PromptVersion, "functionality@own-1+") {
		t.Errorf("the instructions are called %q", first.PromptVersion)
	}
	for item, said := range map[string]string{"a": "PASS", "b": "PASS", "c": "FAIL", "d": "UNCLEAR"} {
		label(t, s, first.ID, item, said)
	}
	label(t, s, first.ID, "d", "FAIL") // instead of the other
	c := s.Query(t, `{ judgeCalibration(criterion: FUNCTIONALITY) { n agree kappa tpr tnr calibrated reason model promptVersion kappaInterval { low high } } }`, nil)["judgeCalibration"].(object)
	if c["n"] != float64(4) || c["kappa"] != float64(1) || c["tpr"] != float64(1) || c["tnr"] != float64(1) || c["calibrated"] != true || c["model"] != llmtest.Model {
		t.Errorf("the calibration is %v", c)
	}
	if again := waitFor(t, s, id, first.ID); len(again.Labels) != 4 {
		t.Errorf("the labels are %+v", again.Labels)
	}
	second := planned(t, s, startJudged(t, s, ownRubric))
	if !second.Gate.Applied || second.Gate.Passed || *second.Gate.Actual >= 0.9 || second.Gate.Reason != "" {
		t.Errorf("with labels: %+v", second.Gate)
	}
	// Another rubric of the same version is another judge.
	other := planned(t, s, startJudged(t, s, strings.Replace(ownRubric, "Be kind.", "Be strict.", 1)))
	if other.Gate.Applied || !other.Gate.Passed {
		t.Errorf("with another rubric: %+v", other.Gate)
	}
}

func label(t *testing.T, s *apptest.Server, id, item, as string) {
	t.Helper()
	s.Query(t, fmt.Sprintf(`mutation($id: ID!) { labelAssessment(input: {assessmentId: $id, criterion: FUNCTIONALITY, item: %q, label: %s}) { label { id } } }`, item, as), object{"id": id})
}

func TestARubricThatDoesNotParse(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	s := ready(t, stub, nil)
	for name, tt := range map[string]struct{ rubric, want string }{
		"no front matter": {"Be kind.", "front matter"},
		"an unknown key":  {strings.Replace(ownRubric, "version:", "revision:", 1), "revision"},
		"two of one id":   {strings.Replace(ownRubric, "{id: b", "{id: a", 1), "two items"},
	} {
		if got := planned(t, s, startJudged(t, s, tt.rubric)); got.Status != "NOT_ASSESSED" || !strings.Contains(got.Reason, tt.want) {
			t.Errorf("%s: %s, %q", name, got.Status, got.Reason)
		}
	}
	if n := len(stub.Asked()); n != 0 {
		t.Errorf("the model was asked %d times", n)
	}
}

func TestWhatCannotBeLabelled(t *testing.T) {
	t.Parallel()
	s := ready(t, llmtest.New(t), nil)
	id := s.Run(t, plan)
	s.Follow(t, id)
	a := assess(t, s, "", id)
	for name, tt := range map[string]struct {
		input string
		want  apperr.Code
	}{
		"an item of rules": {`criterion: UI, item: "a", label: PASS`, apperr.InvalidInput},
		"not decided":      {`criterion: UI, label: UNDECIDED`, apperr.InvalidInput},
		"a long note":      {`criterion: UI, label: PASS, note: "` + strings.Repeat("n", 501) + `"`, apperr.InvalidInput},
		"a note of lines":  {`criterion: UI, label: PASS, note: "a\nb"`, apperr.InvalidInput},
	} {
		err := s.Client.Do(t.Context(), `mutation($id: ID!) { labelAssessment(input: {assessmentId: $id, `+tt.input+`}) { label { id } } }`, object{"id": a.ID}, nil)
		if apperr.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	for name, input := range map[string]string{
		"a person": "judge: PERSON", "votes without a model": "votes: 3", "ten votes": "judge: LLM, votes: 10", "a name of lines": `judge: LLM, model: "a\nb"`,
	} {
		err := s.Client.Do(t.Context(), `mutation($id: ID!) { assessRun(input: {runId: $id, `+input+`}) { assessment { id } } }`, object{"id": id}, nil)
		if apperr.CodeOf(err) != apperr.InvalidInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}
