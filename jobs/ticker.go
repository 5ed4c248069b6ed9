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
	dirty map[string]events.Tick // by result
}

func newTicker(publish func(events.Tick)) *ticker {
	return &ticker{publish: publish, dirty: map[string]events.Tick{}}
}

func (t *ticker) set(c *runs.Claim, e executors.StepStarted) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty[c.Result.ID] = events.Tick{
		RunID: c.Result.RunID, ResultID: c.Result.ID, Attempt: c.Result.Attempt,
		Step: e.Index, Steps: max(c.Case.StepCount(), e.Index+1), StepName: e.Name, At: e.At,
	}
}

func (t *ticker) drop(resultID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
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
	ticks := t.dirty
	t.dirty = make(map[string]events.Tick, len(ticks))
	t.mu.Unlock()
	for _, tick := range ticks {
		t.publish(tick)
	}
}
