package events

import (
	"context"
	"time"
)

// Follower reads one run's events in order, from a cursor on, as they come.
// It belongs to one goroutine.
type Follower struct {
	hub    *Hub
	topic  *topic
	cursor int64
}

// Follow begins after the event with the given number; 0 is the beginning.
// Close must be called.
func (h *Hub) Follow(runID string, after int64) *Follower {
	return &Follower{hub: h, topic: h.join(runID), cursor: after}
}

// Close ends the follower.
func (f *Follower) Close() { f.hub.leave(f.topic) }

// Next returns the events after the cursor, one or more, and moves it. It waits
// for them until ctx is done or the hub is closed, also while the database is
// away. There is no hole and no repeat in what consecutive calls return.
func (f *Follower) Next(ctx context.Context) ([]Event, error) {
	for {
		events, changed := f.available(ctx)
		if len(events) > 0 {
			f.cursor = events[len(events)-1].Seq
			return events, nil
		}
		if err := f.wait(ctx, changed); err != nil {
			return nil, err
		}
	}
}

// NextOrTick waits until there are new events or a new tick and returns the
// events, perhaps none.
func (f *Follower) NextOrTick(ctx context.Context) ([]Event, error) {
	events, changed := f.available(ctx)
	if len(events) == 0 {
		if err := f.wait(ctx, changed); err != nil {
			return nil, err
		}
		events, _ = f.available(ctx)
	}
	if len(events) > 0 {
		f.cursor = events[len(events)-1].Seq
	}
	return events, nil
}

// Ticks returns the newest tick of each attempt under way, by result.
func (f *Follower) Ticks() map[string]Tick { return f.topic.currentTicks() }

// available returns what the topic or, where the cursor is older than that,
// Postgres holds after the cursor. What cannot be read now is there later: to
// end a subscription for it would look as if the run had ended.
func (f *Follower) available(ctx context.Context) ([]Event, <-chan struct{}) {
	events, held, changed := f.topic.after(f.cursor)
	if held {
		return events, changed
	}
	stored, err := f.topic.read(ctx, f.cursor, followBatch)
	if err != nil {
		return nil, nil // and only time can tell when it is back
	}
	if len(stored) < followBatch {
		f.topic.seed(stored) // this read reached the newest event
	}
	return stored, changed
}

func (f *Follower) wait(ctx context.Context, changed <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-f.hub.ctx.Done():
		return errClosed
	case <-changed:
	case <-time.After(f.hub.poll): // the tail may not have begun
	}
	return nil
}
