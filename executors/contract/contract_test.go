package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// planted lists the defects of the orders API and the check that finds each.
var planted = []struct {
	fault, check, operation string
	bytes                   int // of the finding's body, at most
}{
	{"crash-at-limit", spec.NotAServerError, "POST /orders", 40},
	{"crash-on-unicode", spec.NotAServerError, "POST /orders", 60},
	{"hang-up", spec.NotAServerError, "GET /status", 0},
	{"undocumented-status", spec.StatusCodeConformance, "GET /orders", 0},
	{"wrong-content-type", spec.ContentTypeConformance, "GET /status", 0},
	{"not-json", spec.ResponseSchemaConformance, "GET /status", 0},
	{"wrong-type", spec.ResponseSchemaConformance, "POST /orders", 40},
	{"missing-field", spec.ResponseSchemaConformance, "GET /orders", 0},
	{"missing-header", spec.ResponseHeadersConformance, "POST /orders", 40},
	{"bad-header", spec.ResponseHeadersConformance, "GET /orders/{id}", 0},
	{"accepts-too-much", spec.NegativeDataRejection, "POST /orders", 40},
	{"accepts-missing", spec.NegativeDataRejection, "POST /orders", 40},
	{"accepts-extra", spec.NegativeDataRejection, "POST /orders", 70},
	{"ignores-address", spec.NegativeDataRejection, "POST /orders", 80},
	{"any-limit", spec.NegativeDataRejection, "GET /orders", 0},
	{"refuses-good", spec.PositiveDataAcceptance, "POST /orders", 40},
	{"any-method", spec.UnsupportedMethod, "GET /status", 0},
	{"undead", spec.UseAfterFree, "GET /orders/{id}", 0},
	{"vanishes", spec.EnsureResourceAvailability, "GET /orders/{id}", 0},
	{"open-door", spec.IgnoredAuth, "GET /orders", 0},
	{"any-token", spec.IgnoredAuth, "GET /orders", 0},
	{"optional-header", spec.MissingRequiredHeader, "GET /reports", 0},
}

func TestEveryPlantedDefectIsFoundByName(t *testing.T) {
	t.Parallel()
	sound := startOrders(t, "")
	for _, tt := range planted {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			base := startOrders(t, tt.fault)
			outcome, found, _ := perform(t, base, spec.ContractCase{})
			if outcome != spec.OutcomeFailed {
				t.Errorf("the outcome is %s", outcome)
			}
			var hit *contract.Finding
			for _, f := range found {
				if f.Check == tt.check && f.Operation == tt.operation && hit == nil {
					hit = f
				}
				if f.Unsteady {
					t.Errorf("%s %s (%s) is unsteady", f.Operation, f.Check, f.What)
				}
			}
			if hit == nil {
				t.Fatalf("%s of %s was not found; found are %s", tt.check, tt.operation, summary(found))
			}
			if body := hit.Requests[len(hit.Requests)-1].Body; len(body) > tt.bytes && tt.check != spec.EnsureResourceAvailability {
				t.Errorf("the request is not minimal: %s", body)
			}
			if !strings.Contains(hit.Curl, "curl -i") || strings.Contains(hit.Curl, token) {
				t.Errorf("the curl line is %s", hit.Curl)
			}
			if again := replay(t, hit, base); !again.Still {
				t.Errorf("the replay does not show it: %s %q", again.Message, again.Lines)
			}
			if again := replay(t, hit, sound); again.Still {
				t.Errorf("the replay shows it on the sound API too: %s %q", again.Message, again.Lines)
			}
		})
	}
}

func TestTheSoundAPIKeepsItsContract(t *testing.T) {
	t.Parallel()
	outcome, found, r := perform(t, startOrders(t, ""), spec.ContractCase{})
	if outcome != spec.OutcomePassed || len(found) > 0 {
		t.Errorf("outcome %s, found %s", outcome, summary(found))
	}
	for _, m := range r.Metrics() {
		switch m.Name {
		case "contract_operations_covered", "contract_parameters_covered":
			if m.Value != 1 {
				t.Errorf("%s is %v", m.Name, m.Value)
			}
		case "contract_requests":
			if m.Value < 200 {
				t.Errorf("only %v requests were sent", m.Value)
			}
		case "contract_statuses_covered":
			if m.Value < 0.9 {
				t.Errorf("%s is %v", m.Name, m.Value)
			}
		}
	}
}

func perform(t testing.TB, base string, k spec.ContractCase) (spec.Outcome, []*contract.Finding, *executortest.Recorder) {
	t.Helper()
	r := &executortest.Recorder{Independent: true}
	outcome, err := executor(t).Execute(t.Context(), task(t, base, k), r)
	if err := r.Verify(-1, outcome, err); err != nil {
		t.Error(err)
	}
	return outcome, findings(t, r), r
}

func executor(t testing.TB) *contract.Executor {
	t.Helper()
	return contract.New(policy(t))
}

func policy(t testing.TB) *egress.Policy {
	t.Helper()
	p, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func findings(t testing.TB, r *executortest.Recorder) []*contract.Finding {
	t.Helper()
	var out []*contract.Finding
	for _, a := range r.Attachments() {
		if strings.HasPrefix(a.Name, "finding-") {
			f, err := contract.ReadFinding(a.Data)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, f)
		}
	}
	return out
}

func replay(t testing.TB, f *contract.Finding, base string) *contract.Replayed {
	t.Helper()
	scope := spec.NewScope(map[string]any{spec.VarBaseURL: base}, map[string]string{"TOKEN": token})
	out, err := f.Replay(t.Context(), policy(t), scope)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func summary(found []*contract.Finding) string {
	var lines []string
	for _, f := range found {
		data, _ := json.Marshal(f.Requests)
		lines = append(lines, "\n  "+f.Operation+" "+f.Check+" ("+f.What+"): "+f.Message+" "+string(data))
	}
	return strings.Join(lines, "")
}
