package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/store"
)

const divisible = `version: "1"
name: Divisible
env: {BASE_URL: "http://127.0.0.1:1"}
cases:
  - {id: a, kind: api, steps: [{http: /ok}]}
  - {id: b, kind: api, matrix: {n: ["1", "2", "3"]}, steps: [{http: /ok}]}
  - {id: c, kind: api, steps: [{http: /ok}]}
`

// TestShards runs the parts of a plan as the jobs of a CI build do, where they
// share a server and where each has its own database.
func TestShards(t *testing.T) {
	t.Parallel()
	s := serve(t, launch{env: append(local(t), "SEMANTEST_EGRESS=dev")})
	shared := []string{"--remote", s.URL, "--token", s.Token}
	for _, tc := range []struct {
		name string
		args []string
		env  func() []string
	}{
		{"on one server", shared, func() []string { return []string{"GITHUB_RUN_ID=77"} }},
		{"on one server, without a build", shared, func() []string { return nil }},
		{"each by itself", nil, func() []string { return append(local(t), "GITHUB_RUN_ID=77") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			app := openTarget(t)
			var all []string
			const shards = 2
			for i := range shards {
				room := newRoom(t)
				args := []string{"run", writePlan(t, room, divisible), "--var", "BASE_URL=" + app.URL, "--output", "out", "--shard", fmt.Sprintf("%d/%d", i+1, shards)}
				r := run(t, launch{room: room, args: append(args, tc.args...), env: tc.env()})
				if r.code != 0 {
					t.Fatalf("got %+v", r)
				}
				keys := readReport(t, filepath.Join(room, "out")).keys()
				if len(keys) == 0 { // how many depends on how long the cases took elsewhere
					t.Errorf("shard %d has no case", i+1)
				}
				all = append(all, keys...)
			}
			slices.Sort(all)
			if diff := cmp.Diff([]string{"a", "b1", "b2", "b3", "c"}, all); diff != "" {
				t.Errorf("cases of all shards: wanted (-) and got (+):\n%s", diff)
			}
		})
	}
	t.Run("a shard without a case", func(t *testing.T) {
		t.Parallel()
		room := newRoom(t)
		r := run(t, launch{room: room, args: append([]string{"run", writePlan(t, room, divisible), "--shard", "6/6"}, shared...)})
		if r.code != 0 || !strings.Contains(r.stdout, "shard 6 of 6 has no case") {
			t.Errorf("got %+v", r)
		}
	})
}

func TestLastFailed(t *testing.T) {
	t.Parallel()
	const plan = `version: "1"
name: Repeated
env: {BASE_URL: "http://127.0.0.1:1"}
cases:
  - {id: good, kind: api, steps: [{http: /ok, check: [{status: 200}]}]}
  - {id: flaky, kind: api, steps: [{http: /flaky/x, check: [{status: 200}]}]}
  - {id: bad, kind: api, steps: [{http: /fail, check: [{status: 200}]}]}
`
	for _, remote := range []bool{false, true} {
		t.Run(fmt.Sprintf("remote %t", remote), func(t *testing.T) {
			t.Parallel()
			room, app := newRoom(t), openTarget(t)
			env := local(t)
			args := []string{"run", writePlan(t, room, plan), "--var", "BASE_URL=" + app.URL, "--output", "out"}
			if remote {
				s := serve(t, launch{env: append(local(t), "SEMANTEST_EGRESS=dev")})
				args, env = append(args, "--remote", s.URL, "--token", s.Token), nil
			}
			step := func(code int, want []string, more ...string) result {
				t.Helper()
				r := run(t, launch{room: room, args: append(slices.Clone(args), more...), env: env})
				if r.code != code {
					t.Fatalf("exit code %d, want %d\n%s%s", r.code, code, r.stdout, r.stderr)
				}
				if want != nil {
					if diff := cmp.Diff(want, readReport(t, filepath.Join(room, "out")).cases()); diff != "" {
						t.Errorf("cases: wanted (-) and got (+):\n%s", diff)
					}
				}
				return r
			}
			if r := step(5, nil, "--last-failed"); !strings.Contains(r.stderr, "no run of this plan has ended yet") {
				t.Errorf("before the first run: %q", r.stderr)
			}
			step(1, []string{"bad", "flaky", "good"})
			step(1, []string{"bad", "flaky"}, "--last-failed")
			step(1, []string{"bad"}, "--last-failed")
			step(0, []string{"good"}, "--grep", "good")
			if r := step(5, nil, "--last-failed"); !strings.Contains(r.stderr, "nothing to repeat") {
				t.Errorf("after a run that passed: %q", r.stderr)
			}
		})
	}
}

// TestSchedulesFireInServersOnly makes a schedule due: a run at somebody's desk
// leaves it alone, a server starts its run.
func TestSchedulesFireInServersOnly(t *testing.T) {
	t.Parallel()
	env := append(local(t), "SEMANTEST_EGRESS=dev")
	url := strings.TrimPrefix(env[0], "SEMANTEST_DATABASE_URL=")
	first := serve(t, launch{env: env})
	app := openTarget(t)
	plan := strings.Replace(divisible, "http://127.0.0.1:1", app.URL, 1) + "schedule: \"0 6 1 1 *\"\n"
	if status, body := graph(t, first, first.Token, `mutation { createPlan(input: {source: `+fmt.Sprintf("%q", plan)+`}) { plan { id } } }`); status != 200 || strings.Contains(body, "errors") {
		t.Fatalf("%d %s", status, body)
	}
	first.stop(t)
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.DB.ExecContext(t.Context(), "UPDATE schedules SET next_fire_at = now() - interval '1 hour'"); err != nil {
		t.Fatal(err)
	}
	room := newRoom(t)
	if r := run(t, launch{room: room, args: []string{"run", writePlan(t, room, plan)}, env: env}); r.code != 0 {
		t.Fatalf("got %+v", r)
	}
	if n := db.Ent.Run.Query().CountX(t.Context()); n != 1 {
		t.Fatalf("after a run at the desk there are %d runs", n)
	}
	second := serve(t, launch{env: env})
	waitFor(t, "the run of the schedule", func() bool {
		_, body := graph(t, second, second.Token, `{ schedules { nodes { lastRun { status origin } } } }`)
		return strings.Contains(body, `"lastRun":{"status":"PASSED","origin":"SCHEDULE"}`)
	})
	second.stop(t)
	if n := db.Ent.Run.Query().CountX(t.Context()); n != 2 {
		t.Errorf("the schedule's time has started %d runs", n-1)
	}
}

// keys returns the cases with their values of n, in order.
func (r report) keys() []string {
	var out []string
	for _, one := range r.Results {
		out = append(out, one.CaseID+one.Matrix["n"])
	}
	return out
}
