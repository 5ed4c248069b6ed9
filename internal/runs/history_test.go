package runs_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// TestHistory asks how the case a did before.
func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	perform := func(ctx context.Context, plan, environment string, outcome spec.Outcome) *ent.Result {
		t.Helper()
		if _, err := w.runs.Start(ctx, runs.StartInput{Source: &plans.Source{Text: plan}, Environment: environment}); err != nil {
			t.Fatal(err)
		}
		var of *ent.Result
		for range 2 {
			c := w.claim(t, "worker", w.queue.take(t))
			now := time.Now()
			if err := w.runs.Finish(t.Context(), runs.Finished{Result: c.Result, WorkerID: c.WorkerID, Outcome: outcome, StartedAt: now, FinishedAt: now}); err != nil {
				t.Fatal(err)
			}
			if c.Result.CaseID == "a" {
				of = c.Result
			}
		}
		return of
	}
	const another = `{version: "1", name: Q, cases: [{id: a, kind: api, steps: [{http: "http://x.test/"}]}, {id: b, kind: api, steps: [{http: "http://x.test/"}]}]}`
	perform(w.other, twoCases, "", spec.OutcomePassed)
	first := perform(w.ctx, twoCases, "", spec.OutcomePassed)
	perform(w.ctx, another, "", spec.OutcomePassed)
	perform(w.ctx, twoCases, "staging", spec.OutcomePassed)
	second := perform(w.ctx, twoCases, "", spec.OutcomeFailed)
	perform(w.ctx, twoCases, "", spec.OutcomeSkipped)
	third := perform(w.ctx, twoCases, "", spec.OutcomePassed)

	for _, tt := range []struct {
		name  string
		of    *ent.Result
		first int
		want  []string
	}{
		{"all of them, newest first", third, 0, []string{third.ID, second.ID, first.ID}},
		{"none that came later", second, 0, []string{second.ID, first.ID}},
		{"as many as are asked for", third, 2, []string{third.ID, second.ID}},
	} {
		rows, err := w.runs.History(w.ctx, tt.of, tt.first)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got := make([]string, len(rows))
		for i, r := range rows {
			got[i] = r.ID
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
	if _, err := w.runs.History(w.other, first, 0); err == nil {
		t.Error("another project may read the history")
	}
	if _, err := w.runs.History(w.ctx, first, 101); err == nil {
		t.Error("101 results are given at once")
	}
}
