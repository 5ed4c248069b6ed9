package runs_test

import (
	"testing"

	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/events"
)

// A worker whose job is out of date looks at its case, which waits again, in a
// transaction of its own. A stop at that moment must not wait for it, and the case
// must not wait for ever.
func TestCaseThatIsHeldWhileItsRunStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, plan(3, "use: {parallel: 1}"))
	tx, err := w.store.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "SELECT FROM results WHERE run_id = $1 AND ordinal = 2 FOR UPDATE", r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.runs.Stop(w.ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	w.dispatch(t)
	if got := w.outcomes(t, r.ID); got != "cancelled cancelled -" {
		t.Fatalf("outcomes %s while a case is held", got)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	w.dispatch(t)
	if got := w.outcomes(t, r.ID); got != "cancelled cancelled cancelled" {
		t.Errorf("outcomes %s", got)
	}
	w.consistent(t, 10)
	if got := w.run(t, r.ID); got.Status != run.StatusCancelled || got.FinishedAt == nil {
		t.Errorf("the run is %s, ended %v", got.Status, got.FinishedAt)
	}
	types := w.types(t, r.ID)
	if last := types[len(types)-2:]; last[0] != events.CaseFinished || last[1] != events.RunFinished {
		t.Errorf("the last events are %v, want the case's and the run's", last)
	}
}
