package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/llm/llmtest"
	"github.com/semantest/semantest/internal/store/storetest"
)

// judgedDemo is an assessment as the command prints it.
type judgedDemo struct {
	Status, Reason, Verdict string
	Score                   *float64
	Confidence              float64
	Criteria                []struct {
		Criterion string
		Score     *float64
		Caps      []struct{ Limit float64 }
	}
	Panel struct {
		Counted int
		Items   []struct {
			ID, Answer string
			Quotes     []struct{ Quote string }
		}
	}
}

// TestTheDemosRunUnderEveryMisbehaviour performs the demo's plan once, against a shop
// whose totals are wrong. Then servers beside the same database judge that run, one
// after the other, each with a model that answers in its own way: what comes of it
// is valid and no better than what was measured, or it is honestly none. The way that
// never answers is left to the judge's own tests.
func TestTheDemosRunUnderEveryMisbehaviour(t *testing.T) { //nolint:tparallel // the servers would take each other's judgements
	t.Parallel()
	database := storetest.URL(t)
	var id string
	var measured judgedDemo
	t.Run("the run", func(t *testing.T) {
		s := apptest.Start(t, apptest.Options{DatabaseURL: database})
		broken := shop.New(shop.WithFault(shop.FaultWrongTotal))
		t.Cleanup(func() { broken.Close() })
		server := httptest.NewServer(broken)
		t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		code, out, problems := command(nil, "run", "../../examples/shop.plan.yaml", "--reporter", "line", "--retries", "0", "--var", "BASE_URL="+server.URL, "--remote", s.App.URL(), "--token", s.Token)
		if code != 1 {
			t.Fatalf("run exits with %d:\n%s%s", code, out, problems)
		}
		id = ids.FindString(out)
		measured = judgeDemo(t, s, id)
	})
	if t.Failed() {
		return
	}
	if measured.Status != string(rules.Assessed) || measured.Score == nil || *measured.Criteria[0].Score >= 1 {
		t.Fatalf("by the rules the run is %+v", measured)
	}
	const assessed, none = rules.Assessed, rules.NotAssessed
	for _, tt := range []struct {
		how  llmtest.Behaviour
		want rules.Status
	}{
		{llmtest.OK, assessed}, {llmtest.Fenced, assessed}, {llmtest.Obeys, assessed}, {llmtest.CutStream, assessed}, {llmtest.ErrorInStream, assessed},
		{llmtest.RateLimited, none}, {llmtest.RateLimitedLong, none}, {llmtest.QuotaSpent, none}, {llmtest.ServerError, none}, {llmtest.ArrayError, none},
		{llmtest.ErrorUnder200, none}, {llmtest.EmptyObject, none}, {llmtest.NoChoices, none}, {llmtest.BadJSON, none}, {llmtest.HTML, none},
		{llmtest.Endless, none}, {llmtest.HangUp, none}, {llmtest.Redirect, none}, {llmtest.Length, none}, {llmtest.ContentFilter, none},
		{llmtest.Refusal, none}, {llmtest.NoFinish, none}, {llmtest.Blank, none}, {llmtest.Violation, none}, {llmtest.Prose, none}, {llmtest.TooLong, none},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			model := llmtest.New(t)
			model.Answer(praise)
			model.Always(tt.how)
			s := apptest.Start(t, apptest.Options{DatabaseURL: database,
				LLM: config.LLM{LLMBaseURL: model.URL(), LLMAPIKey: llmtest.Key, LLMModel: llmtest.Model}})
			got := judgeDemo(t, s, id, "--judge", "llm", "--fresh")
			if got.Status != string(tt.want) {
				t.Fatalf("%s: %s", got.Status, got.Reason)
			}
			if tt.want == none {
				if got.Score != nil || got.Verdict != "" || got.Confidence != 0 || got.Reason == "" || strings.Contains(got.Reason, llmtest.Key) {
					t.Errorf("not assessed: %+v", got)
				}
				return
			}
			noBetter(t, measured, got)
		})
	}
}

// judgeDemo has the run judged, as flags say.
func judgeDemo(t *testing.T, s *apptest.Server, id string, flags ...string) judgedDemo {
	t.Helper()
	args := append([]string{"assess", id, "--json", "--remote", s.App.URL(), "--token", s.Token}, flags...)
	code, out, problems := command(nil, args...)
	if code != 0 {
		t.Fatalf("assess exits with %d:\n%s%s", code, out, problems)
	}
	var got judgedDemo
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return got
}

// noBetter holds a praise against what was measured.
func noBetter(t *testing.T, measured, got judgedDemo) {
	t.Helper()
	if got.Score == nil || *got.Score > *measured.Score {
		t.Errorf("the model's score is %v, that of the rules %v", got.Score, *measured.Score)
	}
	for i, c := range got.Criteria {
		if fact := measured.Criteria[i]; c.Score != nil && fact.Score != nil && *c.Score > *fact.Score {
			t.Errorf("%s scores %v, by the rules %v", c.Criterion, *c.Score, *fact.Score)
		}
	}
	decided := 0
	for _, item := range got.Panel.Items {
		if item.Answer == "PASS" || item.Answer == "FAIL" {
			decided++
			if len(item.Quotes) == 0 {
				t.Errorf("%s is decided and quotes nothing", item.ID)
			}
		}
	}
	if decided == 0 || got.Panel.Counted != 3 {
		t.Errorf("%d votes decided %d items", got.Panel.Counted, decided)
	}
}

// praise answers every item with yes, and quotes what does stand in the evidence.
func praise(r llmtest.Request) string {
	var form struct {
		Properties map[string]json.RawMessage
	}
	if err := json.Unmarshal(r.Schema, &form); err != nil {
		return err.Error()
	}
	out := map[string]any{}
	for key := range form.Properties {
		criterion, _, _ := strings.Cut(key, "_")
		evidence := []any{}
		for line := range strings.Lines(r.Text()) {
			source, text, ok := strings.Cut(strings.TrimPrefix(line, "["), "] ("+criterion+") ")
			if ok && strings.HasPrefix(line, "[") {
				words := []rune(strings.TrimSpace(text))
				evidence = append(evidence, map[string]any{"source": source, "quote": string(words[:min(60, len(words))])})
				break
			}
		}
		out[key] = map[string]any{"answer": "pass", "reason": "all is well", "evidence": evidence}
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(answer)
}
