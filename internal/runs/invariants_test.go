package runs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// actor does what callers, workers and the dispatcher do, in a random order.
type actor struct {
	*world
	rng *rand.Rand

	mu     *sync.Mutex
	ids    *[]string      // runs
	claims *[]*runs.Claim // under way
}

var settings = []string{
	"use: {parallel: 3, retries: 1}", "use: {parallel: 2}\nconcurrency: {group: a, max: 2}",
	"use: {parallel: 4}\nconcurrency: {group: a, max: 1, cancelInProgress: true}",
	"use: {parallel: 50}\nenvironment: staging", "use: {parallel: 5, retries: 2}\nmaxFailures: 3\nconcurrency: b",
}

func (a *actor) act(ctx context.Context) error {
	switch n := a.rng.IntN(100); {
	case n < 6:
		source := plan(1+a.rng.IntN(8), settings[a.rng.IntN(len(settings))])
		r, err := a.runs.Start(a.ctx, runs.StartInput{Source: &plans.Source{Text: source}, Priority: 1 + a.rng.IntN(4)})
		if err == nil {
			a.mu.Lock()
			*a.ids = append(*a.ids, r.ID)
			a.mu.Unlock()
		}
		return err
	case n < 45:
		return a.claimAny(ctx)
	case n < 80:
		return a.finishAny(ctx)
	case n < 84:
		return a.onAnyRun(a.runs.Pause)
	case n < 90:
		return a.onAnyRun(a.runs.Resume)
	case n < 91:
		return a.onAnyRun(a.runs.Stop)
	case n < 94:
		return a.onAnyRun(func(_ context.Context, id string) (*ent.Run, error) {
			until := time.Now().Add(time.Duration(a.rng.IntN(50)) * time.Millisecond)
			_, err := a.runs.Defer(ctx, runs.Deferral{RunID: id, Target: "one.test:80", Until: until, Quiet: a.rng.IntN(2) == 0})
			return nil, err
		})
	default:
		return a.runs.Dispatch(ctx)
	}
}

func (a *actor) onAnyRun(f func(context.Context, string) (*ent.Run, error)) error {
	a.mu.Lock()
	id := ""
	if len(*a.ids) > 0 {
		id = (*a.ids)[a.rng.IntN(len(*a.ids))]
	}
	a.mu.Unlock()
	if id == "" {
		return nil
	}
	_, err := f(a.ctx, id)
	if apperr.CodeOf(err) == apperr.Conflict { // it has ended
		return nil
	}
	return err
}

func (a *actor) claimAny(ctx context.Context) error {
	a.queue.mu.Lock()
	if len(a.queue.jobs) == 0 {
		a.queue.mu.Unlock()
		return nil
	}
	i := a.rng.IntN(len(a.queue.jobs))
	j := a.queue.jobs[i]
	a.queue.jobs = slices.Delete(a.queue.jobs, i, i+1)
	a.queue.mu.Unlock()
	c, err := a.runs.Claim(ctx, "wrk_1", j.RunID, j.ResultID, j.Attempt)
	if apperr.CodeOf(err) == apperr.Conflict {
		return nil // out of date
	}
	if err == nil {
		a.mu.Lock()
		*a.claims = append(*a.claims, c)
		a.mu.Unlock()
	}
	return err
}

func (a *actor) finishAny(ctx context.Context) error {
	a.mu.Lock()
	if len(*a.claims) == 0 {
		a.mu.Unlock()
		return nil
	}
	i := a.rng.IntN(len(*a.claims))
	c := (*a.claims)[i]
	*a.claims = slices.Delete(*a.claims, i, i+1)
	a.mu.Unlock()
	now := time.Now()
	outcomes := []spec.Outcome{spec.OutcomePassed, spec.OutcomePassed, spec.OutcomeFailed, spec.OutcomeErrored}
	f := runs.Finished{Result: c.Result, WorkerID: c.WorkerID, StartedAt: now, FinishedAt: now, Outcome: outcomes[a.rng.IntN(len(outcomes))]}
	if c.Stopping || a.rng.IntN(10) == 0 {
		f.Outcome, f.Interrupted = spec.OutcomeCancelled, !c.Stopping
	}
	return a.runs.Finish(ctx, f)
}

// consistent checks what must hold whenever no transaction is under way.
func (w *world) consistent(t *testing.T, limit int) {
	t.Helper()
	const query = `
SELECT runs.id, tokens, total, finished, passed + failed + flaky + timed_out + errored + skipped + cancelled,
	count(*) FILTER (WHERE results.status IN ('queued', 'running')), count(*) FILTER (WHERE results.status = 'finished'),
	runs.finished_at IS NOT NULL, runs.paused_at IS NOT NULL, runs.admitted_at IS NULL
FROM runs JOIN results ON results.run_id = runs.id GROUP BY runs.id`
	rows, err := w.store.DB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	held := 0
	for rows.Next() {
		var id string
		var tokens, total, finished, outcomes, underWay, ended int
		var over, paused, waiting bool
		if err := rows.Scan(&id, &tokens, &total, &finished, &outcomes, &underWay, &ended, &over, &paused, &waiting); err != nil {
			t.Fatal(err)
		}
		held += tokens
		switch {
		case tokens != underWay:
			t.Errorf("run %s has %d tokens and %d cases queued or running", id, tokens, underWay)
		case finished != ended || outcomes != finished:
			t.Errorf("run %s counts %d finished, %d outcomes, and has %d", id, finished, outcomes, ended)
		case over != (finished == total):
			t.Errorf("run %s ended: %v, with %d of %d results", id, over, finished, total)
		case waiting && tokens > 0:
			t.Errorf("run %s was not let in and has %d tokens", id, tokens)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if held > limit {
		t.Errorf("%d cases of the project are under way, more than %d", held, limit)
	}
}

// Whatever people, workers and the dispatcher do, in whatever order: the counts
// hold, no limit is exceeded, and every run comes to its end.
func TestRunsStayConsistent(t *testing.T) {
	t.Parallel()
	const limit, actions = 9, 250
	for _, actors := range []int{1, 4} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%d actors, seed %d", actors, seed), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				most := limit
				if _, err := auth.New(w.store).SetLimits(w.ctx, auth.Limits{MaxParallel: &most, Environments: map[string]int{"staging": 2}}); err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				var ids []string
				var claims []*runs.Claim
				var all sync.WaitGroup
				for n := range actors {
					a := &actor{world: w, rng: rand.New(rand.NewPCG(seed, uint64(n))), mu: &mu, ids: &ids, claims: &claims}
					all.Go(func() {
						for range actions {
							if err := a.act(t.Context()); err != nil {
								t.Error(err)
								return
							}
							if actors == 1 {
								w.consistent(t, limit)
							}
							if t.Failed() {
								return
							}
						}
					})
				}
				all.Wait()
				w.consistent(t, limit)
				w.bringToEnd(t, ids, claims, limit)
			})
		}
	}
}

func (w *world) bringToEnd(t *testing.T, ids []string, claims []*runs.Claim, limit int) {
	t.Helper()
	for _, c := range claims {
		if err := w.finish(t, c, spec.OutcomePassed); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids {
		if _, err := w.runs.Resume(w.ctx, id); err != nil && apperr.CodeOf(err) != apperr.Conflict {
			t.Fatal(err)
		}
	}
	open := len(ids)
	for deadline := time.Now().Add(time.Minute); open > 0 && time.Now().Before(deadline); {
		w.dispatch(t)
		w.perform(t, spec.OutcomePassed)
		w.consistent(t, limit)
		var err error
		if open, err = w.store.Ent.Run.Query().Where(run.FinishedAtIsNil()).Count(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if open > 0 {
		left := w.store.Ent.Run.Query().Where(run.FinishedAtIsNil()).AllX(t.Context())
		var out []string
		for _, r := range left {
			out = append(out, r.String(), fmt.Sprint(w.store.Ent.Result.Query().Where(result.RunID(r.ID)).AllX(t.Context())))
		}
		t.Fatalf("%d runs have not ended:\n%s", open, strings.Join(out, "\n"))
	}
	for _, id := range ids {
		types := w.types(t, id)
		if got := types[len(types)-1]; got != "run.finished" {
			t.Errorf("the last event of run %s is %s", id, got)
		}
		if n := strings.Count(fmt.Sprint(types), "run.finished"); n != 1 {
			t.Errorf("run %s has ended %d times", id, n)
		}
	}
}
