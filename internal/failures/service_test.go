package failures_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
)

type object = map[string]any

// failing is a server with a plan of cases that fail in three ways.
func failing(t *testing.T) (*apptest.Server, string) {
	t.Helper()
	scripts := map[string]fake.Script{
		"fine":  {Steps: []fake.Step{{}}},
		"shaky": {FailFirst: 1, Steps: []fake.Step{{}}},
		"away":  {Steps: []fake.Step{{Outcome: spec.OutcomeErrored, Error: "http://shop.test:81/a did not answer: connection refused"}}},
	}
	var plan strings.Builder
	plan.WriteString("version: \"1\"\nname: Failing\nenv: {BASE_URL: \"http://127.0.0.1:1\"}\ncases:\n")
	for i := range 5 {
		id := fmt.Sprintf("order-%d", i)
		scripts[id] = fake.Script{Steps: []fake.Step{{Name: fmt.Sprintf("GET /orders/%d", 1000+i), Checks: []executors.Check{{
			Name: "status equals 200", Message: fmt.Sprintf("status is 500, expected 200, for order %d", 1000+i),
		}}}}}
		fmt.Fprintf(&plan, "  - {id: %s, kind: api, steps: [{http: /}]}\n", id)
	}
	plan.WriteString("  - {id: fine, kind: api, steps: [{http: /}]}\n  - {id: shaky, kind: api, retries: 1, steps: [{http: /}]}\n  - {id: away, kind: api, steps: [{http: /}]}\n")
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI, fake.WithScripts(scripts))}})
	return s, plan.String()
}

const fields = `failureClusters { count runs caseCount cases new flakyShare cluster { id code cause rule title check quote analysis { status } } examples { caseKey message } }`

func groups(t *testing.T, s *apptest.Server, runID string) []object {
	t.Helper()
	var out []object
	for _, g := range s.Query(t, `query($id: ID!) { run(id: $id) { `+fields+` } }`, object{"id": runID})["run"].(object)["failureClusters"].([]any) {
		out = append(out, g.(object))
	}
	return out
}

func TestClustersOfARun(t *testing.T) {
	t.Parallel()
	s, plan := failing(t)
	first := s.Run(t, plan)
	s.Follow(t, first)
	got := groups(t, s, first)
	if len(got) != 3 {
		t.Fatalf("there are %d clusters, want 3: %v", len(got), got)
	}
	told := map[string]object{}
	for _, g := range got {
		c := g["cluster"].(object)
		told[fmt.Sprint(c["rule"])] = g
		if g["new"] != true || c["analysis"] != nil {
			t.Errorf("the cluster %v is not new, or analysed", c)
		}
	}
	for rule, want := range map[string]struct {
		count float64
		cause string
		flaky float64
	}{"server-error": {5, "PRODUCT_FAULT", 0}, "connection-refused": {1, "ENVIRONMENT", 0}, "passed-when-tried-again": {1, "TIMING", 1}} {
		g := told[rule]
		if g == nil || g["count"] != want.count || g["flakyShare"] != want.flaky || g["cluster"].(object)["cause"] != want.cause {
			t.Errorf("%s is %v, want %v", rule, g, want)
		}
	}
	if g := told["server-error"]; g != nil && (got[0]["count"] != 5.0 || len(g["cases"].([]any)) != 5 || !strings.Contains(fmt.Sprint(g["examples"]), g["cluster"].(object)["quote"].(string))) {
		t.Errorf("the largest cluster is %v", g)
	}

	second := s.Run(t, plan)
	s.Follow(t, second)
	for _, g := range groups(t, s, second) {
		if g["new"] != false {
			t.Errorf("the second run has the new cluster %v", g)
		}
	}
	window := s.Query(t, `{ failureClusters { count runs caseCount cluster { id } } }`, nil)["failureClusters"].([]any)
	if len(window) != 3 || window[0].(object)["count"] != 10.0 || window[0].(object)["runs"] != 2.0 || window[0].(object)["caseCount"] != 5.0 {
		t.Errorf("the window has %v", window)
	}
	id := got[0]["cluster"].(object)["id"]
	if one := s.Query(t, `query($id: ID!) { failureCluster(id: $id) { id firstRunId } }`, object{"id": id})["failureCluster"].(object); one["firstRunId"] != first {
		t.Errorf("the cluster is first of %v, want %s", one["firstRunId"], first)
	}
	made := s.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { issues { title detail } recommendations { action reason gain confidenceGain } } } }`, object{"id": second})
	text := fmt.Sprint(made)
	for _, want := range []string{"5 cases failed for the same reason", "5 of 5 failed cases share this failure, so one fix may turn them all green; earlier runs had it too", "product fault, the target answered with status 500"} {
		if !strings.Contains(text, want) {
			t.Errorf("the assessment does not say %q: %s", want, text)
		}
	}
}

// Without a model the analysis says so, and nothing is made up.
func TestAnalysisWithoutAModel(t *testing.T) {
	t.Parallel()
	s, plan := failing(t)
	run := s.Run(t, plan)
	s.Follow(t, run)
	asked := s.Query(t, `mutation($id: ID!) { analyzeFailures(input: {runId: $id}) { clusters { id analysis { status } } } }`, object{"id": run})
	clusters := asked["analyzeFailures"].(object)["clusters"].([]any)
	if len(clusters) != 3 {
		t.Fatalf("%d clusters are analysed, want 3", len(clusters))
	}
	for _, c := range clusters {
		a := waitFor(t, s, c.(object)["id"].(string))
		if a["status"] != "NOT_ANALYZED" || a["cause"] != nil || !strings.Contains(a["reason"].(string), "no language model is configured") {
			t.Errorf("the analysis is %v", a)
		}
	}
	for _, bad := range []string{`runId: "run_01h455vb4pex5vsknk084sn02q", clusterId: "fcl_01h455vb4pex5vsknk084sn02q"`, ``} {
		if err := s.Client.Do(t.Context(), `mutation { analyzeFailures(input: {`+bad+`}) { clusters { id } } }`, nil, new(any)); err == nil {
			t.Errorf("the input {%s} is taken", bad)
		}
	}
}

// waitFor returns the analysis of a cluster when it is no longer pending.
func waitFor(t *testing.T, s *apptest.Server, id string) object {
	t.Helper()
	for t.Context().Err() == nil {
		got := s.Query(t, `query($id: ID!) { failureCluster(id: $id) { analysis { status reason cause quotes { text } } } }`, object{"id": id})
		if a := got["failureCluster"].(object)["analysis"].(object); a["status"] != "PENDING" {
			return a
		}
	}
	t.Fatal("the analysis never ended")
	return nil
}
