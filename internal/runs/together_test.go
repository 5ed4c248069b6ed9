package runs_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// manyCases is a plan of n cases that may all be under way at once.
func manyCases(n int) string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf("v%d", i)
	}
	return fmt.Sprintf(`
version: "1"
name: Many
env: {BASE_URL: "http://127.0.0.1:1"}
use: {parallel: %d}
cases:
  - {id: many, kind: api, matrix: {value: [%s]}, steps: [{http: /}]}
`, n, strings.Join(values, ", "))
}

// Cases that begin and end at the same time share transactions. That shows
// nowhere: each has its event, in a row, with the counts after it.
func TestCasesThatEndTogetherAreToldOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 60
	r := w.start(t, manyCases(n))
	outcomes := []spec.Outcome{spec.OutcomePassed, spec.OutcomeFailed, spec.OutcomeErrored}
	claims := make([]*runs.Claim, n)
	var all sync.WaitGroup
	for i := range n {
		j := w.queue.take(t)
		all.Go(func() {
			var err error
			if claims[i], err = w.runs.Claim(t.Context(), "wrk_1", j.RunID, j.ResultID, j.Attempt); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	for i, c := range claims {
		all.Go(func() {
			now := time.Now()
			err := w.runs.Finish(t.Context(), runs.Finished{
				Result: c.Result, WorkerID: c.WorkerID, Outcome: outcomes[i%len(outcomes)], StartedAt: now, FinishedAt: now,
				Steps: []runs.Step{{Name: "a", Action: "http", Outcome: spec.OutcomePassed, Checks: []runs.Check{{Name: "c", Passed: true}}}},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	evs, err := w.log.Read(t.Context(), r.ID, 0, 10*n)
	if err != nil {
		t.Fatal(err)
	}
	// queued, started, and then for each case its begin and its end, and the run's end
	if len(evs) != 2+2*n+1 || evs[0].Type != events.RunQueued || evs[1].Type != events.RunStarted || evs[len(evs)-1].Type != events.RunFinished {
		t.Fatalf("%d events from %s to %s", len(evs), evs[0].Type, evs[len(evs)-1].Type)
	}
	finished := 0
	for i, e := range evs {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
		if e.Type == events.CaseFinished {
			finished++
		}
		c := e.Counts
		if c.Finished != finished || c.Finished != c.Passed+c.Failed+c.Errored || c.Total != n {
			t.Fatalf("event %d, %s, after %d cases: %+v", e.Seq, e.Type, finished, c)
		}
	}
	got := w.run(t, r.ID)
	if got.Passed != n/3 || got.Failed != n/3 || got.Errored != n/3 || got.LastSeq != int64(len(evs)) {
		t.Errorf("the run counts %d passed, %d failed, %d errored and %d events", got.Passed, got.Failed, got.Errored, got.LastSeq)
	}
	for table, want := range map[string]int{"attempts": n, "steps": n, "checks": n} {
		var rows int
		if err := w.store.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&rows); err != nil || rows != want {
			t.Errorf("%d %s (%v), want %d", rows, table, err, want)
		}
	}
}

// Of workers that want one attempt at the same moment, one gets it.
func TestOneOfManyGetsAnAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t, two)
	j := w.queue.take(t)
	const n = 20
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			_, errs[i] = w.runs.Claim(t.Context(), fmt.Sprintf("wrk_%d", i%3), j.RunID, j.ResultID, j.Attempt)
		})
	}
	all.Wait()
	got := 0
	for _, err := range errs {
		switch {
		case err == nil:
			got++
		case !errors.Is(err, runs.ErrStale):
			t.Error(err)
		}
	}
	if got != 1 {
		t.Errorf("%d got the attempt, want 1", got)
	}
}

// An attempt that cannot be stored keeps nothing back but itself.
func TestWhatCannotBeStoredSpoilsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 20
	r := w.start(t, manyCases(n))
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		c := w.claim(t, "wrk_1", w.queue.take(t))
		all.Go(func() {
			now := time.Now()
			f := runs.Finished{Result: c.Result, WorkerID: c.WorkerID, Outcome: spec.OutcomePassed, StartedAt: now, FinishedAt: now}
			if i == 7 {
				f.Steps = []runs.Step{{Name: "a", Action: "http", Outcome: "no such outcome"}}
			}
			errs[i] = w.runs.Finish(t.Context(), f)
		})
	}
	all.Wait()
	for i, err := range errs {
		if (err != nil) != (i == 7) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	if got := w.run(t, r.ID); got.Passed != n-1 || got.Finished != n-1 {
		t.Errorf("%d of %d passed, want %d", got.Passed, got.Finished, n-1)
	}
}
