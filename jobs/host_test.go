package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/spec"
)

// plan returns a plan of api cases with these tags each, which steer the fake
// executor. Each case has one step, which it does not perform.
func plan(use string, tags ...string) string {
	var b strings.Builder
	b.WriteString("version: \"1\"\nname: Fake\nenv: {BASE_URL: \"http://127.0.0.1:1\"}\nuse: " + use + "\ncases:\n")
	for i, tag := range tags {
		fmt.Fprintf(&b, "  - {id: c%d, kind: api, tags: [%s], steps: [{http: /}]}\n", i, tag)
	}
	return b.String()
}

func fetch(t *testing.T, s *apptest.Server, id string) *client.Run {
	t.Helper()
	run, err := s.Client.FetchRun(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// contiguous fails unless the events are numbered 1 to n, begin with the run's
// and end with its end.
func contiguous(t *testing.T, evs []client.Event) {
	t.Helper()
	for i, e := range evs {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
	}
	if evs[0].Type != "RUN_QUEUED" || evs[len(evs)-1].Type != "RUN_FINISHED" {
		t.Errorf("events go from %s to %s", evs[0].Type, evs[len(evs)-1].Type)
	}
}

func types(evs []client.Event) []string {
	var out []string
	for _, e := range evs {
		out = append(out, e.Type)
	}
	return out
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		use, tag  string
		outcome   string
		status    string
		attempts  int
		wantError string
	}{
		"passed":             {"{}", "ok", "PASSED", "PASSED", 1, ""},
		"failed":             {"{}", "fake.fail", "FAILED", "FAILED", 1, "step 1"},
		"errored":            {"{}", "fake.error", "ERRORED", "ERRORED", 1, "step 1"},
		"panicking executor": {"{}", "fake.panic", "ERRORED", "ERRORED", 1, "unexpectedly"},
		"flaky":              {"{retries: 2}", "fake.flaky-1", "FLAKY", "PASSED", 2, ""},
		"failed every time":  {"{retries: 2}", "fake.fail", "FAILED", "FAILED", 3, "step 1"},
		"over its limit":     {"{timeout: 200ms}", "fake.block", "TIMED_OUT", "FAILED", 1, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}})
			id := s.Run(t, plan(tt.use, tt.tag))
			contiguous(t, s.Follow(t, id))
			run := fetch(t, s, id)
			r := run.Results[0]
			if run.Status != tt.status || r.Outcome != tt.outcome || len(r.Attempts) != tt.attempts {
				t.Errorf("run %s, outcome %s after %d attempts (%s); want %s, %s, %d",
					run.Status, r.Outcome, len(r.Attempts), r.Error, tt.status, tt.outcome, tt.attempts)
			}
			if tt.wantError == "" && tt.outcome != "TIMED_OUT" && r.Error != "" || !strings.Contains(r.Error, tt.wantError) {
				t.Errorf("error %q, want %q in it", r.Error, tt.wantError)
			}
		})
	}
}

func TestWhatAnAttemptTellsIsStored(t *testing.T) {
	t.Parallel()
	script := fake.Script{Steps: []fake.Step{{
		Name: "look \x00 around", Action: "http",
		Checks:      []executors.Check{{Name: "status equals 200", Passed: true, Expected: "200", Actual: "200"}},
		Detail:      map[string]any{"request": map[string]any{"method": "GET", "odd": "a\x00b"}},
		Metrics:     []executors.Metric{{Name: "http_req_duration", Unit: "ms", Value: 1.5, Tags: map[string]string{"status": "200"}, At: time.Now()}},
		Attachments: []fake.Attachment{{Name: "body.txt", Kind: executors.AttachmentBody, ContentType: "text/plain", Body: []byte("hello")}},
	}}}
	exec := fake.New(spec.KindAPI, fake.WithScript(func(executors.Task) fake.Script { return script }))
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{exec}})
	id := s.Run(t, plan("{}", "x"))
	s.Follow(t, id)
	a := fetch(t, s, id).Results[0].Attempts[0]
	if len(a.Steps) != 1 || len(a.Steps[0].Checks) != 1 || len(a.Metrics) != 1 || a.Metrics[0].Value != 1.5 {
		t.Fatalf("stored %+v", a)
	}
	if strings.ContainsRune(a.Steps[0].Name, 0) || a.Steps[0].Detail["request"] == nil {
		t.Errorf("step %+v", a.Steps[0])
	}
	art := fetch(t, s, id).Results[0].Artifacts
	if len(art) != 1 {
		t.Fatalf("%d artifacts", len(art))
	}
	body, err := s.Client.Artifact(t.Context(), art[0].URL, 100)
	if err != nil || string(body) != "hello" {
		t.Errorf("artifact %q (%v)", body, err)
	}
}

func TestTokensBoundWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	exec := fake.New(spec.KindAPI)
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{exec}})
	id := s.Run(t, plan("{parallel: 3}", slices.Repeat([]string{"fake.delay-20ms"}, 20)...))
	evs := s.Follow(t, id)
	contiguous(t, evs)
	if exec.Peak() > 3 || exec.Executions() != 20 {
		t.Errorf("%d cases at once, %d in all; want at most 3 and 20", exec.Peak(), exec.Executions())
	}
	if last := evs[len(evs)-1].OutcomeCounts; last.Passed != 20 || last.Finished != 20 {
		t.Errorf("counts %+v", last)
	}
}

func TestStopCancelsWhatWaitsAndWhatRuns(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 10)
	exec := fake.New(spec.KindAPI, fake.OnStart(func(executors.Task) { began <- struct{}{} }))
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{exec}})
	id := s.Run(t, plan("{parallel: 2, retries: 3}", "fake.block", "fake.block", "ok", "ok"))
	<-began
	<-began
	if err := s.Client.StopRun(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	evs := s.Follow(t, id)
	contiguous(t, evs)
	run := fetch(t, s, id)
	if run.Status != "CANCELLED" || run.OutcomeCounts.Cancelled != 4 {
		t.Errorf("run %s with %+v", run.Status, run.OutcomeCounts)
	}
	if !slices.Contains(types(evs), "RUN_STOPPING") {
		t.Errorf("events %v", types(evs))
	}
	if err := s.Client.StopRun(t.Context(), id); err != nil {
		t.Errorf("stopping a stopped run: %v", err)
	}
}

func TestGatesAndSkips(t *testing.T) {
	t.Parallel()
	source := `
version: "1"
name: Gated
env: {BASE_URL: "http://127.0.0.1:1"}
gates: {successRate: 0.5, minCases: 3}
cases:
  - {id: a, kind: api, steps: [{http: /}]}
  - {id: b, kind: api, skip: not today, steps: [{http: /}]}
  - {id: c, kind: api, steps: [{http: /}]}
`
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}})
	id := s.Run(t, source)
	contiguous(t, s.Follow(t, id))
	run := fetch(t, s, id)
	if run.Status != "FAILED" || run.OutcomeCounts.Passed != 2 || run.OutcomeCounts.Skipped != 1 {
		t.Errorf("run %s with %+v", run.Status, run.OutcomeCounts)
	}
	if len(run.Gates) != 2 || !run.Gates[0].Passed || run.Gates[1].Passed || run.Gates[1].Actual != 2 {
		t.Errorf("gates %+v", run.Gates)
	}
	if run.Results[1].Outcome != "SKIPPED" || run.Results[1].Error != "not today" {
		t.Errorf("skipped case %+v", run.Results[1])
	}
}

func TestARunOfSkippedCasesEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}})
	id := s.Run(t, `{"version":"1","name":"Skips","cases":[{"id":"a","kind":"api","skip":"later","steps":[{"http":"http://example.com/"}]}]}`)
	evs := s.Follow(t, id)
	contiguous(t, evs)
	if got := types(evs); !slices.Equal(got, []string{"RUN_QUEUED", "CASE_FINISHED", "RUN_FINISHED"}) {
		t.Errorf("events %v", got)
	}
	if run := fetch(t, s, id); run.Status != "PASSED" {
		t.Errorf("status %s", run.Status)
	}
}

// Two workers on one database share a run; killing the promise of one (its
// leases run out) is tested with real processes in e2e.
func TestTwoWorkersShareARun(t *testing.T) {
	t.Parallel()
	first := fake.New(spec.KindAPI)
	second := fake.New(spec.KindAPI)
	a := apptest.Start(t, apptest.Options{Executors: []executors.Executor{first}, SecretKey: key})
	apptest.Start(t, apptest.Options{
		Executors: []executors.Executor{second}, DatabaseURL: a.DatabaseURL, NoAPI: true, SecretKey: key,
	})
	id := a.Run(t, plan("{parallel: 100}", slices.Repeat([]string{"fake.delay-50ms"}, 100)...))
	contiguous(t, a.Follow(t, id))
	if first.Executions()+second.Executions() != 100 || first.Executions() == 0 || second.Executions() == 0 {
		t.Errorf("%d and %d executions, want 100 together and some each", first.Executions(), second.Executions())
	}
}

const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func TestWorkerEndsWhatItHasWhenItStops(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}, 1), make(chan struct{})
	exec := fake.New(spec.KindAPI, fake.OnStart(func(executors.Task) { began <- struct{}{}; <-release }))
	worker := apptest.Start(t, apptest.Options{Executors: []executors.Executor{exec}, SecretKey: key})
	viewer := apptest.Start(t, apptest.Options{NoWorkers: true, DatabaseURL: worker.DatabaseURL, SecretKey: key})
	id := viewer.Run(t, plan("{}", "ok"))
	<-began
	closed := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		closed <- worker.App.Close(ctx)
	}()
	close(release)
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	viewer.Follow(t, id)
	run := fetch(t, viewer, id)
	if run.Status != "PASSED" || len(run.Results[0].Attempts) != 1 {
		t.Errorf("run %s after %d attempts", run.Status, len(run.Results[0].Attempts))
	}
	if !exec.Closed() {
		t.Error("the executor was not closed")
	}
}

// A case that does not end in time goes to another worker: that its worker was
// told to end says nothing about the case and costs it no retry.
func TestWorkerGivesBackWhatItCannotEnd(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	stuck := fake.New(spec.KindAPI, fake.OnStart(func(executors.Task) { began <- struct{}{} }),
		fake.WithScript(func(executors.Task) fake.Script { return fake.Blocking(1) }))
	worker := apptest.Start(t, apptest.Options{Executors: []executors.Executor{stuck}, NoAPI: true, SecretKey: key})
	viewer := apptest.Start(t, apptest.Options{NoWorkers: true, DatabaseURL: worker.DatabaseURL, SecretKey: key})
	id := viewer.Run(t, plan("{}", "ok"))
	<-began
	noTime, cancel := context.WithCancel(t.Context())
	cancel()
	if err := worker.App.Close(noTime); err != nil {
		t.Errorf("close: %v", err)
	}
	apptest.Start(t, apptest.Options{
		Executors: []executors.Executor{fake.New(spec.KindAPI)}, DatabaseURL: worker.DatabaseURL, NoAPI: true, SecretKey: key,
	})
	evs := viewer.Follow(t, id)
	contiguous(t, evs)
	if got := types(evs); !slices.Contains(got, "CASE_REQUEUED") {
		t.Errorf("events %v", got)
	}
	run := fetch(t, viewer, id)
	a := run.Results[0].Attempts
	if run.Status != "PASSED" || len(a) != 2 || a[0].Outcome != "CANCELLED" || a[1].Outcome != "PASSED" {
		t.Errorf("run %s after %+v", run.Status, a)
	}
	if !strings.Contains(a[0].Error, "told to end") {
		t.Errorf("the first attempt says %q", a[0].Error)
	}
}
