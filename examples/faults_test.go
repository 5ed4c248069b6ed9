package examples_test

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"golang.org/x/sync/errgroup"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/executors/executortest"
	llmexecutor "github.com/semantest/semantest/executors/llm"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

// found says which cases of shop.plan.yaml find a fault of the shop: exactly
// these of the kinds api, contract, load and llm, and of a contract case the check that
// finds it. What only a page shows is for the browser cases that are named.
var found = []struct {
	fault   shop.Fault
	cases   []string
	check   string
	browser string // the case that finds it on the page
}{
	{fault: shop.FaultNone},
	{fault: shop.FaultSlow, cases: []string{"api.products", "contract.api", "contract.list", "load.products"}, check: spec.NotAServerError, browser: "vitals.home"},
	{fault: shop.FaultServerError, cases: []string{"api.order", "api.order-refused", "contract.api", "graph.order", "live.order", "live.order-events"}, check: spec.NotAServerError, browser: "buy.checkout"},
	{fault: shop.FaultWrongTotal, cases: []string{"api.cart", "api.order", "graph.order"}, browser: "buy.checkout"},
	{fault: shop.FaultBrokenLayout, browser: "buy.checkout"},
	{fault: shop.FaultShiftedBanner, browser: "visual.home"},
	{fault: shop.FaultPalePrice, browser: "visual.product"},
	{fault: shop.FaultNoLabel, browser: "a11y.home"},
	{fault: shop.FaultGullible, cases: []string{"chat.policy", "llm.role"}, browser: "help.chat"},
	{fault: shop.DefectCrashAtLimit, cases: []string{"contract.api"}, check: spec.NotAServerError},
	{fault: shop.DefectHangUp, cases: []string{"api.many-ways", "contract.api"}, check: spec.NotAServerError},
	{fault: shop.DefectOddStatus, cases: []string{"api.many-ways", "contract.api"}, check: spec.StatusCodeConformance},
	{fault: shop.DefectOddMediaType, cases: []string{"api.not-found", "contract.api"}, check: spec.ContentTypeConformance},
	{fault: shop.DefectNotJSON, cases: []string{"api.products", "contract.api", "load.products"}, check: spec.ResponseSchemaConformance},
	{fault: shop.DefectMissingField, cases: []string{"api.many-ways", "api.product", "contract.api"}, check: spec.ResponseSchemaConformance},
	{fault: shop.DefectExtraField, cases: []string{"contract.api"}, check: spec.ResponseSchemaConformance},
	{fault: shop.DefectNumberPrice, cases: []string{"api.many-ways", "api.product", "contract.api"}, check: spec.ResponseSchemaConformance},
	{fault: shop.DefectOddState, cases: []string{"api.order", "contract.api", "live.order", "live.order-events"}, check: spec.ResponseSchemaConformance},
	{fault: shop.DefectLostLocation, cases: []string{"api.order", "contract.api"}, check: spec.ResponseHeadersConformance},
	{fault: shop.DefectOddLocation, cases: []string{"api.order", "contract.api"}, check: spec.ResponseHeadersConformance},
	{fault: shop.DefectTakesAnything, cases: []string{"contract.api"}, check: spec.NegativeDataRejection},
	{fault: shop.DefectAnyMethod, cases: []string{"contract.api"}, check: spec.UnsupportedMethod},
	{fault: shop.DefectVanishingOrder, cases: []string{"api.order", "contract.api"}, check: spec.EnsureResourceAvailability},
	{fault: shop.DefectOpenAccount, cases: []string{"api.login", "contract.api"}, check: spec.IgnoredAuth},
	{fault: shop.DefectRefusesLimit, cases: []string{"contract.list"}, check: spec.PositiveDataAcceptance},
	{fault: shop.DefectGraphType, cases: []string{"contract.graphql", "graph.order", "graph.validated"}, check: spec.ResponseSchemaConformance},
	{fault: shop.DefectGraphUnknown, cases: []string{"contract.graphql"}, check: spec.NegativeDataRejection},
}

// TestEachFaultOfTheShopIsFoundByName runs the shop's plan, but for what needs a
// browser, against a shop with each fault.
func TestEachFaultOfTheShopIsFoundByName(t *testing.T) {
	t.Parallel()
	plan := parse(t, "shop.plan.yaml")
	sound := openShop(t, shop.FaultNone)
	seen := make([]sight, len(found))
	var all errgroup.Group
	all.SetLimit(4) // most of them wait most of the time
	for i, tt := range found {
		all.Go(func() error {
			seen[i] = against(t, plan, tt.fault, sound)
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	var listed []shop.Fault
	for i, tt := range found {
		listed = append(listed, tt.fault)
		if tt.browser != "" && !slices.ContainsFunc(plan.Cases, func(c spec.Case) bool { return c.ID == tt.browser && c.Kind == spec.KindBrowser }) {
			t.Errorf("the plan has no browser case %s", tt.browser)
		}
		t.Run(string(tt.fault), func(t *testing.T) {
			t.Parallel()
			if diff := gocmp.Diff(tt.cases, seen[i].failed); diff != "" {
				t.Errorf("cases that should find it (-) and that do (+):\n%s%v", diff, seen[i].why)
			}
			if tt.check != "" && !slices.Contains(seen[i].checks, tt.check) {
				t.Errorf("the contract finds %v, not %s", seen[i].checks, tt.check)
			}
		})
	}
	if diff := gocmp.Diff(slices.Concat(shop.Faults(), shop.Defects()), listed); diff != "" {
		t.Errorf("faults of the shop (-) and of this table (+):\n%s", diff)
	}
}

func openShop(t *testing.T, fault shop.Fault) string {
	t.Helper()
	s := shop.New(shop.WithFault(fault))
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	t.Cleanup(func() { s.Close() })
	return server.URL
}

// sight is what a plan sees of a fault.
type sight struct {
	failed []string         // cases that do not pass
	checks []string         // of contracts, that do not hold
	why    map[string]error // by the key of the case
}

// against runs the cases of a plan that need no browser against a shop with a
// fault. What they find is sent again, to the same shop and to a sound one.
func against(t *testing.T, plan *spec.Plan, fault shop.Fault, sound string) sight {
	t.Helper()
	base := openShop(t, fault)
	policy, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	steps := api.New(policy)
	t.Cleanup(func() { steps.Close() })
	byKind := map[spec.Kind]executors.Executor{spec.KindAPI: steps, spec.KindContract: contract.New(policy), spec.KindLoad: load.New(steps, policy, load.Limits{}),
		spec.KindLLM: llmexecutor.New(policy, nil, llm.BuiltInPrices())}
	seen := sight{why: map[string]error{}}
	own := *plan
	own.Use.Timeout, own.Use.StepTimeout = spec.Duration(8*time.Minute), spec.Duration(4*time.Minute)
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, c := range plan.Expand() {
		e := byKind[c.Kind]
		if e == nil {
			continue
		}
		c.Load.Scenarios = shorter(c.Load.Scenarios)
		if fault != shop.FaultSlow {
			c.Case = patient(c.Case)
		}
		all.Go(func() {
			r := execute(t, e, &own, c, base)
			mu.Lock()
			defer mu.Unlock()
			if r.outcome == spec.OutcomePassed {
				return
			}
			seen.failed = append(seen.failed, c.ID)
			seen.why[c.Key] = r.err
			if fault != shop.FaultSlow { // which takes its time, and is no defect of the contract
				reproduces(t, policy, r.left, base, sound)
			}
			for _, step := range r.steps {
				for _, check := range step.Checks {
					if name, _, _ := strings.Cut(check.Name, ": "); c.Kind == spec.KindContract && !check.Passed {
						seen.checks = append(seen.checks, name)
					}
				}
			}
		})
	}
	all.Wait()
	slices.Sort(seen.failed)
	seen.failed = slices.Compact(seen.failed)
	return seen
}

// shorter makes loads take half a second: what they find, they find at once.
func shorter(scenarios map[string]*spec.Scenario) map[string]*spec.Scenario {
	out := map[string]*spec.Scenario{}
	for name, s := range scenarios {
		own := *s
		if own.Duration > 0 {
			own.Duration = spec.Duration(500 * time.Millisecond)
		}
		own.Stages = slices.Clone(own.Stages)
		for i := range own.Stages {
			own.Stages[i].Duration = new(spec.Duration(500 * time.Millisecond))
		}
		out[name] = &own
	}
	return out
}

// patient takes the limits of time out of a case: what else it judges does not
// depend on how busy the machine is.
func patient(c spec.Case) spec.Case {
	c.APISteps, c.Load.Steps = untimed(c.APISteps), untimed(c.Load.Steps)
	c.Contract.RequestTimeout = spec.Duration(time.Minute)
	c.Load.Thresholds = maps.Clone(c.Load.Thresholds)
	maps.DeleteFunc(c.Load.Thresholds, func(metric string, _ []spec.LoadThreshold) bool {
		return strings.HasPrefix(metric, "http_req_duration") || metric == "dropped_iterations"
	})
	return c
}

func untimed(steps []spec.APIStep) []spec.APIStep {
	out := slices.Clone(steps)
	for i, step := range out {
		out[i].Checks = slices.DeleteFunc(slices.Clone(step.Checks), func(check spec.Check) bool { return check.Duration != nil })
	}
	return out
}

// reproduces sends the findings of a case again: they are there in the shop that
// has the fault, and not in a sound one.
func reproduces(t *testing.T, policy *egress.Policy, left *executortest.Recorder, faulty, sound string) {
	t.Helper()
	for _, a := range left.Attachments() {
		if !strings.HasPrefix(a.Name, "finding-") {
			continue
		}
		f, err := contract.ReadFinding(a.Data)
		if err != nil {
			t.Error(err)
			continue
		}
		for base, want := range map[string]bool{faulty: true, sound: false} {
			again, err := f.Replay(t.Context(), policy, spec.NewScope(map[string]any{spec.VarBaseURL: base}, nil))
			if err != nil || again.Still != want {
				t.Errorf("%s of %s (%s) is found again: %v, want %t: %v", f.Check, f.Operation, f.What, again, want, err)
			}
		}
	}
}
