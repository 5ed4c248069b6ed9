//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// sample is a set of measured durations.
type sample []time.Duration

// quantile returns the smallest value that at least the share p of the sample
// does not exceed. It is a measured value, never one between two.
func (s sample) quantile(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	i := int(math.Ceil(p*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

func (s sample) median() time.Duration { return s.quantile(0.5) }

func (s sample) max() time.Duration { return s.quantile(1) }

// spread is how the tables show a sample.
func (s sample) spread() string {
	return fmt.Sprintf("median %s, p95 %s, max %s (n=%d)", show(s.median()), show(s.quantile(0.95)), show(s.max()), len(s))
}

// show prints a duration with three significant digits or so.
func show(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.2f ms", float64(d)/1e6)
}

// medianOf returns the middle value, the lower one of two.
func medianOf(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}
