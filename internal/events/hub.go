package events

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/store"
)

// Hub serves every follower of one process from one Redis subscription, which
// it always drains: a subscriber that stopped reading would stall an in-process
// Redis for everyone.
type Hub struct {
	log    *Log
	client redis.UniversalClient
	logger *slog.Logger
	poll   time.Duration

	mu     sync.Mutex
	topics map[string]*topic
	stops  map[int]func(runID string)
	nextID int
	bells  map[string]map[chan struct{}]struct{} // who attends, by id

	cancel context.CancelFunc
	done   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // the hub's lifetime, which its topics share
}

// HubOptions of NewHub.
type HubOptions struct {
	Poll time.Duration // how often Postgres is asked how far the watched runs are, regardless of Redis (1 s)
}

// NewHub starts listening. Close ends it.
func NewHub(log *Log, client redis.UniversalClient, logger *slog.Logger, o HubOptions) *Hub {
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	ctx, cancel := context.WithCancel(store.AllProjects(context.Background())) // who may listen, the services have asked
	h := &Hub{
		log: log, client: client, logger: logger, poll: o.Poll,
		topics: map[string]*topic{}, stops: map[int]func(string){}, bells: map[string]map[chan struct{}]struct{}{}, cancel: cancel, ctx: ctx,
	}
	h.done.Go(func() { h.listen(ctx) })
	h.done.Go(func() { h.compare(ctx) })
	return h
}

// Close ends the subscription and every follower.
func (h *Hub) Close() {
	h.cancel()
	h.done.Wait()
}

// OnStop calls f for every run that is asked to stop, until the returned
// function is called. f must not block.
func (h *Hub) OnStop(f func(runID string)) (unregister func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := h.nextID
	h.nextID++
	h.stops[id] = f
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.stops, id)
	}
}

func (h *Hub) listen(ctx context.Context) {
	sub := h.client.Subscribe(ctx, channelEvents, channelTicks, channelStops, channelBells)
	defer func() { _ = sub.Close() }()
	messages := sub.Channel(redis.WithChannelSize(4096), redis.WithChannelHealthCheckInterval(3*time.Second))
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-messages:
			if !ok {
				return
			}
			h.dispatch(m.Channel, m.Payload)
		}
	}
}

// compare asks Postgres regularly how far the watched runs are, in one query for
// all: Redis may have lost what it was given, or be away. Only runs that are
// further there are read.
func (h *Hub) compare(ctx context.Context) {
	ticker := time.NewTicker(h.poll)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := h.compareAll(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			h.logger.Warn("live events wait for the database", "error", err)
		case err == nil && failing:
			h.logger.Info("live events go on")
		}
		failing = err != nil
	}
}

// compareAtOnce bounds how many runs one query asks for.
const compareAtOnce = 2000

func (h *Hub) compareAll(ctx context.Context) error {
	for ids := range slices.Chunk(h.watchedRuns(), compareAtOnce) {
		latest, err := h.log.Latest(ctx, ids)
		if err != nil {
			return err
		}
		for id, seq := range latest {
			if t := h.watched(id); t != nil {
				t.compare(seq)
			}
		}
	}
	return nil
}

func (h *Hub) watchedRuns() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.topics))
}

func (h *Hub) dispatch(channel, payload string) {
	switch channel {
	case channelEvents:
		t := h.watched(runOf(payload))
		if t == nil {
			return // most runs are watched in another process, or by nobody
		}
		e, err := decode([]byte(payload))
		if err != nil {
			h.logger.Warn("a published event cannot be read", "error", err)
			return
		}
		t.offer(e)
	case channelTicks:
		t := h.watched(runOf(payload))
		if t == nil {
			return
		}
		var tick Tick
		if err := json.Unmarshal([]byte(payload), &tick); err != nil {
			h.logger.Warn("a published tick cannot be read", "error", err)
			return
		}
		t.offerTick(tick)
	case channelBells:
		h.ring(payload)
	case channelStops:
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, f := range h.stops {
			f(payload)
		}
	}
}

// runOf reads the run's id, with which events and ticks begin, without reading
// the rest.
func runOf(payload string) string {
	const before = `{"runId":"`
	rest, ok := strings.CutPrefix(payload, before)
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func (h *Hub) watched(runID string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topics[runID]
}

// join returns the run's topic, which lives while it has followers.
func (h *Hub) join(runID string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[runID]
	if t == nil {
		ctx, cancel := context.WithCancel(h.ctx)
		t = newTopic(h.log, runID, h.logger, cancel)
		h.topics[runID] = t
		h.done.Go(func() { t.run(ctx) })
	}
	t.followers++
	return t
}

func (h *Hub) leave(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.followers--
	if t.followers == 0 {
		t.cancel()
		delete(h.topics, t.runID)
	}
}
