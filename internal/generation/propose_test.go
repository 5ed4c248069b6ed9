package generation_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/llm/llmtest"
	"github.com/semantest/semantest/internal/spec"
)

const propose = `mutation($in: ProposePlanInput!) { proposePlan(input: $in) { generation { id status } } }`

const proposal = `query($id: ID!) { generation(id: $id) { status reason generator fromCache proposedPlan proposedFiles { path content }
	cases { caseId state confidence cites { ref quote } checks { name outcome reason } } } }`

// TestAPlanIsProposedOfRequirements has a stub write what a model may: a case that
// holds, one by which the shop is wrong, and one that quotes what nobody wrote.
func TestAPlanIsProposedOfRequirements(t *testing.T) {
	t.Parallel()
	model := llmtest.New(t)
	model.Answer(func(llmtest.Request) string {
		return `{"cases": [` + strings.Join([]string{
			drafted("REQ-1", "read by its SKU", `{"http": {"url": "/api/products/TEA-01"}, "check": [{"status": 200}, {"jsonpath": "$.sku", "equals": "TEA-01"}]}`),
			drafted("REQ-2", "unknown product is 410", `{"http": {"url": "/api/products/NONE"}, "check": [{"status": 410}]}`),
			drafted("REQ-3", "costs nothing", `{"http": {"url": "/api/products"}, "check": [{"status": 200}]}`),
		}, ",") + `]}`
	})
	s := apptest.Start(t, apptest.Options{LLM: config.LLM{LLMBaseURL: model.URL(), LLMAPIKey: llmtest.Key, LLMModel: llmtest.Model, LLMCache: 3600e9}})
	sample := shop.New()
	target := httptest.NewServer(sample)
	t.Cleanup(func() { target.CloseClientConnections(); target.Close(); sample.Close() })
	in := object{
		"source": object{"requirements": "REQ-1: A product can be read by its SKU.\nREQ-2: The answer for an unknown product is 410.\nREQ-3: Every product has a price."},
		"target": target.URL, "environment": "staging", "coverage": 1, "timeoutMs": 300000,
	}
	asked := func() object {
		id := s.Query(t, propose, object{"in": in})["proposePlan"].(object)["generation"].(object)["id"].(string)
		follow(t, s, id, 0)
		return s.Query(t, proposal, object{"id": id})["generation"].(object)
	}
	g := asked()
	states := map[string]any{}
	for _, c := range g["cases"].([]any) {
		states[c.(object)["caseId"].(string)] = c.(object)["state"]
	}
	if diff := cmp.Diff(map[string]any{"of.REQ-1": "PROPOSED", "of.REQ-2": "SUSPECTED_DEFECT", "of.REQ-3": "REJECTED"}, states); diff != "" {
		t.Errorf("cases (-want +got):\n%s\n%v", diff, g)
	}
	if g["status"] != "COMPLETED" || g["generator"] != llmtest.Model || g["fromCache"] != false {
		t.Errorf("%v", g)
	}
	source := g["proposedPlan"].(string)
	plan, err := spec.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if plan.Environment != "staging" || len(plan.Cases) != 1 || plan.Gates == nil {
		t.Errorf("the proposed plan:\n%s", source)
	}
	if n := s.Query(t, `{ plans { totalCount } }`, nil)["plans"].(object)["totalCount"]; n != float64(0) {
		t.Errorf("%v plans were stored before anybody accepted one", n)
	}
	if again := asked(); again["fromCache"] != true || again["proposedPlan"] != source {
		t.Errorf("asked again: from the cache %v\n%s", again["fromCache"], again["proposedPlan"])
	}
}

func drafted(requirement, quote, step string) string {
	return `{"requirement": "` + requirement + `", "quote": "` + quote + `", "case": {"id": "of.` + requirement + `", "name": "N", "kind": "api", "steps": [` + step + `]}}`
}

// TestAProposedPlanIsWhole creates a plan of what was proposed, with the document
// that its contract case reads, and runs it.
func TestAProposedPlanIsWhole(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{})
	sample := shop.New()
	target := httptest.NewServer(sample)
	t.Cleanup(func() { target.CloseClientConnections(); target.Close(); sample.Close() })
	id := s.Query(t, propose, object{"in": object{
		"source": object{"openapi": document(t)}, "target": target.URL, "kinds": []any{"CONTRACT"}, "maxCases": 1, "timeoutMs": 300000,
	}})["proposePlan"].(object)["generation"].(object)["id"].(string)
	follow(t, s, id, 0)
	g := s.Query(t, proposal, object{"id": id})["generation"].(object)
	if g["proposedPlan"] == nil || len(g["proposedFiles"].([]any)) != 1 {
		t.Fatalf("%v", g)
	}
	run := s.Query(t, `mutation($in: StartRunInput!) { startRun(input: $in) { run { id } } }`,
		object{"in": object{"source": g["proposedPlan"], "files": g["proposedFiles"]}})["startRun"].(object)["run"].(object)
	events := s.Follow(t, run["id"].(string))
	if got := s.Query(t, `query($id: ID!) { run(id: $id) { status outcomeCounts { passed } } }`, object{"id": run["id"]})["run"].(object); got["status"] != "PASSED" || got["outcomeCounts"].(object)["passed"] != float64(1) {
		t.Errorf("the proposed plan's run is %v: %+v", got, events)
	}
}
