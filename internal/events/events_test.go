package events_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// world is one database, one Redis, and a log that writes to both.
type world struct {
	store *store.Store
	redis *miniredis.Miniredis
	log   *events.Log
	bus   *events.Bus
	hub   *events.Hub
	runID string
}

func newWorld(t *testing.T, poll time.Duration) *world {
	t.Helper()
	w := &world{store: storetest.Open(t), redis: miniredis.RunT(t)}
	quiet := slog.New(slog.DiscardHandler)
	client := redis.NewClient(&redis.Options{Addr: w.redis.Addr(), MaxRetries: -1, DialTimeout: time.Second})
	w.bus = events.NewBus(client, quiet)
	w.log = events.NewLog(w.store, w.bus)
	w.hub = events.NewHub(w.log, client, quiet, events.HubOptions{Poll: poll})
	t.Cleanup(func() { w.hub.Close(); w.bus.Close(); _ = client.Close() })
	w.runID = newRun(t, w.store.Ent)
	return w
}

func newRun(t *testing.T, c *ent.Client) string {
	t.Helper()
	ctx := t.Context()
	p := c.Project.Create().SetSlug(ident.New("s")).SetName("P").SaveX(ctx)
	plan := c.Plan.Create().SetProjectID(p.ID).SetName("plan").SaveX(ctx)
	v := c.PlanVersion.Create().SetProjectID(p.ID).SetPlanID(plan.ID).SetNumber(1).SetSource("").SetDigest("").SaveX(ctx)
	return c.Run.Create().SetProjectID(p.ID).SetPlanID(plan.ID).SetPlanVersionID(v.ID).SetName("plan").SaveX(ctx).ID
}

// append adds one event as a service does: numbered under the run's lock.
func (w *world) append(ctx context.Context, typ events.Type) error {
	return w.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Run.UpdateOneID(w.runID).AddLastSeq(1).Exec(ctx); err != nil {
			return err
		}
		row, err := tx.Run.Get(ctx, w.runID)
		if err != nil {
			return err
		}
		return w.log.Record(ctx, tx, events.Event{RunID: w.runID, Seq: row.LastSeq, Type: typ, At: time.Now()})
	})
}

func (w *world) appendMany(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := w.append(t.Context(), events.CaseStarted); err != nil {
			t.Fatal(err)
		}
	}
}

// collect follows until the number and fails on a hole or a repeat.
func (w *world) collect(ctx context.Context, after, until int64) error {
	f := w.hub.Follow(w.runID, after)
	defer f.Close()
	for seen := after; seen < until; {
		evs, err := f.Next(ctx)
		if err != nil {
			return fmt.Errorf("after %d: %w", seen, err)
		}
		for _, e := range evs {
			if e.Seq != seen+1 {
				return fmt.Errorf("number %d came after %d", e.Seq, seen)
			}
			seen = e.Seq
		}
	}
	return nil
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestFollowersSeeEveryNumberOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 50*time.Millisecond)
	const stored, live = 700, 300 // more than the tail holds, so Postgres is read too
	w.appendMany(t, stored)
	g, ctx := errgroup.WithContext(within(t, time.Minute))
	for _, after := range []int64{0, 0, 1, 400, stored} {
		g.Go(func() error { return w.collect(ctx, after, stored+live) })
	}
	for range 3 { // several writers, so that publishing order differs from numbering
		g.Go(func() error {
			for range live / 3 {
				if err := w.append(ctx, events.CaseFinished); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestFollowersMissNothingWhileRedisComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30*time.Millisecond)
	w.appendMany(t, 1)
	const total = 301
	g, ctx := errgroup.WithContext(within(t, time.Minute))
	for range 3 {
		g.Go(func() error { return w.collect(ctx, 0, total) })
	}
	g.Go(func() error {
		for i := range total - 1 {
			switch i % 60 {
			case 20:
				w.redis.Close()
			case 40:
				if err := w.redis.Restart(); err != nil {
					return err
				}
			}
			if err := w.append(ctx, events.CaseFinished); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Each connection follows a little, leaves, and resumes by its number: over all
// of them the numbers are 1 to n.
func TestResumingLeavesNoHole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 50*time.Millisecond)
	const total = 200
	g, ctx := errgroup.WithContext(within(t, time.Minute))
	g.Go(func() error {
		for range total {
			if err := w.append(ctx, events.CaseFinished); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		rnd := rand.New(rand.NewPCG(1, 2)) // repeatable on purpose
		var seen int64
		for seen < total {
			f := w.hub.Follow(w.runID, seen)
			for range 1 + rnd.IntN(3) {
				if seen == total {
					break
				}
				evs, err := f.Next(ctx)
				if err != nil {
					return err
				}
				if evs[0].Seq != seen+1 {
					return fmt.Errorf("number %d came after %d", evs[0].Seq, seen)
				}
				seen = evs[len(evs)-1].Seq
			}
			f.Close()
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestNextEndsWithItsContextAndWithTheHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	w.appendMany(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	f := w.hub.Follow(w.runID, 1)
	defer f.Close()
	ended := make(chan error, 1)
	go func() { _, err := f.Next(ctx); ended <- err }()
	cancel()
	if err := <-ended; err == nil {
		t.Error("a cancelled follower returned events")
	}
	go func() { _, err := f.Next(t.Context()); ended <- err }()
	w.hub.Close()
	if err := <-ended; err == nil {
		t.Error("a closed hub returned events")
	}
}

func TestTicksReplaceOneAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	w.appendMany(t, 1)
	f := w.hub.Follow(w.runID, 1)
	defer f.Close()
	ctx := within(t, 20*time.Second)
	wait := func(ok func(events.Tick) bool) {
		t.Helper()
		for !ok(f.Ticks()["res_1"]) {
			// A subscription may not stand yet when the first tick is sent.
			w.bus.PublishTick(events.Tick{RunID: w.runID, ResultID: "res_1", Attempt: 1, Step: 2})
			if _, err := f.NextOrTick(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	wait(func(tick events.Tick) bool { return tick.Step == 2 })
	// An older tick that arrives late changes nothing.
	w.bus.PublishTick(events.Tick{RunID: w.runID, ResultID: "res_1", Attempt: 1, Step: 1})
	w.bus.PublishTick(events.Tick{RunID: w.runID, ResultID: "res_1", Attempt: 2, Step: 0})
	wait(func(tick events.Tick) bool {
		if tick.Attempt == 1 && tick.Step == 1 {
			t.Error("an older tick replaced a newer one")
		}
		return tick.Attempt == 2
	})
}

func TestStopsReachEveryListener(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	got := make(chan string, 100)
	unregister := w.hub.OnStop(func(runID string) {
		select {
		case got <- runID:
		default:
		}
	})
	ctx := within(t, 20*time.Second)
	for {
		w.bus.PublishStop("run_1") // until the subscription stands
		select {
		case id := <-got:
			if id != "run_1" {
				t.Errorf("stopped %s", id)
			}
			unregister()
			return
		case <-ctx.Done():
			t.Fatal("no stop arrived")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
