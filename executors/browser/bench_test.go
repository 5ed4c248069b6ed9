package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
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

// BenchmarkPageLoad measures what the way out by the proxy costs a page of 40
// files, for which the direct way stands beside it.
func BenchmarkPageLoad(b *testing.B) {
	file := site.handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>` + strings.Repeat(" ", 20_000)))
	})
	var html strings.Builder
	for i := range 40 {
		_, _ = fmt.Fprintf(&html, `<img src="%s?%d">`, file, i)
	}
	page := site.put(html.String())
	direct := browser.New(browser.Options{})
	defer func() { _ = direct.Close() }()
	took := map[string][]float64{}
	for b.Loop() {
		for name, e := range map[string]*browser.Executor{"direct": direct, "proxy": shared} {
			r := &executortest.Recorder{}
			if outcome, err := e.Execute(context.Background(), task(open(page)), r); outcome != spec.OutcomePassed {
				b.Fatal(err)
			}
			for _, m := range r.Metrics() {
				took[name] = append(took[name], m.Value)
			}
		}
	}
	for name, all := range took {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name+"-median-ms")
	}
	b.ReportMetric(0, "ns/op")
}
