package contract_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

// TestMistakesOfADocumentAreToldWithTheirPlaces plants some in a document whose
// API is sound.
func TestMistakesOfADocumentAreToldWithTheirPlaces(t *testing.T) {
	t.Parallel()
	base := startOrders(t, "")
	sound := string(read(t, "testdata/orders.yaml"))
	lost := "  /lost:\n    get:\n      operationId: lost\n      parameters: [{$ref: '#/components/parameters/Nothing'}]\n      responses: {'200': {description: ok}}\n"
	foreign := "  /foreign:\n    $ref: 'other.yaml#/x'\n"
	harmless := "  /status/{id}:\n    get:\n      parameters: [{name: other, in: path, required: true, schema: {type: string}}]\n      responses: {'404': {description: no}}\n"
	for _, tt := range []struct {
		name, add string
		ignore    bool
		want      spec.Outcome
		text      string // of the error
		told      string // of the mistakes
	}{
		{"sound", "", false, spec.OutcomePassed, "", ""},
		{"lost, refused", lost, false, spec.OutcomeErrored, "7:5: GET /lost: the reference #/components/parameters/Nothing leads nowhere", ""},
		{"lost, left out", lost, true, spec.OutcomePassed, "", "7:5: GET /lost: the reference"},
		{"foreign, refused", foreign, false, spec.OutcomeErrored, "it refers to other.yaml#/x; only references within the document", ""},
		{"foreign, left out", foreign, true, spec.OutcomePassed, "", "6:3: the reference other.yaml#/x leads nowhere"},
		{"harmless", harmless, false, spec.OutcomePassed, "", "7:5: the path's {id} is no parameter of the operation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			document := strings.Replace(sound, "paths:\n", "paths:\n"+tt.add, 1)
			work := task(t, base, spec.ContractCase{IgnoreInvalid: tt.ignore, Exclude: []spec.OperationFilter{{Path: "/status/{id}"}}})
			work.Files = fstest.MapFS{"orders.yaml": {Data: []byte(document)}}
			r := &executortest.Recorder{Independent: true}
			outcome, err := executor(t).Execute(t.Context(), work, r)
			if verr := r.Verify(-1, outcome, err); verr != nil {
				t.Error(verr)
			}
			if outcome != tt.want || tt.text != "" && !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("outcome %s: %v", outcome, err)
			}
			at := slices.IndexFunc(r.Steps(), func(s executors.StepFinished) bool { return s.Action == "document" })
			if tt.told == "" {
				if at >= 0 {
					t.Errorf("mistakes are told: %v", r.Steps()[at].Detail)
				}
				return
			}
			if at < 0 {
				t.Fatal("no mistake is told")
			}
			lines, _ := r.Steps()[at].Detail["mistakes"].([]any)
			if !slices.ContainsFunc(lines, func(l any) bool { return strings.Contains(l.(string), tt.told) }) {
				t.Errorf("the mistakes are %v, want %q", lines, tt.told)
			}
			if diff := cmp.Diff(true, slices.ContainsFunc(r.Steps(), func(s executors.StepFinished) bool { return s.Name == "POST /orders" })); diff != "" {
				t.Error("the rest of the document is not used")
			}
		})
	}
}
