package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writePlan writes a plan into a room and returns its path.
func writePlan(t testing.TB, room, plan string) string {
	t.Helper()
	path := filepath.Join(room, "test.plan.yaml")
	if err := os.WriteFile(path, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// local is the environment of a command that brings up its own server on a
// database of the tests. It performs api cases only.
func local(t testing.TB) []string {
	t.Helper()
	return []string{"SEMANTEST_DATABASE_URL=" + database(t), "SEMANTEST_KINDS=api"}
}

const everyOutcome = `version: "1"
name: Every outcome
use: {stepTimeout: 1m}
cases:
  - {id: good, kind: api, steps: [{http: /ok, check: [{status: 200}]}]}
  - {id: bad, kind: api, steps: [{http: /fail, check: [{status: 200}]}]}
  - {id: late, kind: api, steps: [{http: /hold, timeout: 200ms}]}
  - {id: lost, kind: api, steps: [{http: "http://127.0.0.1:1/"}]}
  - {id: flaky, kind: api, retries: 1, steps: [{http: /flaky/a, check: [{status: 200}]}]}
  - {id: skipped, kind: api, skip: not today, steps: [{http: /ok}]}
`

func TestExitCodeTellsHowARunEnded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, grep, gates string
		code              int
		status            string
		counts            map[string]int
		say               string
	}{
		{name: "all pass", grep: "^good$", code: 0, status: "PASSED", counts: map[string]int{"passed": 1}, say: "1 passed"},
		{name: "flaky is good", grep: "^flaky$", code: 0, status: "PASSED", counts: map[string]int{"flaky": 1}, say: "↻ flaky"},
		{name: "skipped is good", grep: "^(good|skipped)$", code: 0, status: "PASSED", counts: map[string]int{"passed": 1, "skipped": 1}, say: "1 skipped"},
		{name: "a case fails", grep: "^(good|bad)$", code: 1, status: "FAILED", counts: map[string]int{"passed": 1, "failed": 1}, say: "status should equal 200, but is 500"},
		{name: "a case is late", grep: "^late$", code: 1, status: "FAILED", counts: map[string]int{"timed_out": 1}, say: "timed out: step 1"},
		{name: "the target cannot be reached", grep: "^(good|lost)$", code: 3, status: "ERRORED", counts: map[string]int{"passed": 1, "errored": 1}, say: "connection refused; is the application running?"},
		{name: "a failure outweighs an error", grep: "^(bad|lost)$", code: 1, status: "FAILED", counts: map[string]int{"failed": 1, "errored": 1}, say: "1 failed, 1 errored"},
		{name: "only a gate does not hold", grep: "^good$", gates: "gates: {minCases: 2}\n", code: 4, status: "FAILED", counts: map[string]int{"passed": 1}, say: "gate minCases: expected at least 2, got 1"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			plan := writePlan(t, room, everyOutcome+tc.gates)
			r := run(t, launch{
				room: room, env: local(t),
				args: []string{"run", plan, "--grep", tc.grep, "--var", "BASE_URL=" + openTarget(t).URL, "--output", "out"},
			})
			if r.code != tc.code || !strings.Contains(r.stdout, tc.say) || r.stderr != "" {
				t.Errorf("exit code %d, want %d and to hear %q\n%s%s", r.code, tc.code, tc.say, r.stdout, r.stderr)
			}
			got := assertReports(t, filepath.Join(room, "out"))
			if got.Run.Status != tc.status {
				t.Errorf("the run is %s, want %s", got.Run.Status, tc.status)
			}
			if diff := cmp.Diff(tc.counts, got.Run.Counts); diff != "" {
				t.Errorf("counts: wanted (-) and got (+):\n%s", diff)
			}
		})
	}
}

func TestNoCaseMatches(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	r := run(t, launch{
		room: room, env: local(t),
		args: []string{"run", writePlan(t, room, everyOutcome), "--tag", "nothing", "--var", "BASE_URL=http://127.0.0.1:1", "--output", "out"},
	})
	if r.code != 5 || r.stderr != "semantest: no case of the plan matches the selection\n" {
		t.Errorf("got %+v", r)
	}
	assertFolder(t, filepath.Join(room, "out"))
}

func TestInterruptStopsTheRun(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			room, app := newRoom(t), openTarget(t)
			p := start(t, launch{
				room: room, env: local(t),
				args: []string{"run", writePlan(t, room, holding), "--var", "BASE_URL=" + app.URL, "--output", "out"},
			})
			app.awaitAsked(t, "/hold", 1)
			p.signal(t, sig)
			assertCancelled(t, p, room)
		})
	}
}

func TestInterruptStopsARemoteRun(t *testing.T) {
	t.Parallel()
	s := serve(t, launch{env: append(local(t), "SEMANTEST_EGRESS=dev")})
	room, app := newRoom(t), openTarget(t)
	p := start(t, launch{
		room: room, env: []string{"SEMANTEST_TOKEN=" + s.Token},
		args: []string{"run", writePlan(t, room, holding), "--remote", s.URL, "--var", "BASE_URL=" + app.URL, "--output", "out"},
	})
	app.awaitAsked(t, "/hold", 1)
	p.signal(t, os.Interrupt)
	assertCancelled(t, p, room)
	s.stop(t)
}

// holding has a case that passes, one that is under way until it is stopped,
// and one that is not reached before.
const holding = `version: "1"
name: Holding
use: {parallel: 1, stepTimeout: 10m, timeout: 10m}
cases:
  - {id: a, kind: api, steps: [{http: /ok}]}
  - {id: b, kind: api, steps: [{http: /hold}]}
  - {id: c, kind: api, steps: [{http: /ok}]}
`

func assertCancelled(t *testing.T, p *process, room string) {
	t.Helper()
	r := p.wait(t)
	p.assertNothingLeft(t)
	if r.code != 130 || !strings.Contains(r.stdout, "stopping the run") || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
	got := assertReports(t, filepath.Join(room, "out"))
	if got.Run.Status != "CANCELLED" {
		t.Errorf("the run is %s", got.Run.Status)
	}
	want := map[string]string{"a": "passed", "b": "cancelled", "c": "cancelled"}
	if diff := cmp.Diff(want, got.outcomes()); diff != "" {
		t.Errorf("outcomes: wanted (-) and got (+):\n%s", diff)
	}
}

// TestInterruptBeforeTheRun: while the program still waits for its database,
// there is nothing to stop, and nothing to complain about.
func TestInterruptBeforeTheRun(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	room := newRoom(t)
	for _, args := range [][]string{{"run", writePlan(t, room, holding), "--var", "BASE_URL=http://127.0.0.1:1"}, {"serve", "--listen", "127.0.0.1:0"}, {"migrate"}} {
		p := start(t, launch{room: room, args: args, env: []string{"SEMANTEST_DATABASE_URL=postgres://ada@" + silent.Addr().String() + "/x?sslmode=disable"}})
		conn, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		p.signal(t, os.Interrupt)
		r := p.wait(t)
		p.assertNothingLeft(t)
		_ = conn.Close()
		if r.code != 130 || r.stderr != "" {
			t.Errorf("%s: %+v", p, r)
		}
	}
}
