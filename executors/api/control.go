package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// maxRowsBytes bounds a file with the rows of a loop: 1 MiB.
const maxRowsBytes = 1 << 20

// maxName bounds the name of a step that others hold, in bytes.
const maxName = 200

// steps turns steps of the plan into those to perform. A step within another
// carries the names of those that hold it.
func (a *attempt) steps(list []spec.APIStep, within string) []executors.Step {
	steps := make([]executors.Step, len(list))
	for i, s := range list {
		steps[i] = a.step(s, within)
	}
	return steps
}

func (a *attempt) step(s spec.APIStep, within string) executors.Step {
	name := cmp.Or(s.Title(), "step without an action")
	if within != "" {
		name = excerpt.Of(within+" › "+name, maxName)
	}
	out := executors.Step{Name: name, Action: cmp.Or(s.Action(), "none")}
	switch {
	case s.Wait != 0:
		out.Do = func(ctx context.Context, _ *executors.Report) error { return wait(ctx, time.Duration(s.Wait)) }
	case s.Group != nil:
		out.Do = func(_ context.Context, r *executors.Report) error { return a.group(*s.Group, name, r) }
	case s.If != nil:
		out.Do = func(_ context.Context, r *executors.Report) error { return a.branch(*s.If, name, r) }
	case s.For != nil:
		out.Do = func(_ context.Context, r *executors.Report) error { return a.loop(*s.For, name, r) }
	case s.Until != nil:
		limit := a.limit(s)
		out.Do = func(ctx context.Context, r *executors.Report) error { return a.until(ctx, s, limit, r) }
	default:
		out.Timeout = a.limit(s)
		out.Do = func(ctx context.Context, r *executors.Report) error { return a.perform(ctx, s, r) }
	}
	return out
}

// limit is how long one try of a step may take.
func (a *attempt) limit(s spec.APIStep) time.Duration {
	return s.Timeout.Or(a.task.Use.StepTimeout.Or(defaultStepTimeout))
}

// wait lets time pass. It returns early, with an error, when ctx is done.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// group holds its steps. Those that run at the same time get a scope each,
// since they must neither disturb one another nor depend on who is faster.
func (a *attempt) group(g spec.Group, name string, r *executors.Report) error {
	if !g.Parallel {
		r.Inner = a.steps(g.Steps, name)
		return nil
	}
	forks := make([]*attempt, len(g.Steps))
	r.Inner, r.Parallel = make([]executors.Step, len(g.Steps)), true
	for i, s := range g.Steps {
		forks[i] = a.fork()
		r.Inner[i] = forks[i].step(s, name)
	}
	r.After = func() {
		for i, s := range g.Steps {
			for _, captured := range s.Captured() {
				if v, ok := forks[i].task.Scope.Get(captured); ok {
					a.task.Scope.Set(captured, v)
				}
			}
		}
	}
	return nil
}

// fork is the attempt with variables of its own; cookies and connections are
// shared.
func (a *attempt) fork() *attempt {
	fork := *a
	fork.task.Scope = a.task.Scope.Fork()
	return &fork
}

// branch takes one of the two ways of a condition.
func (a *attempt) branch(c spec.If, name string, r *executors.Report) error {
	m, err := spec.Expand(a.task.Scope, c.Matcher)
	if err != nil {
		return executors.Errorf("the condition cannot be filled in: %w", err)
	}
	holds := true
	for _, v := range m.Evaluate(a.variable(c.Variable)) {
		holds = holds && v.Passed
	}
	r.Set("holds", holds)
	if holds {
		r.Inner = a.steps(c.Then, name)
	} else {
		r.Inner = a.steps(c.Else, name+" (else)")
	}
	return nil
}

// variable is the value of a variable for a matcher to judge: the rules of text
// hold for text, so that 5 given as a variable of the plan equals 5.
func (a *attempt) variable(name string) spec.Actual {
	v, ok := a.task.Scope.Get(name)
	if !ok {
		return spec.NoActual()
	}
	if text, ok := v.(string); ok {
		return spec.TextActual(text)
	}
	return spec.JSONActual(v)
}

// loop holds a step for each row, which holds the steps of the loop.
func (a *attempt) loop(f spec.For, name string, r *executors.Report) error {
	rows, err := a.rows(f)
	if err != nil {
		return err
	}
	r.Set("rows", len(rows))
	for i, row := range rows {
		title := fmt.Sprintf("%s %d of %d", f.RowName(), i+1, len(rows))
		r.Inner = append(r.Inner, executors.Step{
			Name: excerpt.Of(name+" › "+title, maxName), Action: "for",
			Do: func(_ context.Context, r *executors.Report) error {
				names := a.setRow(f.RowName(), row)
				r.Set("row", row)
				r.Inner = a.steps(f.Steps, title)
				r.After = func() {
					for _, n := range names {
						a.task.Scope.Unset(n)
					}
				}
				return nil
			},
		})
	}
	return nil
}

// setRow gives the variable of a row and its columns their values, and returns
// their names.
func (a *attempt) setRow(name string, row any) []string {
	a.task.Scope.Set(name, row)
	names := []string{name}
	if columns, ok := row.(map[string]any); ok {
		for _, c := range slices.Sorted(maps.Keys(columns)) {
			a.task.Scope.Set(name+"."+c, columns[c])
			names = append(names, name+"."+c)
		}
	}
	return names
}

func (a *attempt) rows(f spec.For) ([]any, error) {
	if f.File != "" {
		data, err := readFile(a.task.Files, f.File, maxRowsBytes)
		if err != nil {
			return nil, err
		}
		rows, err := spec.ReadRows(f.File, data)
		if err != nil {
			return nil, executors.Errorf("%w", err)
		}
		return rows, nil
	}
	filled, err := spec.Expand(a.task.Scope, f.Rows)
	if err != nil {
		return nil, executors.Errorf("the rows cannot be filled in: %w", err)
	}
	rows := make([]any, len(filled))
	for i, v := range filled {
		rows[i] = v.V
	}
	return rows, nil
}

// Defaults of until.
const (
	untilAttempts = 10
	untilEvery    = 500 * time.Millisecond
	untilWithin   = 30 * time.Second
)

// until tries a step until it passes. The report is that of the last try.
func (a *attempt) until(ctx context.Context, s spec.APIStep, limit time.Duration, r *executors.Report) error {
	attempts, within := untilAttempts, s.Until.Within.Or(untilWithin)
	if s.Until.Attempts != nil {
		attempts = *s.Until.Attempts
	}
	all, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for try := 1; ; try++ {
		held := &heldSink{Sink: r.Sink}
		one := &executors.Report{Index: r.Index, Sink: held}
		err := a.try(all, s, limit, one)
		one.Set("attempts", try)
		r.Checks, r.Detail = one.Checks, one.Detail
		passed := err == nil && !one.Failed()
		if passed || try == attempts || wait(all, s.Until.Every.Or(untilEvery)) != nil {
			held.release(ctx)
			switch {
			case passed:
				return nil
			case ctx.Err() != nil:
				return ctx.Err()
			}
			return a.gaveUp(try, within, err, one)
		}
	}
}

// heldSink keeps what a try attaches until it is known to be the last one.
type heldSink struct {
	executors.Sink
	kept []executors.Attachment
}

// Attach implements executors.Sink.
func (h *heldSink) Attach(_ context.Context, a executors.Attachment) error {
	h.kept = append(h.kept, a)
	return nil
}

func (h *heldSink) release(ctx context.Context) {
	for _, a := range h.kept {
		if err := h.Sink.Attach(ctx, a); err != nil {
			h.Emit(executors.Log{Level: "warn", Message: fmt.Sprintf("%s could not be kept: %v", a.Name, err), At: time.Now()})
		}
	}
}

// try is one try of a step within its own limit.
func (a *attempt) try(ctx context.Context, s spec.APIStep, limit time.Duration, r *executors.Report) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return a.perform(ctx, s, r)
}

// gaveUp says how often a step was tried, and why the last try did not pass.
func (a *attempt) gaveUp(tries int, within time.Duration, err error, r *executors.Report) error {
	text := fmt.Sprintf("did not pass after %d tries within %s", tries, spec.Duration(within))
	if err == nil {
		return executors.Failf("%s: %s", text, r.Failure())
	}
	f := executors.Failf("%s: %s", text, err)
	if last, ok := errors.AsType[*executors.Failure](err); ok && last.Outcome == spec.OutcomeErrored {
		f.Outcome = spec.OutcomeErrored
	}
	f.Err = err
	return f
}
