package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

func TestFaultBrowserKilled(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	worker := work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	app.open("/before", all)
	app.open("/after", all)
	app.open("/favicon.ico", all)
	id := startRun(t, api.Client, fmt.Sprintf(`
version: "1"
name: Browser
env: {BASE_URL: %q}
use: {timeout: 2m, stepTimeout: 2m, parallel: 1}
cases:
  - {id: before, kind: browser, steps: [{goto: /before}]}
  - {id: victim, kind: browser, steps: [{goto: /victim}, {goto: /after}]}
  - {id: after, kind: browser, steps: [{goto: /after}]}
`, app.URL))
	app.await(t, "/victim", 1)
	for _, p := range session(worker.cmd.Process.Pid) {
		if p.parent == worker.cmd.Process.Pid {
			if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	assertEvents(t, follow(t, api.Client, id), 3)
	run := fetchRun(t, api.Client, id)
	for _, r := range run.Results {
		want := "PASSED"
		if r.CaseKey == "victim" {
			want = "ERRORED"
			if !strings.Contains(r.Error, "the browser ended during the step (signal: killed); the next case gets a new one") {
				t.Errorf("the case whose browser was killed says %q", r.Error)
			}
			if steps := r.Attempts[0].Steps; len(r.Attempts) != 1 || len(steps) != 2 || steps[0].Outcome != "ERRORED" || steps[1].Outcome != "SKIPPED" {
				t.Errorf("its attempts are %+v", r.Attempts)
			}
		}
		if r.Outcome != want {
			t.Errorf("%s is %s, want %s: %s", r.CaseKey, r.Outcome, want, r.Error)
		}
	}
	if r := worker.stop(t); r.code != 0 {
		t.Errorf("the worker ends with %d\n%s", r.code, r.stderr)
	}
}

func TestFaultWorkerOfABrowserKilled(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	worker := work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	startRun(t, api.Client, fmt.Sprintf(`
version: "1"
name: Browser
env: {BASE_URL: %q}
cases: [{id: a, kind: browser, steps: [{goto: /page}]}]
`, app.URL))
	app.await(t, "/page", 1)
	worker.kill(t)
	worker.awaitGone(t)
}
