package runs

import (
	"testing"

	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
)

// TestTheLowerBoundOfTheSuccessRate holds against the table of the documentation:
// few cases that all pass say less than many.
func TestTheLowerBoundOfTheSuccessRate(t *testing.T) {
	t.Parallel()
	least := 0.9
	for name, tt := range map[string]struct {
		counts events.Counts
		actual float64
		passed bool
	}{
		"10 of 10":               {events.Counts{Passed: 10}, 0.7225, false},
		"100 of 100":             {events.Counts{Passed: 100}, 0.963, true},
		"97 of 100":              {events.Counts{Passed: 90, Flaky: 7, Failed: 2, TimedOut: 1}, 0.9155, true},
		"one errored":            {events.Counts{Passed: 1, Errored: 1}, 0.0945, false},
		"skipped ones left out":  {events.Counts{Passed: 100, Skipped: 900}, 0.963, true},
		"none passed":            {events.Counts{Failed: 3}, 0, false},
		"nothing was run at all": {events.Counts{Skipped: 3}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(&spec.Gates{SuccessRateLowerBound: &least}, tt.counts)
			if len(got) != 1 || got[0].Name != "successRateLowerBound" || got[0].Actual != tt.actual || got[0].Passed != tt.passed || got[0].Expected != least {
				t.Errorf("%+v, want %v and %v", got, tt.actual, tt.passed)
			}
		})
	}
}
