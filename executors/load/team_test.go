package load_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/spec"
)

// TestPatternsOfSeveralParts counts at the target what each executor sends when
// three engines share it, and that no user is there twice.
func TestPatternsOfSeveralParts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, scenario string
		least, most    int64
	}{
		{"shared iterations", "{executor: shared-iterations, vus: 4, iterations: 50}", 50, 50},
		{"fewer users than parts", "{executor: shared-iterations, vus: 3, iterations: 20}", 20, 20},
		{"iterations of each user", "{executor: per-vu-iterations, vus: 4, iterations: 5}", 20, 20},
		{"constant users with pauses", "{executor: constant-vus, vus: 4, duration: 300ms, thinkTime: 200ms, gracefulStop: 5s}", 4, 8},
		{"ramping users", "{executor: ramping-vus, startVUs: 0, stages: [{duration: 200ms, target: 4}, {duration: 300ms, target: 4}], thinkTime: 10ms}", 4, 400},
		{"constant arrival rate", "{executor: constant-arrival-rate, rate: 200, duration: 500ms, preAllocatedVUs: 3, maxVUs: 20}", 100, 100},
		{"ramping arrival rate", "{executor: ramping-arrival-rate, startRate: 0, stages: [{duration: 500ms, target: 200}, {duration: 0s, target: 100}, {duration: 200ms, target: 100}], preAllocatedVUs: 3, maxVUs: 20}", 70, 70},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			var mu sync.Mutex
			paths := map[string]bool{}
			s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				count.Add(1)
				mu.Lock()
				defer mu.Unlock()
				if paths[r.URL.Path] {
					t.Errorf("%s was asked twice", r.URL.Path)
				}
				paths[r.URL.Path] = true
			})
			r := execute(t, dev(t), taskOf(t, s.URL, scenarioCase(tt.scenario)+"    workers: 3\n"))
			if r.outcome != spec.OutcomePassed {
				t.Fatalf("%s: %s", r.outcome, r.text())
			}
			sum := summaryOf(t, r)
			if n := count.Load(); n < tt.least || n > tt.most || sum.Requests != n || sum.Scenarios[0].Iterations != n {
				t.Errorf("the target had %d requests, want %d to %d; told are %d in %d iterations", n, tt.least, tt.most, sum.Requests, sum.Scenarios[0].Iterations)
			}
			requests := int64(0)
			for _, w := range sum.Workers {
				requests += w.Requests
			}
			if len(sum.Workers) != 3 || requests != sum.Requests {
				t.Errorf("the workers tell of %d requests in all: %+v", requests, sum.Workers)
			}
			inSeries := int64(0)
			for _, row := range sum.Series {
				inSeries += row.Requests
			}
			if inSeries != sum.Requests {
				t.Errorf("the series has %d requests of %d", inSeries, sum.Requests)
			}
		})
	}
}

// TestPartsKnowWhatTheSetupCaptured, and have rows of data of their own.
func TestPartsKnowWhatTheSetupCaptured(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	var logins atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			logins.Add(1)
			_, _ = w.Write([]byte(`{"token": "sesame", "big": 9007199254740993, "list": [1, {"a": 2.5}]}`))
			return
		}
		mu.Lock()
		defer mu.Unlock()
		seen[r.Header.Get("X-Token")+" "+r.URL.String()] = true
	})
	r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    workers: 3
    setup: [{http: {method: POST, url: /login}, capture: {token: {jsonpath: $.token}, big: {jsonpath: $.big}, list: {jsonpath: $.list}}}]
    steps: [{http: {url: "/${{ vu.id }}/${{ user }}?big=${{ big }}&list=${{ list }}", headers: {X-Token: "${{ token }}"}}, check: [{status: 200}]}]
    data: [{user: ada}, {user: bob}, {user: cem}]
    scenarios: {all: {executor: per-vu-iterations, vus: 6}}
    thresholds: {checks: ["rate==1"]}
`))
	if r.outcome != spec.OutcomePassed || logins.Load() != 1 {
		t.Fatalf("%s after %d logins: %s", r.outcome, logins.Load(), r.text())
	}
	names := []string{"ada", "bob", "cem"}
	for id := 1; id <= 6; id++ {
		want := fmt.Sprintf("sesame /%d/%s?big=9007199254740993&list=[1,{\"a\":2.5}]", id, names[(id-1)%3])
		found := false
		for got := range seen {
			found = found || strings.NewReplacer("%22", `"`, "%7B", "{", "%7D", "}").Replace(got) == want
		}
		if !found {
			t.Errorf("nobody sent %s; sent were %v", want, seen)
		}
	}
}

// TestThresholdsJudgeAllPartsTogether: what ends the load is the sum.
func TestThresholdsJudgeAllPartsTogether(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    workers: 3
    steps: [{http: /}]
    scenarios: {all: {executor: constant-arrival-rate, rate: 60, duration: 60s, preAllocatedVUs: 6}}
    thresholds: {http_reqs: [{threshold: "count<50", abortOnFail: true}]}
`))
	sum := summaryOf(t, r)
	if r.outcome != spec.OutcomeFailed || len(sum.Thresholds) != 1 || !sum.Thresholds[0].Aborted {
		t.Fatalf("%s (%s): %+v", r.outcome, r.text(), sum.Thresholds)
	}
	// No part alone had fifty when the load ended.
	if sum.Requests < 50 || sum.Requests > 60*20 {
		t.Errorf("it ended after %d requests", sum.Requests)
	}
}

func TestAPartThatCannotBePerformedEndsTheLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"a":"`)) })
	r := execute(t, dev(t), taskOf(t, s.URL, `
  - id: l
    kind: load
    workers: 2
    steps: [{http: "http://[::1]:1/${{ vu.id }}"}]
    scenarios: {all: {executor: constant-vus, vus: 60, duration: 60s}}
    thresholds: {http_reqs: ["count>0"]}
`))
	if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), "could not connect") {
		t.Errorf("%s: %s", r.outcome, r.text())
	}
}

// crowd is a team whose members are engines of this process, that fall silent
// when a test wants it.
type crowd struct {
	executor *load.Executor
	task     executors.Task
	come     error // of Gather

	mu     sync.Mutex
	seats  []*seat
	start  time.Time
	stop   bool
	closed bool
}

// seat is that of one member.
type seat struct {
	crowd  *crowd
	part   int
	worker string
	brief  []byte
	cancel context.CancelFunc
	ended  chan struct{}

	silent bool // what it tells is not heard, and it is taken for lost
	told   int  // reports
	news   []executors.News
}

func (c *crowd) Gather(_ context.Context, others int) (executors.Crew, error) {
	for i := range others {
		c.seats = append(c.seats, &seat{crowd: c, part: i + 1, worker: fmt.Sprintf("worker %d", i+1)})
	}
	return c, c.come
}

func (c *crowd) Self() string { return "worker 0" }

func (c *crowd) take(s *seat, brief []byte) {
	ctx, cancel := context.WithCancel(context.Background())
	s.brief, s.cancel, s.ended = brief, cancel, make(chan struct{})
	s.news = append(s.news, executors.News{Part: s.part, Worker: s.worker, State: executors.MemberCame})
	go func() {
		defer close(s.ended)
		err := c.executor.TakePart(ctx, c.task, s)
		c.mu.Lock()
		defer c.mu.Unlock()
		if s.silent {
			return
		}
		n := executors.News{Part: s.part, Worker: s.worker, State: executors.MemberEnded}
		if err != nil {
			n.Error = err.Error()
		}
		s.news = append(s.news, n)
	}()
}

func (c *crowd) Begin(_ context.Context, briefs [][]byte) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start = time.Now().Add(100 * time.Millisecond)
	for i, s := range c.seats {
		c.take(s, briefs[i])
	}
	return c.start, nil
}

func (c *crowd) News(context.Context) (out []executors.News, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.seats {
		out = append(out, s.news...)
		s.news = nil
	}
	return out, nil
}

func (c *crowd) Replace(_ context.Context, part int, brief []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &seat{crowd: c, part: part, worker: "the heir"}
	c.seats = append(c.seats, s)
	c.take(s, brief)
	return nil
}

func (c *crowd) Stop(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = true
	return nil
}

func (c *crowd) Close(context.Context) error {
	c.mu.Lock()
	c.closed = true
	seats := slices.Clone(c.seats)
	c.mu.Unlock()
	for _, s := range seats {
		if s.cancel != nil {
			s.cancel()
			<-s.ended
		}
	}
	return nil
}

func (s *seat) Brief(context.Context) ([]byte, error)    { return s.brief, nil }
func (s *seat) Ready(context.Context) (time.Time, error) { return s.crowd.start, nil }

// Report lets the worker 2 fall silent after its second report.
func (s *seat) Report(_ context.Context, _ int, report []byte) (executors.Order, error) {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	if s.silent {
		return executors.Order{}, executors.ErrLetGo
	}
	s.told++
	s.news = append(s.news, executors.News{Part: s.part, Worker: s.worker, State: executors.MemberReported, Report: report})
	if s.worker == "worker 2" && s.told == 2 {
		s.silent = true
		s.news = append(s.news, executors.News{Part: s.part, Worker: s.worker, State: executors.MemberLost})
	}
	return executors.Order{Stop: s.crowd.stop}, nil
}

const lossyCase = `
  - id: l
    kind: load
    workers: 3
    onLostWorker: %s
    steps: [{http: "/${{ vu.id }}/${{ vu.iteration }}"}]
    scenarios: {all: {executor: constant-arrival-rate, rate: 90, duration: 5s, preAllocatedVUs: 9}, some: {executor: shared-iterations, vus: 3, iterations: 30, thinkTime: 100ms}}
    thresholds: {http_reqs: ["count>0"]}
`

func lossy(t *testing.T, policy string) result {
	t.Helper()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	e := dev(t)
	task := taskOf(t, s.URL, fmt.Sprintf(lossyCase, policy))
	c := &crowd{executor: e, task: task}
	task.Team = c
	r := execute(t, e, task)
	if !c.closed {
		t.Error("the crew was not let go")
	}
	return r
}

func TestALostWorkerFailsTheLoad(t *testing.T) {
	t.Parallel()
	r := lossy(t, "fail")
	const want = "part 3 of 3 of the load was lost at "
	if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), want) || !strings.Contains(r.text(), "the worker worker 2") {
		t.Errorf("%s: %s", r.outcome, r.text())
	}
	if w := summaryOf(t, r).Workers; len(w) != 3 || !w[2].Lost && !w[1].Lost {
		t.Errorf("the workers are told as %+v", w)
	}
}

// TestALostWorkerIsReplaced accounts for everything that was due: performed,
// interrupted, or dropped while nobody performed the part.
func TestALostWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	r := lossy(t, "replace")
	if r.outcome != spec.OutcomePassed {
		t.Fatalf("%s: %s", r.outcome, r.text())
	}
	sum := summaryOf(t, r)
	all := sum.Scenarios[0]
	if n := all.Iterations + all.Interrupted + all.Dropped; n != 450 {
		t.Errorf("of 450 iterations that were due %d are accounted for: %+v", n, all)
	}
	if some := sum.Scenarios[1]; some.Iterations != 30 {
		t.Errorf("the shared iterations are %+v, want 30", some)
	}
	if len(sum.Workers) != 4 {
		t.Fatalf("the workers are told as %+v", sum.Workers)
	}
	lost, heir := sum.Workers[slices.IndexFunc(sum.Workers, func(w workerTold) bool { return w.Lost })], sum.Workers[3]
	if lost.Worker != "worker 2" || lost.Part != 3 || heir.Worker != "the heir" || heir.Part != 3 || heir.From <= lost.Until || heir.Gap <= 0 {
		t.Errorf("the workers are told as %+v", sum.Workers)
	}
	logs := fmt.Sprint(r.Logs())
	if !strings.Contains(logs, "was lost at") || !strings.Contains(logs, "was taken over at") {
		t.Errorf("the log says %s", logs)
	}
}

func TestALoadWithoutItsWorkersSendsNothing(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	e := dev(t)
	task := taskOf(t, s.URL, fmt.Sprintf(lossyCase, "fail"))
	task.Case.Load.Setup = task.Case.Load.Steps
	task.Team = &crowd{executor: e, task: task, come: &executors.Busy{Message: "only 2 came"}}
	r := execute(t, e, task)
	busy := (*executors.Busy)(nil)
	if r.outcome != spec.OutcomeErrored || !errors.As(r.err, &busy) || asked.Load() != 0 {
		t.Errorf("%s after %d requests: %v", r.outcome, asked.Load(), r.err)
	}
}
