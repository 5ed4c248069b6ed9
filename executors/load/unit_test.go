package load

import (
	"math"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
)

func ptr[T any](v T) *T { return &v }

func stage(d time.Duration, target float64) spec.Stage {
	return spec.Stage{Duration: ptr(spec.Duration(d)), Target: &target}
}

// TestArrivals compares the moments with the integral of the rate.
func TestArrivals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		in    spec.Scenario
		count int64
		at    map[int64]time.Duration
	}{
		{"constant", spec.Scenario{Executor: spec.ConstantArrivalRate, Rate: ptr(4.0), Duration: spec.Duration(2 * time.Second)}, 8,
			map[int64]time.Duration{0: 0, 1: 250 * time.Millisecond, 7: 1750 * time.Millisecond}},
		{"in minutes", spec.Scenario{Executor: spec.ConstantArrivalRate, Rate: ptr(60.0), TimeUnit: spec.Duration(time.Minute), Duration: spec.Duration(3 * time.Second)}, 3,
			map[int64]time.Duration{2: 2 * time.Second}},
		{"from nothing", spec.Scenario{Executor: spec.RampingArrivalRate, Stages: []spec.Stage{stage(10*time.Second, 20)}}, 100,
			map[int64]time.Duration{0: 0, 25: 5 * time.Second, 64: 8 * time.Second}},
		{"down", spec.Scenario{Executor: spec.RampingArrivalRate, StartRate: ptr(20.0), Stages: []spec.Stage{stage(10*time.Second, 0)}}, 100,
			map[int64]time.Duration{75: 5 * time.Second}},
		{"with a jump and a pause", spec.Scenario{Executor: spec.RampingArrivalRate, Stages: []spec.Stage{
			stage(0, 10), stage(time.Second, 10), stage(0, 0), stage(time.Second, 0), stage(0, 5), stage(time.Second, 5),
		}}, 15, map[int64]time.Duration{9: 900 * time.Millisecond, 10: 2 * time.Second, 11: 2200 * time.Millisecond}},
		{"nothing", spec.Scenario{Executor: spec.RampingArrivalRate, Stages: []spec.Stage{stage(time.Second, 0)}}, 0, nil},
		{"very many", spec.Scenario{Executor: spec.ConstantArrivalRate, Rate: ptr(2000.0), Duration: spec.Duration(20 * time.Second)}, 40_000,
			map[int64]time.Duration{39_999: 19_999_500 * time.Microsecond}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan := arrivalsOf(&tt.in)
			n, last := int64(0), time.Duration(-1)
			for {
				at, more := plan.next(n)
				if !more {
					break
				}
				if at < last || at > plan.end {
					t.Fatalf("iteration %d is due at %s, the one before at %s", n, at, last)
				}
				if want, ok := tt.at[n]; ok && (at-want).Abs() > time.Microsecond {
					t.Errorf("iteration %d is due at %s, want %s", n, at, want)
				}
				last = at
				n++
			}
			if n != tt.count {
				t.Errorf("%d iterations are due, want %d", n, tt.count)
			}
		})
	}
}

func TestUsersAt(t *testing.T) {
	t.Parallel()
	s := &spec.Scenario{StartVUs: ptr(2), Stages: []spec.Stage{stage(10*time.Second, 12), stage(0, 20), stage(10*time.Second, 0)}}
	for at, want := range map[time.Duration]int{0: 2, time.Second: 3, 9999 * time.Millisecond: 11, 10 * time.Second: 20, 15 * time.Second: 10, 20 * time.Second: 0, time.Hour: 0} {
		if got := usersAt(s, at); got != want {
			t.Errorf("%d users at %s, want %d", got, at, want)
		}
	}
}

// TestRecorderLosesNothing collects while many record.
func TestRecorderLosesNothing(t *testing.T) {
	t.Parallel()
	const users, each = 8, 5000
	r := newRecorder(3)
	r.byStatus = true
	var recording sync.WaitGroup
	for u := range users {
		recording.Go(func() {
			s := r.shard(u)
			for i := range each {
				r.request(s, &sample{key: key{status: 200 + i%2}, failed: i%4 == 0, connected: true, duration: time.Duration(i) * time.Microsecond, sent: 1, received: 2}, true)
				r.iteration(s, 0, time.Millisecond, i%5 == 0)
				r.check(s, asked{}, i%2 == 0)
			}
		})
	}
	done := make(chan struct{})
	go func() { recording.Wait(); close(done) }()
	total := newTally()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		total.merge(r.collect())
	}
	all := newCell()
	for _, c := range total.cells {
		all.merge(c)
	}
	type counts struct{ Requests, Failed, Sent, Received, Durations, Services, Iterations, Interrupted, Passed, Failing int64 }
	got := counts{all.requests, all.failed, all.sent, all.received, all.duration.count(), all.service.count(),
		total.passes[0].iterations, total.passes[0].interrupted, total.checks[asked{}].passed, total.checks[asked{}].failed}
	const n = users * each
	want := counts{n, n / 4, n, 2 * n, n, n, n * 4 / 5, n / 5, n / 2, n / 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	if len(total.cells) != 2 {
		t.Errorf("%d cells, want one for each status", len(total.cells))
	}
	if p := all.duration.percentile(50); math.Abs(p-2.5) > 0.01 {
		t.Errorf("the median is %v ms, want 2.5", p)
	}
	if most := all.duration.most(); math.Abs(most-4.999) > 0.01 {
		t.Errorf("the most is %v ms, want 4.999", most)
	}
}

func TestRing(t *testing.T) {
	t.Parallel()
	began := time.Now()
	at := func(n int) time.Time { return began.Add(time.Duration(n)) }
	q := ring{limit: 100}
	in, out := 0, 0
	for round := range 50 {
		for range 3 + round%5 {
			if full := q.length == q.limit; q.push(at(in)) == full {
				t.Fatalf("with %d waiting, push says full: %v", q.length, full)
			} else if !full {
				in++
			}
		}
		for range 2 {
			got, ok := q.pop()
			if !ok || !got.Equal(at(out)) {
				t.Fatalf("got %v, %v, want the one that came as number %d", got, ok, out)
			}
			out++
		}
	}
	if q.length != 98 || in-out != 98 {
		t.Errorf("%d are waiting, %d came and %d went", q.length, in, out)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	hosts, err := ParseHosts([]string{"shop.example", " API.example:8443 ", "*.test", "[::1]:80", "10.0.0.1", "fd00::1"})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"http://shop.example/":       true,
		"https://SHOP.example:444/x": true,
		"http://www.shop.example":    false,
		"https://api.example:8443":   true,
		"https://api.example":        false,
		"http://a.b.test:81":         true,
		"http://test":                false,
		"http://atest":               false,
		"http://[::1]":               true,
		"http://[::1]:81":            false,
		"http://10.0.0.1:99":         true,
		"http://[fd00::1]:99":        true,
		"http://10.0.0.12":           false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := hosts.contain(u); got != want {
			t.Errorf("%s may be loaded: %v, want %v", address, got, want)
		}
	}
	for _, bad := range []string{"", "http://shop.example", "a b", "shop.example/x", "*", "a.*.b", "user@host"} {
		if _, err := ParseHosts([]string{bad}); apperr.CodeOf(err) != apperr.InvalidInput {
			t.Errorf("%q: %v, want INVALID_INPUT", bad, err)
		}
	}
}

// TestPacerKeepsMoments asks only that it never wakes early.
func TestPacerKeepsMoments(t *testing.T) {
	t.Parallel()
	p, err := newPacer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	for _, wait := range []time.Duration{-time.Second, 0, 1, 100 * time.Microsecond, 3 * time.Millisecond} {
		until := time.Now().Add(wait)
		if err := p.wait(t.Context(), until); err != nil || time.Now().Before(until) {
			t.Errorf("woke %s early: %v", time.Until(until), err)
		}
	}
}

func TestThinned(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, maxDetailRows, maxDetailRows + 1, 5 * maxDetailRows} {
		rows := make([]row, n)
		for i := range rows {
			rows[i].Second = float64(i + 1)
		}
		got := thinned(rows)
		if len(got) != min(n, maxDetailRows) || got[len(got)-1] != rows[n-1] {
			t.Errorf("of %d rows %d are left, the last one of second %v", n, len(got), got[len(got)-1].Second)
		}
		for i := 1; i < len(got); i++ {
			if got[i].Second <= got[i-1].Second {
				t.Fatalf("row %d is of second %v, the one before of %v", i, got[i].Second, got[i-1].Second)
			}
		}
	}
}
