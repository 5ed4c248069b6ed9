package load_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
)

// TestPulse looks at a load while it is under way.
func TestPulse(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	task := taskOf(t, s.URL, `
  - id: l
    kind: load
    steps: [{http: /}]
    scenarios: {one: {executor: constant-vus, vus: 3, duration: 4m, thinkTime: 5ms}}
    thresholds: {http_reqs: ["count>1"]}
`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sink := &executortest.Recorder{}
	e := dev(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		outcome, err := e.Execute(ctx, task, sink)
		sink.Seal()
		if err := sink.Verify(-1, outcome, err); err != nil {
			t.Errorf("the contract was broken: %v", err)
		}
	}()
	var got executors.Pulse
	err := sink.WaitFor(t.Context(), func(e executors.Event) bool {
		p, ok := e.(executors.Pulse)
		got = p
		return ok
	})
	cancel()
	<-ended
	if err != nil {
		t.Fatal(err)
	}
	if got.Users != 3 || got.Rate <= 0 || got.Failed != 1 || got.P95 <= 0 || got.Elapsed <= 0 || got.Dropped != 0 {
		t.Errorf("%+v, want 3 users, and requests of which all failed", got)
	}
}
