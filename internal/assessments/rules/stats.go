package rules

import (
	"math"
	"slices"
)

// score is Lighthouse's log-normal score of a value: less is better.
func (c curve) score(x float64) float64 {
	if x <= 0 {
		return 1
	}
	return math.Erfc(lighthouseBeta*math.Log(x/c.Median)/-math.Log(c.P10/c.Median)) / 2
}

// Wilson is the 95 % score interval of a share: good of n. Without any it is all
// that is possible.
func Wilson(good, n float64) Interval {
	if !(n > 0) {
		return Interval{0, 1}
	}
	p := good / n
	denominator := 1 + z95*z95/n
	middle := (p + z95*z95/(2*n)) / denominator
	half := z95 / denominator * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	return Interval{max(0, middle-half), min(1, middle+half)}
}

// median of a list that is not empty.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// finite keeps the numbers that can be measured.
func finite(values []float64) []float64 {
	var out []float64
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	return out
}

// Round keeps four decimals: the last bits differ between processors.
func Round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func rounded(x float64) *float64 {
	x = Round(x)
	return &x
}

// BandOf is what a score means.
func BandOf(score float64) Band {
	switch {
	case score >= GoodFrom:
		return Good
	case score >= AverageFrom:
		return Average
	}
	return Poor
}
