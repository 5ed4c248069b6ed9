package contract_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func graphTask(t testing.TB, base string, k spec.ContractCase) executors.Task {
	t.Helper()
	k.Schema = "file://shop.graphqls"
	work := task(t, base, k)
	work.Case.Contract.Auth, work.Case.Contract.Headers = nil, nil
	work.Files = fstest.MapFS{"shop.graphqls": {Data: read(t, "testdata/shop.graphqls")}}
	return work
}

func TestEveryPlantedGraphQLDefectIsFoundByName(t *testing.T) {
	t.Parallel()
	sound := startGraph(t, "")
	for _, tt := range []struct {
		fault, check, operation string
		bytes                   int // of the finding's body, at most
	}{
		{"crash-at-limit", spec.NotAServerError, "Query.products", 120},
		{"internal-error", spec.NotAServerError, "Query.products", 70},
		{"data-with-400", spec.StatusCodeConformance, "Query.products", 70},
		{"success-without-data", spec.StatusCodeConformance, "Query.products", 70},
		{"wrong-content-type", spec.ContentTypeConformance, "Query.products", 70},
		{"not-json", spec.ResponseSchemaConformance, "Query.products", 70},
		{"missing-field", spec.ResponseSchemaConformance, "Query.products", 70},
		{"extra-field", spec.ResponseSchemaConformance, "Query.products", 70},
		{"null-name", spec.ResponseSchemaConformance, "Query.products", 70},
		{"text-for-number", spec.ResponseSchemaConformance, "Query.products", 70},
		{"unknown-value", spec.ResponseSchemaConformance, "Query.search", 230},
		{"unknown-type", spec.ResponseSchemaConformance, "Query.search", 160},
		{"no-errors", spec.ResponseSchemaConformance, "Query.products", 70},
		{"no-message", spec.ResponseSchemaConformance, "Query.products", 70},
		{"own-key", spec.ResponseSchemaConformance, "Query.products", 70},
		{"accepts-wrong-values", spec.NegativeDataRejection, "Query.products", 120},
		{"ignores-unknown", spec.NegativeDataRejection, "Query.products", 100},
		{"accepts-garbage", spec.NegativeDataRejection, "requests that are no GraphQL", 20},
		{"refuses-zero", spec.PositiveDataAcceptance, "Query.products", 120},
		{"any-method", spec.UnsupportedMethod, "requests that are no GraphQL", 40},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			base := startGraph(t, tt.fault)
			r := &executortest.Recorder{Independent: true}
			outcome, err := executor(t).Execute(t.Context(), graphTask(t, base, spec.ContractCase{}), r)
			if verr := r.Verify(-1, outcome, err); verr != nil {
				t.Error(verr)
			}
			found := findings(t, r)
			at := slices.IndexFunc(found, func(f *contract.Finding) bool { return f.Check == tt.check && f.Operation == tt.operation })
			if outcome != spec.OutcomeFailed || at < 0 {
				t.Fatalf("the outcome is %s; %s of %s was not found; found are %s", outcome, tt.check, tt.operation, summary(found))
			}
			hit := found[at]
			if body := hit.Requests[0].Body; len(body) > tt.bytes {
				t.Errorf("the request is not minimal: %s", body)
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

func TestTheSoundGraphQLAPIKeepsItsContract(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		mutations bool
		fields    float64
	}{{"queries", false, 1}, {"mutations too", true, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &executortest.Recorder{Independent: true}
			outcome, err := executor(t).Execute(t.Context(), graphTask(t, startGraph(t, ""), spec.ContractCase{Mutations: tt.mutations}), r)
			if outcome != spec.OutcomePassed {
				t.Errorf("outcome %s: %v %s", outcome, err, summary(findings(t, r)))
			}
			mutated := slices.ContainsFunc(r.Steps(), func(s executors.StepFinished) bool { return s.Name == "Mutation.createOrder" })
			if mutated != tt.mutations {
				t.Errorf("a mutation was sent: %t", mutated)
			}
			values := map[string]float64{}
			for _, m := range r.Metrics() {
				values[m.Name] = m.Value
			}
			for _, name := range []string{"contract_operations_covered", "contract_parameters_covered", "contract_types_covered", "contract_fields_covered"} {
				if values[name] != 1 {
					t.Errorf("%s is %v of %v", name, values[name], slices.Sorted(maps.Keys(values)))
				}
			}
		})
	}
}

func TestTheSchemaMayComeFromTheServer(t *testing.T) {
	t.Parallel()
	told := introspectionOf(t)
	shop := startGraph(t, "text-for-number")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer "+token {
			graphAnswer(w, 401, refusal("who are you?"))
			return
		}
		if strings.Contains(string(body), "__schema") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(told)
			return
		}
		req, err := http.NewRequestWithContext(r.Context(), r.Method, shop, strings.NewReader(string(body)))
		if err != nil {
			t.Error(err)
			return
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	}))
	t.Cleanup(server.Close)
	work := graphTask(t, server.URL, spec.ContractCase{Introspect: true})
	work.Use.Auth = &spec.Auth{Bearer: "${{ TOKEN }}"}
	r := &executortest.Recorder{Independent: true}
	outcome, err := executor(t).Execute(t.Context(), work, r)
	if found := findings(t, r); outcome != spec.OutcomeFailed || len(found) == 0 || found[0].Check != spec.ResponseSchemaConformance {
		t.Fatalf("outcome %s: %v %s", outcome, err, summary(found))
	}
	if again := replay(t, findings(t, r)[0], server.URL); !again.Still {
		t.Errorf("the replay does not show it: %s %q", again.Message, again.Lines)
	}
	work.Use.Auth = nil
	outcome, err = executor(t).Execute(t.Context(), work, &executortest.Recorder{})
	if outcome != spec.OutcomeErrored || !strings.Contains(err.Error(), "cannot be asked for its schema: the answer is 401") {
		t.Errorf("outcome %s: %v", outcome, err)
	}
}

func TestGraphQLChangesThatBreakCallers(t *testing.T) {
	t.Parallel()
	base := startGraph(t, "")
	current := string(read(t, "testdata/shop.graphqls"))
	for _, tt := range []struct {
		name, from, to, severity string
		want                     spec.Outcome
		text                     string
	}{
		{"none", "", "", "", spec.OutcomePassed, ""},
		{"a field is gone", "  price: Float\n", "  price: Float\n  weight: Float\n", "", spec.OutcomeFailed, "FIELD_REMOVED of Product.weight: the field is gone"},
		{"a dangerous one is told", "  PRICE\n", "", "", spec.OutcomePassed, ""},
		{"a dangerous one counts", "  PRICE\n", "", "warning", spec.OutcomeFailed, "ENUM_VALUE_ADDED of Sort.PRICE"},
		{"no schema", current, "type Query {", "", spec.OutcomeErrored, "the older schema: it is no valid GraphQL schema: 1:"},
		{"another kind", current, "openapi: 3.1.0", "", spec.OutcomeErrored, "is no GraphQL schema"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			older := strings.Replace(current, tt.from, tt.to, 1)
			work := graphTask(t, base, spec.ContractCase{Against: "file://older.graphqls", Severity: tt.severity, Include: []spec.OperationFilter{{OperationID: "Query.product"}}})
			work.Files.(fstest.MapFS)["older.graphqls"] = &fstest.MapFile{Data: []byte(older)}
			r := &executortest.Recorder{Independent: true}
			outcome, err := executor(t).Execute(t.Context(), work, r)
			if outcome != tt.want || tt.text != "" && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("outcome %s: %v, want %q", outcome, err, tt.text)
			}
			if n, _ := r.Steps()[0].Detail["count"].(int); tt.name == "a dangerous one is told" && n != 1 {
				t.Errorf("the detail is %v", r.Steps()[0].Detail)
			}
		})
	}
}
