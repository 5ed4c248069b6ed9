package vitals

import (
	"math"
	"slices"

	"github.com/semantest/semantest/internal/spec"
)

// confidence is how probable it shall be that the noise band holds the median
// that endless runs would have.
const confidence = 0.9

// Summary is what several runs say of a metric.
type Summary struct {
	Samples          int
	Median, Min, Max float64

	// Low and High are the noise band: the narrowest two of the ordered samples
	// that hold the median of endless runs with a confidence of 90 %, whatever the
	// samples' distribution. Up to four runs never are that sure: then it is all of
	// them.
	Low, High float64
}

// Summarize makes a summary of samples, in any order.
func Summarize(samples []float64) Summary {
	n := len(samples)
	if n == 0 {
		return Summary{}
	}
	sorted := slices.Sorted(slices.Values(samples))
	trim := trimmed(n)
	return Summary{Samples: n, Median: quantile(sorted, 0.5), Min: sorted[0], Max: sorted[n-1], Low: sorted[trim], High: sorted[n-1-trim]}
}

// trimmed is how many of n ordered samples lie outside of the noise band on each
// side. How many samples lie below the true median is binomial, with p = 1/2.
func trimmed(n int) int {
	outside, term := 0.0, math.Pow(0.5, float64(n))
	for k := range n / 2 {
		if outside += 2 * term; 1-outside < confidence {
			return max(0, k-1)
		}
		term *= float64(n-k) / float64(k+1)
	}
	return max(0, n/2-1)
}

// Noisy reports whether the runs do not say for sure on which side of a limit
// the metric is: the limit lies in the noise band. That is asked of the middle
// alone, which a band is about.
func (s Summary) Noisy(l spec.Limit) bool {
	if l.Aggregate != "med" && l.Aggregate != "avg" || s.Samples < 2 {
		return false
	}
	return l.Holds(s.Low) != l.Holds(s.High) || l.Holds(s.Low) != l.Holds(s.Median)
}

// Value is the aggregate of a limit over samples, of which there is at least one.
func Value(l spec.Limit, samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	switch l.Aggregate {
	case "min":
		return sorted[0]
	case "max":
		return sorted[len(sorted)-1]
	case "med":
		return quantile(sorted, 0.5)
	case "p":
		return quantile(sorted, l.Percentile/100)
	case "count":
		return float64(len(sorted))
	}
	sum := 0.0
	for _, v := range sorted {
		sum += v
	}
	return sum / float64(len(sorted))
}

// quantile interpolates between the two samples beside it.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
