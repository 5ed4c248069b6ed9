package embedded

import (
	"context"
	"crypto/rand"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/semantest/semantest/internal/apperr"
)

const redisTick = time.Second

// Redis is an in-process server that speaks Redis on the loopback interface.
// It holds everything in memory without a limit: give keys a time to live and
// streams a MAXLEN. A subscriber that stops reading freezes it for everyone.
type Redis struct {
	server   *miniredis.Miniredis
	password string
	stop     chan struct{}
	stopped  chan struct{}
	once     sync.Once
}

// StartRedis starts a server on a free port. It runs until Close.
func StartRedis(ctx context.Context) (*Redis, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &Redis{
		server:   miniredis.NewMiniRedis(),
		password: rand.Text(), // every program of this machine can reach the port
		stop:     make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	r.server.RequireAuth(r.password)
	if err := r.server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "the in-process Redis cannot listen on 127.0.0.1")
	}
	go r.passTime()
	return r, nil
}

// URL returns what a client needs to connect: redis://:password@host:port/0.
func (r *Redis) URL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", r.password), Host: r.Addr(), Path: "/0"}
	return u.String()
}

// Addr returns the address as host:port. Clients must give Password.
func (r *Redis) Addr() string { return r.server.Addr() }

// Password returns the password, made anew for each server.
func (r *Redis) Password() string { return r.password }

// Close ends the server and its connections. It may be called more than once.
func (r *Redis) Close() {
	r.once.Do(func() {
		close(r.stop)
		<-r.stopped
		r.server.Close()
	})
}

// passTime lets keys expire: the server's clock stands still by itself, and
// its other clock walks all keys at every command.
func (r *Redis) passTime() {
	defer close(r.stopped)
	ticker := time.NewTicker(redisTick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-r.stop:
			return
		case now := <-ticker.C:
			r.server.FastForward(now.Sub(last))
			last = now
		}
	}
}
