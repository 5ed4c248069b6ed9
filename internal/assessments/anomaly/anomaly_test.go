package anomaly_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/semantest/semantest/internal/assessments/anomaly"
)

// The half width of the interval is a quantile of printed tables, where s is 1 and
// the threshold leaves 2.5 % on each side.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]float64{3: 4.3027, 8: 2.3646, 10: 2.2622, 31: 2.0423} {
		t.Run(fmt.Sprintf("%d values", n), func(t *testing.T) {
			t.Parallel()
			values := make([]float64, n, n+2)
			for i := range values { // around 0, with squares that add up to n-1
				values[i] = 0
			}
			values[0], values[1] = math.Sqrt(float64(n-1)/2), -math.Sqrt(float64(n-1)/2)
			got := anomaly.Detect(append(values, 0, 0), anomaly.Options{MinValues: 2, Threshold: 1.959963984540054})
			if half := got.High / math.Sqrt(1+1/float64(n)); math.Abs(half-want) > 1e-4 {
				t.Errorf("the quantile with %d degrees of freedom is %v, want %v", n-1, half, want)
			}
		})
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	steady := []float64{100, 102, 98, 101, 99, 100, 103, 97}
	for name, c := range map[string]struct {
		before, newest []float64
		o              anomaly.Options
		want           anomaly.Verdict
	}{
		"it fits":                           {steady, []float64{101, 99}, anomaly.Options{}, anomaly.Expected},
		"one run is slow":                   {steady, []float64{100, 150}, anomaly.Options{}, anomaly.Suspect},
		"two runs are slow":                 {steady, []float64{148, 150}, anomaly.Options{}, anomaly.Anomaly},
		"two runs are fast":                 {steady, []float64{60, 61}, anomaly.Options{}, anomaly.Anomaly},
		"one is slow and one is fast":       {steady, []float64{60, 150}, anomaly.Options{}, anomaly.Suspect},
		"it was slow and is not now":        {steady, []float64{150, 100}, anomaly.Options{}, anomaly.Expected},
		"outside, but by less than 10 %":    {steady, []float64{108, 108}, anomaly.Options{}, anomaly.Expected},
		"outside, where 5 % matters":        {steady, []float64{108, 108}, anomaly.Options{MinEffect: 0.05}, anomaly.Anomaly},
		"seven values are too few":          {steady[:7], []float64{150, 150}, anomaly.Options{}, anomaly.TooFew},
		"seven values, where six do":        {steady[:7], []float64{150, 150}, anomaly.Options{MinValues: 6}, anomaly.Anomaly},
		"one run is enough":                 {steady, []float64{150}, anomaly.Options{Runs: 1}, anomaly.Anomaly},
		"a wide threshold":                  {steady, []float64{112, 112}, anomaly.Options{Threshold: 6}, anomaly.Expected},
		"the same values, and another":      {[]float64{5, 5, 5, 5, 5, 5, 5, 5}, []float64{6, 6}, anomaly.Options{}, anomaly.Anomaly},
		"nothing":                           {nil, nil, anomaly.Options{}, anomaly.TooFew},
		"what is no number is left out":     {append([]float64{math.NaN()}, steady[:7]...), []float64{150, 150}, anomaly.Options{}, anomaly.TooFew},
		"options that make no sense":        {steady, []float64{148, 150}, anomaly.Options{Threshold: math.Inf(1), MinEffect: math.NaN(), Runs: -3}, anomaly.Anomaly},
		"a count that was always zero":      {make([]float64, 8), []float64{0, 0}, anomaly.Options{}, anomaly.Expected},
		"a count that is no longer zero":    {make([]float64, 8), []float64{2, 3}, anomaly.Options{}, anomaly.Anomaly},
		"very large values do not spoil it": {[]float64{1e307, 1.1e307, 9e306, 1e307, 1e307, 1.05e307, 1e307, 1e307}, []float64{1e307, 1e307}, anomaly.Options{}, anomaly.Expected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := anomaly.Detect(append(append([]float64{}, c.before...), c.newest...), c.o); got.Verdict != c.want {
				t.Errorf("got %+v, want %s", got, c.want)
			}
		})
	}
}

// mean 100, s = 2: the interval is 100 ± t(0.97725, 7)·2·√1.125 = 100 ± 2.4288·2.1213.
func TestInterval(t *testing.T) {
	t.Parallel()
	got := anomaly.Detect([]float64{100, 102, 98, 101, 99, 100, 103, 97, 100, 100}, anomaly.Options{})
	if math.Abs(got.Mean-100) > 1e-9 || math.Abs(got.High-105.1522) > 1e-3 || math.Abs(got.Low-94.8478) > 1e-3 {
		t.Errorf("got %+v", got)
	}
}

// Values that follow the same normal distribution are seldom an anomaly, whatever
// their number: the interval is one for the next value.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	for _, n := range []int{8, 20} {
		r := rand.New(rand.NewPCG(1, uint64(n)))
		const rounds = 4_000
		outside, alarms := 0, 0
		for range rounds {
			values := make([]float64, n+1)
			for i := range values {
				values[i] = 100 + 30*r.NormFloat64()
			}
			if anomaly.Detect(values, anomaly.Options{Runs: 1, MinEffect: 1e-9}).Verdict == anomaly.Anomaly {
				outside++
			}
			if anomaly.Detect(slices.Concat(values, []float64{100 + 30*r.NormFloat64()}), anomaly.Options{}).Verdict == anomaly.Anomaly {
				alarms++
			}
		}
		if rate := float64(outside) / rounds; rate < 0.036 || rate > 0.055 {
			t.Errorf("with %d values %.2f %% are outside, want 4.55 %%", n, 100*rate)
		}
		if rate := float64(alarms) / rounds; rate > 0.01 {
			t.Errorf("with %d values %.2f %% are false alarms", n, 100*rate)
		}
	}
}
