package runs

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errBad = errors.New("bad")

func light(int) int { return 1 }

// What arrives while a transaction is under way shares the next one; other keys
// do not wait for it.
func TestGathererPerformsTogetherWhatWaits(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var batches [][]int
	begun, goOn := make(chan struct{}, 10), make(chan struct{})
	g := newGatherer(func(_ context.Context, items []int) ([]error, error) {
		begun <- struct{}{}
		if items[0] < 100 {
			<-goOn
		}
		mu.Lock()
		defer mu.Unlock()
		batches = append(batches, slices.Sorted(slices.Values(items)))
		return make([]error, len(items)), nil
	}, light)
	var all sync.WaitGroup
	do := func(key string, item int) {
		all.Go(func() {
			if err := g.do(t.Context(), key, item); err != nil {
				t.Errorf("%d: %v", item, err)
			}
		})
	}
	do("a", 1)
	<-begun
	for i := range 5 {
		do("a", 10+i)
	}
	waitFor(g, "a", 5)
	if err := g.do(t.Context(), "b", 100); err != nil { // while a is under way
		t.Fatal(err)
	}
	close(goOn)
	all.Wait()
	if diff := cmp.Diff([][]int{{100}, {1}, {10, 11, 12, 13, 14}}, batches); diff != "" {
		t.Error(diff)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) != 0 && len(g.waiting["a"])+len(g.waiting["b"]) != 0 {
		t.Errorf("something still waits: %v", g.waiting)
	}
}

func TestGathererBoundsATransaction(t *testing.T) {
	t.Parallel()
	largest := 0
	begun, goOn := make(chan struct{}, 10), make(chan struct{})
	g := newGatherer(func(_ context.Context, items []int) ([]error, error) {
		begun <- struct{}{}
		<-goOn
		largest = max(largest, len(items)) // one at a time for a key
		return make([]error, len(items)), nil
	}, light)
	var all sync.WaitGroup
	all.Go(func() { _ = g.do(t.Context(), "a", 0) })
	<-begun
	for i := range 2*gatherLimit + 1 {
		all.Go(func() { _ = g.do(t.Context(), "a", i) })
	}
	waitFor(g, "a", 2*gatherLimit+1)
	close(goOn)
	all.Wait()
	if largest != gatherLimit {
		t.Errorf("the largest transaction had %d items, want %d", largest, gatherLimit)
	}
}

// What writes much does not make the others wait for it all.
func TestGathererFitsByRows(t *testing.T) {
	t.Parallel()
	g := newGatherer(nil, func(rows int) int { return rows })
	for name, c := range map[string]struct {
		rows []int
		want int
	}{
		"all fit":                 {[]int{1, 2, 3}, 3},
		"up to the limit":         {[]int{gatherRows - 1, 1, 1}, 2},
		"a large one last":        {[]int{1, gatherRows, 1}, 1},
		"a large one has its own": {[]int{3 * gatherRows, 1}, 1},
		"as many as may be":       {make([]int, 2*gatherLimit), gatherLimit},
	} {
		queue := make([]waiter[int], len(c.rows))
		for i, n := range c.rows {
			queue[i].item = n
		}
		if got := g.fit(queue); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestGathererAnswersEachAsItDeserves(t *testing.T) {
	t.Parallel()
	const bad, stale, panics = 1, 2, 3
	perform := func(_ context.Context, items []int) ([]error, error) {
		if slices.Contains(items, panics) {
			panic("boom")
		}
		if slices.Contains(items, bad) {
			return nil, errBad
		}
		errs := make([]error, len(items))
		for i, item := range items {
			if item == stale {
				errs[i] = ErrStale
			}
		}
		return errs, nil
	}
	g := newGatherer(perform, light)
	batch := make([]waiter[int], 5)
	for i := range batch {
		batch[i] = waiter[int]{item: i, done: make(chan error, 1)}
	}
	g.together(t.Context(), batch)
	for i, want := range []error{nil, errBad, ErrStale, nil, nil} {
		got := <-batch[i].done
		if i == panics {
			if got == nil || got.Error() != "panic: boom" {
				t.Errorf("item %d got %v, want the panic", i, got)
			}
			continue
		}
		if !errors.Is(got, want) || (got == nil) != (want == nil) {
			t.Errorf("item %d got %v, want %v", i, got, want)
		}
	}
}

// A database that does not answer is asked once, not once for each item.
func TestGathererDoesNotTryEachAloneOnASlowDatabase(t *testing.T) {
	t.Parallel()
	calls := 0
	g := newGatherer(func(_ context.Context, _ []int) ([]error, error) {
		calls++
		if calls == 2 {
			return nil, errSlow
		}
		return nil, errBad
	}, light)
	batch := make([]waiter[int], 4)
	for i := range batch {
		batch[i] = waiter[int]{item: i, done: make(chan error, 1)}
	}
	g.together(t.Context(), batch)
	for i := range batch {
		if err := <-batch[i].done; !errors.Is(err, errSlow) {
			t.Errorf("item %d got %v", i, err)
		}
	}
	if calls != 2 {
		t.Errorf("%d transactions, want 2", calls)
	}
}

func TestGathererRefusesWhatIsGivenUpAlready(t *testing.T) {
	t.Parallel()
	g := newGatherer(func(context.Context, []int) ([]error, error) {
		t.Error("it was performed")
		return nil, errBad
	}, light)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBad)
	if err := g.do(ctx, "a", 1); !errors.Is(err, errBad) {
		t.Errorf("got %v", err)
	}
}

// waitFor returns when n items wait for a key.
func waitFor[T any](g *gatherer[T], key string, n int) {
	for {
		g.mu.Lock()
		waiting := len(g.waiting[key])
		g.mu.Unlock()
		if waiting == n {
			return
		}
		runtime.Gosched()
	}
}
