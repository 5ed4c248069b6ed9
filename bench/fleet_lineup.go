//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// fleet is a Postgres, a redis-server and a target that several processes of
// the program share.
type fleet struct {
	b        *bench
	stores   *actor
	opened   opened
	db       *sql.DB
	redis    *redis.Client
	redisPID int
	target   *target
	key      string
}

func (b *bench) openFleet(ctx context.Context) (_ *fleet, err error) {
	f := &fleet{b: b}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	folder, err := b.newFolder("stores")
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	f.key = base64.StdEncoding.EncodeToString(secret)
	if f.stores, err = b.actAs(ctx, anyCore, &f.opened, asStores, stores{Folder: folder}); err != nil {
		return nil, err
	}
	if f.db, err = openDatabase(ctx, folder); err != nil {
		return nil, err
	}
	o, err := redis.ParseURL(f.opened.Redis)
	if err != nil {
		return nil, fmt.Errorf("read the address of Redis: %w", err)
	}
	f.redis = redis.NewClient(o)
	text, err := f.infoOf(ctx, "server", "process_id:")
	if err != nil {
		return nil, err
	}
	if f.redisPID, err = strconv.Atoi(text); err != nil {
		return nil, fmt.Errorf("read the process of redis-server: %w", err)
	}
	f.target, err = b.startTarget(ctx)
	return f, err
}

func (f *fleet) close() (err error) {
	if f.target != nil {
		together(&err, f.target.stop)
	}
	if f.redis != nil {
		together(&err, f.redis.Close)
	}
	if f.db != nil {
		together(&err, f.db.Close)
	}
	if f.stores != nil {
		together(&err, f.stores.stop)
	}
	return err
}

// infoOf returns what follows a prefix in a line of Redis' INFO.
func (f *fleet) infoOf(ctx context.Context, part, prefix string) (string, error) {
	text, err := f.redis.Info(ctx, part).Result()
	if err != nil {
		return "", fmt.Errorf("ask Redis about itself: %w", err)
	}
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	return "", fmt.Errorf("redis says nothing about %s", prefix)
}

// lineup is which processes share the work.
type lineup struct {
	apis    int
	workers int  // apart from the API
	whole   bool // one process that is both
}

func (l lineup) String() string {
	switch {
	case l.whole:
		return "1 `serve`"
	case l.workers == 0:
		return fmt.Sprintf("%d `serve --no-workers`", l.apis)
	}
	return fmt.Sprintf("%d `serve --no-workers` + %d `work`", l.apis, l.workers)
}

// crew is a lineup that runs.
type crew struct {
	*fleet
	apis    []*server
	workers []*process
}

// begin starts the processes and returns when all of them are ready. The slots
// are as many in every lineup.
func (f *fleet) begin(ctx context.Context, l lineup) (_ *crew, err error) {
	c := &crew{fleet: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.end())
		}
	}()
	slots := casesParallel / max(l.workers, 1)
	for range l.apis {
		folder, err := f.b.newFolder("api")
		if err != nil {
			return nil, err
		}
		flags := f.flags(slots)
		if !l.whole {
			flags = append(flags, "--no-workers")
		}
		s, err := f.b.serve(ctx, folder, flags...)
		if err != nil {
			return nil, err
		}
		c.apis = append(c.apis, s)
	}
	for range l.workers {
		folder, err := f.b.newFolder("work")
		if err != nil {
			return nil, err
		}
		p, err := start(f.b.folder, nil, f.b.program, append([]string{
			"work", "--data-dir", folder, "--egress", "dev", "--log-level", "warn"}, f.flags(slots)...)...)
		if err != nil {
			return nil, err
		}
		c.workers = append(c.workers, p)
	}
	want := l.workers
	if l.whole {
		want = l.apis
	}
	return c, c.awaitWorkers(ctx, want)
}

func (f *fleet) flags(slots int) []string {
	return []string{
		"--database-url", f.opened.Database, "--redis-url", f.opened.Redis, "--secret-key", f.key,
		"--kinds", "api", "--api-slots", strconv.Itoa(slots), "--breaker-failures", "0",
	}
}

func (c *crew) awaitWorkers(ctx context.Context, want int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("there are not %d workers within %s", want, readyWithin))
	defer cancel()
	for {
		var n int
		if err := c.db.QueryRowContext(ctx, `SELECT count(*) FROM workers WHERE status = 'active'`).Scan(&n); err != nil {
			return fmt.Errorf("count the workers: %w", err)
		}
		if n == want {
			return nil
		}
		for _, p := range c.workers {
			select {
			case <-p.done:
				return fmt.Errorf("a worker ended: %w: %s", p.err, p.said)
			default:
			}
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// end stops the workers first, so that what they tell last is still heard.
func (c *crew) end() (err error) {
	for _, p := range c.workers {
		together(&err, p.stop)
	}
	for _, s := range c.apis {
		together(&err, s.stop)
	}
	return err
}
