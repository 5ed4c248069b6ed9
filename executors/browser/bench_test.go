package browser_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

// BenchmarkWarmCase measures a whole case on a warm browser: a fresh context,
// goto, fill, click and an assertion.
func BenchmarkWarmCase(b *testing.B) {
	page := site.put(greeting)
	run := func() time.Duration {
		began := time.Now()
		outcome, err := shared.Execute(context.Background(), task(open(page), fill(spec.Locator{Label: "Name"}, "Ada"),
			click(role("button", "Greet")), text(css("#out"), "Hello, Ada")), executors.Sink(&executortest.Recorder{}))
		if outcome != spec.OutcomePassed {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	run()
	var took []time.Duration
	for b.Loop() {
		took = append(took, run())
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(0, "ns/op")
}
