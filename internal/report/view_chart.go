package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// chartView shows how a load went over time, in panels one below the other that
// share the axis of time.
type chartView struct {
	Panels  []chartPanel
	Seconds string // the length of the axis
}

// chartPanel holds lines on one scale.
type chartPanel struct {
	Title, Most string // most is the top of the scale, with its unit
	Lines       []chartLine
}

// chartLine is one line and what it is called.
type chartLine struct {
	Class, Label string
	Points       string // of a polyline
}

// The size of a panel, and how many points it draws at most.
const (
	chartWidth  = 600.0
	chartHeight = 100.0
	chartPoints = 1000
)

// chartPanels says what is drawn: the columns of a row of the series. A panel
// whose first column is missing is not drawn; other columns may be.
var chartPanels = []struct {
	title, unit string
	columns     []struct{ column, class, label string }
}{
	{"Requests a second", "/s", []struct{ column, class, label string }{{"rate", "rate", "sent"}, {"failed", "bad", "failed"}}},
	{"Duration", " ms", []struct{ column, class, label string }{{"p95", "p95", "p95"}, {"p99", "p99", "p99"}, {"med", "med", "median"}}},
	{"Virtual users", "", []struct{ column, class, label string }{{"vus", "vus", "at work"}}},
}

// chartOf draws the series in the detail of a step, nil where there is none that
// makes a line.
func chartOf(detail map[string]any) *chartView {
	series, _ := detail["series"].([]any)
	if len(series) < 2 || len(series) > chartPoints {
		return nil
	}
	at, ok := columnOf(series, "second")
	if !ok || at[len(at)-1] <= at[0] {
		return nil
	}
	for i := 1; i < len(at); i++ {
		if at[i] < at[i-1] {
			return nil
		}
	}
	v := &chartView{Seconds: amountText(at[len(at)-1])}
	for _, p := range chartPanels {
		panel := chartPanel{Title: p.title}
		most := 0.0
		var lines [][]float64
		for _, c := range p.columns {
			values, ok := columnOf(series, c.column)
			if !ok {
				continue
			}
			if c.column == "failed" { // a count of the interval
				perSecond(values, at)
			}
			for _, value := range values {
				most = max(most, value)
			}
			lines, panel.Lines = append(lines, values), append(panel.Lines, chartLine{Class: c.class, Label: c.label})
		}
		if len(lines) == 0 {
			continue
		}
		for i, values := range lines {
			panel.Lines[i].Points = pointsOf(at, values, most)
		}
		panel.Most = amountText(most) + p.unit
		v.Panels = append(v.Panels, panel)
	}
	if len(v.Panels) == 0 {
		return nil
	}
	return v
}

func perSecond(values, at []float64) {
	before := 0.0
	for i := range values {
		values[i] /= max(at[i]-before, 1e-3)
		before = at[i]
	}
}

func pointsOf(at, values []float64, most float64) string {
	first, last := at[0], at[len(at)-1]
	out := make([]string, len(values))
	for i, v := range values {
		share := 0.0
		if most > 0 {
			share = v / most
		}
		out[i] = fmt.Sprintf("%.1f,%.1f", chartWidth*(at[i]-first)/(last-first), chartHeight*(1-share))
	}
	return strings.Join(out, " ")
}

// columnOf is a column of all rows, false unless each has one that can be drawn.
func columnOf(series []any, name string) ([]float64, bool) {
	out := make([]float64, len(series))
	for i, s := range series {
		row, _ := s.(map[string]any)
		n, ok := amountOf(row[name])
		if !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

// amountOf is a number that can be drawn.
func amountOf(v any) (float64, bool) {
	n, ok := v.(float64)
	return n, ok && n >= 0 && n < 1e12 && !math.IsNaN(n)
}

func amountText(v float64) string {
	if v >= 100 || v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}
