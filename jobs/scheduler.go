package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/store"
)

// scheduleEvery bounds how long after its time a schedule starts its run.
const scheduleEvery = time.Second

// scheduleWithin bounds one look at the schedules; what it has not come to is
// due at the next one.
const scheduleWithin = time.Minute

// Schedules are what a Scheduler fires.
type Schedules interface {
	// Now is the time by which schedules fire.
	Now(ctx context.Context) (time.Time, error)
	// FireDue starts the runs that are due and returns how many it started.
	FireDue(ctx context.Context, now time.Time) (int, error)
}

// Scheduler starts the runs of schedules. Every process may have one: which of
// them starts a run is settled in the database.
type Scheduler struct {
	schedules Schedules
	logger    *slog.Logger
	every     time.Duration
	cancel    context.CancelFunc
	loop      sync.WaitGroup
}

// NewScheduler prepares a scheduler; Start begins.
func NewScheduler(s Schedules, logger *slog.Logger) *Scheduler {
	return &Scheduler{schedules: s, logger: logger, every: scheduleEvery}
}

// Start begins to look for what is due. Stop must be called.
func (s *Scheduler) Start() {
	ctx, cancel := context.WithCancel(store.AllProjects(context.Background()))
	s.cancel = cancel
	s.loop.Go(func() { s.run(ctx) })
}

// Stop ends the scheduler. A run that is being started then is started wholly or
// not at all.
func (s *Scheduler) Stop() {
	s.cancel()
	s.loop.Wait()
}

func (s *Scheduler) run(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	failing := false
	for {
		err := s.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing: // once, not every second of an outage
			s.logger.Warn("schedules could not be fired; trying on", "error", err)
		case err == nil && failing:
			s.logger.Info("schedules are fired again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Scheduler) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, scheduleWithin)
	defer cancel()
	now, err := s.schedules.Now(ctx)
	if err != nil {
		return err
	}
	n, err := s.schedules.FireDue(ctx, now)
	if n > 0 {
		s.logger.Debug("schedules have started runs", "runs", n)
	}
	return err
}
