package load_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newExecutor may reach this machine, and is closed at the end of the test.
func newExecutor(tb testing.TB, mode egress.Mode, limits load.Limits, pool *x509.CertPool) *load.Executor {
	tb.Helper()
	policy, err := egress.New(mode)
	if err != nil {
		tb.Fatal(err)
	}
	steps := api.New(policy, api.WithRootCAs(pool))
	e := load.New(steps, policy, limits, load.WithRootCAs(pool))
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
		if err := steps.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

func dev(tb testing.TB) *load.Executor {
	tb.Helper()
	return newExecutor(tb, egress.Dev, load.Limits{}, nil)
}

func serve(tb testing.TB, handler http.HandlerFunc) *httptest.Server {
	tb.Helper()
	s := httptest.NewServer(handler)
	tb.Cleanup(s.Close)
	return s
}

// taskOf is the last case of a plan, aimed at a target.
func taskOf(tb testing.TB, base, cases string) executors.Task {
	tb.Helper()
	plan, err := spec.Parse([]byte("version: \"1\"\nname: Load\nsecrets: [TOKEN]\nenv: {BASE_URL: \"" + base + "\", user: nobody}\ncases:\n" + cases))
	if err != nil {
		tb.Fatal(err)
	}
	secrets := map[string]string{"TOKEN": executortest.SecretValue}
	vars, err := plan.Variables(nil, secrets)
	if err != nil {
		tb.Fatal(err)
	}
	all := plan.Expand()
	return executors.Task{
		RunID: "run_1", ResultID: "res_1", Attempt: 1, Case: all[len(all)-1].Case, Use: plan.Use,
		Scope: spec.NewScope(vars, secrets), Files: fstest.MapFS{},
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
	sink := &executortest.Recorder{}
	outcome, err := e.Execute(tb.Context(), t, sink)
	sink.Seal()
	if err := sink.Verify(-1, outcome, err); err != nil {
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

func second(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
