package jobs

import (
	"context"
	"time"

	"github.com/semantest/semantest/internal/store"
)

// dispatchEvery bounds how long a run waits that nobody in this process woke.
const (
	dispatchEvery  = time.Second
	dispatchWithin = 30 * time.Second
)

// dispatch wakes runs that have nothing under way, every second and whenever
// this process gave something back that a run may have waited for.
func (h *Host) dispatch() {
	tick := time.NewTicker(dispatchEvery)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-h.done:
			return
		case <-tick.C:
		case <-h.runs.Kicked():
		}
		within, cancel := context.WithTimeout(store.AllProjects(context.Background()), dispatchWithin)
		err := h.runs.Dispatch(within)
		cancel()
		if err != nil && !failed { // it comes by again in a second
			h.logger.Warn("waking the runs that wait failed", "error", err)
		}
		failed = err != nil
	}
}
