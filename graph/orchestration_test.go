package graph_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
)

const runOf = `query($id: ID!) { run(id: $id) {
	status queuePosition estimatedStart waitingFor { reason detail until } pausedAt stopReason origin timeoutMs maxFailures concurrencyGroup
	results { nodes { status outcome waitingFor { reason } } } } }`

// admins is a server whose client may administer its project, and what all
// projects share.
func admins(t *testing.T) *apptest.Server {
	t.Helper()
	return apptest.Start(t, apptest.Options{
		Executors: []executors.Executor{fake.New(spec.KindAPI)}, Permissions: []string{"admin", "instance"},
	})
}

func startRun(t *testing.T, s *apptest.Server, plan string) string {
	t.Helper()
	out := s.Query(t, `mutation($p: String!) { startRun(input: {source: $p}) { run { id } } }`, map[string]any{"p": plan})
	return out["startRun"].(map[string]any)["run"].(map[string]any)["id"].(string)
}

func readRun(t *testing.T, s *apptest.Server, id string) map[string]any {
	t.Helper()
	return s.Query(t, runOf, map[string]any{"id": id})["run"].(map[string]any)
}

func reasons(of any) (out []string) {
	for _, w := range of.([]any) {
		out = append(out, w.(map[string]any)["reason"].(string))
	}
	return out
}

// A run for which there is no worker says so, can be paused, resumed and stopped.
func TestRunThatWaitsSaysWhy(t *testing.T) {
	t.Parallel()
	s := server(t) // its one worker performs cases of kind api
	id := startRun(t, s, `
version: "1"
name: Pages
env: {BASE_URL: "http://127.0.0.1:1"}
timeout: 20m
maxFailures: 4
concurrency: pages
cases: [{id: a, kind: browser, steps: [{goto: /}]}]
`)
	r := readRun(t, s, id)
	if diff := cmp.Diff([]string{"NO_WORKER"}, reasons(r["waitingFor"])); diff != "" {
		t.Error(diff)
	}
	result := r["results"].(map[string]any)["nodes"].([]any)[0].(map[string]any)
	if got := reasons([]any{result["waitingFor"]}); got[0] != "NO_WORKER" || result["status"] != "QUEUED" {
		t.Errorf("the case is %v and waits for %v", result["status"], got)
	}
	for field, want := range map[string]any{
		"status": "QUEUED", "queuePosition": 1.0, "estimatedStart": nil, "timeoutMs": 1_200_000.0, "maxFailures": 4.0,
		"concurrencyGroup": "pages", "origin": "CALLER", "stopReason": nil, "pausedAt": nil,
	} {
		if r[field] != want {
			t.Errorf("%s is %v, want %v", field, r[field], want)
		}
	}
	s.Query(t, `mutation($id: ID!) { pauseRun(input: {id: $id}) { run { status } } }`, map[string]any{"id": id})
	r = readRun(t, s, id)
	if got := reasons(r["waitingFor"]); r["status"] != "PAUSED" || r["queuePosition"] != nil || got[0] != "PAUSED" {
		t.Errorf("paused, the run is %v at %v and waits for %v", r["status"], r["queuePosition"], got)
	}
	s.Query(t, `mutation($id: ID!) { resumeRun(input: {id: $id, clientMutationId: "m"}) { clientMutationId run { status } } }`, map[string]any{"id": id})
	if r = readRun(t, s, id); r["status"] != "QUEUED" {
		t.Errorf("resumed, the run is %v", r["status"])
	}
	s.Query(t, `mutation($id: ID!) { stopRun(input: {id: $id}) { run { status } } }`, map[string]any{"id": id})
	if r = readRun(t, s, id); r["status"] != "CANCELLED" || r["stopReason"] != "ASKED" || len(r["waitingFor"].([]any)) > 0 {
		t.Errorf("stopped, the run is %v for %v and waits for %v", r["status"], r["stopReason"], r["waitingFor"])
	}
}

func TestCapacityAndReservations(t *testing.T) {
	t.Parallel()
	s := admins(t)
	const capacity = `{ capacity { workers { id labels } kinds { kind slots used free queued reserved ours } reservations { id kind slots note } } }`
	kinds := func() map[string]any {
		out := s.Query(t, capacity, nil)["capacity"].(map[string]any)["kinds"].([]any)
		return out[0].(map[string]any)
	}
	before := kinds()
	slots := before["slots"].(float64)
	if before["kind"] != "API" || slots < 2 || before["free"] != slots {
		t.Fatalf("capacity %v", before)
	}
	const allocate = `mutation($n: Int!, $end: Time!) { allocateSlots(input: {kind: API, slots: $n, endsAt: $end, note: "release"}) { reservation { id startsAt endsAt } } }`
	end := time.Now().Add(time.Hour).Format(time.RFC3339)
	out := s.Query(t, allocate, map[string]any{"n": slots - 1, "end": end})
	id := out["allocateSlots"].(map[string]any)["reservation"].(map[string]any)["id"].(string)
	if got := kinds(); got["reserved"] != slots-1 || got["ours"] != slots-1 {
		t.Errorf("reserved, the capacity is %v", got)
	}
	for _, tt := range []struct {
		name  string
		slots float64
		end   string
		code  string
	}{
		{"more than is free", 2, end, "CONFLICT"},
		{"none", 0, end, "INVALID_INPUT"},
		{"in the past", 1, time.Now().Add(-time.Hour).Format(time.RFC3339), "INVALID_INPUT"},
		{"for too long", 1, time.Now().AddDate(1, 0, 0).Format(time.RFC3339), "INVALID_INPUT"},
	} {
		_, got := post(t, s, s.Token, "application/json", gql(allocate, map[string]any{"n": tt.slots, "end": tt.end}))
		if code := first(got)["code"]; code != tt.code {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.code)
		}
	}
	if got := s.Query(t, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id}); got["node"].(map[string]any)["id"] != id {
		t.Errorf("the node is %v", got)
	}
	s.Query(t, `mutation($id: ID!) { releaseSlots(input: {id: $id}) { reservation { endsAt } } }`, map[string]any{"id": id})
	if got := kinds(); got["reserved"] != 0.0 {
		t.Errorf("released, the capacity is %v", got)
	}
}

func TestProjectLimitsThroughTheGraph(t *testing.T) {
	t.Parallel()
	s := admins(t)
	const set = `mutation($in: SetProjectLimitsInput!) { setProjectLimits(input: $in) { project { maxParallel environmentLimits { environment maxRuns } } } }`
	got := s.Query(t, set, map[string]any{"in": map[string]any{
		"maxParallel": 3, "environmentLimits": []any{map[string]any{"environment": "staging", "maxRuns": 1}},
	}})
	want := map[string]any{"setProjectLimits": map[string]any{"project": map[string]any{
		"maxParallel": 3.0, "environmentLimits": []any{map[string]any{"environment": "staging", "maxRuns": 1.0}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, in := range []map[string]any{
		{"maxParallel": -1},
		{"environmentLimits": []any{map[string]any{"environment": "", "maxRuns": 1}}},
		{"environmentLimits": []any{map[string]any{"environment": "a", "maxRuns": 0}}},
		{"environmentLimits": []any{map[string]any{"environment": "a", "maxRuns": 1}, map[string]any{"environment": "a", "maxRuns": 2}}},
	} {
		_, out := post(t, s, s.Token, "application/json", gql(set, map[string]any{"in": in}))
		if first(out)["code"] != "INVALID_INPUT" {
			t.Errorf("%v: %v", in, out)
		}
	}
}
