package runs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// TestLoadGrant: a load case comes with what its project is granted, and no other
// kind does.
func TestLoadGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(t, `
version: "1"
name: Granted
env: {BASE_URL: "http://one.test"}
cases:
  - {id: a, kind: api, steps: [{http: /}]}
  - {id: l, kind: load, steps: [{http: /}], scenarios: {one: {executor: constant-vus, duration: 1s}}, thresholds: {http_reqs: ["count>1"]}}
`)
	w.store.Ent.Project.UpdateOneID(r.ProjectID).SetLoadMaxUsers(5000).SetLoadMaxDurationMs(600_000).SetLoadMaxRampMs(90_000).
		SetLoadHosts([]string{"shop.test"}).ExecX(t.Context())
	want := map[string]*spec.LoadGrant{
		"a": nil,
		"l": {MaxUsers: 5000, MaxDuration: 10 * time.Minute, MaxRamp: 90 * time.Second, Hosts: []string{"shop.test"}},
	}
	got := map[string]*spec.LoadGrant{}
	for w.queue.len() > 0 {
		j := w.queue.take(t)
		c, err := w.runs.Claim(t.Context(), "wrk_1", j.RunID, j.ResultID, j.Attempt)
		if err != nil {
			t.Fatal(err)
		}
		got[c.Case.ID] = c.Grant
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}
