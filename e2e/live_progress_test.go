package e2e

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

func TestProgressIsConflatedAndEndsWithTheRun(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	s.worker(t, 4)
	const cases = 100
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", cases))
	app.await(t, "/door", 4)
	snapshots := make(chan snapshot, 10_000)
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- watchProgress(ctx, api.Client, id, snapshots) }()

	// Nothing moves while the doors are closed, so this one comes by itself.
	first := <-snapshots
	if first.Status != "RUNNING" || len(first.Running) != 4 || first.OutcomeCounts.Total != cases || first.OutcomeCounts.Finished != 0 {
		t.Errorf("the first snapshot is %+v", first)
	}
	app.open("/door", all)
	if err := <-ended; err != nil {
		t.Fatalf("watch the progress: %v", err)
	}
	took := time.Since(began)
	close(snapshots)
	last, n := first, 1
	for s := range snapshots {
		if s.OutcomeCounts.Finished < last.OutcomeCounts.Finished || s.OutcomeCounts.Passed < last.OutcomeCounts.Passed || s.LastSeq < last.LastSeq {
			t.Errorf("the progress goes back from %+v to %+v", last, s)
		}
		last = s
		n++
	}
	events := follow(t, api.Client, id)
	if last.Status != "PASSED" || last.OutcomeCounts.Passed != cases || len(last.Running) != 0 || last.LastSeq < int64(len(events)) {
		t.Errorf("the last snapshot is %+v", last)
	}
	t.Logf("%d snapshots of %d events in %s", n, len(events), took.Round(time.Millisecond))
	if most := 2 + int(10*took/time.Second); n > most {
		t.Errorf("%d snapshots in %s, want %d at most", n, took, most)
	}

	// Who comes after the end gets the end.
	late := make(chan snapshot, 10)
	if err := watchProgress(ctx, api.Client, id, late); err != nil || len(late) != 1 {
		t.Errorf("after the end come %d snapshots (%v)", len(late), err)
	}
}

type snapshot struct {
	Status        string
	LastSeq       int64
	OutcomeCounts client.Counts
	Running       []struct{ CaseKey string }
}

func watchProgress(ctx context.Context, c *client.Client, id string, to chan<- snapshot) error {
	const query = `subscription($id: ID!) { runProgress(runId: $id) { status lastSeq running { caseKey }
		outcomeCounts { total finished passed failed flaky timedOut errored skipped cancelled } } }`
	return c.Subscribe(ctx, query, map[string]any{"id": id}, func(data json.RawMessage) error {
		var item struct{ RunProgress snapshot }
		if err := json.Unmarshal(data, &item); err != nil {
			return err
		}
		to <- item.RunProgress
		return nil
	})
}
