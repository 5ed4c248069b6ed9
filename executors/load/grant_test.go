package load_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the target was asked") })
	for _, tt := range []struct {
		name, scenario string
		mode           egress.Mode
		limits         load.Limits
		want           string
	}{
		{"users", "{executor: constant-vus, vus: 1001, duration: 1s}", egress.Dev, load.Limits{}, "need 1001 virtual users, and this server allows 1000"},
		{"users of an arrival rate", "{executor: constant-arrival-rate, rate: 1, duration: 1s, preAllocatedVUs: 1, maxVUs: 6}", egress.Dev, load.Limits{MaxUsers: 5}, "need 6 virtual users"},
		{"duration", "{executor: constant-vus, duration: 4m, startTime: 2m}", egress.Dev, load.Limits{}, "would last until 6m, and this server allows 5m"},
		{"ramp", "{executor: ramping-vus, startVUs: 0, stages: [{duration: 61s, target: 5}]}", egress.Dev, load.Limits{}, "has a ramp of 1m1s, and this server allows 1m"},
		{"ramp of a rate", "{executor: ramping-arrival-rate, startRate: 5, preAllocatedVUs: 1, stages: [{duration: 3s, target: 5}, {duration: 2s, target: 6}]}", egress.Dev, load.Limits{MaxRamp: second(1)}, "has a ramp of 2s, and this server allows 1s"},
		{"duration of iterations", "{executor: shared-iterations, maxDuration: 2s}", egress.Dev, load.Limits{MaxDuration: second(1)}, "would last until 2s"},
		{"host", "{executor: constant-vus, duration: 1s}", egress.Public, load.Limits{}, "this server may not put load on 127.0.0.1:"},
		{"listed host that the policy denies", "{executor: constant-vus, duration: 4m}", egress.Public, load.Limits{Hosts: load.Hosts{"127.0.0.1"}}, "the egress policy (public) does not allow 127.0.0.1:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{http: /}]
    scenarios: {one: `+tt.scenario+`}
    thresholds: {http_reqs: ["count>1"]}
`)
			r := execute(t, newExecutor(t, tt.mode, tt.limits, nil), task)
			if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), tt.want) {
				t.Errorf("%s: %s; want %q", r.outcome, r.text(), tt.want)
			}
		})
	}
}

// TestGrant: what a project is granted goes beyond the server's limits, and not
// beyond the egress policy.
func TestGrant(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	const source = `
  - id: l
    kind: load
    steps: [{http: /}]
    scenarios: {one: {executor: ramping-vus, startVUs: 1, stages: [{duration: %s, target: 6}]}}
    thresholds: {http_reqs: ["count>1"]}
`
	tight := load.Limits{MaxUsers: 5, MaxDuration: second(0.2), MaxRamp: second(0.1)}
	whole := spec.LoadGrant{MaxUsers: 6, MaxDuration: time.Second, MaxRamp: time.Second}
	for name, tt := range map[string]struct {
		mode    egress.Mode
		lasting string
		grant   spec.LoadGrant
		want    string // empty: it passes
	}{
		"all":         {egress.Dev, "300ms", whole, ""},
		"no users":    {egress.Dev, "300ms", spec.LoadGrant{MaxDuration: time.Second, MaxRamp: time.Second}, "need 6 virtual users, and this server allows 5"},
		"no ramp":     {egress.Dev, "300ms", spec.LoadGrant{MaxUsers: 6, MaxDuration: time.Second}, "has a ramp of 300ms"},
		"no duration": {egress.Dev, "300ms", spec.LoadGrant{MaxUsers: 6, MaxRamp: time.Second}, "would last until 300ms"},
		"host":        {egress.Public, "4m", spec.LoadGrant{MaxUsers: 6, MaxDuration: time.Hour, MaxRamp: time.Hour, Hosts: []string{"127.0.0.1"}}, "the egress policy (public) does not allow 127.0.0.1:"},
		"other host":  {egress.Public, "300ms", spec.LoadGrant{MaxUsers: 6, MaxDuration: time.Second, MaxRamp: time.Second, Hosts: []string{"shop.test"}}, "this server may not put load on 127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := taskOf(t, s.URL, fmt.Sprintf(source, tt.lasting))
			task.LoadGrant = &tt.grant
			r := execute(t, newExecutor(t, tt.mode, tight, nil), task)
			if tt.want == "" && r.outcome != spec.OutcomePassed || tt.want != "" && !strings.Contains(r.text(), tt.want) {
				t.Errorf("%s: %s; want %q", r.outcome, r.text(), tt.want)
			}
		})
	}
}
