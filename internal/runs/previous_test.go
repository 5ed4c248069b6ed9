package runs_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

const twoCases = `{version: "1", name: P, cases: [{id: a, kind: api, steps: [{http: "http://x.test/"}]}, {id: b, kind: api, steps: [{http: "http://x.test/"}]}]}`

// TestPreviousArtifact asks what the case a finds of the runs before.
func TestPreviousArtifact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// perform runs the plan; each case leaves found.json with the run's number, and
	// a text that starts with - leaves none.
	perform := func(ctx context.Context, environment, left string) *ent.Result {
		t.Helper()
		r, err := w.runs.Start(ctx, runs.StartInput{Source: &plans.Source{Text: twoCases}, Environment: environment})
		if err != nil {
			t.Fatal(err)
		}
		var of *ent.Result
		for range 2 {
			c := w.claim(t, "worker", w.queue.take(t))
			now := time.Now()
			f := runs.Finished{Result: c.Result, WorkerID: c.WorkerID, Outcome: spec.OutcomePassed, StartedAt: now, FinishedAt: now}
			if left[0] != '-' {
				f.Artifacts = []runs.Artifact{{ID: fmt.Sprintf("art_%s%s", left, c.Result.CaseID), Step: -1, Name: "found.json", Kind: "log", ContentType: "application/json", SHA256: "x", Key: left, Size: 1}}
			}
			if err := w.runs.Finish(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			if c.Result.CaseID == "a" {
				of = c.Result
			}
		}
		if row, err := w.store.Ent.Run.Get(store.AllProjects(t.Context()), r.ID); err != nil || row.FinishedAt == nil {
			t.Fatalf("the run has not ended: %v %v", row, err)
		}
		return of
	}
	want := func(of *ent.Result, name, key string) {
		t.Helper()
		row, err := w.runs.PreviousArtifact(store.InProject(t.Context(), of.ProjectID), of, name)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if row != nil {
			got = row.ID
		}
		if got != key {
			t.Errorf("found %q, want %q", got, key)
		}
	}
	theirs := perform(w.other, "", "zero")
	want(theirs, "found.json", "")
	first := perform(w.ctx, "", "first")
	want(first, "found.json", "")
	second := perform(w.ctx, "", "second")
	want(second, "found.json", "art_firsta")
	want(second, "other.json", "")
	staging := perform(w.ctx, "staging", "staging")
	want(staging, "found.json", "")
	empty := perform(w.ctx, "", "-")
	want(empty, "found.json", "art_seconda")
	after := perform(w.ctx, "", "after")
	want(after, "found.json", "art_seconda") // the run between left none
	stopped, err := w.runs.Start(w.ctx, runs.StartInput{Source: &plans.Source{Text: twoCases}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.runs.Stop(w.ctx, stopped.ID); err != nil {
		t.Fatal(err)
	}
	for w.queue.len() > 0 {
		w.queue.take(t)
	}
	last := perform(w.ctx, "", "last")
	want(last, "found.json", "art_aftera")
}
