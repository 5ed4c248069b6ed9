package generation_test

import (
	"testing"
	"time"

	"github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/internal/generation/making"

	generating "github.com/semantest/semantest/internal/generation"
)

// What ended long ago goes, with its cases and events; what is young or not over
// stays, as does the plan that cases were accepted into.
func TestOldGenerationsArePruned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(sound{})
	made := map[string]string{}
	for _, name := range []string{"old", "young", "waiting"} {
		row, err := s.Start(w.ctx, generating.Ask{Request: making.Request{Source: making.Source{OpenAPI: document(t)}, Target: "http://127.0.0.1:1", MaxCases: 1}, Priority: 3, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		made[name] = row.ID
		if name == "waiting" {
			continue
		}
		if err := s.Perform(t.Context(), row.ID); err != nil {
			t.Fatal(err)
		}
	}
	cases, err := w.store.Ent.Generation.Query().Where(generation.ID(made["old"])).QueryCases().All(w.ctx)
	if err != nil || len(cases) != 1 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	plan, _, err := s.Approve(w.ctx, generating.Approval{IDs: []string{cases[0].ID}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Prune(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d are removed at once, %v", n, err)
	}
	w.store.Ent.Generation.UpdateOneID(made["old"]).SetFinishedAt(time.Now().Add(-91 * 24 * time.Hour)).ExecX(w.ctx)
	if n, err := s.Prune(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d are removed, %v", n, err)
	}
	left := w.store.Ent.Generation.Query().IDsX(w.ctx)
	if len(left) != 2 || left[0] == made["old"] || left[1] == made["old"] {
		t.Errorf("left are %v", left)
	}
	if n := w.store.Ent.GeneratedCase.Query().CountX(w.ctx); n != 1 {
		t.Errorf("%d cases are left, want that of the young one", n)
	}
	if _, err := w.plans.Get(w.ctx, plan.ID); err != nil {
		t.Errorf("the plan is gone: %v", err)
	}
}
