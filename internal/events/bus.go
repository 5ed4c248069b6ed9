package events

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// The Redis channels. A process subscribes once, to all of them.
const (
	channelEvents = "semantest:events"
	channelTicks  = "semantest:ticks"
	channelStops  = "semantest:stops"
	channelBells  = "semantest:bells"
)

// Bus publishes to other processes through Redis. What it can't deliver it
// drops: readers find events in Postgres, and the next tick replaces a lost one.
type Bus struct {
	client redis.UniversalClient
	logger *slog.Logger
	queue  chan message

	stop context.CancelFunc
	done sync.WaitGroup
}

type message struct {
	channel string
	payload []byte
}

// Publishing is bounded in what waits and in how long it tries.
const (
	publishQueue   = 8192
	publishBatch   = 256
	publishTimeout = time.Second
)

// NewBus starts the publisher. Close ends it.
func NewBus(client redis.UniversalClient, logger *slog.Logger) *Bus {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Bus{client: client, logger: logger, queue: make(chan message, publishQueue), stop: cancel}
	b.done.Go(func() { b.run(ctx) })
	return b
}

// Close gives what waits a last chance and ends the publisher.
func (b *Bus) Close() {
	b.stop()
	b.done.Wait()
}

// PublishTick tells where an attempt stands.
func (b *Bus) PublishTick(t Tick) {
	payload, err := json.Marshal(t)
	if err != nil {
		b.logger.Error("encode tick", "error", err)
		return
	}
	b.enqueue(message{channelTicks, payload})
}

// PublishStop tells the workers at once that a run was asked to stop. One that
// misses it learns it from its next heartbeat.
func (b *Bus) PublishStop(runID string) { b.enqueue(message{channelStops, []byte(runID)}) }

func (b *Bus) publishEvents(payloads [][]byte) {
	for _, p := range payloads {
		b.enqueue(message{channelEvents, p})
	}
}

func (b *Bus) enqueue(m message) {
	select {
	case b.queue <- m:
	default: // Redis is slow or away; readers poll
	}
}

func (b *Bus) run(ctx context.Context) {
	up := true
	for {
		var batch []message
		select {
		case <-ctx.Done():
			_ = b.send(b.drain(nil)) // readers poll what does not arrive
			return
		case m := <-b.queue:
			batch = b.drain([]message{m})
		}
		err := b.send(batch)
		if (err == nil) != up {
			up = err == nil
			if up {
				b.logger.Info("redis answers again; live events are immediate")
			} else {
				b.logger.Warn("redis does not answer; live events arrive by polling", "error", err)
			}
		}
	}
}

func (b *Bus) drain(batch []message) []message {
	for len(batch) < publishBatch {
		select {
		case m := <-b.queue:
			batch = append(batch, m)
		default:
			return batch
		}
	}
	return batch
}

func (b *Bus) send(batch []message) error {
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	_, err := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, m := range batch {
			p.Publish(ctx, m.channel, m.payload)
		}
		return nil
	})
	return err
}
