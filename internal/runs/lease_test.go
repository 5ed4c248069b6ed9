package runs_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

const two = `
version: "1"
name: Two
env: {BASE_URL: "http://127.0.0.1:1"}
use: {parallel: 1, retries: 1}
cases:
  - {id: a, kind: api, steps: [{http: /}]}
  - {id: b, kind: api, steps: [{http: /}]}
`

func TestAJobCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t, two)
	j := w.queue.take(t)
	c := w.claim(t, "wrk_1", j)
	if _, err := w.runs.Claim(t.Context(), "wrk_2", j.RunID, j.ResultID, j.Attempt); !errors.Is(err, runs.ErrStale) {
		t.Errorf("a second delivery gave %v", err)
	}
	if err := w.finish(t, c, spec.OutcomePassed); err != nil {
		t.Fatal(err)
	}
	if err := w.finish(t, c, spec.OutcomePassed); !errors.Is(err, runs.ErrStale) {
		t.Errorf("a second end gave %v", err)
	}
	if w.queue.len() != 1 {
		t.Errorf("%d jobs are queued, want the next case's", w.queue.len())
	}
}

func TestALostAttemptIsGivenToAnotherWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, two)
	lost := w.claim(t, "wrk_lost", w.queue.take(t))
	w.reap(t, 0) // the lease still stands
	w.expire(t)
	w.reap(t, 1)
	w.reap(t, 0)
	again := w.queue.take(t)
	if again.ResultID != lost.Result.ID || again.Attempt != 2 {
		t.Fatalf("queued %+v", again)
	}
	c := w.claim(t, "wrk_2", again)
	// The lost worker comes back: whatever it writes is refused.
	if err := w.finish(t, lost, spec.OutcomeFailed); !errors.Is(err, runs.ErrStale) {
		t.Errorf("the lost worker's end gave %v", err)
	}
	if err := w.finish(t, c, spec.OutcomePassed); err != nil {
		t.Fatal(err)
	}
	second := w.claim(t, "wrk_2", w.queue.take(t))
	if err := w.finish(t, second, spec.OutcomePassed); err != nil {
		t.Fatal(err)
	}
	got := w.run(t, r.ID)
	if got.Status != run.StatusPassed || got.Passed != 2 {
		t.Errorf("run %s with %d passed, want it passed: a lost worker makes no case flaky", got.Status, got.Passed)
	}
	evs, err := w.log.Read(t.Context(), r.ID, 0, 100)
	if err != nil || int64(len(evs)) != got.LastSeq {
		t.Errorf("%d events for number %d (%v)", len(evs), got.LastSeq, err)
	}
}

func TestACaseThatTakesItsWorkersDownIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, two)
	for range runs.MaxLost {
		w.claim(t, "wrk_doomed", w.queue.take(t))
		w.expire(t)
		w.reap(t, 1)
	}
	row, err := w.store.Ent.Result.Query().Where(result.RunID(r.ID), result.CaseID("a")).Only(t.Context())
	if err != nil || row.Outcome == nil || *row.Outcome != spec.OutcomeErrored {
		t.Fatalf("result %+v (%v)", row, err)
	}
	if next := w.queue.take(t); next.ResultID == row.ID || w.queue.len() != 0 {
		t.Errorf("the queue goes on with %+v and %d more", next, w.queue.len())
	}
}

func TestALostAttemptOfAStoppedRunIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, two)
	w.claim(t, "wrk_lost", w.queue.take(t))
	if _, err := w.runs.Stop(w.ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	w.expire(t)
	w.reap(t, 1)
	if got := w.run(t, r.ID); got.Status != run.StatusCancelled || got.Cancelled != 2 || w.queue.len() != 0 {
		t.Errorf("run %s with %d cancelled and %d jobs", got.Status, got.Cancelled, w.queue.len())
	}
}

// When the answer to a claim is lost, the worker does not know that it has the
// attempt: its heartbeats must not keep it.
func TestALeaseNobodyKnowsOfRunsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t, two)
	lost := w.claim(t, "wrk_1", w.queue.take(t))
	w.start(t, two)
	held := w.claim(t, "wrk_1", w.queue.take(t))
	w.expire(t)
	leases, err := w.runs.Renew(t.Context(), "wrk_1", []string{held.Result.ID})
	if err != nil || len(leases) != 1 || leases[0].ResultID != held.Result.ID {
		t.Errorf("the heartbeat found %+v (%v)", leases, err)
	}
	w.reap(t, 1)
	if next := w.queue.take(t); next.ResultID != lost.Result.ID || next.Attempt != 2 {
		t.Errorf("the queue goes on with %+v", next)
	}
}

func TestAFailureWhileStoppingIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, two)
	c := w.claim(t, "wrk_1", w.queue.take(t))
	if _, err := w.runs.Stop(w.ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	leases, err := w.runs.Renew(t.Context(), "wrk_1", []string{c.Result.ID})
	if err != nil || len(leases) != 1 || !leases[0].Stopping {
		t.Errorf("the heartbeat found %+v (%v)", leases, err)
	}
	if err := w.finish(t, c, spec.OutcomeFailed); err != nil {
		t.Fatal(err)
	}
	got := w.run(t, r.ID)
	if got.Status != run.StatusCancelled || got.Failed != 1 || got.Cancelled != 1 || w.queue.len() != 0 {
		t.Errorf("run %s with %d failed, %d cancelled, %d jobs", got.Status, got.Failed, got.Cancelled, w.queue.len())
	}
}

// A stop and many claims and ends at the same time: in the end every result has
// one outcome and the numbers add up.
func TestStoppingUnderLoadAddsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := w.runs.Start(w.ctx, runs.StartInput{
		Parallel: 20, Source: &plans.Source{Text: `
version: "1"
name: Many
env: {BASE_URL: "http://127.0.0.1:1"}
matrix: {n: ["0","1","2","3","4","5","6","7","8","9"], m: ["0","1","2","3","4","5","6","7"]}
cases: [{id: a, kind: api, steps: [{http: /}]}]`},
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for {
				w.queue.mu.Lock()
				if len(w.queue.jobs) == 0 {
					w.queue.mu.Unlock()
					return
				}
				j := w.queue.jobs[0]
				w.queue.jobs = w.queue.jobs[1:]
				w.queue.mu.Unlock()
				c, err := w.runs.Claim(t.Context(), "wrk_1", j.RunID, j.ResultID, j.Attempt)
				if errors.Is(err, runs.ErrStale) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				outcome := spec.OutcomePassed
				if c.Stopping {
					outcome = spec.OutcomeCancelled
				}
				if err := w.finish(t, c, outcome); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Go(func() {
		if _, err := w.runs.Stop(w.ctx, r.ID); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	got := w.run(t, r.ID)
	if got.Status != run.StatusCancelled || got.Finished != 80 || got.Passed+got.Cancelled != 80 {
		t.Errorf("run %s with %d finished, %d passed, %d cancelled", got.Status, got.Finished, got.Passed, got.Cancelled)
	}
	evs, err := w.log.Read(t.Context(), r.ID, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	for i, e := range evs {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
		if e.Type == events.CaseFinished {
			outcomes[e.ResultID]++
		}
	}
	for id, n := range outcomes {
		if n != 1 {
			t.Errorf("result %s finished %d times", id, n)
		}
	}
	if len(outcomes) != 80 || evs[len(evs)-1].Type != events.RunFinished {
		t.Errorf("%d results finished, the last event is %s", len(outcomes), evs[len(evs)-1].Type)
	}
}

func TestAnotherProjectSeesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, two)
	res := w.store.Ent.Result.Query().Where(result.RunID(r.ID)).FirstX(t.Context())
	calls := map[string]func(ctx context.Context) error{
		"get":      func(ctx context.Context) error { _, err := w.runs.Get(ctx, r.ID); return err },
		"result":   func(ctx context.Context) error { _, err := w.runs.Result(ctx, res.ID); return err },
		"stop":     func(ctx context.Context) error { _, err := w.runs.Stop(ctx, r.ID); return err },
		"watch":    func(ctx context.Context) error { _, err := w.runs.Watch(ctx, r.ID, 0); return err },
		"progress": func(ctx context.Context) error { _, err := w.runs.WatchProgress(ctx, r.ID); return err },
		"start": func(ctx context.Context) error {
			_, err := w.runs.Start(ctx, runs.StartInput{PlanID: r.PlanID})
			return err
		},
		"plan":    func(ctx context.Context) error { _, err := w.plans.Get(ctx, r.PlanID); return err },
		"version": func(ctx context.Context) error { _, err := w.plans.GetVersion(ctx, r.PlanVersionID); return err },
	}
	for name, call := range calls {
		if code := apperr.CodeOf(call(w.other)); code != apperr.NotFound {
			t.Errorf("%s by another project: %s, want NOT_FOUND", name, code)
		}
		if code := apperr.CodeOf(call(t.Context())); code != apperr.Unauthenticated {
			t.Errorf("%s by nobody: %s, want UNAUTHENTICATED", name, code)
		}
	}
	if got := w.run(t, r.ID); got.StopRequestedAt != nil {
		t.Error("another project stopped the run")
	}
}

func TestStartIsIdempotentByClientMutationID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := make(chan string, 4)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r, err := w.runs.Start(w.ctx, runs.StartInput{Source: &plans.Source{Text: two}, ClientMutationID: "once"})
			if err != nil {
				t.Error(err)
				return
			}
			ids <- r.ID
		})
	}
	all.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("runs %s and %s", first, id)
		}
	}
	if n := w.store.Ent.Run.Query().CountX(t.Context()); n != 1 || w.queue.len() != 1 {
		t.Errorf("%d runs and %d jobs, want one each", n, w.queue.len())
	}
	if n := w.store.Ent.PlanVersion.Query().CountX(t.Context()); n != 1 {
		t.Errorf("%d versions, want 1", n)
	}
}

func TestStartRefusesBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := &plans.Source{Text: two}
	eleven := 11
	tests := map[string]runs.StartInput{
		"nothing to run":   {},
		"both ways":        {PlanID: "pln_1", Source: source},
		"priority":         {Source: source, Priority: 5},
		"parallel":         {Source: source, Parallel: 1001},
		"retries":          {Source: source, Retries: &eleven},
		"unknown variable": {Source: source, Variables: map[string]string{"NOPE": "1"}},
		"no case":          {Source: source, Select: runs.Selection{Tags: []string{"none"}}},
		"bad grep":         {Source: source, Select: runs.Selection{Grep: "("}},
		"bad plan":         {Source: &plans.Source{Text: "version: 1\ncasez: []"}},
		"missing file":     {Source: &plans.Source{Text: two[:len(two)-len("  - {id: b, kind: api, steps: [{http: /}]}\n")] + "  - {id: b, kind: api, steps: [{http: /, check: [{schema: file://x.json}]}]}\n"}},
		"file outside":     {Source: &plans.Source{Text: two, Files: map[string][]byte{"../x": nil}}},
	}
	for name, in := range tests {
		if _, err := w.runs.Start(w.ctx, in); apperr.CodeOf(err) != apperr.InvalidInput {
			t.Errorf("%s: %v, want INVALID_INPUT", name, err)
		}
	}
	if w.queue.len() != 0 || w.store.Ent.Run.Query().CountX(t.Context()) != 0 {
		t.Error("a refused start left something behind")
	}
}

func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "hunter2hunter2"
	source := "version: \"1\"\nname: S\nsecrets: [TOKEN]\nenv: {BASE_URL: \"http://127.0.0.1:1\"}\ncases: [{id: a, kind: api, steps: [{http: {url: /, headers: {Authorization: \"${{ TOKEN }}\"}}}]}]"
	r, err := w.runs.Start(w.ctx, runs.StartInput{Source: &plans.Source{Text: source}, Secrets: map[string]string{"TOKEN": secret}})
	if err != nil {
		t.Fatal(err)
	}
	var dump string
	err = w.store.DB.QueryRowContext(t.Context(), `SELECT r::text || encode(sealed_secrets, 'escape') ||
		(SELECT string_agg(x::text, '') FROM results x) || (SELECT string_agg(e::text || encode(payload, 'escape'), '') FROM run_events e)
		FROM runs r WHERE id = $1`, r.ID).Scan(&dump)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(dump, secret) {
		t.Error("the secret stands in the database")
	}
	c := w.claim(t, "wrk_1", w.queue.take(t))
	if got, err := c.Scope.ExpandString("${{ TOKEN }}"); err != nil || got != secret {
		t.Errorf("the case reads %q (%v)", got, err)
	}
}
