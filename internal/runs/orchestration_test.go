package runs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// plan returns a plan of n cases with these settings at its top.
func plan(n int, settings ...string) string {
	var b strings.Builder
	b.WriteString("version: \"1\"\nname: Orchestrated\nenv: {BASE_URL: \"http://one.test\"}\n")
	b.WriteString(strings.Join(settings, "\n"))
	b.WriteString("\ncases:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {id: c%d, kind: api, steps: [{http: /}]}\n", i+1)
	}
	return b.String()
}

func (w *world) dispatch(t *testing.T) {
	t.Helper()
	if err := w.runs.Dispatch(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// perform claims and finishes every queued job until none is left.
func (w *world) perform(t *testing.T, outcome spec.Outcome) {
	t.Helper()
	for w.queue.len() > 0 {
		w.performOne(t, outcome)
	}
}

func (w *world) performOne(t *testing.T, outcome spec.Outcome) {
	t.Helper()
	j := w.queue.take(t)
	c, err := w.runs.Claim(t.Context(), "wrk_1", j.RunID, j.ResultID, j.Attempt)
	if apperr.CodeOf(err) == apperr.Conflict {
		return // the job is out of date
	}
	if err == nil {
		err = w.finish(t, c, outcome)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) situation(t *testing.T, id string) *runs.Situation {
	t.Helper()
	found, err := w.runs.Situations(t.Context(), []string{id})
	if err != nil || len(found) != 1 {
		t.Fatalf("situations of %s: %v (%v)", id, found, err)
	}
	return found[0]
}

func (w *world) waits(t *testing.T, id string, want ...runs.WaitReason) {
	t.Helper()
	var got []runs.WaitReason
	for _, reason := range w.situation(t, id).Waiting {
		got = append(got, reason.Reason)
		if reason.Detail == "" {
			t.Errorf("the reason %s has no words for people", reason.Reason)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the run waits for %v, want %v", got, want)
	}
}

func (w *world) results(t *testing.T, runID string) []*ent.Result {
	t.Helper()
	rows, err := w.store.Ent.Result.Query().Where(result.RunID(runID)).Order(result.ByOrdinal()).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// outcomes are those of a run's results in order, "-" for one that has none.
func (w *world) outcomes(t *testing.T, runID string) string {
	t.Helper()
	var out []string
	for _, r := range w.results(t, runID) {
		if r.Outcome == nil {
			out = append(out, "-")
		} else {
			out = append(out, string(*r.Outcome))
		}
	}
	return strings.Join(out, " ")
}

func (w *world) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := w.store.DB.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// worker makes slots known, as a live process would.
func (w *world) worker(t *testing.T, slots map[string]int) {
	t.Helper()
	now := time.Now()
	w.store.Ent.Worker.Create().SetHost("h").SetPid(1).SetVersion("v").SetSlots(slots).SetStartedAt(now).SetHeartbeatAt(now).SaveX(t.Context())
}

func (w *world) types(t *testing.T, runID string) []events.Type {
	t.Helper()
	evs, err := w.log.Read(t.Context(), runID, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]events.Type, len(evs))
	for i, e := range evs {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has the number %d", i+1, e.Seq)
		}
		out[i] = e.Type
	}
	return out
}

func TestPausedRunBeginsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, plan(4, "use: {parallel: 2}"))
	underWay := w.claim(t, "wrk_1", w.queue.take(t))
	for range 2 { // pausing twice is pausing once
		paused, err := w.runs.Pause(w.ctx, r.ID)
		if err != nil || paused.Status != run.StatusPaused {
			t.Fatalf("the run is %v (%v)", paused, err)
		}
	}
	if err := w.finish(t, underWay, spec.OutcomePassed); err != nil {
		t.Fatal(err)
	}
	w.perform(t, spec.OutcomePassed) // the job that was queued is out of date
	w.dispatch(t)
	if w.queue.len() > 0 {
		t.Error("a paused run queued a case")
	}
	if got := w.outcomes(t, r.ID); got != "passed - - -" {
		t.Errorf("outcomes %s", got)
	}
	w.waits(t, r.ID, runs.WaitPaused)
	if s := w.situation(t, r.ID); s.Position != 0 {
		t.Errorf("a paused run has the position %d", s.Position)
	}
	for range 2 {
		if resumed, err := w.runs.Resume(w.ctx, r.ID); err != nil || resumed.Status != run.StatusRunning {
			t.Fatalf("the run is %v (%v)", resumed, err)
		}
	}
	w.perform(t, spec.OutcomePassed)
	if got := w.run(t, r.ID); got.Status != run.StatusPassed || got.Tokens != 0 {
		t.Errorf("the run ended as %s with %d tokens", got.Status, got.Tokens)
	}
	if _, err := w.runs.Pause(w.ctx, r.ID); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("pausing a run that has ended: %v", err)
	}
	if _, err := w.runs.Pause(w.other, r.ID); apperr.CodeOf(err) != apperr.NotFound {
		t.Errorf("pausing the run of another project: %v", err)
	}
	got := fmt.Sprint(w.types(t, r.ID))
	if strings.Count(got, "run.paused") != 1 || strings.Count(got, "run.resumed") != 1 {
		t.Errorf("events: %s", got)
	}
}

func TestTimeInWhichARunIsPausedDoesNotCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, plan(2, "use: {parallel: 1}", "timeout: 10m"))
	c := w.claim(t, "wrk_1", w.queue.take(t))
	before := w.run(t, r.ID).DeadlineAt
	if before == nil {
		t.Fatal("a run that has begun has no deadline")
	}
	if _, err := w.runs.Pause(w.ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	w.exec(t, "UPDATE runs SET paused_at = paused_at - interval '1 hour', deadline_at = deadline_at - interval '1 hour' WHERE id = $1", r.ID)
	w.dispatch(t)
	if got := w.run(t, r.ID); got.StopRequestedAt != nil {
		t.Fatal("a paused run reached its limit")
	}
	if _, err := w.runs.Resume(w.ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	if after := w.run(t, r.ID).DeadlineAt; after.Before(*before) {
		t.Errorf("the deadline went from %s to %s", before, after)
	}
	if err := w.finish(t, c, spec.OutcomePassed); err != nil {
		t.Fatal(err)
	}
}

func TestRunThatTakesTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, plan(4, "use: {parallel: 2, retries: 3}", "timeout: 10m"))
	c := w.claim(t, "wrk_1", w.queue.take(t))
	w.exec(t, "UPDATE runs SET deadline_at = now() - interval '1 second' WHERE id = $1", r.ID)
	w.dispatch(t)
	leases, err := w.runs.Renew(t.Context(), "wrk_1", []string{c.Result.ID})
	if err != nil || len(leases) != 1 || !leases[0].Stopping {
		t.Fatalf("the worker learns %v (%v), want that the run is stopping", leases, err)
	}
	if err := w.finish(t, c, spec.OutcomeCancelled); err != nil { // what its executor makes of that
		t.Fatal(err)
	}
	if got := w.outcomes(t, r.ID); got != "timed_out skipped skipped skipped" {
		t.Errorf("outcomes %s", got)
	}
	got := w.run(t, r.ID)
	if got.Status != run.StatusFailed || got.StopReason == nil || *got.StopReason != run.StopReasonTimeout || got.Error == "" {
		t.Errorf("the run ended as %s for %v: %q", got.Status, got.StopReason, got.Error)
	}
}

func TestRunThatFailsTooOften(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		retries  int
		want     string
		status   run.Status
		override *int
	}{
		{"no retries", 0, "failed failed skipped skipped skipped skipped", run.StatusFailed, nil},
		{"retries come first", 1, "failed failed skipped skipped skipped skipped", run.StatusFailed, nil},
		{"without a limit", 0, "failed failed failed failed failed failed", run.StatusFailed, new(int)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			in := runs.StartInput{MaxFailures: tt.override, Source: &plans.Source{
				Text: plan(6, fmt.Sprintf("use: {parallel: 1, retries: %d}", tt.retries), "maxFailures: 2"),
			}}
			r, err := w.runs.Start(w.ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			w.perform(t, spec.OutcomeFailed)
			if got := w.outcomes(t, r.ID); got != tt.want {
				t.Errorf("outcomes %s, want %s", got, tt.want)
			}
			if got := w.run(t, r.ID); got.Status != tt.status || got.Tokens != 0 {
				t.Errorf("the run is %s with %d tokens", got.Status, got.Tokens)
			}
		})
	}
}

// What is under way when too many cases have failed is judged, also when it is
// tried again.
func TestCasesUnderWayOutliveTooManyFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, plan(5, "use: {parallel: 3, retries: 1}", "maxFailures: 1"))
	first, second, third := w.claim(t, "wrk_1", w.queue.take(t)), w.claim(t, "wrk_1", w.queue.take(t)), w.claim(t, "wrk_1", w.queue.take(t))
	must := func(c *runs.Claim, o spec.Outcome) {
		t.Helper()
		if err := w.finish(t, c, o); err != nil {
			t.Fatal(err)
		}
	}
	must(second, spec.OutcomeFailed) // its retry is queued
	must(first, spec.OutcomeFailed)
	must(w.claim(t, "wrk_1", w.queue.take(t)), spec.OutcomePassed) // the retry of the second
	must(w.claim(t, "wrk_1", w.queue.take(t)), spec.OutcomeFailed) // of the first: one failed for good
	must(third, spec.OutcomePassed)
	w.perform(t, spec.OutcomePassed)
	if got := w.outcomes(t, r.ID); !strings.HasPrefix(got, "failed flaky passed") || !strings.Contains(got, "skipped") {
		t.Errorf("outcomes %s", got)
	}
	if got := w.run(t, r.ID); got.Status != run.StatusFailed {
		t.Errorf("the run is %s", got.Status)
	}
}
