package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const snapshotPlan = `version: "1"
name: Snapshots
secrets: [TOKEN]
cases:
  - id: orders
    kind: api
    steps:
      - {http: /order, check: [{snapshot: file://order.json}]}
      - {http: /new, check: [{snapshot: {file: "file://kept/new.json", ignore: [$.at]}}]}
      - {http: /stable, check: [{snapshot: file://stable.json}]}
  - {id: other, kind: api, steps: [{http: /stable, check: [{status: 200}]}]}
`

// TestUpdateSnapshots writes what snapshot checks find beside the plan, in a case
// whose later snapshots come to light only when the earlier ones are accepted.
func TestUpdateSnapshots(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/order":
			_, _ = fmt.Fprint(w, `{"state":"PAID","sku":"A1","token":"planted-token"}`)
		case "/new":
			_, _ = fmt.Fprintf(w, `{"at":%d,"id":7}`, n.Add(1))
		case "/stable":
			_, _ = fmt.Fprint(w, `{"a":1}`)
		case "/restless":
			_, _ = fmt.Fprintf(w, `{"at":%d}`, n.Add(1))
		}
	}))
	t.Cleanup(server.Close)
	room := newRoom(t)
	plan := writePlan(t, room, snapshotPlan)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(room, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(room, name))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	write("order.json", "{\n  \"sku\": \"A1\",\n  \"state\": \"OPEN\"\n}\n")
	write("stable.json", `{"a": 1}`)
	env := append(local(t), "SEMANTEST_VAR_TOKEN=planted-token")
	start := func(extra ...string) result {
		return run(t, launch{room: room, env: env, args: append([]string{"run", plan, "--var", "BASE_URL=" + server.URL, "--output", "out"}, extra...)})
	}
	if r := start(); r.code != 2 || !strings.Contains(r.stderr, "kept/new.json") {
		t.Fatalf("without the flag a snapshot that is not there is a mistake: %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	r := start("--update-snapshots")
	for _, want := range []string{"changed    order.json  (+2 -1)", "added      kept/new.json  (4 lines)", "unchanged  stable.json"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("not told: %s", want)
		}
	}
	if r.code != 0 || t.Failed() {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if got := read("order.json"); got != "{\n  \"sku\": \"A1\",\n  \"state\": \"PAID\",\n  \"token\": \"***\"\n}\n" {
		t.Errorf("the snapshot is %s", got)
	}
	if got := read("stable.json"); got != `{"a": 1}` {
		t.Errorf("a snapshot that was the same is written anew: %s", got)
	}
	if got := assertReports(t, filepath.Join(room, "out")); got.Run.Counts["passed"] != 2 {
		t.Errorf("the reports are not of the whole plan: %v", got.Run.Counts)
	}
	if r := start(); r.code != 0 {
		t.Errorf("the accepted snapshots do not hold: %d\n%s", r.code, r.stdout)
	}
	// One that never rests.
	write("restless.plan.yaml", "version: \"1\"\nname: Restless\ncases: [{id: a, kind: api, steps: [{http: /restless, check: [{snapshot: file://r.json}]}]}]\n")
	r = run(t, launch{room: room, env: env, args: []string{"run", filepath.Join(room, "restless.plan.yaml"), "--var", "BASE_URL=" + server.URL, "--update-baselines"}})
	if r.code == 0 || !strings.Contains(r.stderr, "still differs after it was accepted") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}
