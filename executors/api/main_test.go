package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newExecutor may reach this machine, and is closed at the end of the test.
func newExecutor(tb testing.TB, opts ...api.Option) *api.Executor {
	tb.Helper()
	policy, err := egress.New(egress.Dev)
	if err != nil {
		tb.Fatal(err)
	}
	e := api.New(policy, opts...)
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

func serve(tb testing.TB, handler http.HandlerFunc) *httptest.Server {
	tb.Helper()
	s := httptest.NewServer(handler)
	tb.Cleanup(s.Close)
	return s
}

func task(base string, steps ...spec.APIStep) executors.Task {
	return executors.Task{
		RunID: "run_1", ResultID: "res_1", Attempt: 1,
		Case:  spec.Case{ID: "c", Kind: spec.KindAPI, APISteps: steps},
		Scope: spec.NewScope(map[string]any{"BASE_URL": base}, nil),
		Files: fstest.MapFS{},
	}
}

// result is what an attempt left behind; its events have kept the contract.
type result struct {
	*executortest.Recorder
	outcome spec.Outcome
	err     error
}

func execute(tb testing.TB, e executors.Executor, t executors.Task) result {
	tb.Helper()
	return verified(tb, e, t, len(t.Case.APISteps))
}

// perform is execute for steps that hold others.
func perform(tb testing.TB, e executors.Executor, t executors.Task) result {
	tb.Helper()
	return verified(tb, e, t, -1)
}

func verified(tb testing.TB, e executors.Executor, t executors.Task, steps int) result {
	tb.Helper()
	return verifiedWith(tb.Context(), tb, e, t, steps)
}

func performWith(ctx context.Context, tb testing.TB, e executors.Executor, t executors.Task) result {
	tb.Helper()
	return verifiedWith(ctx, tb, e, t, -1)
}

func verifiedWith(ctx context.Context, tb testing.TB, e executors.Executor, t executors.Task, steps int) result {
	tb.Helper()
	sink := &executortest.Recorder{}
	outcome, err := e.Execute(ctx, t, sink)
	sink.Seal()
	if err := sink.Verify(steps, outcome, err); err != nil {
		tb.Errorf("the contract was broken: %v", err)
	}
	return result{sink, outcome, err}
}

func (r result) text() string {
	if r.err == nil {
		return ""
	}
	return r.err.Error()
}

// unreachable is the target that the error says is away, "" when it says none.
func (r result) unreachable() string {
	if u, ok := errors.AsType[*executors.Unreachable](r.err); ok {
		return u.Target
	}
	return ""
}

func get(url string, checks ...spec.Check) spec.APIStep {
	return spec.APIStep{HTTP: &spec.HTTPRequest{URL: url}, Checks: checks}
}

func val(v any) *spec.Value { return &spec.Value{V: v} }

func equals(v any) spec.Matcher { return spec.Matcher{Equals: val(v)} }

func status(v any) spec.Check { m := equals(v); return spec.Check{Status: &m} }

func ptr[T any](v T) *T { return &v }
