package runs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

func TestRunsOfAGroupWaitForOneAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := plan(2, "concurrency: {group: db, max: 1}")
	first, second, third := w.start(t, source), w.start(t, source), w.start(t, source)
	alone := w.start(t, plan(1))
	if n := w.queue.len(); n != 3 { // two of the first, one of the run without a group
		t.Fatalf("%d cases are queued, want 3", n)
	}
	w.waits(t, second.ID, runs.WaitConcurrencyGroup)
	if s := w.situation(t, third.ID); s.Position != 3 || s.Start == nil {
		t.Errorf("the third run has the position %d and is expected at %v", s.Position, s.Start)
	}
	if reason := w.situation(t, second.ID).OfResult(w.results(t, second.ID)[0]); reason == nil || reason.Reason != runs.WaitConcurrencyGroup {
		t.Errorf("a case of the second run waits for %v", reason)
	}
	w.dispatch(t)
	if n := w.queue.len(); n != 3 {
		t.Fatalf("%d cases are queued while the group is full, want 3", n)
	}
	for _, id := range []string{first.ID, second.ID, third.ID} {
		w.perform(t, spec.OutcomePassed)
		if got := w.run(t, id); got.Status != run.StatusPassed {
			t.Fatalf("run %s is %s, want the runs to end in their order", id, got.Status)
		}
		select {
		case <-w.runs.Kicked():
		default:
			t.Error("the end of a run wakes nobody who waits for it")
		}
		w.dispatch(t)
	}
	if got := w.run(t, alone.ID); got.Status != run.StatusPassed {
		t.Errorf("the run without a group is %s", got.Status)
	}
}

func TestPausedRunStandsAsideForItsGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := plan(1, "concurrency: db")
	first, second, third := w.start(t, source), w.start(t, source), w.start(t, source)
	if _, err := w.runs.Pause(w.ctx, second.ID); err != nil {
		t.Fatal(err)
	}
	w.perform(t, spec.OutcomePassed)
	w.dispatch(t)
	w.perform(t, spec.OutcomePassed)
	if a, b := w.run(t, first.ID).Status, w.run(t, third.ID).Status; a != run.StatusPassed || b != run.StatusPassed {
		t.Fatalf("the others are %s and %s", a, b)
	}
	if _, err := w.runs.Resume(w.ctx, second.ID); err != nil {
		t.Fatal(err)
	}
	w.dispatch(t)
	w.perform(t, spec.OutcomePassed)
	if got := w.run(t, second.ID).Status; got != run.StatusPassed {
		t.Errorf("the run that was paused is %s", got)
	}
}

func TestNewRunTakesThePlaceOfEarlierOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := plan(2, "concurrency: {group: db, cancelInProgress: true}")
	first := w.start(t, source)
	underWay := w.claim(t, "wrk_1", w.queue.take(t))
	second := w.start(t, source)
	if got := w.run(t, first.ID); got.StopReason == nil || *got.StopReason != run.StopReasonSuperseded {
		t.Fatalf("the first run stops for %v", got.StopReason)
	}
	w.waits(t, second.ID, runs.WaitConcurrencyGroup) // until what is under way has ended
	third := w.start(t, source)
	if got := w.run(t, second.ID); got.Status != run.StatusCancelled {
		t.Errorf("the second run, which had not begun, is %s", got.Status)
	}
	if err := w.finish(t, underWay, spec.OutcomeCancelled); err != nil {
		t.Fatal(err)
	}
	w.dispatch(t)
	w.perform(t, spec.OutcomePassed)
	if a, b := w.run(t, first.ID).Status, w.run(t, third.ID).Status; a != run.StatusCancelled || b != run.StatusPassed {
		t.Errorf("the first run is %s, the third %s", a, b)
	}
}

func TestEnvironmentLimitsItsRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := auth.New(w.store).SetLimits(w.ctx, auth.Limits{Environments: map[string]int{"staging": 2}}); err != nil {
		t.Fatal(err)
	}
	source := plan(1, "environment: staging")
	var ids []string
	for range 3 {
		ids = append(ids, w.start(t, source).ID)
	}
	elsewhere := w.start(t, plan(1, "environment: production"))
	w.waits(t, ids[2], runs.WaitEnvironmentLimit)
	if n := w.queue.len(); n != 3 {
		t.Fatalf("%d cases are queued, want 2 of staging and 1 of production", n)
	}
	w.perform(t, spec.OutcomePassed)
	w.dispatch(t)
	w.perform(t, spec.OutcomePassed)
	for _, id := range append(ids, elsewhere.ID) {
		if got := w.run(t, id); got.Status != run.StatusPassed {
			t.Errorf("run %s is %s", id, got.Status)
		}
	}
}

func TestProjectLimitIsSharedFairly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limit := 6
	if _, err := auth.New(w.store).SetLimits(w.ctx, auth.Limits{MaxParallel: &limit}); err != nil {
		t.Fatal(err)
	}
	large := w.start(t, plan(60, "use: {parallel: 50}"))
	if n := w.queue.len(); n != limit {
		t.Fatalf("%d cases are queued, want %d", n, limit)
	}
	small := w.start(t, plan(5, "use: {parallel: 50}"))
	w.waits(t, small.ID, runs.WaitProjectLimit)
	// The small run gets its half as soon as cases of the large one end: it is over
	// when the large one has ended no more than its own half meanwhile.
	for w.run(t, small.ID).Status != run.StatusPassed {
		w.performOne(t, spec.OutcomePassed)
		w.dispatch(t)
		held := 0
		for _, id := range []string{large.ID, small.ID} {
			held += w.run(t, id).Tokens
		}
		if held > limit {
			t.Fatalf("%d cases of the project are under way, more than %d", held, limit)
		}
	}
	if done := w.run(t, large.ID).Finished; done > limit+5+1 {
		t.Errorf("the large run ended %d cases before the small one had its 5", done)
	}
	for w.run(t, large.ID).Status != run.StatusPassed {
		w.perform(t, spec.OutcomePassed)
		w.dispatch(t)
	}
}

func TestReservedSlotsAreKeptFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.worker(t, map[string]int{"api": 10})
	theirs, err := w.store.Ent.Project.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, p := range theirs {
		if p.Slug == "theirs" {
			w.store.Ent.Reservation.Create().SetProjectID(p.ID).SetKind(spec.KindAPI).SetSlots(7).
				SetStartsAt(now.Add(-time.Minute)).SetEndsAt(now.Add(time.Hour)).SaveX(t.Context())
		}
	}
	ours := w.start(t, plan(20, "use: {parallel: 20}"))
	if n := w.queue.len(); n != 3 {
		t.Fatalf("%d cases are queued, want the 3 slots that nobody reserved", n)
	}
	w.waits(t, ours.ID, runs.WaitSlotsReserved)
	if _, err := w.runs.Start(w.other, runs.StartInput{Source: &plans.Source{Text: plan(20, "use: {parallel: 20}")}}); err != nil {
		t.Fatal(err)
	}
	if n := w.queue.len(); n != 10 {
		t.Fatalf("%d cases are queued, want 3 of ours and the 7 reserved ones", n)
	}
	w.exec(t, "UPDATE reservations SET ends_at = now()")
	for range 100 { // what a process knows of limits is at most a second old
		if w.dispatch(t); w.queue.len() == 40 {
			return
		}
		select {
		case <-t.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Errorf("%d cases are queued after the reservation, want all 40", w.queue.len())
}

func TestCasesWaitForTheirTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const source = `
version: "1"
name: Two targets
env: {BASE_URL: "${{ base }}"}
use: {parallel: 2}
matrix: {base: ["https://one.test"]}
cases:
  - {id: one, kind: api, matrix: {n: [a, b, c]}, steps: [{http: /}]}
  - {id: two, kind: api, matrix: {base: ["http://TWO.test:8080", "https://one.test/x"]}, steps: [{http: /}]}
  - {id: three, kind: api, matrix: {base: ["https://ONE.test:443"]}, steps: [{http: "https://three.test/"}]}
`
	r := w.start(t, source)
	var targets []string
	for _, res := range w.results(t, r.ID) {
		targets = append(targets, res.Target)
	}
	if got := strings.Join(targets, " "); got != "one.test:443 one.test:443 one.test:443 two.test:8080 one.test:443 one.test:443" {
		t.Fatalf("targets %s", got)
	}
	underWay := w.claim(t, "wrk_1", w.queue.take(t))
	until := time.Now().Add(time.Hour)
	deferral := runs.Deferral{RunID: r.ID, Target: "one.test:443", Until: until}
	for range 2 { // two workers meet the same closed door
		if waits, err := w.runs.Defer(t.Context(), deferral); err != nil || !waits {
			t.Fatalf("deferred: %v (%v)", waits, err)
		}
	}
	w.waits(t, r.ID, runs.WaitBreakerOpen)
	s, rows := w.situation(t, r.ID), w.results(t, r.ID)
	if got := s.OfResult(rows[2]); got == nil || got.Reason != runs.WaitBreakerOpen || got.Until == nil || got.Until.Sub(until).Abs() > time.Second {
		t.Errorf("a case about the target waits for %v", got)
	}
	if err := w.finish(t, underWay, spec.OutcomePassed); err != nil {
		t.Fatal(err)
	}
	w.perform(t, spec.OutcomePassed)
	w.dispatch(t)
	if got := w.outcomes(t, r.ID); got != "passed - - passed - -" {
		t.Errorf("outcomes %s, want what was under way and the other target", got)
	}
	w.exec(t, "UPDATE results SET deferred_until = now() - interval '1 second' WHERE deferred_until IS NOT NULL")
	w.dispatch(t)
	w.perform(t, spec.OutcomePassed)
	if got := w.run(t, r.ID); got.Status != run.StatusPassed || got.Flaky > 0 {
		t.Errorf("the run is %s with %d flaky", got.Status, got.Flaky)
	}
	for _, res := range w.results(t, r.ID) {
		if res.Attempt != 1 || res.Retries != 0 || res.DeferredFor != "" {
			t.Errorf("%s took %d attempts and %d retries, and waits for %q", res.CaseKey, res.Attempt, res.Retries, res.DeferredFor)
		}
	}
	if n := strings.Count(fmt.Sprint(w.types(t, r.ID)), "run.deferred"); n != 1 {
		t.Errorf("%d events say that cases wait, want 1", n)
	}
	if waits, err := w.runs.Defer(t.Context(), deferral); err != nil || !waits {
		t.Errorf("a run that has ended: %v (%v)", waits, err)
	}
}

// A case of a run that is being stopped must come to its end.
func TestStoppingRunDefersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, plan(3, "use: {parallel: 2, retries: 1}", "maxFailures: 1"))
	first, second := w.claim(t, "wrk_1", w.queue.take(t)), w.claim(t, "wrk_1", w.queue.take(t))
	if err := w.finish(t, second, spec.OutcomeFailed); err != nil { // it is tried again
		t.Fatal(err)
	}
	if err := w.finish(t, first, spec.OutcomeFailed); err != nil {
		t.Fatal(err)
	}
	again := w.claim(t, "wrk_1", w.queue.take(t))
	if err := w.finish(t, w.claim(t, "wrk_1", w.queue.take(t)), spec.OutcomeFailed); err != nil {
		t.Fatal(err)
	}
	waits, err := w.runs.Defer(t.Context(), runs.Deferral{RunID: r.ID, Target: "one.test:80", Until: time.Now().Add(time.Hour)})
	if err != nil || waits {
		t.Errorf("a stopping run waits: %v (%v)", waits, err)
	}
	if err := w.finish(t, again, spec.OutcomePassed); err != nil {
		t.Fatal(err)
	}
	if got := w.run(t, r.ID); got.Status != run.StatusFailed {
		t.Errorf("the run is %s", got.Status)
	}
}
