package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// chartView shows how a load went over time: the rate of requests and the 95th
// percentile of their durations, each on a scale of its own.
type chartView struct {
	Rate, P95       string // points of a polyline
	MostRate, Worst string // the tops of the scales
	Seconds         string // the length of the axis
}

// The size of a chart, and how many points it draws at most.
const (
	chartWidth  = 600.0
	chartHeight = 100.0
	chartPoints = 1000
)

// chartOf draws the series in the detail of a step, nil where there is none that
// makes a line.
func chartOf(detail map[string]any) *chartView {
	series, _ := detail["series"].([]any)
	if len(series) < 2 || len(series) > chartPoints {
		return nil
	}
	var at, rate, p95 []float64
	for _, s := range series {
		row, _ := s.(map[string]any)
		second, ok := amountOf(row["second"])
		r, okRate := amountOf(row["rate"])
		p, okP95 := amountOf(row["p95"])
		if !ok || !okRate || !okP95 || len(at) > 0 && second < at[len(at)-1] {
			return nil
		}
		at, rate, p95 = append(at, second), append(rate, r), append(p95, p)
	}
	first, last := at[0], at[len(at)-1]
	if last <= first {
		return nil
	}
	line := func(values []float64) (points string, most float64) {
		for _, v := range values {
			most = max(most, v)
		}
		out := make([]string, len(values))
		for i, v := range values {
			share := 0.0
			if most > 0 {
				share = v / most
			}
			out[i] = fmt.Sprintf("%.1f,%.1f", chartWidth*(at[i]-first)/(last-first), chartHeight*(1-share))
		}
		return strings.Join(out, " "), most
	}
	v := &chartView{Seconds: amountText(last)}
	var most float64
	v.Rate, most = line(rate)
	v.MostRate = amountText(most)
	v.P95, most = line(p95)
	v.Worst = amountText(most)
	return v
}

// amountOf is a number that can be drawn.
func amountOf(v any) (float64, bool) {
	n, ok := v.(float64)
	return n, ok && n >= 0 && n < 1e12 && !math.IsNaN(n)
}

func amountText(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}
