package graph_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/apperr"
)

const exported = `
version: "1"
name: Orders
use: {retries: 2}
cases:
  - {id: api.product, kind: api, matrix: {sku: [TEA-01, TEA-02]}, steps: [{http: "/api/products/${{ sku }}", check: [{status: 200}]}]}
  - {id: ui.home, kind: browser, steps: [{goto: /}, {expect: {title: Driftwood}}]}
  - {id: load.product, kind: load, uses: api.one, scenarios: {peak: {executor: constant-vus, vus: 2, duration: 1s}}, thresholds: {http_req_failed: ["rate<0.01"]}}
  - {id: api.one, kind: api, steps: [{http: /api/products, check: [{status: 200}]}]}
`

const export = `query($id: ID!, $format: ExportFormat!, $cases: [String!]) {
	exportPlan(planId: $id, format: $format, cases: $cases) { files { path content } cases notCarriedOver } }`

func TestAPlanIsExported(t *testing.T) {
	t.Parallel()
	s := server(t)
	id := storedPlan(t, s, exported)
	for name, tt := range map[string]struct {
		format string
		only   []string
		cases  []any
		files  []string
		holds  string // by the first file
		left   []any
	}{
		"go": {
			format: "GO", cases: []any{"api.product[sku=TEA-01]", "api.product[sku=TEA-02]", "api.one"},
			files: []string{"orders_test.go", "semantest_helpers_test.go", "go.mod"}, holds: "/api/products/TEA-02",
			left: []any{"use.retries of the plan", "case ui.home: go exports api cases, and this one is of kind browser", "case load.product: go exports api cases, and this one is of kind load"},
		},
		"playwright": {
			format: "PLAYWRIGHT", only: []string{"ui.home"}, cases: []any{"ui.home"},
			files: []string{"orders.spec.ts", "semantest.ts"}, holds: "page.goto", left: []any{"use.retries of the plan"},
		},
		"k6": {
			format: "K6", only: []string{"load.product"}, cases: []any{"load.product"},
			files: []string{"orders.js", "semantest.js"}, holds: "constant-vus", left: []any{"use.retries of the plan"},
		},
		"nothing": {
			format: "GO", only: []string{"ui.home"}, cases: []any{},
			left: []any{"use.retries of the plan", "case ui.home: go exports api cases, and this one is of kind browser"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := s.Query(t, export, map[string]any{"id": id, "format": tt.format, "cases": tt.only})["exportPlan"].(map[string]any)
			if diff := cmp.Diff(tt.cases, out["cases"]); diff != "" {
				t.Errorf("cases (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.left, out["notCarriedOver"]); diff != "" {
				t.Errorf("not carried over (-want +got):\n%s", diff)
			}
			var files []string
			for _, f := range out["files"].([]any) {
				files = append(files, f.(map[string]any)["path"].(string))
			}
			if diff := cmp.Diff(tt.files, files); diff != "" {
				t.Fatalf("files (-want +got):\n%s", diff)
			}
			if len(files) > 0 && !strings.Contains(out["files"].([]any)[0].(map[string]any)["content"].(string), tt.holds) {
				t.Errorf("the export lacks %q: %v", tt.holds, out["files"].([]any)[0])
			}
		})
	}
}

func TestWhatCannotBeExportedSaysWhy(t *testing.T) {
	t.Parallel()
	s := server(t)
	small := storedPlan(t, s, exported)
	// A matrix makes 10 MB of a text of a hundred kilobytes.
	large := storedPlan(t, s, `{"version": "1", "name": "Large", "cases": [{"id": "a", "kind": "api", "matrix": {"n": [`+numbersTo(100)+`]},
		"steps": [{"http": {"url": "/", "method": "POST", "body": "`+strings.Repeat("x", 100_000)+`"}}]}]}`)
	gone := storedPlan(t, s, strings.Replace(exported, "Orders", "Gone", 1))
	s.Query(t, `mutation($id: ID!) { deletePlan(input: {id: $id}) { id } }`, map[string]any{"id": gone})
	for name, tt := range map[string]struct {
		id    string
		cases []string
		code  apperr.Code
		says  string
	}{
		"no such case":  {small, []string{"api.one", "api.two"}, apperr.InvalidInput, "api.two"},
		"too many":      {small, make([]string, 1001), apperr.InvalidInput, "1000"},
		"too large":     {large, nil, apperr.InvalidInput, "8 MiB"},
		"a hidden plan": {gone, nil, apperr.NotFound, gone},
	} {
		err := s.Client.Do(t.Context(), export, map[string]any{"id": tt.id, "format": "GO", "cases": tt.cases}, nil)
		if apperr.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %s that says %q", name, err, tt.code, tt.says)
		}
	}
}

func storedPlan(t *testing.T, s *apptest.Server, source string) string {
	t.Helper()
	out := s.Query(t, `mutation($s: String!) { createPlan(input: {source: $s}) { plan { id } } }`, map[string]any{"s": source})
	return out["createPlan"].(map[string]any)["plan"].(map[string]any)["id"].(string)
}

func numbersTo(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strconv.Itoa(i)
	}
	return strings.Join(list, ", ")
}
