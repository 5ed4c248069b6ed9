package examples_test

import (
	"cmp"
	"context"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/semantest/semantest/examples"
	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/executors/executortest"
	llmexecutor "github.com/semantest/semantest/executors/llm"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

// result is how one case of a plan ended.
type result struct {
	outcome spec.Outcome
	err     error
	steps   []executors.StepFinished
	left    *executortest.Recorder
}

func TestShopPlanPasses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shop.plan.yaml", "first.plan.yaml"} {
		for key, r := range perform(t, name) {
			if r.outcome != spec.OutcomePassed {
				t.Errorf("%s: %s is %s: %v", name, key, r.outcome, r.err)
			}
		}
	}
}

func TestFaultyPlanFailsAsDocumented(t *testing.T) {
	t.Parallel()
	doc := readDocumented(t)
	results := perform(t, doc.Plan)
	got := documented{Plan: doc.Plan}
	errors := map[string]string{}
	for key, r := range results {
		if r.outcome == spec.OutcomePassed {
			got.Passed = append(got.Passed, key)
			continue
		}
		f := failed{Case: key, Outcome: r.outcome}
		at := slices.IndexFunc(r.steps, func(s executors.StepFinished) bool { return !s.Outcome.Good() })
		if at < 0 {
			t.Fatalf("%s is %s without a failed step: %v", key, r.outcome, r.err)
		}
		s := r.steps[at]
		f.Step, f.Action, errors[key] = s.Index, s.Action, s.Error
		for _, c := range s.Checks {
			if !c.Passed {
				f.Checks = append(f.Checks, check{c.Name, c.Expected, c.Actual})
			}
		}
		got.Failed = append(got.Failed, f)
	}
	for i := range doc.Failed {
		f := &doc.Failed[i]
		if f.Error != "" && !strings.Contains(errors[f.Case], f.Error) {
			t.Errorf("%s: the error %q does not hold %q", f.Case, errors[f.Case], f.Error)
		}
		f.Fault, f.Error = "", ""
	}
	measured(t, &got)
	measured(t, &doc)
	for _, d := range []*documented{&got, &doc} {
		slices.Sort(d.Passed)
		slices.SortFunc(d.Failed, func(a, b failed) int { return cmp.Compare(a.Case, b.Case) })
	}
	if diff := gocmp.Diff(doc, got); diff != "" {
		t.Errorf("documented (-) and got (+):\n%s", diff)
	}
}

// measured replaces times, which differ from run to run, by what is said of
// them: "more than 3s".
func measured(t *testing.T, d *documented) {
	t.Helper()
	for _, f := range d.Failed {
		for i := range f.Checks {
			c := &f.Checks[i]
			if !strings.HasPrefix(c.Name, "duration") {
				continue
			}
			took, err := time.ParseDuration(strings.TrimPrefix(c.Actual, "more than "))
			if err != nil {
				t.Fatalf("%s: %v", f.Case, err)
			}
			c.Actual = "too fast"
			if took >= 3*time.Second {
				c.Actual = "more than 3s"
			}
		}
	}
}

// perform runs every case of a plan against a shop of its own, by key.
func perform(t *testing.T, name string) map[string]result {
	t.Helper()
	plan := parse(t, name)
	s := shop.New()
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	t.Cleanup(func() { s.Close() })
	policy, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	web := browser.New(browser.Options{Path: os.Getenv("SEMANTEST_BROWSER")})
	t.Cleanup(func() { web.Close() })
	if err := web.Warm(t.Context()); err != nil {
		t.Fatalf("the example plans need a browser: %v", err)
	}
	steps := api.New(policy)
	byKind := map[spec.Kind]executors.Executor{spec.KindAPI: steps, spec.KindLoad: load.New(steps, policy, load.Limits{}), spec.KindBrowser: web, spec.KindContract: contract.New(policy),
		spec.KindLLM: llmexecutor.New(policy, nil, llm.BuiltInPrices())}
	var mu sync.Mutex
	out := map[string]result{}
	var all errgroup.Group
	all.SetLimit(4) // as use.parallel of the plans
	for _, c := range plan.Expand() {
		all.Go(func() error {
			r := execute(t, byKind[c.Kind], plan, c, server.URL)
			mu.Lock()
			defer mu.Unlock()
			out[c.Key] = r
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	return out
}

func execute(t *testing.T, e executors.Executor, plan *spec.Plan, c spec.ExpandedCase, base string) result {
	t.Helper()
	return executeBeside(t, e, plan, c, base, &shelf{})
}

// executeBeside performs a case that compares with what is on a shelf.
func executeBeside(t *testing.T, e executors.Executor, plan *spec.Plan, c spec.ExpandedCase, base string, looks executors.Baselines) result {
	t.Helper()
	vars := map[string]any{}
	for k, v := range plan.Env {
		vars[k] = v
	}
	for k, v := range c.Matrix {
		vars[k] = v
	}
	vars[spec.VarBaseURL] = base
	ctx, cancel := context.WithTimeout(t.Context(), plan.Use.Timeout.Or(time.Minute))
	defer cancel()
	recorder := &executortest.Recorder{}
	outcome, err := e.Execute(ctx, executors.Task{
		RunID: "run", ResultID: c.Key, Attempt: 1, Case: c.Case, Use: plan.Use,
		Scope: spec.NewScope(vars, nil), Files: examples.Files, Baselines: looks,
	}, recorder)
	return result{outcome, err, recorder.Steps(), recorder}
}
