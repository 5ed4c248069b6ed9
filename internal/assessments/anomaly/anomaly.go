package anomaly

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Options of a detection. Zero values mean the ones in parentheses.
type Options struct {
	Threshold float64 // how wide the interval is, in standard deviations of a normal distribution (2)
	MinValues int     // values that are needed before one can be judged (8)
	MinEffect float64 // least difference from the mean that matters, as a share of it (0.1)
	Runs      int     // how many values in a row have to be outside (2)
}

// Ours: below eight values the interval is too wide to find anything, less than a
// tenth is nobody's concern, and one run alone may have been a noisy machine.
const (
	defaultThreshold = 2.0
	defaultMinValues = 8
	defaultMinEffect = 0.1
	defaultRuns      = 2
)

// Verdict of a detection.
type Verdict string

// The verdicts.
const (
	TooFew   Verdict = "TOO_FEW"  // not enough values to judge by
	Expected Verdict = "EXPECTED" // it fits, or differs too little to matter
	Suspect  Verdict = "SUSPECT"  // it does not fit; whether the next one does decides
	Anomaly  Verdict = "ANOMALY"  // it does not fit, nor did those before it, to the same side
)

// Result of a detection, about the newest value.
type Result struct {
	Verdict   Verdict `json:"verdict"`
	Value     float64 `json:"value"`
	Mean      float64 `json:"mean"` // of the values before
	Low       float64 `json:"low"`  // bounds of what was expected
	High      float64 `json:"high"`
	Effect    float64 `json:"effect"` // difference from the mean as a share of it; 0 where the mean is 0
	Values    int     `json:"values"` // how many were judged by
	Above     bool    `json:"above"`  // which side it is on
	Threshold float64 `json:"threshold"`
}

// Detect judges the newest of values, which come in the order of their runs. The
// values that are suspects themselves are not among those that they are judged by.
// What is no finite number is left out.
func Detect(values []float64, o Options) Result {
	o = o.withDefaults()
	values = finite(values)
	if len(values) == 0 {
		return Result{Verdict: TooFew, Threshold: o.Threshold}
	}
	newest := values[len(values)-1]
	before := values[:max(0, len(values)-o.Runs)]
	if len(before) < o.MinValues {
		return Result{Verdict: TooFew, Value: newest, Values: len(before), Threshold: o.Threshold}
	}
	r := interval(before, o)
	r.Value, r.Above = newest, newest > r.Mean
	if r.Mean != 0 {
		r.Effect = (newest - r.Mean) / math.Abs(r.Mean)
	}
	r.Verdict = Expected
	if !outside(newest, r, o) {
		return r
	}
	r.Verdict = Anomaly
	for _, v := range values[len(values)-o.Runs:] {
		if !outside(v, r, o) || (v > r.Mean) != r.Above {
			r.Verdict = Suspect
		}
	}
	return r
}

func (o Options) withDefaults() Options {
	if !(o.Threshold > 0) || math.IsInf(o.Threshold, 0) {
		o.Threshold = defaultThreshold
	}
	if o.MinValues < 2 {
		o.MinValues = defaultMinValues
	}
	if !(o.MinEffect > 0) || math.IsInf(o.MinEffect, 0) {
		o.MinEffect = defaultMinEffect
	}
	if o.Runs < 1 {
		o.Runs = defaultRuns
	}
	return o
}

// outside reports whether a value is neither expected nor too near to matter.
func outside(v float64, r Result, o Options) bool {
	return (v < r.Low || v > r.High) && math.Abs(v-r.Mean) >= o.MinEffect*math.Abs(r.Mean)
}

// interval is what the next value is expected to be in.
func interval(values []float64, o Options) Result {
	n := float64(len(values))
	mean := 0.0
	for i, v := range values { // without a sum, which could overflow
		mean += (v - mean) / float64(i+1)
	}
	squares := 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	s := math.Sqrt(squares / (n - 1))
	// As much on both sides as the threshold leaves of a normal distribution.
	half := quantile(normal(o.Threshold), n-1) * s * math.Sqrt(1+1/n)
	return Result{Mean: mean, Low: mean - half, High: mean + half, Values: len(values), Threshold: o.Threshold}
}

// normal is the share of a normal distribution below z standard deviations.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// quantile is the value below which a share p of Student's t distribution lies. It
// is finite, also where p is 1 for all that a float holds.
func quantile(p, freedom float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(min(p, 1-1e-12))
}

func finite(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	return out
}
