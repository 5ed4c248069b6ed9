package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

const (
	defaultAtOnce = 4
	maxAnswers    = 10_000 // of a case
)

// Executor performs llm cases.
type Executor struct {
	policy *egress.Policy
	models *llm.Client
	prices llm.Prices
}

// New returns an executor whose targets are reached through policy. The models
// judge what rules cannot, and answer where a target names no endpoint of its own;
// a client without a provider leaves such cases errored.
func New(policy *egress.Policy, models *llm.Client, prices llm.Prices) *Executor {
	return &Executor{policy: policy, models: models, prices: prices}
}

// Kind implements executors.Executor.
func (e *Executor) Kind() spec.Kind { return spec.KindLLM }

// Close implements executors.Executor. Every attempt closes its own connections.
func (e *Executor) Close() error { return nil }

// Execute implements executors.Executor. Each row is a step, which does not depend
// on the others.
func (e *Executor) Execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	sink = executors.MaskSink(sink, task.Scope)
	outcome, err := e.execute(ctx, task, sink)
	return outcome, executors.MaskError(err, task.Scope)
}

func (e *Executor) execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	a, err := e.begin(task)
	if err != nil {
		return executors.OutcomeOf(ctx, err)
	}
	defer a.web.CloseIdleConnections()
	asking, stop := context.WithCancel(ctx)
	finished := a.ask(asking)
	defer func() { stop(); <-finished }()
	var steps []executors.Step
	for i := range a.rows {
		steps = append(steps, a.step(i))
	}
	if a.llm.MaxCost != nil {
		steps = append(steps, a.costStep())
	}
	outcome, err := executors.RunIndependent(ctx, sink, steps)
	if ctx.Err() == nil {
		a.keep(ctx, sink)
	}
	return outcome, err
}

// begin prepares everything that does not need the target.
func (e *Executor) begin(task executors.Task) (*attempt, error) {
	a := &attempt{executor: e, task: task, llm: task.Case.LLM, web: e.policy.Client(egress.Timeouts{Header: maxTimeout, Total: maxTimeout})}
	vars, err := spec.Expand(task.Scope, a.llm.Vars)
	if err != nil {
		return nil, executors.Errorf("vars: %w", err)
	}
	columns, err := a.readRows()
	if err != nil {
		return nil, err
	}
	for i, row := range columns {
		scope := task.Scope.Fork()
		for name, v := range vars {
			scope.Set(name, v.V)
		}
		if row, err = spec.Expand(task.Scope, row); err != nil {
			return nil, executors.Errorf("row %d: %w", i+1, err)
		}
		for name, v := range row {
			scope.Set(name, v.V)
		}
		turns, err := prepare(scope, a.llm.Talk())
		if err != nil {
			return nil, executors.Errorf("%s%w", a.rowName(i, len(columns)), err)
		}
		r := &question{scope: scope, turns: turns, columns: columnsOf(row)}
		for range cmp.Or(deref(a.llm.Repeat), 1) {
			r.answers = append(r.answers, &answer{done: make(chan struct{})})
		}
		a.rows = append(a.rows, r)
	}
	if n := len(a.rows) * len(a.rows[0].answers); n > maxAnswers {
		return nil, executors.Errorf("%d rows asked %d times each are %d answers; a case has %d at most", len(a.rows), len(a.rows[0].answers), n, maxAnswers)
	}
	return a, a.possible()
}

// possible looks for what needs a model where none is configured, before
// anything is asked.
func (a *attempt) possible() error {
	if a.executor.models.Configured() {
		return nil
	}
	if a.llm.Target.Model != "" && a.llm.Target.BaseURL == "" {
		return executors.Errorf("the target names a model and no baseUrl: %w", llm.ErrNotConfigured)
	}
	for _, t := range a.rows[0].turns {
		for _, want := range t.assert {
			if graded(want.Type) {
				return executors.Errorf("%s is judged by a model: %w", want.Type, llm.ErrNotConfigured)
			}
		}
	}
	return nil
}

// readRows returns the columns of each row; a case without rows has one without
// columns.
func (a *attempt) readRows() ([]map[string]spec.Value, error) {
	if a.llm.RowsFile == "" {
		if len(a.llm.Rows) == 0 {
			return []map[string]spec.Value{{}}, nil
		}
		return a.llm.Rows, nil
	}
	f, name, err := executors.OpenFile(a.task.Files, a.llm.RowsFile)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxRowsFile))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, executors.Errorf("read %s: %w", name, err)
	}
	list, err := spec.ReadRows(name, data)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	out := make([]map[string]spec.Value, len(list))
	for i, row := range list {
		columns, ok := row.(map[string]any)
		if !ok {
			return nil, executors.Errorf("row %d of %s is no mapping of columns", i+1, name)
		}
		out[i] = make(map[string]spec.Value, len(columns))
		for column, v := range columns {
			out[i][column] = spec.Value{V: v}
		}
	}
	return out, nil
}

const maxRowsFile = 16 << 20 // bytes

// prepare fills the variables of a row into what is said and asserted.
func prepare(scope *spec.Scope, talk []spec.LLMTurn) ([]turn, error) {
	out := make([]turn, len(talk))
	for i, t := range talk {
		prompt, err := scope.ExpandString(spec.Unbrace(t.Prompt))
		if err != nil {
			return nil, fmt.Errorf("prompt: %w", err)
		}
		out[i].prompt = prompt
		for _, want := range t.Assert {
			if text, ok := want.Value.V.(string); ok {
				want.Value.V = spec.Unbrace(text)
			}
			want.Context = spec.Unbrace(want.Context)
			if want, err = spec.Expand(scope, want); err != nil {
				return nil, fmt.Errorf("%s: %w", want.Type, err)
			}
			if err := check(want); err != nil {
				return nil, err
			}
			out[i].assert = append(out[i].assert, want)
		}
	}
	return out, nil
}

func (a *attempt) rowName(i, of int) string {
	if of == 1 {
		return ""
	}
	return fmt.Sprintf("row %d: ", i+1)
}

// columnsOf is a row as people read it.
func columnsOf(row map[string]spec.Value) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(row)) {
		out[name] = row[name].V
	}
	return out
}

func deref[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}
