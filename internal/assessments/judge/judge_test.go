package judge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

// input is a run in which a must-have case failed.
func input() rules.Input {
	return rules.Input{
		Results: []rules.Result{
			{ID: "res_1", CaseKey: "home", Outcome: rules.Passed, Attempt: 1},
			{ID: "res_2", CaseKey: "checkout", Outcome: rules.Failed, MustHave: true, Attempt: 1, Error: "status is 500, expected 200",
				Checks: []rules.Check{{Name: "status equals 200", Message: "status is 500, expected 200"}}},
			{ID: "res_3", CaseKey: "search", Outcome: rules.Passed, Attempt: 1},
		},
		Vitals: []rules.Vital{{ResultID: "res_1", CaseKey: "home", Attempt: 1, Metric: "LCP", Values: []float64{5200}, Mobile: true}},
		Audits: []rules.Audit{{ResultID: "res_1", CaseKey: "home", Attempt: 1, Passed: []string{"image-alt"},
			Violations: []rules.Violation{{Rule: "color-contrast", Impact: rules.Serious, Help: "Contrast", Elements: 3, Where: ".price"}}}},
	}
}

func caseOf(in rules.Input) judge.Case {
	facts := rules.Assess(in)
	c := judge.Case{Facts: facts, Found: judge.Excerpts(in, facts), Votes: 3}
	for _, criterion := range rules.Criteria() {
		c.Rubrics = append(c.Rubrics, judge.BuiltIn(criterion))
	}
	return c
}

// voter answers a checklist as a test says; ask gives the ids of the evidence by
// their lines.
type voter func(item, criterion string, lines map[string]string) (answer, source, quote string)

// script makes a stub answer by a voter. It reads the items from the schema and the
// evidence from the prompt, as a model would.
func script(v voter) func(llmtest.Request) string {
	return func(r llmtest.Request) string {
		var form struct {
			Properties map[string]json.RawMessage
		}
		if err := json.Unmarshal(r.Schema, &form); err != nil {
			return err.Error()
		}
		lines := map[string]string{}
		for line := range strings.Lines(r.Text()) {
			if id, text, ok := strings.Cut(strings.TrimPrefix(line, "["), "] "); ok && strings.HasPrefix(line, "[") {
				lines[id] = strings.TrimSpace(text)
			}
		}
		out := map[string]any{}
		for key := range form.Properties {
			criterion, item, _ := strings.Cut(key, "_")
			answer, source, quote := v(item, criterion, lines)
			evidence := []any{}
			if source != "" {
				evidence = append(evidence, map[string]any{"source": source, "quote": quote})
			}
			out[key] = map[string]any{"answer": answer, "reason": "since <b>it</b> \x1b[31mis\u202e so", "evidence": evidence}
		}
		data, _ := json.Marshal(out) // maps of texts marshal
		return string(data)
	}
}

// quoting answers every item with a line of its own criterion.
func quoting(answer string) voter {
	return func(_, criterion string, lines map[string]string) (string, string, string) {
		for i := 1; i <= len(lines); i++ {
			id := fmt.Sprintf("E%d", i)
			if text, ok := strings.CutPrefix(lines[id], "("+criterion+") "); ok {
				return answer, id, text
			}
		}
		return "unclear", "", ""
	}
}

func asked(t *testing.T, c judge.Case, v voter) (*judge.Judgement, *llmtest.Server) {
	t.Helper()
	s := llmtest.New(t)
	if v != nil {
		s.Answer(script(v))
	}
	got, err := judge.Judge(t.Context(), llmtest.Client(t, nil, s), c)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, c, got)
	return got, s
}

// sound holds for every judgement, whatever a model does.
func sound(t *testing.T, c judge.Case, got *judge.Judgement) {
	t.Helper()
	if (got.Score == nil) != (got.Verdict == "") || got.Status == rules.Assessed && got.Score == nil || got.Status != rules.Assessed && got.Reason == "" {
		t.Errorf("%s with the score %v, the verdict %q and the reason %q", got.Status, got.Score, got.Verdict, got.Reason)
	}
	if got.Confidence < 0 || got.Confidence > 1 {
		t.Errorf("a confidence of %v", got.Confidence)
	}
	for i, criterion := range got.Criteria {
		if fact := c.Facts.Criteria[i]; criterion.Score != nil && fact.Score != nil && *criterion.Score > *fact.Score {
			t.Errorf("%s scores %v, measured was %v", criterion.Criterion, *criterion.Score, *fact.Score)
		}
	}
	if c.Facts.Score != nil && got.Score != nil && *got.Score > *c.Facts.Score {
		t.Errorf("a run in which a case failed scores %v, by the rules %v", *got.Score, *c.Facts.Score)
	}
	var all strings.Builder
	for _, e := range c.Found {
		all.WriteString(e.Text + "\n")
	}
	for _, item := range got.Panel.Items {
		if (item.Answer == judge.Pass || item.Answer == judge.Fail) && len(item.Quotes) == 0 {
			t.Errorf("%s is decided and quotes nothing", item.ID)
		}
		quotes := item.Quotes
		counts := map[judge.Answer]int{}
		for _, a := range item.Answers {
			if quotes = append(quotes, a.Quotes...); a.Dropped != "" {
				counts[""]++
				continue
			}
			if counts[a.Answer]++; a.Answer != judge.Unclear && len(a.Quotes) == 0 || strings.ContainsAny(a.Reason, "\x1b\u202e") {
				t.Errorf("%s is answered with %+v", item.ID, a)
			}
		}
		if len(item.Answers) != got.Panel.Counted || counts[judge.Pass] != item.Pass || counts[judge.Fail] != item.Fail || counts[judge.Unclear] != item.Unclear || counts[""] != item.Dropped {
			t.Errorf("%s of %d votes is told as %+v", item.ID, got.Panel.Counted, item)
		}
		for _, q := range quotes {
			if q.Kind != rules.EvidenceArtifact && !llm.Quoted(all.String(), q.Quote) {
				t.Errorf("%s quotes %q, which stands nowhere", item.ID, q.Quote)
			}
		}
	}
}

func TestVotesThatAgree(t *testing.T) {
	t.Parallel()
	good, s := asked(t, caseOf(input()), quoting("pass"))
	if good.Status != rules.Assessed || len(good.Criteria[0].Caps) != 1 || *good.Criteria[0].Score != 0.49 {
		t.Errorf("all pass: %s %s, functionality %+v", good.Status, good.Reason, good.Criteria[0])
	}
	if good.Criteria[1].Status != rules.NotAssessed || len(s.Asked()) != 3 {
		t.Errorf("the user interface, of which nothing was measured, is %s; asked were %d votes", good.Criteria[1].Status, len(s.Asked()))
	}
	bad, _ := asked(t, caseOf(input()), quoting("fail"))
	if bad.Status != rules.Assessed || *bad.Score != 0 || len(bad.Issues) == 0 || len(bad.Recommendations) == 0 {
		t.Errorf("all fail: %s, %v, %d issues", bad.Status, bad.Score, len(bad.Issues))
	}
	for _, i := range bad.Issues {
		if strings.ContainsAny(i.Detail, "\x1b\u202e") || i.Title == "" || len(i.Evidence) == 0 {
			t.Errorf("the issue is %+v", i)
		}
	}
	if bad.Panel.Tokens == 0 || bad.Panel.Agreement != 1 || bad.Panel.Model != llmtest.Model {
		t.Errorf("the panel is %+v", bad.Panel)
	}
}

// TestVotesAtOnce holds every vote back until all have been asked for.
func TestVotesAtOnce(t *testing.T) {
	t.Parallel()
	const votes = 5
	var together sync.WaitGroup
	together.Add(votes)
	s := llmtest.New(t)
	answer := script(quoting("pass"))
	s.Answer(func(r llmtest.Request) string {
		together.Done()
		together.Wait()
		return answer(r)
	})
	c := caseOf(input())
	c.Votes = votes
	got, err := judge.Judge(t.Context(), llmtest.Client(t, nil, s), c)
	if err != nil || got.Panel.Counted != votes {
		t.Fatalf("%v, %+v", err, got)
	}
}

func TestVotesThatDisagree(t *testing.T) {
	t.Parallel()
	// Of two votes, one sees the evidence in the opposite order: a model that goes
	// by what comes first contradicts itself.
	c := caseOf(input())
	c.Votes = 2
	s := llmtest.New(t)
	s.Answer(func(r llmtest.Request) string {
		answer := "pass"
		if strings.Index(r.Text(), "[E1]") > strings.Index(r.Text(), "[E2]") {
			answer = "fail"
		}
		return script(quoting(answer))(r)
	})
	got, err := judge.Judge(t.Context(), llmtest.Client(t, nil, s), c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != rules.Inconclusive || got.Score != nil || !strings.Contains(got.Reason, "disagree") {
		t.Errorf("%s with %v: %s", got.Status, got.Score, got.Reason)
	}
}

func TestWhatIsDropped(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		voter voter
		want  string
	}{
		"an invented quotation": {func(_, _ string, _ map[string]string) (string, string, string) {
			return "pass", "E1", "everything is wonderful here"
		}, "does not stand in E1"},
		"a quotation of another line": {func(_, _ string, lines map[string]string) (string, string, string) {
			return "pass", "E1", lines["E2"]
		}, "does not stand in E1"},
		"a word that stands everywhere": {func(_, _ string, _ map[string]string) (string, string, string) { return "pass", "E1", "of" }, "too short"},
		"punctuation":                   {func(_, _ string, _ map[string]string) (string, string, string) { return "pass", "E1", "..." }, "does not stand"},
		"no quotation":                  {func(_, _ string, _ map[string]string) (string, string, string) { return "fail", "", "" }, "quotes no evidence"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := asked(t, caseOf(input()), tt.voter)
			if got.Status != rules.NotAssessed || got.Score != nil || got.Confidence != 0 {
				t.Errorf("%s with %v", got.Status, got.Score)
			}
			if len(got.Panel.Notes) == 0 || !strings.Contains(got.Panel.Notes[0], tt.want) {
				t.Errorf("told is %q, want %q", got.Panel.Notes, tt.want)
			}
		})
	}
}

func TestRatherNothingThanAGuess(t *testing.T) {
	t.Parallel()
	if got, s := asked(t, caseOf(rules.Input{}), nil); got.Status != rules.NotAssessed || len(s.Asked()) != 0 {
		t.Errorf("a run of nothing is %s, after %d requests", got.Status, len(s.Asked()))
	}
	none, err := llm.New(llm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := judge.Judge(t.Context(), none, caseOf(input()))
	if err != nil || got.Status != rules.NotAssessed || !strings.Contains(got.Reason, "SEMANTEST_LLM_BASE_URL") {
		t.Errorf("without a provider: %v, %+v", err, got)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := judge.Judge(stopped, llmtest.Client(t, nil, llmtest.New(t)), caseOf(input())); !errors.Is(err, context.Canceled) {
		t.Errorf("a judge that nobody waits for: %v", err)
	}
}
