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
	many := make([]any, chartPoints+1)
	for i := range many {
		many[i] = row(float64(i), 1.0, 1.0)
	}
	for _, tt := range []struct {
		name   string
		series any
		want   *chartView
	}{
		{"a load", []any{row(1.0, 50.0, 10.0), row(2.0, 200.0, 5.0), row(3.0, 0.0, 0.0)}, &chartView{
			Rate: "0.0,75.0 300.0,0.0 600.0,100.0", P95: "0.0,0.0 300.0,50.0 600.0,100.0", MostRate: "200", Worst: "10.0", Seconds: "3.0",
		}},
		{"nothing was sent", []any{row(1.0, 0.0, 0.0), row(2.0, 0.0, 0.0)}, &chartView{
			Rate: "0.0,100.0 600.0,100.0", P95: "0.0,100.0 600.0,100.0", MostRate: "0.0", Worst: "0.0", Seconds: "2.0",
		}},
		{"one row makes no line", []any{row(1.0, 50.0, 10.0)}, nil},
		{"no list", "series", nil},
		{"no rows", []any{1.0, 2.0}, nil},
		{"text", []any{row(1.0, "50", 10.0), row(2.0, 1.0, 1.0)}, nil},
		{"not a number", []any{row(1.0, math.NaN(), 10.0), row(2.0, 1.0, 1.0)}, nil},
		{"beyond any scale", []any{row(1.0, math.Inf(1), 10.0), row(2.0, 1.0, 1.0)}, nil},
		{"below nothing", []any{row(1.0, -1.0, 10.0), row(2.0, 1.0, 1.0)}, nil},
		{"backwards", []any{row(2.0, 1.0, 10.0), row(1.0, 1.0, 1.0)}, nil},
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
