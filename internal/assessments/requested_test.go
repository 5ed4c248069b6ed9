package assessments_test

import (
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/llm/llmtest"
)

// TestTheSameIsAskedOnce has several people ask a model for the same judgement at
// once, while it has not answered yet.
func TestTheSameIsAskedOnce(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	answer := make(chan struct{})
	stub.Answer(func(r llmtest.Request) string {
		<-answer
		return praising(r)
	})
	release := sync.OnceFunc(func() { close(answer) })
	t.Cleanup(release)
	s := ready(t, stub, nil)
	runID := s.Run(t, plan)
	s.Follow(t, runID)

	ask := func(more string) string {
		var out struct {
			AssessRun struct{ Assessment struct{ ID string } }
		}
		if err := s.Client.Do(t.Context(), `mutation($id: ID!) { assessRun(input: {runId: $id, judge: LLM`+more+`}) { assessment { id } } }`,
			object{"id": runID}, &out); err != nil {
			t.Error(err)
		}
		return out.AssessRun.Assessment.ID
	}
	ids := make([]string, 4)
	var asking sync.WaitGroup
	for i := range ids {
		asking.Go(func() { ids[i] = ask(", votes: 1") })
	}
	asking.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Errorf("the same question opens the assessments %q", ids)
		}
	}
	for name, more := range map[string]string{"other votes": ", votes: 2", "a fresh one": ", votes: 1, fresh: true"} {
		if ask(more) == ids[0] {
			t.Errorf("%s is what was asked before", name)
		}
	}
	release()
	if got := waitFor(t, s, runID, ids[0]); got.Status != "ASSESSED" || got.Votes != 1 {
		t.Errorf("the judgement is %+v", got)
	}
}
