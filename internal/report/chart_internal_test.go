package report

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChart(t *testing.T) {
	t.Parallel()
	row := func(second, rate, p95 any) any {
		return map[string]any{"second": second, "rate": rate, "p95": p95}
	}
	full := func(second, rate, failed, med, p95, p99, vus float64) any {
		return map[string]any{"second": second, "rate": rate, "failed": failed, "med": med, "p95": p95, "p99": p99, "vus": vus}
	}
	many := make([]any, chartPoints+1)
	for i := range many {
		many[i] = row(float64(i), 1.0, 1.0)
	}
	panel := func(title, most string, lines ...chartLine) chartPanel {
		return chartPanel{Title: title, Most: most, Lines: lines}
	}
	duration := panel("Duration", "1 ms", chartLine{"p95", "p95", "0.0,0.0 600.0,0.0"})
	for _, tt := range []struct {
		name   string
		series any
		want   *chartView
	}{
		{"a load", []any{full(1, 50, 0, 1, 10, 20, 1), full(2, 200, 0, 2, 5, 5, 4), full(4, 0, 100, 0, 0, 0, 0)}, &chartView{Seconds: "4", Panels: []chartPanel{
			panel("Requests a second", "200/s", chartLine{"rate", "sent", "0.0,75.0 200.0,0.0 600.0,100.0"}, chartLine{"bad", "failed", "0.0,100.0 200.0,100.0 600.0,75.0"}),
			panel("Duration", "20 ms", chartLine{"p95", "p95", "0.0,50.0 200.0,75.0 600.0,100.0"}, chartLine{"p99", "p99", "0.0,0.0 200.0,75.0 600.0,100.0"}, chartLine{"med", "median", "0.0,95.0 200.0,90.0 600.0,100.0"}),
			panel("Virtual users", "4", chartLine{"vus", "at work", "0.0,75.0 200.0,0.0 600.0,100.0"}),
		}}},
		{"nothing was sent", []any{row(1.0, 0.0, 0.0), row(2.5, 0.0, 0.0)}, &chartView{Seconds: "2.5", Panels: []chartPanel{
			panel("Requests a second", "0/s", chartLine{"rate", "sent", "0.0,100.0 600.0,100.0"}),
			panel("Duration", "0 ms", chartLine{"p95", "p95", "0.0,100.0 600.0,100.0"}),
		}}},
		{"text", []any{row(1.0, "50", 1.0), row(2.0, 1.0, 1.0)}, &chartView{Seconds: "2", Panels: []chartPanel{duration}}},
		{"not a number", []any{row(1.0, math.NaN(), 1.0), row(2.0, 1.0, 1.0)}, &chartView{Seconds: "2", Panels: []chartPanel{duration}}},
		{"beyond any scale", []any{row(1.0, math.Inf(1), 1.0), row(2.0, 1.0, 1.0)}, &chartView{Seconds: "2", Panels: []chartPanel{duration}}},
		{"below nothing", []any{row(1.0, -1.0, 1.0), row(2.0, 1.0, 1.0)}, &chartView{Seconds: "2", Panels: []chartPanel{duration}}},
		{"one row makes no line", []any{row(1.0, 50.0, 10.0)}, nil},
		{"no list", "series", nil},
		{"no rows", []any{1.0, 2.0}, nil},
		{"nothing that can be drawn", []any{row(1.0, "a", "b"), row(2.0, "c", "d")}, nil},
		{"backwards", []any{row(1.0, 1.0, 10.0), row(3.0, 1.0, 1.0), row(2.0, 1.0, 1.0)}, nil},
		{"no time passes", []any{row(1.0, 1.0, 10.0), row(1.0, 1.0, 1.0)}, nil},
		{"too many", many, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, chartOf(map[string]any{"series": tt.series})); diff != "" {
				t.Errorf("chart (-want +got):\n%s", diff)
			}
		})
	}
}

// TestChartOnThePage looks at the step that carries it: the series is drawn and
// not told as JSON too.
func TestChartOnThePage(t *testing.T) {
	t.Parallel()
	series := []any{map[string]any{"second": 1.0, "rate": 5.0, "p95": 1.0}, map[string]any{"second": 2.0, "rate": 5.0, "p95": 1.0}}
	v := stepOf(Step{Name: "load: one", Detail: map[string]any{"series": series, "requests": 10.0}}, Attempt{}, "", newBudget())
	if v.Chart == nil || strings.Contains(v.Detail, "series") || !strings.Contains(v.Detail, "requests") {
		t.Errorf("chart %v, detail %s", v.Chart, v.Detail)
	}
}
