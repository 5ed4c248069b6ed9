//go:build linux

package main

import (
	"testing"
	"time"
)

func TestQuantilesAreMeasuredValues(t *testing.T) {
	t.Parallel()
	hundred := make(sample, 100)
	for i := range hundred {
		hundred[len(hundred)-1-i] = time.Duration(i+1) * time.Millisecond // in no order
	}
	for name, c := range map[string]struct {
		s    sample
		p    float64
		want time.Duration
	}{
		"empty":             {nil, 0.5, 0},
		"one":               {sample{7}, 0.95, 7},
		"median of two":     {sample{9, 3}, 0.5, 3},
		"median of three":   {sample{9, 3, 5}, 0.5, 5},
		"p95 of a hundred":  {hundred, 0.95, 95 * time.Millisecond},
		"p100 of a hundred": {hundred, 1, 100 * time.Millisecond},
		"p0 is the least":   {hundred, 0, time.Millisecond},
		"p95 of ten":        {hundred[90:], 0.95, 10 * time.Millisecond},
	} {
		if got := c.s.quantile(c.p); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	if hundred[0] != 100*time.Millisecond {
		t.Error("the sample was sorted in place")
	}
}

func TestDurationsReadWell(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		12_340 * time.Millisecond:  "12.3 s",
		1_234 * time.Millisecond:   "1.23 s",
		123_600 * time.Microsecond: "124 ms",
		12_340 * time.Microsecond:  "12.3 ms",
		1_234 * time.Microsecond:   "1.23 ms",
		0:                          "0.00 ms",
	} {
		if got := show(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

func TestMedianOf(t *testing.T) {
	t.Parallel()
	if got := medianOf([]float64{3, 1, 2, 9}); got != 2 {
		t.Errorf("got %v, want the lower middle, 2", got)
	}
	if got := medianOf(nil); got != 0 {
		t.Errorf("got %v of nothing", got)
	}
}
