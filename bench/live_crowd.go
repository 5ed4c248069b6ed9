//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/semantest/semantest/bench/viewers"
)

// crowdTask is what a process of viewers is told when it starts.
type crowdTask struct {
	Where    whereabouts      `json:"where"`
	Protocol viewers.Protocol `json:"protocol"`
	ID       string           `json:"id"` // of every subscription; empty for a UUID each
	Stores   stores           `json:"stores"`
	RunID    string           `json:"runId"`
	Token    string           `json:"token"`
}

// order is what it is told later, one a line.
type order struct {
	Do      string        `json:"do"` // open, paced, burst, resume
	Viewers int           `json:"viewers,omitempty"`
	Stalled int           `json:"stalled,omitempty"` // of the viewers: how many do not read
	Late    int           `json:"late,omitempty"`    // of the stalled: how many begin to, one after the other
	Rate    int           `json:"rate,omitempty"`    // events a second
	Window  int           `json:"window,omitempty"`  // events under way at once
	For     time.Duration `json:"for,omitempty"`
}

// delivered is the answer to an order.
type delivered struct {
	Error     string        `json:"error,omitempty"`
	Events    int           `json:"events"`   // that were made
	Messages  int64         `json:"messages"` // that viewers who read got
	Bytes     int64         `json:"bytes"`
	Took      time.Duration `json:"took"`
	Median    time.Duration `json:"median"` // from the commit of an event to its frame
	P95       time.Duration `json:"p95"`
	Max       time.Duration `json:"max"`
	Behind    time.Duration `json:"behind"` // how late the last event was made
	State     viewers.State `json:"state"`
	LastEvent int64         `json:"lastEvent"`
}

// serveCrowd is a process of viewers together with the source of events.
func serveCrowd(ctx context.Context, task crowdTask, in io.Reader, out io.Writer) error {
	runtime.GOMAXPROCS(4) // the loop must not wait for the source to yield, nor the other way round
	s, err := openSource(ctx, task)
	if err != nil {
		return err
	}
	defer s.close()
	g := &gathering{task: task, source: s}
	defer g.close()
	if err := printLine(out, delivered{}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	orders := make(chan string)
	go func() {
		defer cancel() // nobody waits for the answer to an order under way
		defer close(orders)
		for lines := bufio.NewScanner(in); lines.Scan(); {
			orders <- lines.Text()
		}
	}()
	for line := range orders {
		var o order
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			return fmt.Errorf("read an order: %w", err)
		}
		answer, err := g.obey(ctx, o)
		if err != nil {
			answer.Error = err.Error()
		}
		if err := printLine(out, answer); err != nil {
			return err
		}
	}
	return nil
}

// gathering is a crowd and what it looks at.
type gathering struct {
	task   crowdTask
	source source
	crowd  *viewers.Crowd
	reads  int // viewers that read
	late   int // stalled ones that were woken
}

func (g *gathering) close() {
	if g.crowd != nil {
		g.crowd.Close()
	}
}

func (g *gathering) obey(ctx context.Context, o order) (d delivered, err error) {
	began := time.Now()
	switch o.Do {
	case "open":
		d, err = g.open(ctx, o)
	case "paced":
		d, err = g.paced(ctx, o)
	case "burst":
		d, err = g.burst(ctx, o)
	case "resume":
		d, err = g.resume(ctx)
	default:
		err = fmt.Errorf("there is no order %q", o.Do)
	}
	d.Took, d.LastEvent = time.Since(began), g.source.last()
	if g.crowd != nil {
		d.State = g.crowd.State()
	}
	return d, err
}

// arriveWithin is how long what has been sent may take to arrive; a server that
// is slower than the events come needs some time.
const arriveWithin = 3 * time.Minute

// open connects the viewers and proves by one event that each is served.
func (g *gathering) open(ctx context.Context, o order) (delivered, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 3*time.Minute, errors.New("the viewers did not get in within 3 min"))
	defer cancel()
	subscribed := ""
	if g.task.ID == floorID {
		subscribed = floorAnswer
	}
	crowd, err := viewers.Open(ctx, viewers.Options{
		Protocol: g.task.Protocol, Address: g.task.Where.Address, Path: g.task.Where.Path, ID: g.task.ID, Subscribed: subscribed,
		Init:  map[string]any{"Authorization": "Bearer " + g.task.Token},
		Query: sampleQuery, Variables: map[string]any{"runId": g.task.RunID}, Channel: g.task.RunID,
		Number: o.Viewers, Stalled: o.Stalled, After: g.source.last(),
	})
	if err != nil {
		return delivered{}, err
	}
	g.crowd, g.reads = crowd, o.Viewers-o.Stalled
	return g.deliver(ctx, func() (int, error) { return 1, g.source.emit(ctx, crowd.Stamp) })
}

// paced makes events at a rate and takes the time of each delivery.
func (g *gathering) paced(ctx context.Context, o order) (delivered, error) {
	n := int(o.For.Seconds() * float64(o.Rate))
	g.crowd.Record(g.reads * n)
	var behind time.Duration
	d, err := g.deliver(ctx, func() (int, error) {
		began := time.Now()
		for i := range n {
			due := began.Add(time.Duration(i) * time.Second / time.Duration(o.Rate))
			if err := pause(ctx, time.Until(due)); err != nil {
				return i, err
			}
			behind = time.Since(due)
			if err := errors.Join(g.crowd.Err(), g.source.emit(ctx, g.crowd.Stamp), g.wake(o, i, n)); err != nil {
				return i, err
			}
		}
		return n, nil
	})
	times := sample(g.crowd.Recorded())
	d.Median, d.P95, d.Max, d.Behind = times.median(), times.quantile(0.95), times.max(), behind
	return d, err
}

// wakeFor is over how long stalled viewers begin to read: a server closes them
// somewhere within.
const wakeFor = time.Minute

// wake lets some of the stalled viewers read again, one after the other.
func (g *gathering) wake(o order, i, n int) error {
	n = min(n, o.Rate*int(wakeFor.Seconds()))
	for ; g.late < o.Late*min(i+1, n)/n; g.late++ {
		if err := g.crowd.Wake(g.late); err != nil {
			return err
		}
	}
	return nil
}

// leastEvents is how many events a burst has, however slow the server is.
const leastEvents = 10

// burst makes events for a time, each as soon as fewer than the window are under
// way.
func (g *gathering) burst(ctx context.Context, o order) (delivered, error) {
	return g.deliver(ctx, func() (int, error) {
		base, end := g.crowd.Events(), time.Now().Add(o.For)
		ctx, cancel := context.WithTimeoutCause(ctx, o.For+arriveWithin, errors.New("the server falls behind"))
		defer cancel()
		for i := 0; ; i++ {
			if err := g.crowd.Await(ctx, base+int64(g.reads)*int64(max(0, i+1-o.Window))); err != nil {
				return i, err
			}
			if i >= leastEvents && time.Now().After(end) {
				return i, nil
			}
			if err := g.source.emit(ctx, g.crowd.Stamp); err != nil {
				return i, err
			}
		}
	})
}

// resume connects those again that were closed. Each must get what it missed.
func (g *gathering) resume(ctx context.Context) (delivered, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("not all had resumed within 2 min"))
	defer cancel()
	ended := g.crowd.Ended()
	for _, i := range ended {
		if err := g.crowd.Resume(ctx, i); err != nil {
			return delivered{}, err
		}
	}
	for {
		if s := g.crowd.State(); s.Lowest >= g.source.last() && len(s.Closed) == 0 {
			return delivered{}, g.crowd.Err()
		}
		if err := g.crowd.Err(); err != nil {
			return delivered{}, err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return delivered{}, err
		}
	}
}

// deliver counts what arrives of the events that f makes, and waits for it.
func (g *gathering) deliver(ctx context.Context, f func() (int, error)) (delivered, error) {
	messages, bytes := g.crowd.Events(), g.crowd.Bytes()
	n, err := f()
	if err == nil {
		within, cancel := context.WithTimeoutCause(ctx, arriveWithin, fmt.Errorf("not within %s", arriveWithin))
		defer cancel()
		err = g.crowd.Await(within, messages+int64(n)*int64(g.reads))
	}
	return delivered{Events: n, Messages: g.crowd.Events() - messages, Bytes: g.crowd.Bytes() - bytes}, err
}
