package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
)

func server(t *testing.T) *apptest.Server {
	t.Helper()
	return apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}})
}

const source = `
version: "1"
name: Orders
tags: [shop]
env: {BASE_URL: "http://127.0.0.1:1"}
cases:
  - {id: a, kind: api, tags: [smoke], steps: [{http: /}]}
  - {id: b, kind: api, steps: [{http: /}], matrix: {n: ["1", "2"]}}
  - {id: c, kind: api, tags: [fake.fail], steps: [{http: /}]}
`

// post sends a raw request, as a program of a third party would.
func post(t *testing.T, s *apptest.Server, token, contentType, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.App.URL()+"/graphql", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if json.NewDecoder(bytes.NewReader(raw)).Decode(&out) != nil {
		out = map[string]any{"raw": string(raw)}
	}
	return res.StatusCode, out
}

func gql(query string, variables map[string]any) string {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// first returns the extensions of the first error.
func first(out map[string]any) map[string]any {
	errs, _ := out["errors"].([]any)
	if len(errs) == 0 {
		return nil
	}
	ext, _ := errs[0].(map[string]any)["extensions"].(map[string]any)
	return ext
}

func TestPlansThroughTheGraph(t *testing.T) {
	t.Parallel()
	s := server(t)
	created := s.Query(t, `mutation($s: String!) { createPlan(input: {source: $s, clientMutationId: "x"}) {
		clientMutationId plan { id name tags version { number cases { id key title kind tags } } runs { totalCount } } } }`,
		map[string]any{"s": source})
	want := map[string]any{"createPlan": map[string]any{"clientMutationId": "x", "plan": map[string]any{
		"id": "ID", "name": "Orders", "tags": []any{"shop"}, "runs": map[string]any{"totalCount": 0.0},
		"version": map[string]any{"number": 1.0, "cases": []any{
			map[string]any{"id": "a", "key": "a", "title": "a", "kind": "API", "tags": []any{"smoke"}},
			map[string]any{"id": "b", "key": "b[n=1]", "title": "b", "kind": "API", "tags": []any{}},
			map[string]any{"id": "b", "key": "b[n=2]", "title": "b", "kind": "API", "tags": []any{}},
			map[string]any{"id": "c", "key": "c", "title": "c", "kind": "API", "tags": []any{"fake.fail"}},
		}},
	}}}
	plan := created["createPlan"].(map[string]any)["plan"].(map[string]any)
	id := plan["id"].(string)
	plan["id"] = "ID"
	if diff := cmp.Diff(want, created); diff != "" {
		t.Fatal(diff)
	}
	const update = `mutation($id: ID!, $s: String!) { updatePlan(input: {id: $id, source: $s}) { plan { version { number } } } }`
	number := func(src string) float64 {
		out := s.Query(t, update, map[string]any{"id": id, "s": src})
		return out["updatePlan"].(map[string]any)["plan"].(map[string]any)["version"].(map[string]any)["number"].(float64)
	}
	if n := number(source); n != 1 {
		t.Errorf("equal content made version %g", n)
	}
	if n := number(source + "# changed\n"); n != 2 {
		t.Errorf("changed content made version %g", n)
	}
	s.Query(t, `mutation($id: ID!) { deletePlan(input: {id: $id}) { id } }`, map[string]any{"id": id})
	gone := s.Query(t, `query($id: ID!) { plan(id: $id) { id } node(id: $id) { id } plans { totalCount } }`, map[string]any{"id": id})
	if diff := cmp.Diff(map[string]any{"plan": nil, "node": nil, "plans": map[string]any{"totalCount": 0.0}}, gone); diff != "" {
		t.Error(diff)
	}
}

func TestValidatePlanNamesEveryMistake(t *testing.T) {
	t.Parallel()
	s := server(t)
	out := s.Query(t, `mutation($s: String!) { validatePlan(input: {source: $s}) { validation { valid mistakes { line column path suggestion } } } }`,
		map[string]any{"s": "version: \"1\"\nname: N\ncasez: []\ncases:\n  - {id: a, kind: apy, steps: []}\n"})
	v := out["validatePlan"].(map[string]any)["validation"].(map[string]any)
	mistakes := v["mistakes"].([]any)
	if v["valid"] != false || len(mistakes) < 2 {
		t.Fatalf("got %v", v)
	}
	if m := mistakes[0].(map[string]any); m["line"] != 3.0 || m["suggestion"] != "cases" {
		t.Errorf("first mistake %v", m)
	}
}

func TestARunThroughTheGraph(t *testing.T) {
	t.Parallel()
	s := server(t)
	id := s.Run(t, source)
	s.Follow(t, id)
	out := s.Query(t, `query($id: ID!) {
		run(id: $id) { status name lastSeq plan { name } planVersion { number } outcomeCounts { total passed failed }
			failed: results(outcomes: [FAILED]) { totalCount nodes { caseKey attempts { number steps { outcome } } } }
			page: results(first: 2) { pageInfo { hasNextPage endCursor } edges { cursor node { caseKey matrix } } } }
		runs(statuses: [FAILED]) { nodes { id } } capacity { workers { slots status } } viewer { project { slug } permissions } }`,
		map[string]any{"id": id})
	run := out["run"].(map[string]any)
	want := map[string]any{
		"status": "FAILED", "name": "Orders", "plan": map[string]any{"name": "Orders"}, "planVersion": map[string]any{"number": 1.0},
		"lastSeq": run["lastSeq"], "outcomeCounts": map[string]any{"total": 4.0, "passed": 3.0, "failed": 1.0},
		"failed": map[string]any{"totalCount": 1.0, "nodes": []any{map[string]any{
			"caseKey": "c", "attempts": []any{map[string]any{"number": 1.0, "steps": []any{map[string]any{"outcome": "FAILED"}}}},
		}}},
		"page": map[string]any{"pageInfo": map[string]any{"hasNextPage": true, "endCursor": "1"}, "edges": []any{
			map[string]any{"cursor": "0", "node": map[string]any{"caseKey": "a", "matrix": map[string]any{}}},
			map[string]any{"cursor": "1", "node": map[string]any{"caseKey": "b[n=1]", "matrix": map[string]any{"n": "1"}}},
		}},
	}
	if diff := cmp.Diff(want, run); diff != "" {
		t.Error(diff)
	}
	if nodes := out["runs"].(map[string]any)["nodes"].([]any); len(nodes) != 1 {
		t.Errorf("%d failed runs", len(nodes))
	}
	if w := out["capacity"].(map[string]any)["workers"].([]any); len(w) != 1 {
		t.Errorf("%d workers", len(w))
	}
	if v := out["viewer"].(map[string]any)["project"].(map[string]any); v["slug"] != "default" {
		t.Errorf("viewer %v", v)
	}
}

func TestErrorsAreCodedAndMasked(t *testing.T) {
	t.Parallel()
	s := server(t)
	tests := map[string]struct {
		token, query string
		variables    map[string]any
		status       int
		code, field  string
	}{
		"no token":          {query: `{ viewer { permissions } }`, status: 200, code: "UNAUTHENTICATED"},
		"wrong token":       {token: "smt_wrong", query: `{ viewer { permissions } }`, status: 401, code: "UNAUTHENTICATED"},
		"page too large":    {token: s.Token, query: `{ runs(first: 101) { nodes { id } } }`, status: 200, code: "INVALID_INPUT", field: "first"},
		"cursor of a page":  {token: s.Token, query: `{ runs(first: 0) { nodes { id } } }`, status: 200},
		"unknown field":     {token: s.Token, query: `{ nope }`, status: 200, code: "GRAPHQL_VALIDATION_FAILED"},
		"not a query":       {token: s.Token, query: `{`, status: 200, code: "GRAPHQL_PARSE_FAILED"},
		"bad plan":          {token: s.Token, query: `mutation { createPlan(input: {source: "x"}) { plan { id } } }`, status: 200, code: "INVALID_INPUT", field: "source"},
		"file not base64":   {token: s.Token, query: `mutation { createPlan(input: {source: "x", files: [{path: "a", content: "%"}]}) { plan { id } } }`, status: 200, code: "INVALID_INPUT", field: "files"},
		"another kind's id": {token: s.Token, query: `mutation { stopRun(input: {id: "pln_01h455vb4pex5vsknk084sn02q"}) { run { id } } }`, status: 200, code: "INVALID_INPUT", field: "id"},
		"no such run":       {token: s.Token, query: `mutation { stopRun(input: {id: "run_01h455vb4pex5vsknk084sn02q"}) { run { id } } }`, status: 200, code: "NOT_FOUND"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, out := post(t, s, tt.token, "application/json", gql(tt.query, tt.variables))
			ext := first(out)
			code, _ := ext["code"].(string)
			field, _ := ext["field"].(string)
			if status != tt.status || code != tt.code || field != tt.field {
				t.Errorf("status %d, code %q, field %q in %v; want %d, %q, %q", status, code, field, out, tt.status, tt.code, tt.field)
			}
		})
	}
}

func TestBadRequestsAreRefusedByTheirLimit(t *testing.T) {
	t.Parallel()
	s := server(t)
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		status, out := post(t, s, s.Token, "application/json", gql(strings.Repeat(" ", 17<<20), nil))
		if status != http.StatusRequestEntityTooLarge || first(out)["code"] != "INVALID_INPUT" {
			t.Errorf("status %d with %v", status, out)
		}
	})
	t.Run("not JSON", func(t *testing.T) {
		t.Parallel()
		if status, out := post(t, s, s.Token, "text/plain", "{ viewer { permissions } }"); status == 200 {
			t.Errorf("status %d with %v", status, out)
		}
	})
	t.Run("too many tokens", func(t *testing.T) {
		t.Parallel()
		_, out := post(t, s, s.Token, "application/json", gql("{"+strings.Repeat("a:__typename ", 6000)+"}", nil))
		if first(out) == nil {
			t.Errorf("got %v", out)
		}
	})
	t.Run("too complex", func(t *testing.T) {
		t.Parallel()
		deep := "{ runs { nodes { plan { runs { nodes { plan { name } } } } } } }"
		if _, out := post(t, s, s.Token, "application/json", gql(deep, nil)); first(out) != nil {
			t.Errorf("an ordinary query was refused: %v", out)
		}
	})
}
