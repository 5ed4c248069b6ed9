package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/cli/client"
)

// TestProcessesShareTheWorkAndTheEvents: two servers that take requests, two
// that perform cases, on one Postgres and one Redis.
func TestProcessesShareTheWorkAndTheEvents(t *testing.T) {
	t.Parallel()
	_, db := ownPostgres(t)
	redis, app := startRedis(t), openTarget(t)
	env := []string{
		"SEMANTEST_DATABASE_URL=" + db, "SEMANTEST_REDIS_URL=" + redis.URL(), "SEMANTEST_EGRESS=dev", "SEMANTEST_KINDS=api",
		"SEMANTEST_SECRET_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "SEMANTEST_ARTIFACTS_URL=" + filepath.Join(newRoom(t), "artifacts"),
	}
	api := launch{env: env, args: []string{"--no-workers"}}
	a, b := serve(t, api), serve(t, api)
	slots := launch{env: env, args: []string{"--api-slots", "3"}}
	w1, w2 := work(t, slots), work(t, slots)

	// Four cases that wait for one another need more slots than one worker has.
	var plan strings.Builder
	plan.WriteString("version: \"1\"\nname: Shared\nsecrets: [WORD]\nuse: {parallel: 4, stepTimeout: 1m}\ncases:\n")
	for i := range 4 {
		fmt.Fprintf(&plan, "  - {id: meet%d, kind: api, steps: [{http: /meet/4}]}\n", i)
	}
	for i := range 40 {
		fmt.Fprintf(&plan, "  - {id: ok%d, kind: api, steps: [{http: /ok, check: [{status: 200}]}]}\n", i)
	}
	plan.WriteString("  - {id: secret, kind: api, steps: [{http: {url: /echo, headers: {X-Say: \"${{ WORD }}\"}}, check: [{jsonpath: $.said, equals: plum}]}]}\n")
	plan.WriteString("  - {id: bad, kind: api, steps: [{http: /fail, check: [{status: 200}]}]}\n")

	id, err := a.Client.StartRun(t.Context(), client.Start{
		Source: plan.String(), Variables: map[string]string{"BASE_URL": app.URL}, Secrets: map[string]string{"WORD": "plum"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var atA []client.Event
	ended := make(chan error, 1)
	go func() {
		ended <- a.Client.Follow(t.Context(), id, deadline, func(e client.Event) { atA = append(atA, e) })
	}()
	events := follow(t, b.Client, id)
	assertGapless(t, events)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(atA, events); diff != "" {
		t.Errorf("what A (-) and B (+) tell:\n%s", diff)
	}

	run, err := b.Client.FetchRun(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if run.Status != "FAILED" || run.OutcomeCounts.Passed != 45 || run.OutcomeCounts.Failed != 1 {
		t.Errorf("the run is %s with %+v", run.Status, run.OutcomeCounts)
	}
	performed := map[string]int{}
	for _, r := range run.Results {
		if len(r.Attempts) != 1 {
			t.Errorf("%s has %d attempts", r.CaseID, len(r.Attempts))
		}
		for _, at := range r.Attempts {
			performed[at.WorkerID]++
		}
		for _, art := range r.Artifacts { // kept by a worker, read at a server
			if body, err := b.Client.Artifact(t.Context(), art.URL, 1<<20); err != nil || !strings.Contains(string(body), "All is lost.") {
				t.Errorf("the artifact %s: %v", art.Name, err)
			}
		}
	}
	if len(performed) != 2 {
		t.Errorf("cases by worker: %v, want two workers", performed)
	}
	for _, p := range []*process{w1, w2, a.process, b.process} {
		if r := p.stop(t); r.code != 0 || strings.Contains(r.stderr, "level=ERROR") {
			t.Errorf("%s: %+v", p, r)
		}
	}
}
