package report

import (
	"math"
	"slices"
	"strings"
)

// summary tells how the values of one metric lie over the whole run.
type summary struct {
	Name   string
	Unit   string
	Count  int
	Min    float64
	Median float64
	P95    float64
	Max    float64
}

// summarize gathers the metrics of each result's last attempt: earlier ones
// were replaced by it.
func summarize(run Run) []summary {
	type key struct{ name, unit string }
	values := map[key][]float64{}
	for _, r := range run.Results {
		if len(r.Attempts) == 0 {
			continue
		}
		for _, m := range r.Attempts[len(r.Attempts)-1].Metrics {
			if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
				k := key{m.Name, m.Unit}
				values[k] = append(values[k], m.Value)
			}
		}
	}
	out := make([]summary, 0, len(values))
	for k, v := range values {
		slices.Sort(v)
		out = append(out, summary{Name: k.name, Unit: k.unit, Count: len(v),
			Min: v[0], Median: quantile(v, 0.5), P95: quantile(v, 0.95), Max: v[len(v)-1]})
	}
	slices.SortFunc(out, func(a, b summary) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Unit, b.Unit)
	})
	return out
}

// quantile interpolates linearly between the two nearest values of a sorted,
// non-empty list.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}
