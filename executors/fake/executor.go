package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// Executor performs scripts instead of cases. It is safe for concurrent use
// and counts what it does.
type Executor struct {
	kind    spec.Kind
	script  func(executors.Task) Script
	onStart func(executors.Task)

	executions atomic.Int64
	running    atomic.Int64
	peak       atomic.Int64
	closed     atomic.Bool
	mu         sync.Mutex
	seen       map[string]int
}

// Option changes a new Executor.
type Option func(*Executor)

// WithScript gives the script of each attempt; FromTags is the default.
func WithScript(script func(executors.Task) Script) Option {
	return func(e *Executor) { e.script = script }
}

// WithScripts gives the scripts by the id of the case; a case that is not
// named follows FromTags.
func WithScripts(byCase map[string]Script) Option {
	return WithScript(func(task executors.Task) Script {
		if s, ok := byCase[task.Case.ID]; ok {
			return s
		}
		return FromTags(task)
	})
}

// OnStart is called at the beginning of every Execute, from its goroutine; a
// test can wait on it, and hold the attempt up by not returning.
func OnStart(f func(executors.Task)) Option {
	return func(e *Executor) { e.onStart = f }
}

// New returns an executor of the kind.
func New(kind spec.Kind, opts ...Option) *Executor {
	e := &Executor{kind: kind, script: FromTags, onStart: func(executors.Task) {}, seen: map[string]int{}}
	for _, o := range opts {
		o(e)
	}
	return e
}

// Kind implements executors.Executor.
func (e *Executor) Kind() spec.Kind { return e.kind }

// Execute implements executors.Executor. It panics when the script says so.
func (e *Executor) Execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	if e.closed.Load() {
		return spec.OutcomeErrored, errors.New("the executor is closed")
	}
	e.enter(task)
	defer e.running.Add(-1)
	e.onStart(task)

	script := e.script(task)
	if task.Scope != nil {
		sink = executors.MaskSink(sink, task.Scope)
	}
	steps := make([]executors.Step, len(script.Steps))
	for i, s := range script.Steps {
		if i == len(script.Steps)-1 && task.Attempt <= script.FailFirst {
			s.Outcome, s.Block = spec.OutcomeFailed, false
			s.Error = fmt.Sprintf("attempt %d fails as the script says", task.Attempt)
		}
		steps[i] = prepare(i, s, task, sink)
	}
	outcome, err := executors.RunSteps(ctx, sink, steps)
	if script.Panic != "" {
		panic(script.Panic)
	}
	if task.Scope != nil {
		err = executors.MaskError(err, task.Scope)
	}
	return outcome, err
}

// Close implements executors.Executor.
func (e *Executor) Close() error {
	e.closed.Store(true)
	return nil
}

// Executions returns how many attempts have begun.
func (e *Executor) Executions() int { return int(e.executions.Load()) }

// ExecutionsOf returns how many attempts of a case have begun.
func (e *Executor) ExecutionsOf(caseID string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen[caseID]
}

// Running returns how many attempts are under way.
func (e *Executor) Running() int { return int(e.running.Load()) }

// Peak returns the most attempts that were under way at once.
func (e *Executor) Peak() int { return int(e.peak.Load()) }

// Closed reports whether Close was called.
func (e *Executor) Closed() bool { return e.closed.Load() }

func (e *Executor) enter(task executors.Task) {
	e.executions.Add(1)
	e.mu.Lock()
	e.seen[task.Case.ID]++
	e.mu.Unlock()
	n := e.running.Add(1)
	for {
		peak := e.peak.Load()
		if n <= peak || e.peak.CompareAndSwap(peak, n) {
			return
		}
	}
}

func prepare(index int, s Step, task executors.Task, sink executors.Sink) executors.Step {
	name, action := s.Name, s.Action
	if name == "" {
		name = fmt.Sprintf("fake step %d", index+1)
	}
	if action == "" {
		action = "fake"
	}
	return executors.Step{Name: name, Action: action, Do: func(ctx context.Context, r *executors.Report) error {
		return s.do(ctx, task, sink, r)
	}}
}

func (s Step) do(ctx context.Context, task executors.Task, sink executors.Sink, r *executors.Report) error {
	for i := range s.Logs {
		sink.Emit(executors.Log{Level: "info", Message: fmt.Sprintf("line %d", i+1), At: time.Now()})
	}
	for _, m := range s.Metrics {
		if m.At.IsZero() {
			m.At = time.Now()
		}
		sink.Emit(m)
	}
	for _, a := range s.Attachments {
		if err := sink.Attach(ctx, a.attachment(r.Index)); err != nil {
			r.Set("attachmentError", err.Error())
		}
	}
	if s.Picture != nil {
		if err := s.compare(ctx, task, sink, r); err != nil {
			return err
		}
	}
	r.Checks = append(r.Checks, s.Checks...)
	for k, v := range s.Detail {
		r.Set(k, v)
	}
	if err := s.wait(ctx); err != nil {
		return err
	}
	for k, v := range s.Set {
		task.Scope.Set(k, v)
	}
	if s.Outcome == "" || s.Outcome == spec.OutcomePassed {
		return nil
	}
	message := s.Error
	if message == "" {
		message = fmt.Sprintf("the script says %s", s.Outcome)
	}
	return &executors.Failure{Outcome: s.Outcome, Message: message}
}

func (s Step) wait(ctx context.Context) error {
	if s.Block {
		<-ctx.Done()
		return ctx.Err()
	}
	if s.Delay <= 0 {
		return nil
	}
	timer := time.NewTimer(s.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a Attachment) attachment(step int) executors.Attachment {
	out := executors.Attachment{Name: a.Name, Kind: a.Kind, ContentType: a.ContentType, Step: step,
		Body: io.NopCloser(bytes.NewReader(a.Body))}
	if out.Kind == "" {
		out.Kind = executors.AttachmentBody
	}
	if out.ContentType == "" {
		out.ContentType = "text/plain; charset=utf-8"
	}
	return out
}
