package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestParseLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		of   spec.MetricType
		want string // written again, or a part of the error
		good bool
	}{
		{"p(95)<500", spec.MetricTrend, "p(95)<500", true},
		{" p( 99.9 ) <= 0.5 ", spec.MetricTrend, "p(99.9)<=0.5", true},
		{"avg>=-1", spec.MetricTrend, "avg>=-1", true},
		{"count === 3", spec.MetricTrend, "count==3", true},
		{"rate!=0", spec.MetricRate, "rate!=0", true},
		{"value<5", spec.MetricGauge, "value<5", true},
		{"p(95) < baseline * 1.10", spec.MetricTrend, "p(95)<baseline*1.1", true},
		{"avg<=baseline+50", spec.MetricTrend, "avg<=baseline+50", true},
		{"rate>=baseline-0.01", spec.MetricRate, "rate>=baseline-0.01", true},
		{"count==baseline", spec.MetricCounter, "count==baseline", true},
		{"p(95)<baseline*-1", spec.MetricTrend, "is not a threshold", false},
		{"p(95)<baseline/2", spec.MetricTrend, "is not a threshold", false},
		{"p(95)<2*baseline", spec.MetricTrend, "is not a threshold", false},
		{"rate>100", spec.MetricCounter, "rate>100", true},
		{"p(100.1)<5", spec.MetricTrend, "between 0 and 100", false},
		{"p95<500", spec.MetricTrend, "is not a threshold", false},
		{"rate<0.01", spec.MetricTrend, `has the aggregate "rate", but a trend has avg, min`, false},
		{"p(95)<1", spec.MetricRate, "but a rate has rate", false},
		{"p<1", spec.MetricTrend, `has the aggregate "p"`, false},
		{"count>1e9", spec.MetricCounter, "such as count>1000", false},
		{"", spec.MetricGauge, "such as value<100", false},
	} {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			limit, err := spec.ParseLimit(tt.in, tt.of)
			switch {
			case tt.good && (err != nil || limit.String() != tt.want):
				t.Errorf("got %s, %v, want %s", limit, err, tt.want)
			case !tt.good && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %s, %v, want an error with %q", limit, err, tt.want)
			}
		})
	}
}

func TestLimitHolds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit              string
		below, same, above bool
	}{
		{"avg<5", true, false, false},
		{"avg<=5", true, true, false},
		{"avg>5", false, false, true},
		{"avg>=5", false, true, true},
		{"avg==5", false, true, false},
		{"avg!=5", true, false, true},
	} {
		limit, err := spec.ParseLimit(tt.limit, spec.MetricTrend)
		if err != nil {
			t.Fatal(err)
		}
		got := []bool{limit.Holds(4.9), limit.Holds(5), limit.Holds(5.1)}
		if diff := cmp.Diff([]bool{tt.below, tt.same, tt.above}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.limit, diff)
		}
	}
}

func FuzzThreshold(f *testing.F) {
	for _, seed := range [][2]string{
		{"http_req_duration{scenario:peak, status:\"200\"}", "p(95)<500"}, {"checks", "rate==1"}, {"vus{", "value"},
		{"http_reqs{a:b,a:c}", "count>=0.5"}, {"http_reqs{}", "p(<"}, {"iterations{:}", "=="},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, metric, condition string) {
		s, err := spec.ParseSelector(metric)
		if err != nil {
			if len(err.Error()) > 5000 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			s = spec.Selector{Type: spec.MetricTrend}
		}
		limit, err := spec.ParseLimit(condition, s.Type)
		if err != nil {
			return
		}
		again, err := spec.ParseLimit(limit.String(), s.Type)
		if err != nil || again != limit {
			t.Fatalf("%q is written as %q and read as %+v, %v", condition, limit, again, err)
		}
	})
}

func TestLoadUsesTheStepsOfAnAPICase(t *testing.T) {
	t.Parallel()
	plan := parse(t, string(read(t, "testdata/plans/load.yaml")))
	cases := plan.Expand()
	if diff := cmp.Diff(cases[0].APISteps, cases[1].Load.Steps); diff != "" {
		t.Errorf("the steps differ (-api +load):\n%s", diff)
	}
	if got := cases[1].StepCount(); got != 4 {
		t.Errorf("the load has %d steps, want setup, load, teardown and thresholds", got)
	}
	s := cases[1].Load.Scenarios
	for name, want := range map[string]struct {
		length, stop time.Duration
		users        int
	}{
		"steady": {30 * time.Second, 0, 10},
		"up":     {10 * time.Second, 30 * time.Second, 20},
		"rate":   {time.Minute, 30 * time.Second, 10},
		"peak":   {2 * time.Minute, 30 * time.Second, 20},
		"shared": {time.Minute, 30 * time.Second, 2},
		"each":   {10 * time.Minute, 30 * time.Second, 2},
	} {
		if l, w, u := s[name].Length(), s[name].StopWithin(), s[name].MostVUs(); l != want.length || w != want.stop || u != want.users {
			t.Errorf("%s: %s, %s, %d users; want %+v", name, l, w, u, want)
		}
	}
	refs := spec.References(cases[1].Load.Steps)
	if diff := cmp.Diff(map[string]bool{"user": true, "orderId": true}, refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}
