package contract_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func TestTheSameSeedSendsTheSameRequests(t *testing.T) {
	t.Parallel()
	send := func(seed int) []string {
		var mu sync.Mutex
		var seen []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, 10_000)
			n, _ := r.Body.Read(body)
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r.Method+" "+r.URL.String()+" "+string(body[:n]))
			w.WriteHeader(http.StatusTeapot)
		}))
		t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		k := spec.ContractCase{Seed: &seed, Checks: []string{spec.NotAServerError}}
		if outcome, _, _ := perform(t, server.URL, k); outcome != spec.OutcomePassed {
			t.Errorf("the outcome is %s", outcome)
		}
		slices.Sort(seen) // a few are under way at once
		return seen
	}
	first := send(7)
	if diff := cmp.Diff(first, send(7)); diff != "" {
		t.Errorf("the same seed sent something else (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, send(8)) {
		t.Error("another seed sent the same")
	}
}

func TestKnownFindingsDoNotFail(t *testing.T) {
	t.Parallel()
	base := startOrders(t, "wrong-type")
	_, _, r := perform(t, base, spec.ContractCase{})
	var known []byte
	for _, a := range r.Attachments() {
		if a.Name == "findings.json" {
			known = a.Data
		}
	}
	for _, tt := range []struct {
		name, fault string
		file        []byte
		want        spec.Outcome
		text        string
	}{
		{"known", "wrong-type", known, spec.OutcomePassed, ""},
		{"new", "missing-header", known, spec.OutcomeFailed, spec.ResponseHeadersConformance},
		{"nothing known", "wrong-type", []byte(`{"format": "semantest-findings/1", "findings": []}`), spec.OutcomeFailed, spec.ResponseSchemaConformance},
		{"no baseline", "wrong-type", []byte(`[]`), spec.OutcomeErrored, "begin with"},
		{"no file", "wrong-type", nil, spec.OutcomeErrored, "there is no file known.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			work := task(t, startOrders(t, tt.fault), spec.ContractCase{Baseline: spec.BaselineNewOnly, BaselineFile: "file://known.json"})
			if tt.file != nil {
				work.Files.(fstest.MapFS)["known.json"] = &fstest.MapFile{Data: tt.file}
			}
			outcome, err := executor(t).Execute(t.Context(), work, &executortest.Recorder{})
			if outcome != tt.want || tt.text != "" && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("outcome %s: %v", outcome, err)
			}
		})
	}
}

// left is what an attempt left, as the run before.
type left map[string][]byte

func (l left) Open(_ context.Context, name string) (io.ReadCloser, string, error) {
	data, ok := l[name]
	if !ok {
		return nil, "", fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(data)), "run_1", nil
}

// TestOnlyWhatIsNewSinceTheRunBeforeFails runs a case again and again, with what
// the run before found as its baseline.
func TestOnlyWhatIsNewSinceTheRunBeforeFails(t *testing.T) {
	t.Parallel()
	before := left{}
	for _, tt := range []struct {
		fault string
		want  spec.Outcome
		told  map[string]any
	}{
		{"wrong-type", spec.OutcomeFailed, map[string]any{"new": 1, "known": 0, "fixed": 0, "not tried": 0}},
		{"wrong-type", spec.OutcomePassed, map[string]any{"new": 0, "known": 1, "fixed": 0, "not tried": 0, "run": "run_1"}},
		{"missing-header", spec.OutcomeFailed, map[string]any{"new": 1, "known": 0, "fixed": 1, "not tried": 0, "run": "run_1"}},
		{"", spec.OutcomePassed, map[string]any{"new": 0, "known": 0, "fixed": 1, "not tried": 0, "run": "run_1"}},
		{"missing-header", spec.OutcomeFailed, map[string]any{"new": 1, "known": 0, "fixed": 0, "not tried": 0, "run": "run_1"}},
	} {
		work := task(t, startOrders(t, tt.fault), spec.ContractCase{Baseline: spec.BaselineNewOnly})
		work.Previous = before
		r := &executortest.Recorder{Independent: true}
		outcome, err := executor(t).Execute(t.Context(), work, r)
		if verr := r.Verify(-1, outcome, err); verr != nil {
			t.Error(verr)
		}
		if outcome != tt.want {
			t.Errorf("%q: outcome %s: %v", tt.fault, outcome, err)
		}
		steps := r.Steps()
		last := steps[len(steps)-1]
		if diff := cmp.Diff(tt.told, last.Detail); diff != "" || last.Name != "findings since the run before" {
			t.Errorf("%q: %s: %s", tt.fault, last.Name, diff)
		}
		before = left{}
		for _, a := range r.Attachments() {
			before[a.Name] = a.Data
		}
	}
}

func TestOperationsAreChosen(t *testing.T) {
	t.Parallel()
	base := startOrders(t, "")
	for _, tt := range []struct {
		name string
		k    spec.ContractCase
		want []string
	}{
		{"by tag", spec.ContractCase{Include: []spec.OperationFilter{{Tag: "orders", Method: "GET"}}}, []string{"GET /orders", "GET /orders/{id}"}},
		{"by id", spec.ContractCase{Include: []spec.OperationFilter{{OperationID: "report"}}}, []string{"GET /reports"}},
		{"without a path", spec.ContractCase{Exclude: []spec.OperationFilter{{Path: "/orders*"}}}, []string{"GET /reports", "GET /status"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, r := perform(t, base, tt.k)
			var got []string
			for _, s := range r.Steps() {
				if s.Action == "operation" {
					got = append(got, s.Name)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		outcome, err := executor(t).Execute(t.Context(), task(t, base, spec.ContractCase{Include: []spec.OperationFilter{{Tag: "x"}}}), &executortest.Recorder{})
		if outcome != spec.OutcomeErrored {
			t.Errorf("outcome %s: %v", outcome, err)
		}
	})
}

func TestTheDocumentMayComeFromTheAPI(t *testing.T) {
	t.Parallel()
	orders := &orders{kept: map[string]map[string]any{}}
	document := read(t, "testdata/orders.yaml")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/openapi.yaml" {
			_, _ = w.Write(document)
			return
		}
		orders.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	k := spec.ContractCase{Schema: "/openapi.yaml", Auth: map[string]string{"bearer": token}}
	if outcome, found, _ := perform(t, server.URL, k); outcome != spec.OutcomePassed {
		t.Errorf("the outcome is %s: %s", outcome, summary(found))
	}
	k.Schema = "/nothing.yaml"
	outcome, err := executor(t).Execute(t.Context(), task(t, server.URL, k), &executortest.Recorder{})
	if outcome != spec.OutcomeErrored || !strings.Contains(err.Error(), "the answer is 404") {
		t.Errorf("outcome %s: %v", outcome, err)
	}
}

func TestWhatCannotBeJudgedIsTold(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		answer(w, 200, "b")
	}))
	t.Cleanup(server.Close)
	work := task(t, server.URL, spec.ContractCase{Schema: "file://d.json", MaxRequests: new(50)})
	work.Files = fstest.MapFS{"d.json": {Data: []byte(`{"openapi":"3.1.0","paths":{"/a":{"get":{"responses":{"200":{"description":"ok",
		"content":{"application/json":{"schema":{"type":"string","pattern":"(?=a)b"}}}}}}}}}`)}}
	r := &executortest.Recorder{Independent: true}
	if outcome, err := executor(t).Execute(t.Context(), work, r); outcome != spec.OutcomePassed {
		t.Errorf("outcome %s: %v", outcome, err)
	}
	if !slices.ContainsFunc(r.Logs(), func(l executors.Log) bool {
		return strings.Contains(l.Message, "was not judged: the schema cannot be used")
	}) {
		t.Errorf("nothing is said: %v", r.Logs())
	}
}

func TestWhatTheBudgetDoesNotReachDoesNotPass(t *testing.T) {
	t.Parallel()
	work := task(t, startOrders(t, ""), spec.ContractCase{MaxRequests: new(10)})
	r := &executortest.Recorder{Independent: true}
	outcome, err := executor(t).Execute(t.Context(), work, r)
	if verr := r.Verify(-1, outcome, err); verr != nil {
		t.Error(verr)
	}
	if outcome != spec.OutcomeFailed || !strings.Contains(err.Error(), "not tried: the budget of 10 requests was used up") {
		t.Errorf("outcome %s: %v", outcome, err)
	}
	if first := r.Steps()[0]; first.Outcome != spec.OutcomePassed {
		t.Errorf("the first operation is %s: %s", first.Outcome, first.Error)
	}
}
