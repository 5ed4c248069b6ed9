package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// sampleRuns has something for each view of a result; all of it fails, so that
// there is something to see.
const sampleRuns = `version: "1"
name: Sample runs
cases:
  - {id: price, name: Price of the mug, kind: api, steps: [{http: /api/products/MUG-01, check: [{jsonpath: $.price, equals: "0.00"}]}]}
  - id: load
    name: Many callers
    kind: load
    steps: [{http: /api/products}]
    scenarios: {steady: {executor: constant-vus, vus: 2, duration: 3s, thinkTime: {min: 20ms, max: 50ms}}}
    thresholds: {http_req_duration: ["p(95)<0.001"], http_reqs: ["rate>1"]}
  - id: audit
    name: For everybody
    kind: browser
    steps:
      - goto: /login
      - evaluate: {script: "document.body.insertAdjacentHTML('beforeend', '<input id=q><img src=/favicon.svg>')"}
      - audit: {accessibility: {baseline: new-only}}
  - {id: vitals, name: Fast enough, kind: performance, url: /, runs: 2, thresholds: {LCP: ["median<1"], CLS: ["median<0.1"]}, budget: {total: 1KB}}
`

const slowCases = `version: "1"
name: Slow cases
use: {parallel: 1}
cases:
  - {id: one, name: Slow case 1, kind: api, steps: [{wait: 5s}, {http: /api/products}]}
  - {id: two, name: Slow case 2, kind: api, steps: [{wait: 3s}, {http: /api/products}]}
`

// TestDashboardTestsItself performs examples/dashboard.plan.yaml, the product's
// test of its own pages, on a server that has something to show.
func TestDashboardTestsItself(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("../frontend/dist/index.html"); err != nil {
		t.Skip("the web pages are not built; make test-pages builds them and performs this test")
	}
	plan, err := filepath.Abs("../examples/dashboard.plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const password = "correct-horse-battery"
	shop := openShop(t)
	s := serve(t, launch{args: []string{"--egress", "dev", "--rate-starts", "0"}, env: []string{"SEMANTEST_ADMIN_PASSWORD=" + password}})
	for source, status := range map[string]string{sampleRuns: "FAILED", slowCases: "PASSED"} {
		id, err := s.Client.StartRun(t.Context(), client.Start{Source: strings.Replace(source, "cases:", "env: {BASE_URL: "+strconv.Quote(shop)+"}\ncases:", 1)})
		if err != nil {
			t.Fatal(err)
		}
		all := follow(t, s.Client, id)
		if last := all[len(all)-1]; last.Status != status {
			t.Fatalf("the run that is to be shown ends as %+v, want %s", last, status)
		}
	}
	// No server lets a case reach itself: the tests come from a process of their own.
	p := start(t, launch{
		args: []string{"run", plan, "--egress", "dev", "--var", "BASE_URL=" + s.URL},
		env:  []string{"SEMANTEST_VAR_PASSWORD=" + password, "SEMANTEST_VAR_TOKEN=" + s.Token},
	})
	if !p.ended(patience) {
		t.Fatalf("the plan has not ended within %s\n%s", patience, p.said())
	}
	if r := p.wait(t); r.code != 0 {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// patience is for a plan whose browsers may share a busy machine.
const patience = 6 * time.Minute
