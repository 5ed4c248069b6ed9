package jobs

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/runs"
)

// heartbeatEvery is a third of the lease: two may fail before it is lost.
const heartbeatEvery = 5 * time.Second

// leases knows the attempts that this process performs. It keeps them alive,
// and cancels those that were stopped or taken away.
type leases struct {
	runs     *runs.Service
	workerID string
	logger   *slog.Logger

	mu   sync.Mutex
	held map[string]held // by result
}

type held struct {
	runID     string
	attempt   int
	since     time.Time
	cancel    context.CancelCauseFunc
	performed bool // only its outcome is left to be stored
}

var errTakenAway = apperr.New(apperr.Conflict, "the attempt was given to another worker")

func newLeases(r *runs.Service, workerID string, logger *slog.Logger) *leases {
	return &leases{runs: r, workerID: workerID, logger: logger, held: map[string]held{}}
}

// hold registers an attempt until release is called.
func (l *leases) hold(c *runs.Claim, cancel context.CancelCauseFunc) (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[c.Result.ID] = held{runID: c.Result.RunID, attempt: c.Result.Attempt, since: time.Now(), cancel: cancel}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.held[c.Result.ID].attempt == c.Result.Attempt {
			delete(l.held, c.Result.ID)
		}
	}
}

// performed says that an attempt is done. Until it is released its lease is kept,
// and that it is no longer there means that its outcome was stored just now.
func (l *leases) performed(c *runs.Claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h, ok := l.held[c.Result.ID]; ok && h.attempt == c.Result.Attempt {
		h.performed = true
		l.held[c.Result.ID] = h
	}
}

// stop cancels the attempts of a run.
func (l *leases) stop(runID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.held {
		if h.runID == runID {
			h.cancel(errStopped)
		}
	}
}

func (l *leases) results() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.held))
}

// renew is one heartbeat.
func (l *leases) renew(ctx context.Context) error {
	asked, results := time.Now(), l.results()
	still, err := l.runs.Renew(ctx, l.workerID, results)
	if err != nil {
		return err
	}
	found := make(map[string]runs.Lease, len(still))
	for _, s := range still {
		found[s.ResultID] = s
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, h := range l.held {
		lease, ok := found[id]
		switch {
		case h.performed || h.since.After(asked):
			// stored or leased while the heartbeat was under way
		case !ok || lease.Attempt != h.attempt:
			l.logger.Warn("an attempt was taken away", "result", id, "attempt", h.attempt)
			h.cancel(errTakenAway)
		case lease.Stopping:
			h.cancel(errStopped)
		}
	}
	return nil
}
