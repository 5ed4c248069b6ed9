package events

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// topic is one run that someone in this process watches: the newest events
// without a hole among them, and the newest tick of each attempt. Followers
// hold a cursor into it, so a slow one costs no memory.
type topic struct {
	log       *Log
	runID     string
	logger    *slog.Logger
	cancel    context.CancelFunc
	followers int // guarded by the hub

	mu      sync.Mutex
	tail    []Event         // consecutive
	early   map[int64]Event // came before the events that precede them
	ticks   map[string]Tick // by result
	changed chan struct{}   // closed and replaced on every change
	again   chan struct{}   // asks for a read of Postgres, for a hole
	behind  chan struct{}   // the same, since Postgres is known to have more
	away    bool            // whether Postgres did not answer when it was last read
}

const (
	// tailLimit is how many events a follower may be behind before it reads
	// from Postgres.
	tailLimit = 512
	// followBatch is how many events a follower takes at once. It holds them for
	// as long as its client does not read.
	followBatch = 64
	// patience is how long a hole may stand before Postgres is asked: processes
	// publish on their own, so neighbours often arrive in the wrong order.
	patience = 15 * time.Millisecond
)

func newTopic(log *Log, runID string, logger *slog.Logger, cancel context.CancelFunc) *topic {
	return &topic{
		log: log, runID: runID, logger: logger, cancel: cancel,
		early: map[int64]Event{}, ticks: map[string]Tick{}, changed: make(chan struct{}),
		again: make(chan struct{}, 1), behind: make(chan struct{}, 1),
	}
}

// run reads from Postgres what Redis did not bring.
func (t *topic) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.behind:
			t.catchUp(ctx)
		case <-t.again:
			select {
			case <-ctx.Done():
				return
			case <-time.After(patience):
			}
			if t.holed() {
				t.catchUp(ctx)
			}
		}
	}
}

// compare asks for a read where Postgres has more than the tail. A topic whose
// tail nobody has asked for yet needs none.
func (t *topic) compare(latest int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := t.last(); last == 0 || last >= latest {
		return
	}
	select {
	case t.behind <- struct{}{}:
	default:
	}
}

func (t *topic) holed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.early) > 0
}

func (t *topic) catchUp(ctx context.Context) {
	for {
		t.mu.Lock()
		after := t.last()
		t.mu.Unlock()
		if after == 0 {
			return // nobody has asked for the tail yet
		}
		events, err := t.read(ctx, after, tailLimit)
		if err != nil {
			return
		}
		t.mu.Lock()
		t.extend(events)
		t.mu.Unlock()
		if len(events) < tailLimit {
			return
		}
	}
}

// read reads from Postgres and says once when that fails and when it works
// again.
func (t *topic) read(ctx context.Context, after int64, limit int) ([]Event, error) {
	events, err := t.log.Read(ctx, t.runID, after, limit)
	if err != nil && ctx.Err() != nil {
		return nil, err // nobody waits for it any more
	}
	t.mu.Lock()
	changed := t.away != (err != nil)
	t.away = err != nil
	t.mu.Unlock()
	switch {
	case changed && err != nil:
		t.logger.Warn("live events wait for the database", "run", t.runID, "error", err)
	case changed:
		t.logger.Info("live events go on", "run", t.runID)
	}
	return events, err
}

// offer takes an event from Redis. One that leaves a hole is kept aside until
// the hole is filled.
func (t *topic) offer(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := t.last()
	if last != 0 && e.Seq > last+1 {
		if len(t.early) < tailLimit {
			t.early[e.Seq] = e
		}
		select {
		case t.again <- struct{}{}:
		default:
		}
		return
	}
	t.extend([]Event{e})
}

func (t *topic) offerTick(tick Tick) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.ticks[tick.ResultID]; ok && (old.Attempt > tick.Attempt || (old.Attempt == tick.Attempt && old.Step > tick.Step)) {
		return
	}
	t.ticks[tick.ResultID] = tick
	t.wake()
}

// seed tells the topic where a follower stands after reading from Postgres, so
// that the tail can begin there.
func (t *topic) seed(events []Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.tail) == 0 {
		t.extend(events)
		return
	}
	if len(events) > 0 && events[0].Seq <= t.last()+1 {
		t.extend(events)
	}
}

// extend appends what continues the tail and drops what it has already. The
// caller holds mu.
func (t *topic) extend(events []Event) {
	grew := false
	add := func(e Event) {
		t.tail = append(t.tail, e)
		if e.Type == CaseFinished || e.Type == CaseRetried || e.Type == CaseRequeued {
			delete(t.ticks, e.ResultID)
		}
		grew = true
	}
	for _, e := range events {
		if len(t.tail) == 0 || e.Seq == t.last()+1 {
			add(e)
		}
	}
	for len(t.early) > 0 {
		e, ok := t.early[t.last()+1]
		if !ok {
			break
		}
		add(e)
	}
	for seq := range t.early {
		if seq <= t.last() {
			delete(t.early, seq)
		}
	}
	if over := len(t.tail) - tailLimit; over > 0 {
		clear(t.tail[:over]) // append copies what is left when the array is full, not at every event
		t.tail = t.tail[over:]
	}
	if grew {
		t.wake()
	}
}

// after returns the events that follow a cursor. It reports false when the
// cursor is older than the tail, and the channel that closes on the next change.
func (t *topic) after(cursor int64) (events []Event, held bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.tail) == 0 || cursor < t.tail[0].Seq-1 {
		return nil, false, t.changed
	}
	skip := cursor - t.tail[0].Seq + 1
	if skip >= int64(len(t.tail)) {
		return nil, true, t.changed
	}
	upTo := min(int(skip)+followBatch, len(t.tail))
	return append([]Event(nil), t.tail[skip:upTo]...), true, t.changed
}

func (t *topic) currentTicks() map[string]Tick {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make(map[string]Tick, len(t.ticks))
	for k, v := range t.ticks {
		out[k] = v
	}
	return out
}

func (t *topic) last() int64 {
	if len(t.tail) == 0 {
		return 0
	}
	return t.tail[len(t.tail)-1].Seq
}

func (t *topic) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}
