package rules_test

import (
	"fmt"
	"strings"
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

// The kind of a failure outweighs its text, and the fix of most cases comes first.
func TestAdviceByKind(t *testing.T) {
	t.Parallel()
	var in rules.Input
	add := func(n int, cluster, cause string) {
		for range n {
			i := len(in.Results)
			in.Results = append(in.Results, rules.Result{ID: fmt.Sprintf("res_%d", i), CaseKey: fmt.Sprintf("c%d", i), Outcome: rules.Failed,
				Error: fmt.Sprintf("order %d is missing", i), Cluster: cluster, Cause: cause, Known: true})
		}
	}
	add(2, "1:a", "")
	add(7, "1:b", "environment, nothing listens")
	add(1, "", "")
	a := rules.Assess(in)
	if len(a.Issues) != 3 || a.Issues[1].Title != "7 cases failed for the same reason" {
		t.Fatalf("the issues are %+v", a.Issues)
	}
	first := a.Recommendations[0]
	for _, want := range []string{"7 of 10 failed cases share this failure", "earlier runs had it too", "Cause: environment, nothing listens"} {
		if !strings.Contains(first.Reason, want) {
			t.Errorf("the first advice does not say %q: %+v", want, first)
		}
	}
	if first.EvidenceCount != 7 || first.Gain <= a.Recommendations[1].Gain {
		t.Errorf("the first advice is %+v", first)
	}
}

// An anomaly is told and costs nothing.
func TestAnomaliesAreTold(t *testing.T) {
	t.Parallel()
	in := rules.Input{Results: []rules.Result{{ID: "res_1", CaseKey: "a", Outcome: rules.Passed}}}
	before := rules.Assess(in)
	in.Anomalies = []rules.Anomaly{{ResultID: "res_1", CaseKey: "a", Metric: "LCP", Subject: "/ mobile", Unit: "ms", Value: 4123.4, Low: 900, High: 1100, Effect: 3.12, Runs: 9, Above: true}}
	after := rules.Assess(in)
	if *after.Score != *before.Score || len(after.Issues) != len(before.Issues)+1 {
		t.Fatalf("got %+v, before %+v", after, before)
	}
	told := after.Issues[len(after.Issues)-1]
	if want := "LCP (/ mobile) of a is above what was expected, for the second run in a row"; told.Title != want {
		t.Errorf("the title is %q, want %q", told.Title, want)
	}
	if want := "4123 ms where 9 runs before let expect 900 ms to 1100 ms, 312 % from the mean"; told.Detail != want || told.EvidenceCount != 1 {
		t.Errorf("the detail is %q, want %q", told.Detail, want)
	}
}
