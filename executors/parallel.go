package executors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// parallel performs steps at the same time, each as a branch, and tells about
// them one branch after the other: the first as it goes, the others when those
// before them are over. All branches come to their end, also when one of them
// does not pass; the outcome is that of the first one that did not.
func (r *runner) parallel(ctx context.Context, steps []Step) (spec.Outcome, error) {
	type end struct {
		outcome spec.Outcome
		err     error
	}
	branches := make([]*branch, len(steps))
	runners := make([]*runner, len(steps))
	ends := make([]chan end, len(steps))
	for i, s := range steps {
		branches[i] = &branch{sink: r.sink}
		runners[i] = &runner{sink: branches[i], branch: int(r.shared.branches.Add(1)), shared: r.shared}
		ends[i] = make(chan end, 1)
		go func() {
			outcome, err := runners[i].all(ctx, []Step{s})
			ends[i] <- end{outcome, err}
		}()
	}
	first := end{outcome: spec.OutcomePassed}
	for i := range steps {
		branches[i].open(ctx, r.next)
		e := <-ends[i]
		if at, ok := errors.AsType[*stepError](e.err); ok {
			at.index += r.next
		}
		if first.outcome == spec.OutcomePassed {
			first = e
		}
		r.next += runners[i].next
	}
	return first.outcome, first.err
}

// branch is the sink of one branch. It keeps what it is told until it is opened,
// when the index of its first step is known.
type branch struct {
	sink Sink

	mu      sync.Mutex
	opened  bool
	base    int
	pending []any // Event or Attachment
}

// Emit implements Sink. What has no place among the steps passes at once.
func (b *branch) Emit(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e.(type) {
	case StepStarted, StepFinished:
		if !b.opened {
			b.pending = append(b.pending, e)
			return
		}
	}
	b.sink.Emit(b.placed(e))
}

// Attach implements Sink.
func (b *branch) Attach(ctx context.Context, a Attachment) error {
	b.mu.Lock()
	opened := b.opened
	b.mu.Unlock()
	if opened {
		return b.sink.Attach(ctx, b.moved(a))
	}
	held, err := hold(a.Body)
	if err != nil {
		return err
	}
	a.Body = held
	b.mu.Lock()
	if !b.opened {
		defer b.mu.Unlock()
		b.pending = append(b.pending, a)
		return nil
	}
	b.mu.Unlock()
	return b.sink.Attach(ctx, b.moved(a))
}

func (b *branch) open(ctx context.Context, base int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opened, b.base = true, base
	for _, p := range b.pending {
		switch p := p.(type) {
		case Event:
			b.sink.Emit(b.placed(p))
		case Attachment:
			if err := b.sink.Attach(ctx, b.moved(p)); err != nil {
				b.sink.Emit(Log{Level: "warn", Message: fmt.Sprintf("%s could not be kept: %v", p.Name, err), At: time.Now()})
			}
		}
	}
	b.pending = nil
}

// placed gives a step its index within the attempt.
func (b *branch) placed(e Event) Event {
	switch e := e.(type) {
	case StepStarted:
		e.Index += b.base
		return e
	case StepFinished:
		e.Index += b.base
		return e
	}
	return e
}

// moved does the same for an attachment, and for the number of the step that
// StepFile put into its name.
func (b *branch) moved(a Attachment) Attachment {
	if a.Step < 0 {
		return a
	}
	if rest, ok := strings.CutPrefix(a.Name, StepFile(a.Step, "")); ok {
		a.Name = StepFile(a.Step+b.base, rest)
	}
	a.Step += b.base
	return a
}

// StepFile names an attachment of a step, unique within the attempt:
// step-3-body.json for the step with the index 2.
func StepFile(index int, name string) string { return fmt.Sprintf("step-%d-%s", index+1, name) }
