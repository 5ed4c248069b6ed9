package rules_test

import (
	"testing"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// What gains nothing that the numbers show is no advice.
func TestNoEmptyAdvice(t *testing.T) {
	t.Parallel()
	results := make([]rules.Result, 100_000) // one more of so many gains less than is shown
	for i := range results {
		results[i] = rules.Result{ID: "res", CaseKey: "a", Outcome: rules.Passed}
	}
	results[0] = rules.Result{ID: "res_f", CaseKey: "b", Outcome: rules.Failed, Error: "x"}
	for name, in := range map[string]rules.Input{
		"one of very many fails":       {Results: results},
		"only functionality is wanted": {Weights: rules.Weights{Functionality: 1}, Results: results[1:3]},
		"everything is missing":        {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range rules.Assess(in).Recommendations {
				if r.Gain == 0 && r.ConfidenceGain == 0 {
					t.Errorf("%q gains nothing", r.Action)
				}
			}
		})
	}
}
