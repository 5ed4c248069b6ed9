package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/internal/cli/client"
)

const runBeforeDocument = `{"openapi": "3.1.0", "info": {"title": "Things", "version": "1"},
"paths": {
  "/things": {"get": {"operationId": "GET /things", "responses": {"200": {"description": "All of them."}}}},
  "/others": {"get": {"operationId": "GET /others", "responses": {"200": {"description": "All of them."}}}}}}`

const runBeforePlan = `version: "1"
name: What was before
env: {BASE_URL: %q}
use: {retries: 0}
cases:
  - {id: contract, kind: contract, schema: /openapi.json, checks: [not_a_server_error], baseline: new-only, maxRequests: 30, seed: 1}
  - id: load
    kind: load
    steps: [{http: /load, check: [{status: 200}]}]
    scenarios: {all: {executor: shared-iterations, vus: 2, iterations: 40}}
    thresholds: {checks: ["rate>=baseline"]}
`

// TestRunBefore lets a server perform the same plan again and again, and compares
// each run with the one before it.
func TestRunBefore(t *testing.T) {
	t.Parallel()
	var listsFail, loadFails atomic.Bool
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/openapi.json":
			answerJSON(w, runBeforeDocument)
		case r.URL.Path == "/things", r.URL.Path == "/others" && listsFail.Load(), r.URL.Path == "/load" && loadFails.Load():
			http.Error(w, "out of order", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(app.Close)
	s := serve(t, launch{env: []string{"SEMANTEST_EGRESS=dev"}})
	var made struct {
		CreatePlan struct{ Plan struct{ ID string } }
	}
	do(t, s.Client, `mutation($s: String!) { createPlan(input: {source: $s}) { plan { id } } }`,
		map[string]any{"s": fmt.Sprintf(runBeforePlan, app.URL)}, &made)
	perform := func() (contract, load client.Result) {
		t.Helper()
		var begun struct {
			StartRun struct{ Run struct{ ID string } }
		}
		do(t, s.Client, `mutation($p: ID!) { startRun(input: {planId: $p}) { run { id } } }`, map[string]any{"p": made.CreatePlan.Plan.ID}, &begun)
		id := begun.StartRun.Run.ID
		follow(t, s.Client, id)
		for _, r := range fetchRun(t, s.Client, id).Results {
			if r.CaseID == "contract" {
				contract = r
			} else {
				load = r
			}
		}
		return contract, load
	}
	for _, tt := range []struct {
		name                        string
		listsFail, loadFails        bool
		contract, contractSays      string
		load, loadSays, loadCompare string // the check of the threshold
	}{
		{"with nothing before", false, false, "FAILED", "GET /things", "PASSED", "", "there is no baseline"},
		{"with the same", false, false, "PASSED", "", "PASSED", "", "the baseline is 1"},
		{"with two new faults", true, true, "FAILED", "GET /others", "FAILED", "checks", "the baseline is 1"},
		{"with faults that are known by now", true, true, "PASSED", "", "PASSED", "", "the baseline is 0"},
	} {
		listsFail.Store(tt.listsFail)
		loadFails.Store(tt.loadFails)
		contract, load := perform()
		if contract.Outcome != tt.contract || !strings.Contains(contract.Error, tt.contractSays) {
			t.Errorf("%s, the contract is %s: %s", tt.name, contract.Outcome, contract.Error)
		}
		if load.Outcome != tt.load || !strings.Contains(load.Error, tt.loadSays) {
			t.Errorf("%s, the load is %s: %s", tt.name, load.Outcome, load.Error)
		}
		steps := load.Attempts[0].Steps
		checks := steps[len(steps)-1].Checks
		if len(checks) != 1 || !strings.Contains(checks[0].Expected+checks[0].Actual, tt.loadCompare) {
			t.Errorf("%s, the threshold is told as %+v", tt.name, checks)
		}
	}
}
