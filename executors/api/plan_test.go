package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const orderPlan = `
version: "1"
name: Orders
secrets: [API_TOKEN]
use:
  stepTimeout: 5s
  headers: {Authorization: "Bearer ${{ API_TOKEN }}"}
cases:
  - id: api.order
    kind: api
    steps:
      - http: {method: POST, url: /orders, json: {sku: A1, count: 2}}
        capture: {orderId: {jsonpath: $.id}, location: {header: Location}}
        check:
          - status: 201
          - {jsonpath: $.state, equals: PENDING}
          - {jsonpath: $.count, gte: 2}
          - schema: file://order.schema.json
          - duration: 5s
      - http: "${{ location }}"
        check:
          - status: [200, 304]
          - {jsonpath: $.id, equals: "${{ orderId }}"}
          - {header: Content-Type, contains: json}
          - body: {notContains: error}
      - http: {method: DELETE, url: "/orders/${{ orderId }}"}
        check: [{status: 2xx}]
      - http: {url: "/orders/${{ orderId }}", query: {full: true}}
        check: [{status: 404}]
`

// TestPlan performs a plan as a person writes it.
func TestPlan(t *testing.T) {
	t.Parallel()
	stored := map[string]any{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-of-ada" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodPost:
			data, _ := io.ReadAll(r.Body)
			if err := json.Unmarshal(data, &stored); err != nil {
				t.Error(err)
			}
			stored["id"], stored["state"] = 7001, "PENDING"
			w.Header().Set("Location", "/orders/7001")
			w.WriteHeader(http.StatusCreated)
		case r.Method == http.MethodDelete:
			clear(stored)
			w.WriteHeader(http.StatusNoContent)
			return
		case len(stored) == 0:
			w.WriteHeader(http.StatusNotFound)
		}
		_ = json.NewEncoder(w).Encode(stored)
	})
	plan, err := spec.Parse([]byte(orderPlan))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"API_TOKEN": "token-of-ada"}
	r := execute(t, newExecutor(t), executors.Task{
		Attempt: 1, Case: plan.Cases[0], Use: plan.Use,
		Scope: spec.NewScope(map[string]any{"BASE_URL": server.URL}, secrets),
		Files: fstest.MapFS{"order.schema.json": {Data: []byte(`{"type":"object","required":["id","sku"],"properties":{"id":{"type":"integer"}}}`)}},
	})
	if r.outcome != spec.OutcomePassed {
		t.Fatalf("%s: %v", r.outcome, r.err)
	}
	counts := []int{}
	for _, s := range r.Steps() {
		counts = append(counts, len(s.Checks))
	}
	if len(counts) != 4 || counts[0] != 5 || counts[1] != 4 || counts[2] != 1 || counts[3] != 1 {
		t.Errorf("checks of the steps: %v", counts)
	}
}
