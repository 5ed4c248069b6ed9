package app

import (
	"context"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/store"
)

// sessionsEvery is how often a process without a worker ends browser sessions whose
// time is over, as those that no worker was there for.
const sessionsEvery = 5 * time.Second

func (a *App) reapSessions() {
	ctx, cancel := context.WithCancel(store.AllProjects(context.Background()))
	var loop sync.WaitGroup
	loop.Go(func() {
		tick := time.NewTicker(sessionsEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			within, done := context.WithTimeout(ctx, sessionsEvery)
			if _, err := a.sessions.Reap(within); err != nil && ctx.Err() == nil {
				a.logger.Warn("browser sessions whose time is over could not be ended", "error", err)
			}
			done()
		}
	})
	a.onClose("browser sessions", func(context.Context) error {
		cancel()
		loop.Wait()
		return nil
	})
}
