package executortest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/semantest/semantest/executors"
)

// Recorder is a Sink that keeps everything. The zero value is ready to use.
type Recorder struct {
	// AttachErr, when set, is what Attach answers after it has read the body.
	AttachErr error

	// Independent says that steps may go on behind one that failed.
	Independent bool

	mu          sync.Mutex
	changed     chan struct{}
	events      []executors.Event
	attachments []Recorded
	sealed      bool
	late        []string
}

// Recorded is an attachment whose body was read.
type Recorded struct {
	executors.Attachment // Body is nil
	Data                 []byte
	ReadErr              error
}

// Emit implements executors.Sink.
func (r *Recorder) Emit(e executors.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sealed {
		r.late = append(r.late, fmt.Sprintf("Emit(%T)", e))
		return
	}
	r.events = append(r.events, e)
	r.notify()
}

// Attach implements executors.Sink.
func (r *Recorder) Attach(_ context.Context, a executors.Attachment) error {
	rec := Recorded{Attachment: a}
	rec.Body = nil
	if a.Body == nil {
		rec.ReadErr = fmt.Errorf("attachment %s has no body", a.Name)
	} else {
		rec.Data, rec.ReadErr = io.ReadAll(a.Body)
		if err := a.Body.Close(); rec.ReadErr == nil {
			rec.ReadErr = err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sealed {
		r.late = append(r.late, fmt.Sprintf("Attach(%s)", a.Name))
		return r.AttachErr
	}
	r.attachments = append(r.attachments, rec)
	r.notify()
	return r.AttachErr
}

// Seal marks that Execute has returned: whatever comes later is a violation.
func (r *Recorder) Seal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sealed = true
}

// Late names the uses of the sink after Seal.
func (r *Recorder) Late() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.late)
}

// Events returns what was emitted, in order.
func (r *Recorder) Events() []executors.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Attachments returns what was attached, in order.
func (r *Recorder) Attachments() []Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.attachments)
}

// Steps returns the finished steps in order.
func (r *Recorder) Steps() []executors.StepFinished { return of[executors.StepFinished](r) }

// Metrics returns the metrics in order.
func (r *Recorder) Metrics() []executors.Metric { return of[executors.Metric](r) }

// Logs returns the log lines in order.
func (r *Recorder) Logs() []executors.Log { return of[executors.Log](r) }

// Text returns everything that was recorded as text, to search for what must
// not be there.
func (r *Recorder) Text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, e := range r.events {
		fmt.Fprintf(&b, "%+v\n", e)
	}
	for _, a := range r.attachments {
		fmt.Fprintf(&b, "%s %s\n%s\n", a.Name, a.ContentType, a.Data)
	}
	return b.String()
}

// WaitFor returns nil once an event has been recorded for which f is true, and
// the error of ctx when it is done first.
func (r *Recorder) WaitFor(ctx context.Context, f func(executors.Event) bool) error {
	for {
		r.mu.Lock()
		found := slices.ContainsFunc(r.events, f)
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		changed := r.changed
		r.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Started is a condition for WaitFor: some step has started.
func Started(e executors.Event) bool {
	_, ok := e.(executors.StepStarted)
	return ok
}

func (r *Recorder) notify() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

func of[T executors.Event](r *Recorder) []T {
	var out []T
	for _, e := range r.Events() {
		if v, ok := e.(T); ok {
			out = append(out, v)
		}
	}
	return out
}
