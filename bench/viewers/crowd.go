//go:build linux

package viewers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Options of Open.
type Options struct {
	Protocol Protocol
	Address  string // of the server, such as 127.0.0.1:8080
	Path     string

	Init      map[string]any // payload of connection_init
	Query     string         // the subscription; its variable after is the number to begin after
	Variables map[string]any // the others
	Channel   string         // for Centrifuge

	// Subscribed is in the server's answer to a subscription. The protocol has
	// none: without it a server must send the events after the number asked for,
	// whenever it begins to serve a viewer.
	Subscribed string

	ID      string // of every subscription; empty for a UUID each, as stock clients make them
	Number  int    // of viewers
	Stalled int    // how many of them, the first ones, subscribe and then do not read
	After   int64  // number of the last event that is not wanted
}

// Crowd is a number of viewers of one run. Its methods may be called from
// several goroutines.
type Crowd struct {
	o       Options
	epoll   int
	began   time.Time
	stamps  [stampRing]atomic.Int64 // when an event was sent, in nanoseconds since began
	events  atomic.Int64            // that viewers who read have got, all together
	bytes   atomic.Int64            // that they have got
	changed chan struct{}
	closing atomic.Bool
	done    sync.WaitGroup

	mu        sync.Mutex
	viewers   []viewer
	recording bool
	every     int // one of how many times is kept
	arrived   int // since recording began
	latencies []time.Duration
	failure   error
	failed    chan struct{} // closed at the first failure
}

const (
	stampRing = 1 << 14 // newest events whose time of sending is remembered
	dialers   = 32
)

// Open connects all viewers and returns when each has subscribed. Whether the
// server has begun to serve them only an event can tell.
func Open(ctx context.Context, o Options) (*Crowd, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("wait for sockets: %w", err)
	}
	c := &Crowd{
		o: o, epoll: epoll, began: time.Now(), changed: make(chan struct{}, 1), failed: make(chan struct{}),
		viewers: make([]viewer, o.Number),
	}
	for i := range c.viewers {
		c.viewers[i] = viewer{fd: -1, last: o.After, stalled: i < o.Stalled}
	}
	c.done.Go(c.loop)
	g, together := errgroup.WithContext(ctx)
	g.SetLimit(dialers)
	for i := range o.Number {
		g.Go(func() error { return c.open(together, i) }) // does nothing once one has failed
	}
	if err := g.Wait(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// open connects a viewer, from the last event that it has seen.
func (c *Crowd) open(ctx context.Context, i int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	after, stalled := c.viewers[i].last, c.viewers[i].stalled
	c.mu.Unlock()
	id := c.o.ID
	if id == "" {
		id = uuid.NewString()
	}
	w, err := c.o.wordsOf(id, after)
	if err != nil {
		return err
	}
	fd, rest, err := c.o.dial(i, w, stalled)
	if err != nil {
		return fmt.Errorf("viewer %d: %w", i, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := &c.viewers[i]
	*v = viewer{fd: fd, last: after, stalled: stalled, event: w.event, id: w.id, rest: rest}
	interest := uint32(unix.EPOLLIN)
	if stalled {
		interest = 0 // what is broken is told all the same
	}
	if err := unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: interest, Fd: int32(i)}); err != nil { //nolint:gosec // an index
		return fmt.Errorf("wait for viewer %d: %w", i, err)
	}
	if len(rest) > 0 && !stalled {
		c.take(v, nil)
	}
	return nil
}

// Wake lets a stalled viewer read from now on.
func (c *Crowd) Wake(i int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := &c.viewers[i]
	if v.fd < 0 {
		return nil
	}
	v.woken = true
	err := unix.EpollCtl(c.epoll, unix.EPOLL_CTL_MOD, v.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}) //nolint:gosec // an index
	if err != nil {
		return fmt.Errorf("wait for viewer %d: %w", i, err)
	}
	return nil
}

// Resume connects a viewer again whose connection was closed, as one that reads.
// It goes on after the last event that it has seen.
func (c *Crowd) Resume(ctx context.Context, i int) error {
	c.mu.Lock()
	c.viewers[i].stalled = false
	c.mu.Unlock()
	return c.open(ctx, i)
}

// Stamp says that an event is being sent now.
func (c *Crowd) Stamp(number int64) {
	c.stamps[number%stampRing].Store(int64(time.Since(c.began)))
}

// Events is how many events those who read have got so far, all together.
func (c *Crowd) Events() int64 { return c.events.Load() }

// Bytes is how many bytes of frames with events they have got.
func (c *Crowd) Bytes() int64 { return c.bytes.Load() }

// Await returns when those who read have got as many events.
func (c *Crowd) Await(ctx context.Context, events int64) error {
	for c.Events() < events {
		select {
		case <-c.changed:
		case <-c.failed:
			return c.Err()
		case <-ctx.Done():
			return fmt.Errorf("%d of %d events have come: %w", c.Events(), events, context.Cause(ctx))
		}
	}
	return c.Err()
}

// mostTimes is how many times of arrival are kept.
const mostTimes = 1 << 20

// Record begins to take the time of events from their sending to their arrival:
// of each, or of every second, third and so on, where more are expected than can
// be kept. It forgets what was taken before.
func (c *Crowd) Record(expected int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.every = expected/mostTimes + 1
	c.recording, c.arrived, c.latencies = true, 0, make([]time.Duration, 0, expected/c.every+1)
}

// Recorded ends the taking of times and returns them.
func (c *Crowd) Recorded() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.latencies
	c.recording, c.latencies = false, nil
	return out
}

// Err is the first thing that went wrong: a hole, a repeat, a wrong id, or the
// end of a connection that did read.
func (c *Crowd) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// Close ends all connections.
func (c *Crowd) Close() {
	if c.closing.Swap(true) {
		return
	}
	c.done.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.viewers {
		if fd := c.viewers[i].fd; fd >= 0 {
			_ = unix.Close(fd)
			c.viewers[i].fd = -1
		}
	}
	_ = unix.Close(c.epoll)
}

func (c *Crowd) failLocked(err error) {
	if c.failure == nil {
		c.failure = err
		close(c.failed)
	}
}

var errEnded = errors.New("the server ended the connection")
