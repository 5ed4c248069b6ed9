package load_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

const k6Case = `
  - id: l
    kind: load
    k6: file://load.js
    k6Env: {BASE_URL: "${{ BASE_URL }}"}
    teardown: [{http: /teardown}]
`

const k6Script = `import http from 'k6/http';
import {check} from 'k6';
import {path} from './path.js';
export const options = {vus: 2, iterations: 10, thresholds: {http_reqs: ['count==10'], checks: ['rate>0.9'], iterations: ['count>10']}};
export default () => { check(http.get(__ENV.BASE_URL + path), {'is 200': (r) => r.status === 200}); };
`

func k6Task(tb testing.TB, base string) executors.Task {
	tb.Helper()
	task := taskOf(tb, base, k6Case)
	task.Files = fstest.MapFS{"load.js": &fstest.MapFile{Data: []byte(k6Script)}, "path.js": &fstest.MapFile{Data: []byte("export const path = '/k6';\n")}}
	return task
}

// TestRealK6 performs a script by the k6 that is here.
func TestRealK6(t *testing.T) {
	t.Parallel()
	program := os.Getenv("SEMANTEST_K6")
	if program == "" {
		program, _ = exec.LookPath("k6")
	}
	if program == "" {
		t.Skip("there is no k6: build one with go build -o /tmp/k6 go.k6.io/k6 in bench/loadpeers and set SEMANTEST_K6")
	}
	var asked atomic.Int64
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/k6" {
			asked.Add(1)
		}
	})
	r := execute(t, newExecutor(t, egress.Dev, load.Limits{K6: program}, nil), k6Task(t, s.URL))
	if r.outcome != spec.OutcomeFailed || !strings.Contains(r.text(), "iterations should be count>10, but is count=10") || asked.Load() != 10 {
		t.Fatalf("%s after %d requests: %s", r.outcome, asked.Load(), r.text())
	}
	checks := r.Steps()[2].Checks
	if len(checks) != 3 || !checks[0].Passed || !checks[1].Passed || checks[2].Passed {
		t.Errorf("thresholds %+v", checks)
	}
}

// stub is a program that behaves as k6 does on the outside.
func stub(tb testing.TB, script string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "k6")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		tb.Fatal(err)
	}
	return path
}

// writes a summary into the file behind --summary-export.
const writes = `while [ "$1" != --summary-export ]; do shift; done
echo "$2" >/dev/null; env | sort
echo '{"metrics": {"http_reqs": {"count": 4, "rate": 2.5, "thresholds": {"count>3": false, "count>5": true}}}}' > "$2"
`

func TestK6Process(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, tt := range []struct {
		name, script string
		outcome      spec.Outcome
		want         string
	}{
		{"crossed threshold", writes + "exit 99", spec.OutcomeFailed, "http_reqs should be count>5, but is count=4 rate=2.5"},
		{"broken script", "echo first; echo 'SyntaxError: no'; exit 107", spec.OutcomeErrored, "k6 ended with the exit code 107: SyntaxError: no"},
		{"no summary", "exit 0", spec.OutcomeErrored, "k6 wrote no summary"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, newExecutor(t, egress.Dev, load.Limits{K6: stub(t, tt.script)}, nil), k6Task(t, s.URL))
			if r.outcome != tt.outcome || !strings.Contains(r.text(), tt.want) {
				t.Errorf("%s: %s; want %q", r.outcome, r.text(), tt.want)
			}
			for _, a := range r.Attachments() {
				if strings.Contains(string(a.Data), "SEMANTEST") || strings.Contains(string(a.Data), "GOPATH") {
					t.Errorf("the environment of the worker is handed on:\n%s", a.Data)
				}
			}
		})
	}
}

func TestK6IsNotThereOrNotAllowed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		mode   egress.Mode
		limits load.Limits
		want   string
	}{
		{"not there", egress.Dev, load.Limits{K6: "/nowhere/k6"}, "install it (https://grafana.com/docs/k6/"},
		{"not allowed", egress.Public, load.Limits{K6: "/nowhere/k6"}, "this server may not perform k6 scripts"},
		{"allowed", egress.Public, load.Limits{K6: "/nowhere/k6", K6Allowed: true}, "k6 is no program"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, newExecutor(t, tt.mode, tt.limits, nil), k6Task(t, "http://127.0.0.1:1"))
			if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), tt.want) {
				t.Errorf("%s: %s; want %q", r.outcome, r.text(), tt.want)
			}
		})
	}
}

// TestK6IsStopped with all that it has started.
func TestK6IsStopped(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sink := &executortest.Recorder{}
	// It hears nothing, and neither does its child.
	program := stub(t, "trap '' INT\nsleep 600 &\nwait\nsleep 600")
	e, task := newExecutor(t, egress.Dev, load.Limits{K6: program}, nil), k6Task(t, s.URL)
	ended := make(chan spec.Outcome)
	go func() {
		outcome, err := e.Execute(ctx, task, sink)
		sink.Seal()
		if err := sink.Verify(-1, outcome, err); err != nil {
			t.Error(err)
		}
		ended <- outcome
	}()
	if err := sink.WaitFor(t.Context(), executortest.Started); err != nil {
		t.Fatal(err)
	}
	cancel()
	if outcome := <-ended; outcome != spec.OutcomeCancelled {
		t.Errorf("it is %s", outcome)
	}
}
