package e2e

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestFaultRedisStopped(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api, worker := s.api(t), s.worker(t, 4)
	const cases = 60
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", cases))
	events := startFollowing(t, api.Client, id)
	finished := func(n int) func() bool {
		return func() bool { return events.count("CASE_FINISHED") >= n }
	}
	app.open("/door", 20)
	waitFor(t, "20 cases have finished with Redis", finished(20))

	s.redis.stop(t)
	stopped := time.Now()
	app.open("/door", 20)
	waitFor(t, "40 cases have finished, half of them without Redis", finished(40))
	worker.awaitOutput(t, "redis does not answer")
	if faults() {
		waitFor(t, "Redis was away for 30 s", func() bool { return time.Since(stopped) > 30*time.Second })
	}

	s.redis.start(t) // on the same port, and empty
	app.open("/door", all)
	assertEvents(t, events.finish(t), cases)
	assertAllPassed(t, fetchRun(t, api.Client, id), cases)

	// Full speed afterwards: who published before publishes again.
	id = startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", cases))
	assertEvents(t, follow(t, api.Client, id), cases)
	worker.awaitOutput(t, "redis answers again")
}

func TestFaultRedisAwayAtTheStart(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	s.redis.stop(t)
	api := s.api(t)
	s.worker(t, 4)
	app.open("/door", all)
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", 20))
	assertEvents(t, follow(t, api.Client, id), 20)
	assertAllPassed(t, fetchRun(t, api.Client, id), 20)
}

func TestFaultRedisEmptied(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	s.worker(t, 4)
	const cases = 60
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", cases))
	events := startFollowing(t, api.Client, id)
	options, err := redis.ParseURL(s.redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	defer func() { _ = c.Close() }()
	for n := 10; n <= cases; n += 10 {
		if err := c.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		app.open("/door", 10)
		waitFor(t, "ten more cases have finished", func() bool { return events.count("CASE_FINISHED") >= n })
	}
	assertEvents(t, events.finish(t), cases)
	assertAllPassed(t, fetchRun(t, api.Client, id), cases)
}
