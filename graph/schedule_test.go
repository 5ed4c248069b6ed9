package graph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/ident"
)

const nightly = source + `
schedule: {cron: "0 6 * * 1-5", timeZone: Europe/Copenhagen, overlap: queue}
`

func TestSchedulesThroughTheGraph(t *testing.T) {
	t.Parallel()
	s := server(t)
	created := s.Query(t, `mutation($source: String!) { createPlan(input: {source: $source}) { plan { id
		schedules { id name fromPlan cron timeZone overlap missed paused environment variables { name } priority lastError lastRun { id } nextFireTimes(first: 6) } } } }`,
		map[string]any{"source": nightly})
	plan := created["createPlan"].(map[string]any)["plan"].(map[string]any)
	own := plan["schedules"].([]any)[0].(map[string]any)
	ownID := own["id"].(string)
	assertTimes(t, own["nextFireTimes"], "Europe/Copenhagen", func(at time.Time) bool {
		return at.Hour() == 6 && at.Minute() == 0 && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
	})
	delete(own, "id")
	delete(own, "nextFireTimes")
	want := map[string]any{
		"name": "Orders", "fromPlan": true, "cron": "0 6 * * 1-5", "timeZone": "Europe/Copenhagen", "overlap": "QUEUE", "missed": "ONCE",
		"paused": false, "environment": "", "variables": []any{}, "priority": 0.0, "lastError": "", "lastRun": nil,
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("the plan's own schedule (-want +got)\n%s", diff)
	}

	made := s.Query(t, `mutation($input: CreateScheduleInput!) { createSchedule(input: $input) { clientMutationId schedule { id plan { name } variables { name value } } } }`,
		map[string]any{"input": map[string]any{
			"planId": plan["id"], "name": "smoke", "cron": "@hourly", "variables": []any{map[string]any{"name": "BASE_URL", "value": "http://x"}}, "clientMutationId": "c",
		}})["createSchedule"].(map[string]any)
	id := made["schedule"].(map[string]any)["id"].(string)
	updated := s.Query(t, `mutation($id: ID!) { updateSchedule(input: {id: $id, paused: true, overlap: CANCEL}) { schedule { name cron overlap paused variables { name } nextFireTimes } } }`,
		map[string]any{"id": id})["updateSchedule"].(map[string]any)["schedule"]
	wantUpdated := map[string]any{
		"name": "smoke", "cron": "@hourly", "overlap": "CANCEL", "paused": true, "variables": []any{map[string]any{"name": "BASE_URL"}}, "nextFireTimes": []any{},
	}
	if diff := cmp.Diff(wantUpdated, updated); diff != "" {
		t.Errorf("the paused schedule (-want +got)\n%s", diff)
	}
	cleared := s.Query(t, `mutation($id: ID!) { updateSchedule(input: {id: $id, variables: []}) { schedule { variables { name } } } }`, map[string]any{"id": id})
	if diff := cmp.Diff(`{"updateSchedule":{"schedule":{"variables":[]}}}`, text(t, cleared)); diff != "" {
		t.Errorf("no variables (-want +got)\n%s", diff)
	}
	list := s.Query(t, `query($id: ID!) { node(id: $id) { id } schedules(first: 1) { totalCount nodes { id } pageInfo { hasNextPage } } }`, map[string]any{"id": ownID})
	if diff := cmp.Diff(fmt.Sprintf(`{"node":{"id":%q},"schedules":{"nodes":[{"id":%q}],"pageInfo":{"hasNextPage":true},"totalCount":2}}`, ownID, id), text(t, list)); diff != "" {
		t.Errorf("the list (-want +got)\n%s", diff)
	}
	for name, query := range map[string]string{
		"CONFLICT":      `mutation { deleteSchedule(input: {id: "` + ownID + `"}) { id } }`,
		"INVALID_INPUT": `{ schedule(id: "` + ownID + `") { nextFireTimes(first: 101) } }`,
	} {
		if _, out := post(t, s, s.Token, "application/json", gql(query, nil)); first(out)["code"] != name {
			t.Errorf("%s: %v", query, out)
		}
	}
	s.Query(t, `mutation($id: ID!) { deleteSchedule(input: {id: $id}) { id } }`, map[string]any{"id": id})
	if gone := s.Query(t, `query($id: ID!) { schedule(id: $id) { id } }`, map[string]any{"id": id}); gone["schedule"] != nil {
		t.Errorf("after it was deleted: %v", gone)
	}
}

func TestTriggersOverHTTP(t *testing.T) {
	t.Parallel()
	s := server(t)
	created := s.Query(t, `mutation($source: String!) { createPlan(input: {source: $source}) { plan { id } } }`, map[string]any{"source": source})
	planID := created["createPlan"].(map[string]any)["plan"].(map[string]any)["id"]
	made := s.Query(t, `mutation($plan: ID!) { createTrigger(input: {planId: $plan, name: "deployed", openVariables: ["BASE_URL"]}) {
		secret trigger { id path enabled openVariables plan { triggers { name } } } } }`, map[string]any{"plan": planID})["createTrigger"].(map[string]any)
	trigger := made["trigger"].(map[string]any)
	id, secret, path := trigger["id"].(string), made["secret"].(string), trigger["path"].(string)
	if path != "/hooks/"+id || !strings.HasPrefix(secret, "whsec_") || trigger["enabled"] != true {
		t.Fatalf("the trigger is %v", made)
	}

	body := `{"variables": {"BASE_URL": "http://127.0.0.1:1"}}`
	status, answer := hook(t, s, path, secret, "msg-1", body)
	runID, _ := answer["runId"].(string)
	if status != http.StatusAccepted || runID == "" || answer["again"] != false {
		t.Fatalf("the first request: %d %v", status, answer)
	}
	if status, answer = hook(t, s, path, secret, "msg-1", body); status != http.StatusOK || answer["runId"] != runID || answer["again"] != true {
		t.Errorf("the same request again: %d %v", status, answer)
	}
	run := s.Query(t, `query($id: ID!) { run(id: $id) { origin originId } }`, map[string]any{"id": runID})
	if diff := cmp.Diff(fmt.Sprintf(`{"run":{"origin":"TRIGGER","originId":%q}}`, id), text(t, run)); diff != "" {
		t.Errorf("the run (-want +got)\n%s", diff)
	}
	wrong := "whsec_" + strings.Repeat("A", 43) + "="
	_, unknown := hook(t, s, "/hooks/"+ident.New(ident.Trigger), secret, "msg-2", body)
	for _, tt := range []struct {
		name, path, secret, body string
		status                   int
	}{
		{"a wrong secret", path, wrong, body, http.StatusUnauthorized},
		{"a huge body", path, secret, strings.Repeat(" ", 64<<10) + body, http.StatusRequestEntityTooLarge},
		{"a body as large as may be", path, secret, body + strings.Repeat(" ", 64<<10-len(body)), http.StatusAccepted},
		{"a variable that is not open", path, secret, `{"variables": {"OTHER": "x"}}`, http.StatusBadRequest},
	} {
		status, answer := hook(t, s, tt.path, tt.secret, "msg "+tt.name, tt.body)
		if status != tt.status {
			t.Errorf("%s: %d %v, want %d", tt.name, status, answer, tt.status)
		}
		if status == http.StatusUnauthorized && text(t, answer) != text(t, unknown) {
			t.Errorf("%s answers %v, an unknown trigger %v", tt.name, answer, unknown)
		}
	}
	res, err := http.Get(s.App.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered with %d", res.StatusCode)
	}
	s.Query(t, `mutation($id: ID!) { updateTrigger(input: {id: $id, enabled: false}) { trigger { enabled } } }`, map[string]any{"id": id})
	if status, answer = hook(t, s, path, secret, "msg-3", body); status != http.StatusForbidden {
		t.Errorf("a disabled trigger: %d %v", status, answer)
	}
	rotated := s.Query(t, `mutation($id: ID!) { updateTrigger(input: {id: $id, enabled: true}) { trigger { id } } rotateTriggerSecret(input: {id: $id}) { secret } }`, map[string]any{"id": id})
	fresh := rotated["rotateTriggerSecret"].(map[string]any)["secret"].(string)
	if status, _ = hook(t, s, path, secret, "msg-4", body); status != http.StatusUnauthorized {
		t.Errorf("the old secret: %d", status)
	}
	if status, _ = hook(t, s, path, fresh, "msg-5", body); status != http.StatusAccepted {
		t.Errorf("the new secret: %d", status)
	}
	found := s.Query(t, `query($id: ID!) { node(id: $id) { id } triggers { totalCount nodes { lastUsedAt } } }`, map[string]any{"id": id})
	if triggers := found["triggers"].(map[string]any); triggers["totalCount"] != 1.0 || triggers["nodes"].([]any)[0].(map[string]any)["lastUsedAt"] == nil {
		t.Errorf("the list is %v", found)
	}
	s.Query(t, `mutation($id: ID!) { deleteTrigger(input: {id: $id}) { id } }`, map[string]any{"id": id})
	if status, _ = hook(t, s, path, fresh, "msg-6", body); status != http.StatusUnauthorized {
		t.Errorf("a deleted trigger: %d", status)
	}
}

func TestShardsThroughTheGraph(t *testing.T) {
	t.Parallel()
	s := server(t)
	const start = `mutation($input: StartRunInput!) { startRun(input: $input) { run { shard { index total } outcomeCounts { total } } } }`
	out := s.Query(t, start, map[string]any{"input": map[string]any{"source": source, "shard": map[string]any{"index": 2, "total": 3, "group": "b"}}})
	if diff := cmp.Diff(`{"startRun":{"run":{"outcomeCounts":{"total":1},"shard":{"index":2,"total":3}}}}`, text(t, out)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, tt := range []struct {
		name   string
		input  map[string]any
		field  string
		reason any
	}{
		{"no shards", map[string]any{"shard": map[string]any{"index": 0, "total": 0}}, "shard.total", nil},
		{"beyond the last", map[string]any{"shard": map[string]any{"index": 4, "total": 3}}, "shard.index", nil},
		{"nothing left for it", map[string]any{"shard": map[string]any{"index": 5, "total": 5}}, "shard", "EMPTY_SHARD"},
		{"nothing failed", map[string]any{"select": map[string]any{"lastFailed": true}, "environment": "e"}, "select", "NO_CASE"},
	} {
		tt.input["source"] = source
		_, out := post(t, s, s.Token, "application/json", gql(start, map[string]any{"input": tt.input}))
		if e := first(out); e["code"] != "INVALID_INPUT" || e["field"] != tt.field || e["reason"] != tt.reason {
			t.Errorf("%s: %v", tt.name, out)
		}
	}
}

// hook sends a signed request, as a system that was given the secret does.
func hook(t *testing.T, s *apptest.Server, path, secret, id, body string) (int, map[string]any) {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	signature, err := signer.Sign(id, now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.App.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", fmt.Sprint(now.Unix()))
	req.Header.Set("webhook-signature", signature)
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
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("the answer is %q", raw)
	}
	return res.StatusCode, out
}

func assertTimes(t *testing.T, times any, zone string, right func(time.Time) bool) {
	t.Helper()
	list, _ := times.([]any)
	if len(list) != 6 {
		t.Fatalf("the times are %v", times)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	last := time.Now()
	for _, item := range list {
		at, err := time.Parse(time.RFC3339, item.(string))
		if err != nil {
			t.Fatal(err)
		}
		_, offset := at.Zone()
		if _, want := at.In(location).Zone(); !at.After(last) || !right(at.In(location)) || offset != want {
			t.Errorf("the time %s comes after %s", item, last)
		}
		last = at
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
