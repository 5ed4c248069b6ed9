package contract_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func TestChangesThatBreakCallers(t *testing.T) {
	t.Parallel()
	base := startOrders(t, "")
	current := string(read(t, "testdata/orders.yaml"))
	for _, tt := range []struct {
		name, from, to string // how the older document differs
		severity       string
		want           spec.Outcome
		text           string
	}{
		{"none", "", "", "", spec.OutcomePassed, ""},
		{"an operation is gone", "  /status:\n    get:\n", "  /old-status:\n    get:\n", "", spec.OutcomeFailed, "api-path-removed-without-deprecation of GET /old-status"},
		{"a parameter became required", "in: query, required: true, schema: {enum", "in: query, schema: {enum", "", spec.OutcomeFailed, "request-parameter-became-required of GET /orders"},
		{"a limit became narrower", "quantity: {type: integer, minimum: 1, maximum: 20}", "quantity: {type: integer, minimum: 1, maximum: 50}", "", spec.OutcomeFailed, "request-property-max-decreased of POST /orders"},
		{"a new value may break some", "state: {enum: [open, closed]}", "state: {enum: [open]}", "", spec.OutcomePassed, ""},
		{"a new value may break some, which counts", "state: {enum: [open, closed]}", "state: {enum: [open]}", "warning", spec.OutcomeFailed, "response-property-enum-value-added"},
		{"a property is optional now", "required: [id, sku, quantity, state]", "required: [id, sku, quantity, state, note]", "", spec.OutcomePassed, ""},
		{"no document", current, "openapi: 3.1.0\npaths: [", "", spec.OutcomeErrored, "the older document: it is not YAML"},
		{"another file", current, "openapi: 3.1.0\npaths: {/a: {$ref: 'b.yaml'}}", "", spec.OutcomeErrored, "only references within"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			older := strings.Replace(current, tt.from, tt.to, 1)
			if tt.from != "" && older == current {
				t.Fatal("the older document does not differ")
			}
			work := task(t, base, spec.ContractCase{Against: "file://older.yaml", Severity: tt.severity, Include: []spec.OperationFilter{{OperationID: "status"}}})
			work.Files.(fstest.MapFS)["older.yaml"] = &fstest.MapFile{Data: []byte(older)}
			r := &executortest.Recorder{Independent: true}
			outcome, err := executor(t).Execute(t.Context(), work, r)
			if verr := r.Verify(-1, outcome, err); verr != nil {
				t.Error(verr)
			}
			if outcome != tt.want || tt.text != "" && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("outcome %s: %v, want %q", outcome, err, tt.text)
			}
		})
	}
}
