package generation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
)

type object = map[string]any

func start(t *testing.T) *apptest.Server {
	t.Helper()
	return apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI), fake.New(spec.KindContract)}})
}

func document(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../examples/shop/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const generate = `mutation($in: GenerateTestCasesInput!) { generateTestCases(input: $in) { generation { id status } } }`

func begin(t *testing.T, s *apptest.Server, in object) string {
	t.Helper()
	g := s.Query(t, generate, object{"in": in})["generateTestCases"].(object)["generation"].(object)
	if g["status"] != "QUEUED" {
		t.Errorf("a new generation is %v", g["status"])
	}
	return g["id"].(string)
}

type progress struct {
	Seq                         int
	Stage, CaseID               string
	State                       *string
	Tried, Candidates, Proposed int
}

func follow(t *testing.T, s *apptest.Server, id string, after int) []progress {
	t.Helper()
	var out []progress
	err := s.Client.Subscribe(t.Context(), `subscription($id: ID!, $after: Int!) { generationProgress(id: $id, after: $after) { seq stage tried candidates proposed caseId state } }`,
		object{"id": id, "after": after}, func(data json.RawMessage) error {
			var item struct{ GenerationProgress progress }
			if err := json.Unmarshal(data, &item); err != nil {
				return err
			}
			out = append(out, item.GenerationProgress)
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCasesAreGeneratedAndEnterAPlan goes the whole way: from a document to a
// plan that a person has accepted.
func TestCasesAreGeneratedAndEnterAPlan(t *testing.T) {
	t.Parallel()
	s := start(t)
	sample := shop.New()
	target := httptest.NewServer(sample)
	t.Cleanup(func() { target.CloseClientConnections(); target.Close(); sample.Close() })
	id := begin(t, s, object{"source": object{"openapi": document(t)}, "target": target.URL, "maxCases": 4, "timeoutMs": 120000, "environment": "staging"})
	told := follow(t, s, id, 0)
	for i, p := range told {
		if p.Seq != i+1 {
			t.Fatalf("event %d has the number %d", i, p.Seq)
		}
	}
	last := told[len(told)-1]
	if told[0].Stage != "QUEUED" || last.Stage != "FINISHED" || last.Proposed != 4 || last.Tried < 4 || last.Candidates < 20 {
		t.Errorf("it began with %+v and ended with %+v", told[0], last)
	}
	if diff := cmp.Diff(told[3:], follow(t, s, id, 3)); diff != "" {
		t.Errorf("what is told from the third event on (-first +again):\n%s", diff)
	}
	if again := follow(t, s, id, len(told)); len(again) != 0 {
		t.Errorf("who has seen the end is told %+v", again)
	}
	g := s.Query(t, `query($id: ID!) { generation(id: $id) { status generator coverage fromCache proposedPlan plan { id }
		cases(states: [PROPOSED]) { id caseId confidence checks { name outcome } cites { kind ref } } } }`, object{"id": id})["generation"].(object)
	if g["status"] != "COMPLETED" || g["generator"] != "RULES" || g["fromCache"] != false || g["plan"] != nil || g["coverage"].(float64) <= 0 {
		t.Errorf("%v", g)
	}
	if _, err := spec.Parse([]byte(g["proposedPlan"].(string))); err != nil || !strings.Contains(g["proposedPlan"].(string), "minCases: 4") {
		t.Errorf("the proposed plan: %v\n%s", err, g["proposedPlan"])
	}
	var ids []any
	for _, c := range g["cases"].([]any) {
		ids = append(ids, c.(object)["id"])
	}
	const approve = `mutation($ids: [ID!]!) { approveGeneratedCases(input: {ids: $ids, name: "Accepted"}) { plan { id name version { number cases { id } } } cases { state checks { name outcome } } } }`
	out := s.Query(t, approve, object{"ids": ids[:2]})["approveGeneratedCases"].(object)
	plan := out["plan"].(object)
	if n := len(plan["version"].(object)["cases"].([]any)); plan["name"] != "Accepted" || n != 2 {
		t.Errorf("the new plan is %v", plan)
	}
	if err := s.Client.Do(t.Context(), approve, object{"ids": ids[:1]}, nil); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("accepted twice: %v", err)
	}
	s.Query(t, `mutation($ids: [ID!]!) { rejectGeneratedCases(input: {ids: $ids, reason: "Not now"}) { cases { state reviewReason } } }`, object{"ids": ids[2:3]})
	joined := s.Query(t, approve, object{"ids": ids[3:4]})["approveGeneratedCases"].(object)["plan"].(object)
	if v := joined["version"].(object); joined["id"] != plan["id"] || v["number"] != float64(2) || len(v["cases"].([]any)) != 3 {
		t.Errorf("a case that is accepted later is in %v", joined)
	}
	again := begin(t, s, object{"source": object{"openapi": document(t)}, "planId": plan["id"], "maxCases": 2})
	follow(t, s, again, 0)
	more := s.Query(t, `query($id: ID!) { generation(id: $id) { plan { id } notes cases { id caseId state checks { name outcome reason } } } }`, object{"id": again})["generation"].(object)
	if !slices.ContainsFunc(more["cases"].([]any), func(c any) bool {
		return slices.ContainsFunc(c.(object)["checks"].([]any), func(k any) bool {
			return k.(object)["name"] == "not_a_duplicate" && k.(object)["outcome"] == "FAILED"
		})
	}) {
		t.Errorf("what the plan has was proposed again: %v", more["cases"])
	}
	var proposed []any
	for _, c := range more["cases"].([]any) {
		if c.(object)["state"] == "PROPOSED" {
			proposed = append(proposed, c.(object)["id"])
		}
	}
	grown := s.Query(t, approve, object{"ids": proposed})["approveGeneratedCases"].(object)["plan"].(object)
	if v := grown["version"].(object); grown["id"] != plan["id"] || v["number"] != float64(3) || len(v["cases"].([]any)) != 3+len(proposed) {
		t.Errorf("the plan has become %v", grown)
	}
}

func TestWhatCannotBeGeneratedSaysWhy(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, tt := range map[string]struct {
		in   object
		code apperr.Code
	}{
		"no source":       {object{"source": object{}}, apperr.InvalidInput},
		"two sources":     {object{"source": object{"openapi": "a", "openapiUrl": "http://shop.test/"}}, apperr.InvalidInput},
		"too many":        {object{"source": object{"openapi": "a"}, "maxCases": 101}, apperr.InvalidInput},
		"a wrong kind":    {object{"source": object{"openapi": "a"}, "kinds": []any{"LOAD"}}, apperr.InvalidInput},
		"a wrong address": {object{"source": object{"openapiUrl": "file:///etc/passwd"}}, apperr.InvalidInput},
		"no time":         {object{"source": object{"openapi": "a"}, "timeoutMs": 1}, apperr.InvalidInput},
	} {
		if err := s.Client.Do(t.Context(), generate, object{"in": tt.in}, nil); apperr.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	large := "openapi: 3.1.0\nx-note: " + strings.Repeat("x", 3<<20) // more than an operation may otherwise have
	for name, tt := range map[string]struct {
		source object
		reason string
	}{
		"no document":   {object{"openapi": "hello"}, "OpenAPI document"},
		"no paths":      {object{"openapi": large}, "no request"},
		"nobody there":  {object{"openapiUrl": "http://127.0.0.1:1/openapi.yaml"}, "127.0.0.1:1"},
		"without model": {object{"requirements": "REQ-1: An order has a number"}, "SEMANTEST_LLM_BASE_URL"},
	} {
		id := begin(t, s, object{"source": tt.source})
		follow(t, s, id, 0)
		g := s.Query(t, `query($id: ID!) { generation(id: $id) { status reason cases { id } proposedPlan } }`, object{"id": id})["generation"].(object)
		if g["status"] != "FAILED" || !strings.Contains(g["reason"].(string), tt.reason) || len(g["cases"].([]any)) != 0 || g["proposedPlan"] != nil {
			t.Errorf("%s: %v", name, g)
		}
	}
}

func TestAGenerationIsCancelled(t *testing.T) {
	t.Parallel()
	s := start(t)
	slow := shop.New(shop.WithFault(shop.FaultSlow))
	target := httptest.NewServer(slow)
	t.Cleanup(func() { target.CloseClientConnections(); target.Close(); slow.Close() })
	hook := s.Query(t, `mutation { createWebhook(input: {url: "http://127.0.0.1:1/", types: [AI_GENERATION_CANCELLED]}) { webhook { id } } }`, nil)["createWebhook"].(object)["webhook"].(object)["id"].(string)
	id := begin(t, s, object{"source": object{"openapi": document(t)}, "target": target.URL, "timeoutMs": 600000})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := s.Client.Subscribe(ctx, `subscription($id: ID!) { generationProgress(id: $id) { stage } }`, object{"id": id}, func(data json.RawMessage) error {
		if strings.Contains(string(data), "CHECKING") {
			stop()
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if g := s.Query(t, `query($id: ID!) { generation(id: $id) { timeoutMs priority } }`, object{"id": begin(t, s, object{"source": object{"openapi": "hello"}})})["generation"].(object); g["timeoutMs"] != float64(30000) || g["priority"] != float64(3) {
		t.Errorf("by default: %v", g)
	}
	const cancel = `mutation($id: ID!) { cancelGeneration(input: {id: $id}) { generation { status finishedAt proposedPlan } } }`
	got := s.Query(t, cancel, object{"id": id})["cancelGeneration"].(object)["generation"].(object)
	if got["status"] != "CANCELLED" || got["finishedAt"] == nil || got["proposedPlan"] != nil {
		t.Errorf("%v", got)
	}
	deliveries := s.Query(t, `query($id: ID!) { webhook(id: $id) { deliveries(first: 10) { nodes { type payload } } } }`, object{"id": hook})["webhook"].(object)["deliveries"].(object)["nodes"].([]any)
	if len(deliveries) != 1 || deliveries[0].(object)["type"] != "AI_GENERATION_CANCELLED" || !strings.Contains(fmt.Sprint(deliveries[0]), id) {
		t.Errorf("webhooks are told %v", deliveries)
	}
	if told := follow(t, s, id, 0); told[len(told)-1].Stage != "FINISHED" {
		t.Errorf("the last event is %+v", told[len(told)-1])
	}
}
