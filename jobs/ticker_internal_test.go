package jobs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// The newest state of a step is told once, with how its load does, and nothing
// after the attempt is over.
func TestTickerConflates(t *testing.T) {
	t.Parallel()
	var told []events.Tick
	tick := newTicker(func(e events.Tick) { told = append(told, e) })
	at := time.Unix(1, 0)
	c := &runs.Claim{Result: &ent.Result{ID: "res_1", RunID: "run_1", Attempt: 2}, Case: spec.Case{Kind: spec.KindLoad}}
	tick.pulse(c, executors.Pulse{Users: 1, At: at}) // of no step
	tick.flush()
	tick.set(c, executors.StepStarted{Index: 0, Name: "load", At: at})
	tick.pulse(c, executors.Pulse{Elapsed: time.Second, Rate: 1, At: at})
	tick.pulse(c, executors.Pulse{Elapsed: 2 * time.Second, Rate: 7, P95: 3, Failed: 0.5, Users: 4, Dropped: 9, At: at})
	tick.flush()
	tick.flush()
	tick.set(c, executors.StepStarted{Index: 1, Name: "thresholds", At: at})
	tick.flush()
	tick.pulse(c, executors.Pulse{Rate: 8, At: at})
	tick.drop("res_1")
	tick.flush()
	tick.pulse(c, executors.Pulse{Rate: 9, At: at})
	tick.flush()
	base := events.Tick{RunID: "run_1", ResultID: "res_1", Attempt: 2, Steps: 2, At: at}
	load, end := base, base
	load.StepName, load.Load = "load", &events.Load{ElapsedMS: 2000, Rate: 7, P95: 3, Failed: 0.5, Users: 4, Dropped: 9}
	end.Step, end.StepName = 1, "thresholds"
	if diff := cmp.Diff([]events.Tick{load, end}, told); diff != "" {
		t.Errorf("ticks (-want +got):\n%s", diff)
	}
}
