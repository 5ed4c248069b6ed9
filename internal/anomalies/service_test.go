package anomalies_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

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
	hook := w.Query(t, `mutation { createWebhook(input: {url: "http://127.0.0.1:1/", types: [TEST_ANOMALY_DETECTED]}) { webhook { id } } }`, nil)["createWebhook"].(object)["webhook"].(object)["id"].(string)
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
	// It is told once: neither another assessment nor the next run repeats it.
	told := w.told(t, hook)
	if len(told) != 1 || !strings.Contains(told[0], id) || !strings.Contains(told[0], "metric:latency") || !strings.Contains(told[0], "value:152") {
		t.Errorf("webhooks are told %v", told)
	}
	w.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id, fresh: true}) { assessment { id } } }`, object{"id": id})
	third, found := w.measure(t, map[string]float64{"latency": 151})
	w.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`, object{"id": third})
	if again := w.told(t, hook); !strings.Contains(found, "latency") || len(again) != 1 {
		t.Errorf("a third step finds %q, and webhooks are told %v", found, again)
	}
	if e := w.event(t, id); e["caseKey"] != "page" || e["anomaly"].(object)["mean"].(float64) < 99 || e["anomaly"].(object)["above"] != true {
		t.Errorf("the event is %v", e)
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

// told returns what a webhook is told of what this test measures, as text.
func (w *world) told(t *testing.T, hook string) []string {
	t.Helper()
	data := w.Query(t, `query($id: ID!) { webhook(id: $id) { deliveries(first: 50) { nodes { type payload } } } }`, object{"id": hook})
	var out []string
	for _, d := range data["webhook"].(object)["deliveries"].(object)["nodes"].([]any) {
		if text := fmt.Sprint(d); !strings.Contains(text, "metric:duration") { // of the machine, not of the test
			out = append(out, text)
		}
	}
	return out
}

// event returns the event that tells the anomaly of a run.
func (w *world) event(t *testing.T, runID string) (out object) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	err := w.Client.Subscribe(ctx, `subscription($id: ID!) { runEvents(runId: $id, reviews: true) { type caseKey anomaly { metric mean above } } }`,
		object{"id": runID}, func(data json.RawMessage) error {
			var item struct{ RunEvents object }
			if err := json.Unmarshal(data, &item); err != nil {
				return err
			}
			if a, is := item.RunEvents["anomaly"].(object); is && a["metric"] == "latency" {
				out = item.RunEvents
				stop()
			}
			return nil
		})
	if out == nil {
		t.Fatalf("no event tells the anomaly: %v", err)
	}
	return out
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
