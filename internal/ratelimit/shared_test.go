package ratelimit_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/ratelimit"
)

// process returns a limiter of its own on a Redis, as another process has.
func process(t testing.TB, addr string) *ratelimit.Limiter {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: 1, DialTimeout: 2 * time.Second})
	t.Cleanup(func() { _ = client.Close() })
	return ratelimit.New(client, slog.New(slog.DiscardHandler))
}

// servers are the Redis that a test runs on: the embedded one and a real one.
func servers(t *testing.T, test func(t *testing.T, addr string)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, miniredis.RunT(t).Addr())
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		test(t, realRedis(t))
	})
}

// realRedis starts a redis-server, which ends with the test.
func realRedis(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("this test needs redis-server: apt-get install redis-server")
	}
	socket := t.TempDir() + "/r.sock"
	cmd := exec.CommandContext(t.Context(), program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaxRetries: -1})
		err := client.Ping(t.Context()).Err()
		_ = client.Close()
		if err == nil {
			go func() {
				for lines.Scan() { // or its log would hold it up
				}
			}()
			return socket
		}
	}
	t.Fatal("redis-server has ended")
	return ""
}

func TestProcessesCountTogether(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, addr string) {
		t.Helper()
		a, b := process(t, addr), process(t, addr)
		for i, l := range []*ratelimit.Limiter{a, b, a} {
			if s, err := l.Take(t.Context(), []ratelimit.Limit{hour, minute}, "a", 1); err != nil || s.Remaining != 4-i || s.Limit != minute {
				t.Fatalf("take %d: %+v, %v", i, s, err)
			}
		}
		if s, err := a.Take(t.Context(), []ratelimit.Limit{minute}, "a", 3); err == nil || s.Remaining != 2 {
			t.Errorf("3 of 2 that are left: %+v, %v", s, err)
		}
		if n := taken(t, b, "a", hour, minute); n != 2 {
			t.Errorf("%d more pass, want 2: what was refused must not count", n)
		}
		s, err := a.Take(t.Context(), []ratelimit.Limit{minute, hour}, "a", 1)
		if err == nil || s.RetryAfter <= 0 || s.RetryAfter > 65*time.Second || time.Until(s.ResetAt) > 66*time.Second {
			t.Errorf("state %+v, %v", s, err)
		}
		for _, key := range hostileKeys() {
			if n := taken(t, a, key, minute); n != 5 {
				t.Errorf("%.20q: %d pass, want 5", key, n)
			}
		}
	})
}

func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, addr string) {
		t.Helper()
		limit := ratelimit.Limit{Name: "requests", Max: 50, Per: time.Hour}
		exact := ratelimit.Limit{Name: "logins", Max: 7, Per: time.Hour}
		var all sync.WaitGroup
		var passed, in atomic.Int64
		for _, l := range []*ratelimit.Limiter{process(t, addr), process(t, addr)} {
			e := l.Exact(exact)
			for range 40 {
				all.Go(func() {
					if _, err := l.Take(context.WithoutCancel(t.Context()), []ratelimit.Limit{limit}, "a", 1); err == nil {
						passed.Add(1)
					}
					if e.Take(context.WithoutCancel(t.Context()), "a") == nil {
						in.Add(1)
					}
				})
			}
		}
		all.Wait()
		if passed.Load() != 50 || in.Load() != 7 {
			t.Errorf("%d and %d passed, want 50 and 7", passed.Load(), in.Load())
		}
	})
}

func TestExactIsShared(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, addr string) {
		t.Helper()
		a, b := process(t, addr).Exact(logins), process(t, addr).Exact(logins)
		for _, e := range []*ratelimit.Exact{a, b, a} {
			if err := e.Take(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		}
		for _, e := range []*ratelimit.Exact{a, b} {
			wantRefusal(t, e.Take(t.Context(), "a"), 0)
		}
		if err := b.Reset(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if err := a.Take(t.Context(), "a"); err != nil {
			t.Errorf("after the reset: %v", err)
		}
	})
}

func TestRedisKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	l := process(t, server.Addr())
	e := l.Exact(logins)
	for range 3 {
		if _, err := l.Take(t.Context(), []ratelimit.Limit{minute}, "a", 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Take(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	server.Close()
	if n := taken(t, l, "a", minute); n != 2 {
		t.Errorf("alone %d pass, want the 2 that are left", n)
	}
	for i := range 2 {
		if err := e.Take(t.Context(), "a"); err != nil {
			t.Errorf("login %d: %v", i, err)
		}
	}
	wantRefusal(t, e.Take(t.Context(), "a"), 0)
	if err := e.Reset(t.Context(), "a"); err != nil {
		t.Errorf("reset: %v", err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	// It is asked again, and knows what it knew.
	other := process(t, server.Addr())
	limit := time.After(time.Minute)
	for {
		if _, err := l.Take(t.Context(), []ratelimit.Limit{{Name: "again", Max: 1 << 30, Per: time.Hour}}, "a", 1); err != nil {
			t.Fatal(err)
		}
		s, err := other.Take(t.Context(), []ratelimit.Limit{{Name: "again", Max: 1 << 30, Per: time.Hour}}, "a", 1)
		if err != nil {
			t.Fatal(err)
		}
		if s.Remaining < 1<<30-1 && server.Exists("semantest:limit:{ca978112ca1bbdcafac231b39a23dc4d}:again:3600000") {
			break
		}
		select {
		case <-limit:
			t.Fatal("redis is never asked again")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A Redis that takes connections and never answers must not hold anybody.
func TestRedisThatHangs(t *testing.T) {
	t.Parallel()
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var dials atomic.Int64
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			defer func() { _ = c.Close() }()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); accepting.Wait() })
	l := process(t, listener.Addr().String())
	began := time.Now()
	if n := taken(t, l, "a", minute); n != 5 {
		t.Errorf("%d pass, want 5", n)
	}
	if dials.Load() == 0 {
		t.Error("redis was not asked")
	}
	if d := time.Since(began); d > 30*time.Second { // a second, but for a busy machine
		t.Errorf("it held the caller for %s", d)
	}
}

func TestClockOfRedisJumps(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	server.SetTime(now)
	fresh := func() *ratelimit.Limiter { return process(t, server.Addr()) } // knows nothing of its own
	if n := taken(t, fresh(), "a", minute); n != 5 {
		t.Fatalf("%d pass, want 5", n)
	}
	e := func() *ratelimit.Exact { return fresh().Exact(logins) }
	for range 3 {
		if err := e().Take(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	server.SetTime(now.Add(-24 * time.Hour))
	s, err := fresh().Take(t.Context(), []ratelimit.Limit{minute}, "a", 1)
	if err == nil || s.RetryAfter > 65*time.Second {
		t.Errorf("a day back: %+v, %v; want a refusal of a minute", s, err)
	}
	wantRefusal(t, e().Take(t.Context(), "a"), 15*time.Minute)
	server.SetTime(now.Add(-24*time.Hour + 66*time.Second))
	if n := taken(t, fresh(), "a", minute); n != 5 {
		t.Errorf("a minute later %d pass, want 5", n)
	}
	server.SetTime(now.Add(24 * time.Hour))
	if n := taken(t, fresh(), "a", minute); n != 5 {
		t.Errorf("a day ahead %d pass, want 5", n)
	}
	if err := e().Take(t.Context(), "a"); err != nil {
		t.Errorf("a day ahead: %v", err)
	}
}

func TestRedisIsBounded(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	l := process(t, server.Addr())
	if _, err := l.Take(t.Context(), []ratelimit.Limit{minute, hour}, "a", 1); err != nil {
		t.Fatal(err)
	}
	if err := l.Exact(logins).Take(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if n := len(server.Keys()); n != 3 {
		t.Errorf("%d keys, want 3: %v", n, server.Keys())
	}
	for _, key := range server.Keys() {
		if ttl := server.TTL(key); ttl <= 0 || ttl > 66*time.Minute {
			t.Errorf("%s lives %s", key, ttl)
		}
	}
}

func TestJunkInRedis(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	const key = "semantest:limit:{ca978112ca1bbdcafac231b39a23dc4d}:requests:60000"
	server.HSet(key, "junk", "1", "99", "junk", "-5", "5")
	if n := taken(t, process(t, server.Addr()), "a", minute); n != 5 {
		t.Errorf("%d pass beside junk, want 5", n)
	}
	server.Del(key)
	if err := server.Set(key, "not a hash"); err != nil {
		t.Fatal(err)
	}
	if n := taken(t, process(t, server.Addr()), "a", minute); n != 5 {
		t.Errorf("%d pass over a wrong type, want 5", n)
	}
}

func BenchmarkTake(b *testing.B) {
	for name, l := range map[string]*ratelimit.Limiter{"alone": ratelimit.New(nil, nil), "redis": process(b, miniredis.RunT(b).Addr())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			limits := []ratelimit.Limit{{Name: "requests", Max: 1 << 40, Per: time.Minute}, {Name: "requests", Max: 1 << 40, Per: time.Hour}}
			for b.Loop() {
				if _, err := l.Take(b.Context(), limits, "a", 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
