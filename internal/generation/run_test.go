package generation_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/internal/app/apptest"
)

// switchable is a shop whose fault can be changed while it is open. Each fault is
// that of a new shop.
type switchable struct {
	t    *testing.T
	shop atomic.Pointer[shop.Shop]
}

func (s *switchable) have(f shop.Fault) {
	next := shop.New(shop.WithFault(f))
	s.t.Cleanup(func() { next.Close() })
	s.shop.Store(next)
}

func (s *switchable) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.shop.Load().ServeHTTP(w, r) }

// TestAnApprovedPlanFindsWhatBreaks goes from the shop's document over what a
// person approves to runs of the stored plan: green against the sound shop, and
// not against one with a fault.
func TestAnApprovedPlanFindsWhatBreaks(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{})
	sample := &switchable{t: t}
	sample.have(shop.FaultNone)
	target := httptest.NewServer(sample)
	t.Cleanup(func() { target.CloseClientConnections(); target.Close() })
	id := begin(t, s, object{"source": object{"openapi": document(t)}, "target": target.URL, "maxCases": 6, "timeoutMs": 300000})
	follow(t, s, id, 0)
	g := s.Query(t, `query($id: ID!) { generation(id: $id) { status reason cases(states: [PROPOSED]) { id caseId confidence checks { name outcome } } } }`, object{"id": id})["generation"].(object)
	if g["status"] != "COMPLETED" {
		t.Fatalf("the generation is %v: %v", g["status"], g["reason"])
	}
	var ids []any
	for _, c := range g["cases"].([]any) {
		ids = append(ids, c.(object)["id"])
		for _, check := range c.(object)["checks"].([]any) {
			if k := check.(object); (k["name"] == "dry_run" || k["name"] == "steady") && k["outcome"] != "PASSED" {
				t.Errorf("%v was proposed without being performed: %v", c.(object)["caseId"], k)
			}
		}
	}
	plan := s.Query(t, `mutation($ids: [ID!]!) { approveGeneratedCases(input: {ids: $ids, name: "The shop"}) { plan { id } } }`, object{"ids": ids})["approveGeneratedCases"].(object)["plan"].(object)
	for _, tt := range []struct {
		fault shop.Fault
		want  string
	}{{shop.FaultNone, "PASSED"}, {shop.FaultServerError, "FAILED"}, {shop.DefectHangUp, "FAILED"}, {shop.DefectNotJSON, "FAILED"}, {shop.FaultNone, "PASSED"}} {
		sample.have(tt.fault)
		run := s.Query(t, `mutation($id: ID!) { startRun(input: {planId: $id}) { run { id } } }`, object{"id": plan["id"]})["startRun"].(object)["run"].(object)
		events := s.Follow(t, run["id"].(string))
		got := s.Query(t, `query($id: ID!) { run(id: $id) { status } }`, object{"id": run["id"]})["run"].(object)
		if got["status"] != tt.want {
			t.Errorf("with the fault %q the run is %v, want %s: %+v", tt.fault, got["status"], tt.want, events)
		}
	}
}
