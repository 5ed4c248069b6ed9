package load

import (
	"context"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
)

// chair is a seat in this process: that of part 0, and of every part where there
// are no other workers.
type chair struct {
	part    int
	worker  string
	briefed chan []byte
	waiting chan struct{} // closed when the part can begin
	started chan time.Time
	gone    chan struct{} // closed when the part is over
	err     error         // of the part, once it is over

	mu      sync.Mutex
	reports [][]byte
	stop    bool
	told    bool // that it is over
}

func newChair(part int, worker string) *chair {
	return &chair{
		part: part, worker: worker, briefed: make(chan []byte, 1), waiting: make(chan struct{}),
		started: make(chan time.Time, 1), gone: make(chan struct{}),
	}
}

// perform performs the part.
func (c *chair) perform(ctx context.Context, e *Executor, task executors.Task, brief []byte) {
	defer close(c.gone)
	c.briefed <- brief
	c.err = e.TakePart(ctx, task, c)
}

// ready waits until the part can begin.
func (c *chair) ready(ctx context.Context) error {
	select {
	case <-c.waiting:
		return nil
	case <-c.gone:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *chair) start(at time.Time) { c.started <- at }

// news is what the part has told since it was last called.
func (c *chair) news() (out []executors.News) {
	over := false
	select {
	case <-c.gone:
		over = true
	default:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.reports {
		out = append(out, executors.News{Part: c.part, Worker: c.worker, State: executors.MemberReported, Report: r})
	}
	c.reports = nil
	if over && !c.told {
		c.told = true
		n := executors.News{Part: c.part, Worker: c.worker, State: executors.MemberEnded}
		if c.err != nil {
			n.Error = c.err.Error()
		}
		out = append(out, n)
	}
	return out
}

// Brief implements executors.Seat.
func (c *chair) Brief(ctx context.Context) ([]byte, error) {
	select {
	case b := <-c.briefed:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Ready implements executors.Seat.
func (c *chair) Ready(ctx context.Context) (time.Time, error) {
	close(c.waiting)
	select {
	case at := <-c.started:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// Report implements executors.Seat.
func (c *chair) Report(_ context.Context, _ int, report []byte) (executors.Order, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reports = append(c.reports, report)
	return executors.Order{Stop: c.stop}, nil
}

// alone is the team of a process without other workers: all parts are performed
// here, as engines of their own.
type alone struct {
	executor *Executor
	task     executors.Task
}

const thisProcess = "this process"

// Gather implements executors.Team.
func (a alone) Gather(_ context.Context, others int) (executors.Crew, error) {
	c := &aloneCrew{alone: a}
	for i := range others {
		c.chairs = append(c.chairs, newChair(i+1, thisProcess))
	}
	return c, nil
}

// aloneCrew is not lost one by one: Replace is never called.
type aloneCrew struct {
	alone
	chairs []*chair
	cancel context.CancelFunc
}

func (c *aloneCrew) Self() string { return thisProcess }

func (c *aloneCrew) Begin(ctx context.Context, briefs [][]byte) (time.Time, error) {
	performing, cancel := context.WithCancel(ctx)
	c.cancel = cancel
	for i, ch := range c.chairs {
		go ch.perform(performing, c.executor, c.task, briefs[i])
	}
	for _, ch := range c.chairs {
		if err := ch.ready(ctx); err != nil {
			return time.Time{}, err
		}
	}
	at := time.Now().Add(5 * time.Millisecond)
	for _, ch := range c.chairs {
		ch.start(at)
	}
	return at, nil
}

func (c *aloneCrew) News(context.Context) (out []executors.News, err error) {
	for _, ch := range c.chairs {
		out = append(out, ch.news()...)
	}
	return out, nil
}

func (c *aloneCrew) Replace(context.Context, int, []byte) error {
	return executors.Errorf("there is no other worker")
}

func (c *aloneCrew) Stop(context.Context) error {
	for _, ch := range c.chairs {
		ch.mu.Lock()
		ch.stop = true
		ch.mu.Unlock()
	}
	return nil
}

func (c *aloneCrew) Close(context.Context) error {
	if c.cancel == nil {
		return nil // nobody began
	}
	c.cancel()
	for _, ch := range c.chairs {
		<-ch.gone
	}
	return nil
}
