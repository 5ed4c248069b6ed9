package anomalies_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
)

type object = map[string]any

const plan = `
version: "1"
name: Measured
env: {BASE_URL: "http://127.0.0.1:1"}
cases: [{id: page, kind: api, steps: [{http: /}]}]
`

// world is a server whose one case measures what the test says.
type world struct {
	*apptest.Server
	planID string

	mu     sync.Mutex
	values map[string]float64
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{}
	w.Server = apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI, fake.WithScript(func(executors.Task) fake.Script {
		w.mu.Lock()
		defer w.mu.Unlock()
		var step fake.Step
		for name, value := range w.values {
			step.Metrics = append(step.Metrics, executors.Metric{Name: name, Unit: "ms", Value: value})
		}
		return fake.Script{Steps: []fake.Step{step}}
	}))}})
	made := w.Query(t, `mutation($s: String!) { createPlan(input: {source: $s}) { plan { id } } }`, object{"s": plan})
	w.planID = made["createPlan"].(object)["plan"].(object)["id"].(string)
	return w
}

// measure performs a run that measures these values, and returns its anomalies
// as metrics with their sides.
func (w *world) measure(t *testing.T, values map[string]float64) (runID, found string) {
	t.Helper()
	w.mu.Lock()
	w.values = values
	w.mu.Unlock()
	started := w.Query(t, `mutation($p: ID!) { startRun(input: {planId: $p}) { run { id } } }`, object{"p": w.planID})
	runID = started["startRun"].(object)["run"].(object)["id"].(string)
	w.Follow(t, runID)
	run := w.Query(t, `query($id: ID!) { run(id: $id) { anomalies { metric above values runId } } }`, object{"id": runID})["run"].(object)
	var out []string
	for _, a := range run["anomalies"].([]any) {
		a := a.(object)
		if a["metric"] != "duration" { // of the machine, not of the test
			out = append(out, fmt.Sprintf("%s %t by %v", a["metric"], a["above"], a["values"]))
		}
	}
	return runID, strings.Join(out, ", ")
}

// Steady values are none, one step up is none yet, and two in a row are one; the
// assessment tells it.
func TestStep(t *testing.T) {
	t.Parallel()
	w := start(t)
	steady := []float64{100, 102, 98, 101, 99, 100, 103, 97, 101}
	for i, v := range steady {
		if _, found := w.measure(t, map[string]float64{"latency": v}); found != "" {
			t.Errorf("run %d of a steady case has %s", i+1, found)
		}
	}
	if _, found := w.measure(t, map[string]float64{"latency": 150}); found != "" {
		t.Errorf("one step up is %s, want none yet", found)
	}
	id, found := w.measure(t, map[string]float64{"latency": 152})
	if found != "latency true by 9" {
		t.Errorf("two steps up are %q", found)
	}
	made := w.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { issues { title detail } } } }`, object{"id": id})
	text := fmt.Sprint(made)
	if !strings.Contains(text, "latency of page is above what was expected, for the second run in a row") {
		t.Errorf("the assessment does not tell it: %s", text)
	}
	listed := w.Query(t, `query($p: ID!) { anomalies(planId: $p) { metric runId } }`, object{"p": w.planID})
	if text := fmt.Sprint(listed); !strings.Contains(text, id) {
		t.Errorf("the plan's anomalies are %s", text)
	}
	wide := w.Query(t, `query($id: ID!) { run(id: $id) { anomalies(threshold: 10) { metric } } }`, object{"id": id})
	if text := fmt.Sprint(wide); strings.Contains(text, "latency") {
		t.Errorf("a wide threshold finds %s", text)
	}
	for _, bad := range []string{"window: 0", "window: 91", "threshold: 0", "threshold: 0.5", "threshold: 11"} {
		if err := w.Client.Do(t.Context(), `query($p: ID!) { anomalies(planId: $p, `+bad+`) { metric } }`, object{"p": w.planID}, new(any)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// Twenty metrics of noise raise far fewer alarms than one in a hundred values.
func TestNoise(t *testing.T) {
	t.Parallel()
	w := start(t)
	r := rand.New(rand.NewPCG(7, 7))
	const runs, metrics = 30, 20
	alarms := 0
	for range runs {
		values := map[string]float64{}
		for m := range metrics {
			values[fmt.Sprintf("metric_%02d", m)] = 100 + 15*r.NormFloat64()
		}
		if _, found := w.measure(t, values); found != "" {
			alarms += 1 + strings.Count(found, ", ")
		}
	}
	judged := (runs - 9) * metrics // those with eight values before and one between
	if alarms*100 > judged {
		t.Errorf("%d of %d values are false alarms", alarms, judged)
	}
}
