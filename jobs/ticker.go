package jobs

import (
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/runs"
)

// tickEvery is how often progress is told. An attempt that is over sooner sends
// none, so that many short cases cost nothing.
const tickEvery = 100 * time.Millisecond

// ticker tells where the attempts of this process stand: the newest step of
// each, a few times a second.
type ticker struct {
	publish func(events.Tick)

	mu    sync.Mutex
	at    map[string]events.Tick // the newest of each attempt under way, by result
	dirty map[string]struct{}    // those that were not yet published
}

func newTicker(publish func(events.Tick)) *ticker {
	return &ticker{publish: publish, at: map[string]events.Tick{}, dirty: map[string]struct{}{}}
}

func (t *ticker) set(c *runs.Claim, e executors.StepStarted) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty[c.Result.ID] = struct{}{}
	t.at[c.Result.ID] = events.Tick{
		RunID: c.Result.RunID, ResultID: c.Result.ID, Attempt: c.Result.Attempt,
		Step: e.Index, Steps: max(c.Case.StepCount(), e.Index+1), StepName: e.Name, At: e.At,
	}
}

// pulse adds how the load of the current step is doing.
func (t *ticker) pulse(c *runs.Claim, e executors.Pulse) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tick, known := t.at[c.Result.ID]
	if !known {
		return // it belongs to no step
	}
	tick.At, tick.Load = e.At, &events.Load{
		ElapsedMS: e.Elapsed.Milliseconds(), Rate: e.Rate, P95: e.P95, Failed: e.Failed, Users: e.Users, Dropped: e.Dropped,
	}
	t.at[c.Result.ID] = tick
	t.dirty[c.Result.ID] = struct{}{}
}

func (t *ticker) drop(resultID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, resultID)
	delete(t.dirty, resultID)
}

// run publishes until done closes.
func (t *ticker) run(done <-chan struct{}) {
	every := time.NewTicker(tickEvery)
	defer every.Stop()
	for {
		select {
		case <-done:
			return
		case <-every.C:
			t.flush()
		}
	}
}

func (t *ticker) flush() {
	t.mu.Lock()
	ticks := make([]events.Tick, 0, len(t.dirty))
	for id := range t.dirty {
		ticks = append(ticks, t.at[id])
	}
	clear(t.dirty)
	t.mu.Unlock()
	for _, tick := range ticks {
		t.publish(tick)
	}
}
