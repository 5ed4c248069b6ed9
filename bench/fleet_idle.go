//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/events"
)

// stoodBy is what a crew costs in a second while nobody asks for anything, and
// what each message costs those who hear it for nothing.
type stoodBy struct {
	api, worker, postgres, redis time.Duration // CPU in a second; of one process
	commits                      float64       // a second
	connections                  int
	apiMemory, workerMemory      int64         // bytes of one process
	apiHears, workerHears        time.Duration // CPU for each message
	redisTells                   time.Duration // CPU for each message published
	listeners                    int64
}

// reportIdle measures two crews that stand by; what they differ in is the
// workers' share.
func (f *fleet) reportIdle(ctx context.Context, s *section) error {
	t := table{
		title: "Processes that stand by; CPU time a second, and for each message of other processes that concerns none of their viewers:",
		header: []string{
			"Processes", "an API process", "a worker", "Postgres", "Redis", "transactions/s", "connections", "memory: API", "worker",
			"a message: API", "worker", "Redis", "listeners",
		},
	}
	for _, l := range []lineup{{apis: 1}, {apis: 2}, {apis: 2, workers: 4}, {apis: 2, workers: 8}} {
		i, err := f.standBy(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", l, err)
		}
		worker, hears, memory := "", "", ""
		if l.workers > 0 {
			worker, hears, memory = show(i.worker), micros(i.workerHears), megabytes(i.workerMemory)
		}
		t.rows = append(t.rows, []string{
			l.String(), show(i.api), worker, show(i.postgres), show(i.redis), fmt.Sprintf("%.1f", i.commits), fmt.Sprint(i.connections),
			megabytes(i.apiMemory), memory,
			micros(i.apiHears), hears, micros(i.redisTells), fmt.Sprint(i.listeners),
		})
	}
	s.tables = append(s.tables, t)
	return nil
}

const (
	standByRate  = 10_000 // messages a second
	standByBatch = 100
)

func (f *fleet) standBy(ctx context.Context, l lineup) (i stoodBy, err error) {
	c, err := f.begin(ctx, l)
	if err != nil {
		return i, err
	}
	defer together(&err, c.end)
	lasting := 15 * time.Second
	if f.b.Quick {
		lasting = 5 * time.Second
	}
	if err := pause(ctx, 3*time.Second); err != nil { // what a start does is over
		return i, err
	}
	idle, seconds, err := c.meanwhile(ctx, func() error { return pause(ctx, lasting) })
	if err != nil {
		return i, err
	}
	perSecond := func(d time.Duration) time.Duration { return time.Duration(float64(d) / seconds) }
	mean := func(ds []time.Duration) time.Duration { return sum(ds) / time.Duration(max(len(ds), 1)) }
	i = stoodBy{
		api: perSecond(mean(idle.apis)), worker: perSecond(mean(idle.workers)), postgres: perSecond(idle.postgres),
		redis: perSecond(idle.redis), commits: float64(idle.commits) / seconds,
	}
	if i.connections, err = f.count(ctx, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'bench'`); err != nil {
		return i, err
	}
	i.apiMemory = proportional(c.apis[0].pid)
	if len(c.workers) > 0 {
		i.workerMemory = proportional(c.workers[0].pid)
	}
	before, err := f.published(ctx)
	if err != nil {
		return i, err
	}
	busy, seconds, err := c.meanwhile(ctx, func() error {
		if err := f.publish(ctx, lasting/3); err != nil {
			return err
		}
		return pause(ctx, 200*time.Millisecond) // until the last is heard
	})
	if err != nil {
		return i, err
	}
	after, err := f.published(ctx)
	if err != nil {
		return i, err
	}
	told := after - before
	if want := int64(lasting/3/time.Second) * standByRate; told < want*9/10 {
		return i, fmt.Errorf("only %d of %d messages were published", told, want)
	}
	each := func(spent, idleSecond time.Duration) time.Duration {
		return (spent - time.Duration(float64(idleSecond)*seconds)) / time.Duration(told)
	}
	i.apiHears, i.workerHears, i.redisTells = each(mean(busy.apis), i.api), each(mean(busy.workers), i.worker), each(busy.redis, i.redis)
	i.listeners, err = f.listeners(ctx)
	return i, err
}

// meanwhile returns what was spent while f ran.
func (c *crew) meanwhile(ctx context.Context, f func() error) (spent, float64, error) {
	before, err := c.spent(ctx)
	if err != nil {
		return spent{}, 0, err
	}
	if err := f(); err != nil {
		return spent{}, 0, err
	}
	after, err := c.spent(ctx)
	return after.minus(before), after.at.Sub(before.at).Seconds(), err
}

// publish tells of attempts of a run that nobody watches, through the bus of
// the program, at a rate that its queue holds.
func (f *fleet) publish(ctx context.Context, lasting time.Duration) error {
	bus := events.NewBus(f.redis, quietLog())
	defer bus.Close()
	tick := events.Tick{RunID: f.opened.RunID, ResultID: "res_01jd0000000000000000000000", Attempt: 1, Steps: 12, StepName: "The cart shows the total of both items"}
	every := time.NewTicker(time.Second * standByBatch / standByRate)
	defer every.Stop()
	for range int(lasting.Seconds() * standByRate / standByBatch) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case tick.At = <-every.C:
		}
		for range standByBatch {
			bus.PublishTick(tick)
		}
	}
	return nil
}

// published returns how many messages Redis was given in its life.
func (f *fleet) published(ctx context.Context) (int64, error) {
	const before = "cmdstat_publish:calls="
	text, err := f.redis.Info(ctx, "commandstats").Result()
	if err != nil {
		return 0, fmt.Errorf("ask Redis about itself: %w", err)
	}
	_, rest, found := strings.Cut(text, before)
	if !found {
		return 0, nil
	}
	digits, _, _ := strings.Cut(rest, ",")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read how many messages were published: %w", err)
	}
	return n, nil
}

// listeners returns how many processes hear every event.
func (f *fleet) listeners(ctx context.Context) (int64, error) {
	all, err := f.redis.PubSubChannels(ctx, "semantest:events").Result()
	if err != nil {
		return 0, fmt.Errorf("ask Redis for its channels: %w", err)
	}
	counts, err := f.redis.PubSubNumSub(ctx, all...).Result()
	if err != nil {
		return 0, fmt.Errorf("ask Redis who listens: %w", err)
	}
	return counts["semantest:events"], nil
}
