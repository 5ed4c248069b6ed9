package breaker_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/breaker"
)

// process returns a set of its own on a Redis, as another process would have.
func process(t testing.TB, addr string, o breaker.Options) *breaker.Set {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	s := breaker.New(client, o)
	t.Cleanup(func() {
		s.Close()
		_ = client.Close()
	})
	return s
}

// eventually waits for what other processes learn soon.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func is(s *breaker.Set, status breaker.Status) func() bool {
	return func() bool {
		states := s.States(shop.Project)
		return len(states) == 1 && states[0].Status == status
	}
}

func none(s *breaker.Set) func() bool {
	return func() bool { return s.States(shop.Project) == nil }
}

func TestProcessesCountTogether(t *testing.T) {
	t.Parallel()
	addr := miniredis.RunT(t).Addr()
	a, b := process(t, addr, breaker.Options{OpenFor: time.Hour}), process(t, addr, breaker.Options{OpenFor: time.Hour})
	fail(t, a, shop, 3)
	fail(t, b, shop, 1)
	eventually(t, "a knows of four failures", func() bool {
		st := a.States(shop.Project)
		return len(st) == 1 && st[0].Failures == 4
	})
	report(t, a, shop, breaker.Answered)
	eventually(t, "b knows of the answer", none(b))
	fail(t, a, shop, 4)
	fail(t, b, shop, 1) // whether b has heard of the others or not
	if !is(b, breaker.Open)() {
		t.Errorf("b has %+v", b.States(shop.Project))
	}
	eventually(t, "a knows that it is open", is(a, breaker.Open))
	if c := process(t, addr, breaker.Options{OpenFor: time.Hour}); true {
		eventually(t, "a new process knows that it is open", is(c, breaker.Open))
	}
}

func TestFailuresAtTheSameTimeAllCount(t *testing.T) {
	t.Parallel()
	addr := miniredis.RunT(t).Addr()
	const each = 20
	o := breaker.Options{Failures: 2 * each, OpenFor: time.Hour}
	sets := []*breaker.Set{process(t, addr, o), process(t, addr, o)}
	var all sync.WaitGroup
	for _, s := range sets {
		for range each {
			_, done := s.Allow(t.Context(), shop)
			all.Go(func() { done(t.Context(), breaker.Unreachable) })
		}
	}
	all.Wait()
	for _, s := range sets {
		eventually(t, "it is open", is(s, breaker.Open))
	}
}

func TestOneProbeAmongAllProcesses(t *testing.T) {
	t.Parallel()
	addr := miniredis.RunT(t).Addr()
	o := breaker.Options{Failures: 1, OpenFor: 20 * time.Millisecond}
	sets := []*breaker.Set{process(t, addr, o), process(t, addr, o), process(t, addr, o)}
	fail(t, sets[0], shop, 1)
	for _, s := range sets {
		eventually(t, "its time is over", is(s, breaker.HalfOpen))
	}
	var mu sync.Mutex
	var probes []breaker.Done
	var all sync.WaitGroup
	for range 10 {
		for _, s := range sets {
			all.Go(func() {
				if d, done := s.Allow(context.WithoutCancel(t.Context()), shop); d.Probe {
					mu.Lock()
					defer mu.Unlock()
					probes = append(probes, done)
				} else if d.Allowed {
					t.Errorf("%+v went beside the probe", d)
				}
			})
		}
	}
	all.Wait()
	if len(probes) != 1 {
		t.Fatalf("%d probes at once", len(probes))
	}
	probes[0](t.Context(), breaker.Answered)
	for _, s := range sets {
		eventually(t, "it is closed", none(s))
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	o := breaker.Options{Failures: 3, OpenFor: time.Hour}
	a, b := process(t, server.Addr(), o), process(t, server.Addr(), o)
	fail(t, a, shop, 1)
	eventually(t, "b knows of the failure", is(b, breaker.Closed))

	server.Close()
	fail(t, a, shop, 2)
	if !is(a, breaker.Open)() {
		t.Errorf("alone it does not open: %+v", a.States(shop.Project))
	}
	if d, _ := b.Allow(t.Context(), shop); !d.Allowed {
		t.Error("the other one knows of it without Redis")
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "b learns what a found out alone", is(b, breaker.Open))
}

func TestRedisEmptied(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	s := process(t, server.Addr(), breaker.Options{Failures: 3, OpenFor: time.Hour})
	fail(t, s, shop, 2)
	server.FlushAll()
	report(t, s, shop, breaker.Unreachable) // counts from the beginning
	fail(t, s, shop, 2)
	if !is(s, breaker.Open)() {
		t.Errorf("states %+v", s.States(shop.Project))
	}
}

func TestJunkInRedisIsOverwritten(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	for _, junk := range []string{"{", "null", `{"rev":1,"shared":{"state":77}}`, `{"rev":-5}`} {
		server.HSet("semantest:{breakers}", shop.String(), junk)
		server.HSet("semantest:{breakers}", "junk", junk)
		s := process(t, server.Addr(), breaker.Options{Failures: 2, OpenFor: time.Hour})
		fail(t, s, shop, 2)
		if !is(s, breaker.Open)() {
			t.Errorf("with %s: %+v", junk, s.States(shop.Project))
		}
		server.Publish("semantest:breakers", junk)
		server.FlushAll()
	}
}

func TestRedisIsBounded(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	s := process(t, server.Addr(), breaker.Options{Failures: 1, Keys: 5})
	for i := range 20 {
		key := shop
		key.Name += string(rune('a' + i))
		fail(t, s, key, 1)
	}
	for _, key := range []string{"semantest:{breakers}", "semantest:{breakers}:changed"} {
		if server.TTL(key) <= 0 {
			t.Errorf("%s is kept for ever", key)
		}
	}
	if keys, err := server.HKeys("semantest:{breakers}"); err != nil || len(keys) != 5 {
		t.Errorf("%d records are kept (%v), want 5", len(keys), err)
	}
}

func BenchmarkAllWell(b *testing.B) {
	server := miniredis.RunT(b)
	s := process(b, server.Addr(), breaker.Options{})
	before := server.CommandCount()
	b.ReportAllocs()
	for b.Loop() {
		_, done := s.Allow(b.Context(), shop)
		done(b.Context(), breaker.Answered)
	}
	if n := server.CommandCount() - before; n > 10 { // what keeps the view fresh
		b.Errorf("%d commands to Redis", n)
	}
}
