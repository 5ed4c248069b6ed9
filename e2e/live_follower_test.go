package e2e

import (
	"context"
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/cli/client"
)

// follower collects the events of a run as they come.
type follower struct {
	mu     sync.Mutex
	events []client.Event
	done   chan struct{}
	err    error
}

// startFollowing follows a run in the background, as `semantest run` does. It
// connects again as often as it takes.
func startFollowing(t testing.TB, c *client.Client, runID string) *follower {
	t.Helper()
	f := &follower{done: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(f.done)
		f.err = c.Follow(ctx, runID, deadline, f.add)
	}()
	t.Cleanup(func() { cancel(); <-f.done })
	return f
}

func (f *follower) add(e client.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, e)
}

// count returns how many events of a type have come; all types when empty.
func (f *follower) count(eventType string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, e := range f.events {
		if eventType == "" || e.Type == eventType {
			n++
		}
	}
	return n
}

// finish returns all events, once the run has ended.
func (f *follower) finish(t testing.TB) []client.Event {
	t.Helper()
	waitFor(t, "the run has ended for its follower", func() bool {
		select {
		case <-f.done:
			return true
		default:
			return false
		}
	})
	if f.err != nil {
		t.Fatalf("follow the run: %v", f.err)
	}
	return f.events
}

// assertEvents checks that events are numbered from 1 without hole or repeat,
// that they begin and end as a run's do, and that each case finished once.
func assertEvents(t testing.TB, events []client.Event, cases int) {
	t.Helper()
	finished := map[string]int{}
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has the number %d", i+1, e.Seq)
		}
		if e.Type == "CASE_FINISHED" {
			finished[e.CaseKey]++
		}
	}
	if len(events) == 0 || events[0].Type != "RUN_QUEUED" || events[len(events)-1].Type != "RUN_FINISHED" {
		t.Fatalf("the %d events do not begin and end as a run's do", len(events))
	}
	for key, n := range finished {
		if n != 1 {
			t.Errorf("%s finished %d times", key, n)
		}
	}
	if len(finished) != cases {
		t.Errorf("%d cases finished, want %d", len(finished), cases)
	}
}

// assertNumbers checks that numbers are 1 to n without hole or repeat.
func assertNumbers(t testing.TB, got []int64, n int) {
	t.Helper()
	for i, seq := range got {
		if seq != int64(i+1) {
			t.Fatalf("event %d has the number %d; all: %v", i+1, seq, got)
		}
	}
	if len(got) != n {
		t.Errorf("%d events came, want %d", len(got), n)
	}
}

// assertAllPassed checks that a run passed with one result for each case.
func assertAllPassed(t testing.TB, run *client.Run, cases int) {
	t.Helper()
	if run.Status != "PASSED" || run.OutcomeCounts.Passed != cases || run.OutcomeCounts.Finished != cases || len(run.Results) != cases {
		t.Errorf("the run is %s with %d results and %+v, want %d passed", run.Status, len(run.Results), run.OutcomeCounts, cases)
	}
}
