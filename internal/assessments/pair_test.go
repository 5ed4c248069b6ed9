package assessments_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/llm/llmtest"
)

// alike answers that two do not differ, and quotes a line of each.
func alike(r llmtest.Request) string {
	var form struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(r.Schema, &form); err != nil {
		return err.Error()
	}
	out := map[string]any{}
	for criterion := range form.Properties {
		evidence := []any{}
		for _, side := range []string{"[F", "[S"} {
			for line := range strings.Lines(r.Text()) {
				if id, text, ok := strings.Cut(strings.TrimSpace(line), "] ("+criterion+") "); ok && strings.HasPrefix(id, side) {
					evidence = append(evidence, map[string]any{"source": id[1:], "quote": strings.Join(strings.Fields(text)[:4], " ")})
					break
				}
			}
		}
		out[criterion] = map[string]any{"answer": "same", "reason": "they do the same", "evidence": evidence}
	}
	data, _ := json.Marshal(out) // maps of texts marshal
	return string(data)
}

func TestAModelComparesTwoRuns(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	stub.Answer(alike)
	s := ready(t, stub, nil)
	var ids []string
	for range 2 {
		run := s.Run(t, plan)
		s.Follow(t, run)
		made := s.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`, object{"id": run})
		ids = append(ids, made["assessRun"].(object)["assessment"].(object)["id"].(string))
	}
	asked := len(stub.Asked())
	const judge = `mutation($a: ID!, $b: ID!) { judgePair(input: {a: $a, b: $b}) { judgement {
		a { id } b { id } status reason preferred model fromCache votes { reversed failure } criteria { criterion preferred said quotesA { quote } quotesB { quote } } } } }`
	got := s.Query(t, judge, object{"a": ids[0], "b": ids[1]})["judgePair"].(object)["judgement"].(object)
	votes := got["votes"].([]any)
	if got["status"] != "ASSESSED" || got["preferred"] != "TIE" || got["model"] != llmtest.Model || len(votes) != 2 || votes[1].(object)["reversed"] != true || got["b"].(object)["id"] != ids[1] {
		t.Errorf("the judgement is %v", got)
	}
	first := got["criteria"].([]any)[0].(object)
	if first["criterion"] != "FUNCTIONALITY" || len(first["said"].([]any)) != 2 || len(first["quotesA"].([]any)) == 0 || len(first["quotesB"].([]any)) == 0 {
		t.Errorf("the first criterion is %v", first)
	}
	again := s.Query(t, judge, object{"a": ids[0], "b": ids[1]})["judgePair"].(object)["judgement"].(object)
	if n := len(stub.Asked()) - asked; again["fromCache"] != true || n != 2 {
		t.Errorf("asked again there were %d calls, and fromCache is %v", n, again["fromCache"])
	}
	if err := s.Client.Do(t.Context(), judge, object{"a": ids[0], "b": ids[0]}, nil); err == nil || !strings.Contains(err.Error(), "compareAssessments") {
		t.Errorf("an assessment compared with itself: %v", err)
	}
}
