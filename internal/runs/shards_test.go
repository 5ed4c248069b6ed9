package runs_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
)

// numbered is a plan of n cases: c0, c1, …
func numbered(n int) string {
	var b strings.Builder
	b.WriteString("version: \"1\"\nname: Many\nenvironment: staging\ncases:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {id: c%d, kind: api, steps: [{http: \"http://shop.test/\"}]}\n", i)
	}
	return b.String()
}

// keys returns the cases of a run in its order.
func (w *world) keys(t *testing.T, r *ent.Run) []string {
	t.Helper()
	return w.store.Ent.Result.Query().Where(result.RunID(r.ID)).Order(result.ByOrdinal()).Select(result.FieldCaseKey).StringsX(t.Context())
}

// ran makes a run that has ended, with the outcome and the length in ms of each
// case.
func (w *world) ran(t *testing.T, in runs.StartInput, outcome func(key string) string, ms func(key string) int) *ent.Run {
	t.Helper()
	r, err := w.runs.Start(w.ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range w.keys(t, r) {
		_, err := w.store.DB.ExecContext(t.Context(),
			"UPDATE results SET status = 'finished', outcome = $3, duration_ms = $4, finished_at = now() WHERE run_id = $1 AND case_key = $2",
			r.ID, key, outcome(key), ms(key))
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.store.DB.ExecContext(t.Context(), "UPDATE runs SET status = 'failed', finished = total, tokens = 0, finished_at = now() WHERE id = $1", r.ID); err != nil {
		t.Fatal(err)
	}
	return r
}

func passed(string) string { return "passed" }

func quick(string) int { return 10 }

// TestShardsAgree starts the shards of a build one after the other, while what
// is known about durations changes in between.
func TestShardsAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := &plans.Source{Text: numbered(12)}
	long := func(key string) int {
		if key == "c3" {
			return 11_000
		}
		return 1000
	}
	w.ran(t, runs.StartInput{Source: src}, passed, long)
	seen := map[string]int{}
	var sizes []int
	for i := range 2 {
		r := w.ran(t, runs.StartInput{Source: src, Shard: runs.Shard{Index: i + 1, Total: 2, Group: "build 7"}}, passed, quick)
		if r.Shard != i+1 || r.Shards != 2 {
			t.Errorf("the run is shard %d of %d", r.Shard, r.Shards)
		}
		keys := w.keys(t, r)
		for _, key := range keys {
			seen[key]++
		}
		sizes = append(sizes, len(keys))
		// Another build comes in between and has another text.
		w.start(t, numbered(13))
	}
	for i := range 12 {
		if n := seen[fmt.Sprint("c", i)]; n != 1 {
			t.Errorf("case c%d is in %d shards", i, n)
		}
	}
	if diff := cmp.Diff([]int{1, 11}, sizes); diff != "" {
		t.Errorf("a case that takes as long as the others together is not alone (-want +got):\n%s", diff)
	}
	for range 10 {
		w.ran(t, runs.StartInput{Source: src}, passed, quick)
	}
	again, err := w.runs.Start(w.ctx, runs.StartInput{Source: src, Shard: runs.Shard{Index: 1, Total: 2, Group: "build 7"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c3"}, w.keys(t, again)); diff != "" {
		t.Errorf("a shard that is repeated has other cases (-want +got):\n%s", diff)
	}
	next, err := w.runs.Start(w.ctx, runs.StartInput{Source: src, Shard: runs.Shard{Index: 1, Total: 2, Group: "build 8"}})
	if err != nil || len(w.keys(t, next)) == 1 {
		t.Errorf("the next build does not look at the newer durations (%v)", err)
	}
}

func TestShardsThatStartTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := &plans.Source{Text: numbered(40)}
	w.ran(t, runs.StartInput{Source: src}, passed, func(key string) int { return 100 * len(key) })
	const shards = 5
	started := make([]*ent.Run, shards)
	var all sync.WaitGroup
	for i := range shards {
		all.Go(func() {
			var err error
			if started[i], err = w.runs.Start(w.ctx, runs.StartInput{Source: src, Shard: runs.Shard{Index: i + 1, Total: shards, Group: "g"}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	seen := map[string]bool{}
	for _, r := range started {
		for _, key := range w.keys(t, r) {
			if seen[key] {
				t.Errorf("case %s is in two shards", key)
			}
			seen[key] = true
		}
	}
	if len(seen) != 40 {
		t.Errorf("the shards have %d of 40 cases", len(seen))
	}
}

func TestShardsWithoutAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := &plans.Source{Text: numbered(5)}
	w.ran(t, runs.StartInput{Source: src}, passed, func(key string) int { return map[string]int{"c4": 9000}[key] })
	start := func(index, total int) (*ent.Run, error) {
		return w.runs.Start(w.ctx, runs.StartInput{Source: src, Shard: runs.Shard{Index: index, Total: total}})
	}
	r, err := start(2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c1", "c3"}, w.keys(t, r)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := start(6, 6); reasonOf(err) != "EMPTY_SHARD" {
		t.Errorf("a shard without a case: %v", err)
	}
	for _, tt := range []struct{ index, total int }{{0, 2}, {3, 2}, {-1, 2}, {1, 0}, {1, -1}, {1, runs.MaxShards + 1}} {
		if _, err := start(tt.index, tt.total); apperr.CodeOf(err) != apperr.InvalidInput || reasonOf(err) != "" {
			t.Errorf("shard %d of %d: %v", tt.index, tt.total, err)
		}
	}
}

func TestOldDivisionsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := func(group string) {
		t.Helper()
		in := runs.StartInput{Source: &plans.Source{Text: numbered(4)}, Shard: runs.Shard{Index: 1, Total: 2, Group: group}}
		if _, err := w.runs.Start(w.ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	start("old")
	if _, err := w.store.DB.ExecContext(t.Context(), "UPDATE shard_plans SET created_at = now() - interval '31 days'"); err != nil {
		t.Fatal(err)
	}
	start("new")
	if n := w.store.Ent.ShardPlan.Query().CountX(t.Context()); n != 1 {
		t.Errorf("%d divisions are kept, want the new one alone", n)
	}
}

func TestLastFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := &plans.Source{Text: numbered(8)}
	outcomes := func(by map[string]string) func(string) string {
		return func(key string) string {
			if o := by[key]; o != "" {
				return o
			}
			return "passed"
		}
	}
	again := func(in runs.StartInput) ([]string, error) {
		in.Source, in.Select.LastFailed = src, true
		r, err := w.runs.Start(w.ctx, in)
		if err != nil {
			return nil, err
		}
		w.ran(t, runs.StartInput{Source: src, Environment: "scratch"}, passed, quick) // another environment says nothing
		return w.keys(t, r), nil
	}
	if _, err := again(runs.StartInput{}); reasonOf(err) != "NO_CASE" || !strings.Contains(err.Error(), "has ended yet") {
		t.Fatalf("before any run: %v", err)
	}
	w.ran(t, runs.StartInput{Source: src}, outcomes(map[string]string{
		"c1": "failed", "c2": "flaky", "c3": "timed_out", "c4": "errored", "c5": "cancelled", "c6": "skipped",
	}), quick)
	got, err := again(runs.StartInput{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c1", "c3", "c4", "c5", "c6"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, err = again(runs.StartInput{Select: runs.Selection{Grep: "c[1234]$"}}); err != nil || len(got) != 3 {
		t.Errorf("with a selection: %v (%v)", got, err)
	}
	if _, err := again(runs.StartInput{Environment: "prod"}); reasonOf(err) != "NO_CASE" || !strings.Contains(err.Error(), "environment prod") {
		t.Errorf("in an environment without a run: %v", err)
	}
	if _, err := again(runs.StartInput{Shard: runs.Shard{Index: 1, Total: 2}}); apperr.CodeOf(err) != apperr.InvalidInput {
		t.Errorf("with a shard: %v", err)
	}
	for i := range 3 {
		w.ran(t, runs.StartInput{Source: src, Shard: runs.Shard{Index: i + 1, Total: 3}}, outcomes(map[string]string{"c0": "failed", "c7": "failed"}), quick)
	}
	if got, err = again(runs.StartInput{}); err != nil || !cmp.Equal([]string{"c0", "c7"}, got) {
		t.Errorf("after three shards: %v (%v), want the failures of all", got, err)
	}
	w.ran(t, runs.StartInput{Source: src}, passed, quick)
	if _, err := again(runs.StartInput{}); reasonOf(err) != "NO_CASE" || !strings.Contains(err.Error(), "nothing to repeat") {
		t.Errorf("after a run that passed: %v", err)
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := &plans.Source{Text: numbered(3)}
	var planID, projectID string
	for i := range 12 { // the first two are too old to count
		r := w.ran(t, runs.StartInput{Source: src}, func(key string) string {
			return map[string]string{"c0": "passed", "c1": "failed", "c2": "cancelled"}[key]
		}, func(string) int {
			if i < 2 {
				return 1_000_000
			}
			return 100 * (i % 2)
		})
		planID, projectID = r.PlanID, r.ProjectID
	}
	got, err := w.runs.Durations(t.Context(), w.store.DB, projectID, planID)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["c0"].Milliseconds() != 50 || got["c1"].Milliseconds() != 50 {
		t.Errorf("durations are %v, want 50 ms for c0 and c1", got)
	}
	if got, err := w.runs.Durations(t.Context(), w.store.DB, "prj_other", planID); err != nil || len(got) != 0 {
		t.Errorf("another project's durations: %v (%v)", got, err)
	}
}

func reasonOf(err error) string {
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		reason, _ := e.Details["reason"].(string)
		return reason
	}
	return ""
}
