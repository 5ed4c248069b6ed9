package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/executors"
)

// brief is what the worker of a part is told.
type brief struct {
	Index    int              `json:"index"`
	Of       int              `json:"of"`
	Captured []captured       `json:"captured,omitempty"`
	Done     map[string]int64 `json:"done,omitempty"` // iterations of each scenario that a worker before this one told of
}

// captured is a variable that the setup has set.
type captured struct {
	Name   string `json:"name"`
	Value  any    `json:"value"`
	Secret bool   `json:"secret,omitempty"`
}

// part is what an engine knows that performs one of several parts.
type part struct {
	seat   executors.Seat
	asked  context.Context // of whoever asked for the part; the load itself may end before
	joined time.Duration   // since the common start, where this engine took over from another one
	told   time.Duration   // since the common start, to which windows go
	most   int             // users at once since the last window; guarded by run.mu
	letGo  bool            // nobody waits for the part any more
}

// lateStart is how much later than the others an engine may begin without having
// taken over from another one. What was due meanwhile is sent at once.
const lateStart = time.Second

// TakePart implements executors.PartTaker.
func (e *Executor) TakePart(ctx context.Context, task executors.Task, seat executors.Seat) error {
	if e.closed.Load() {
		return errors.New("the load executor is closed")
	}
	task.Scope = task.Scope.Fork()
	err := e.takePart(ctx, task, seat)
	return executors.MaskError(err, task.Scope)
}

func (e *Executor) takePart(ctx context.Context, task executors.Task, seat executors.Seat) error {
	data, err := seat.Brief(ctx)
	if err != nil {
		return err
	}
	var b brief
	exact := json.NewDecoder(bytes.NewReader(data))
	exact.UseNumber()
	if err := exact.Decode(&b); err != nil {
		return fmt.Errorf("read what the part of the load is: %w", err)
	}
	for _, c := range b.Captured {
		value := numbers(c.Value)
		task.Scope.Set(c.Name, value)
		if text, ok := value.(string); ok && c.Secret {
			if err := task.Scope.AddSecret(text); err != nil {
				return err
			}
		}
	}
	a := &attempt{executor: e, task: task, sink: silent{}}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	r := a.run
	r.assign(b)
	if err := r.compile(); err != nil {
		return err
	}
	r.part = &part{seat: seat, asked: ctx}
	if r.started, err = seat.Ready(ctx); err != nil {
		return err
	}
	if late := time.Since(r.started); late > lateStart {
		r.part.joined, r.part.told = late, late
	}
	if !rest(ctx, time.Until(r.started)) {
		return ctx.Err()
	}
	err = r.perform(ctx)
	switch {
	case r.part.letGo:
		return executors.ErrLetGo
	case err == nil:
		err = ctx.Err()
	}
	return err
}

// numbers gives the numbers of a captured value the types that captures have.
func numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		f, err := value.Float64()
		if err != nil {
			return value.String()
		}
		return f
	case []any:
		for i := range value {
			value[i] = numbers(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = numbers(value[name])
		}
	}
	return value
}

// assign gives the engine its part of every scenario.
func (r *run) assign(b brief) {
	r.segment = segment{index: b.Index, of: b.Of}
	for _, s := range r.scenarios {
		s.segment = r.segment.within(s.plan.MostVUs(), s.index)
		s.done = b.Done[s.name]
	}
}

// skip counts the arrivals as dropped that were due before this engine took over
// and of which nobody has told.
func (r *run) skip(s *scenario, plan *arrivalPlan) {
	if r.part == nil || r.part.joined == 0 {
		return
	}
	first := s.done
	for ; ; first++ {
		at, more := plan.next(s.segment.nth(first))
		if !more || time.Duration(s.plan.StartTime)+at >= r.part.joined {
			break
		}
	}
	if first > s.done {
		r.recorder.drop(r.recorder.shard(0), s.index, first-s.done)
		s.done = first
	}
}

// Bounds of what a part keeps that could not be handed over yet.
const (
	maxUnsent  = 60               // windows
	lastWithin = 15 * time.Second // to hand over the last one
)

// handOver tells once a second what was measured in it, at whole seconds since
// the common start, so that the seconds of all parts are the same.
func (r *run) handOver(ctx context.Context) {
	var unsent [][]byte
	number := 0 // of the last window that was handed over
	timer := time.NewTimer(0)
	<-timer.C
	defer timer.Stop()
	for second := int(max(time.Since(r.started), 0)/time.Second) + 1; ; second++ {
		timer.Reset(time.Until(r.started.Add(time.Duration(second) * time.Second)))
		done := false
		select {
		case <-ctx.Done():
			done = true
		case <-timer.C:
		}
		data, err := r.window(second).encode()
		if err != nil {
			r.giveUp(executors.Errorf("%w", err))
			return
		}
		if r.part.letGo {
			return
		}
		unsent = append(unsent, data)
		within := time.Now().Add(time.Second)
		if done {
			within = time.Now().Add(lastWithin)
		}
		for len(unsent) > 0 && r.send(number+1, unsent[0], done, within) {
			number++
			unsent = unsent[1:]
		}
		if len(unsent) > maxUnsent {
			r.giveUp(executors.Errorf("what was measured could not be handed over for %d seconds", maxUnsent))
			return
		}
		if done {
			if len(unsent) > 0 && !r.part.letGo {
				r.giveUp(executors.Errorf("what was measured last could not be handed over"))
			}
			return
		}
	}
}

// send hands over one window. The last ones are tried until a moment; others
// wait for the next second.
func (r *run) send(number int, data []byte, last bool, until time.Time) bool {
	base := context.WithoutCancel(r.part.asked)
	for {
		ctx, cancel := context.WithDeadline(base, until)
		order, err := r.part.seat.Report(ctx, number, data)
		cancel()
		switch {
		case err == nil:
			if order.Stop {
				r.giving()
			}
			return true
		case errors.Is(err, executors.ErrLetGo):
			r.part.letGo = true
			r.giving()
			return false
		case !last || time.Now().After(until) || r.part.asked.Err() != nil:
			return false
		}
		rest(base, 200*time.Millisecond)
	}
}

// window is what was measured since the last one.
func (r *run) window(second int) *window {
	w := &window{slot: second, tally: r.recorder.collect(), notes: r.notes.take()}
	for i := range w.notes {
		w.notes[i].Message = r.task.Scope.Mask(w.notes[i].Message)
	}
	w.from, w.to = r.part.told, min(time.Since(r.started), time.Duration(second)*time.Second)
	r.part.told = w.to
	r.mu.Lock()
	defer r.mu.Unlock()
	w.users = len(r.active)
	w.most = max(r.part.most, w.users)
	r.part.most = w.users
	return w
}
