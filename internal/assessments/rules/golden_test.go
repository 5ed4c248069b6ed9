package rules_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/assessments/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a run with something of everything.
func sample() rules.Input {
	return rules.Input{
		Results: []rules.Result{
			{ID: "res_1", CaseKey: "api.order", Outcome: rules.Passed},
			{ID: "res_2", CaseKey: "api.refund", Outcome: rules.Failed, Attempt: 1, Error: "status is 500 after 1234 ms, expected 200", MustHave: true,
				Checks: []rules.Check{{Step: 2, Name: "status equals 200", Message: "status is 500 after 1234 ms, expected 200"}}},
			{ID: "res_3", CaseKey: "api.cancel", Outcome: rules.Failed, Attempt: 1, Error: "status is 500 after 987 ms, expected 200"},
			{ID: "res_4", CaseKey: "ui.checkout", Outcome: rules.Flaky, Attempt: 2},
			{ID: "res_5", CaseKey: "ui.away", Outcome: rules.Unjudged, Attempt: 1, Error: "the browser is gone"},
			{ID: "res_6", CaseKey: "ui.later", Outcome: rules.Skipped, Error: "waits for the new payment page"},
		},
		Vitals: []rules.Vital{
			{ResultID: "res_7", CaseKey: "vitals.home", Attempt: 1, Mobile: true, Metric: "LCP", Values: []float64{3900, 4100, 4000}},
			{ResultID: "res_7", CaseKey: "vitals.home", Attempt: 1, Mobile: true, Metric: "CLS", Values: []float64{0.02, 0.01, 0.02}},
			{ResultID: "res_7", CaseKey: "vitals.home", Attempt: 1, Mobile: true, Metric: "INP", Values: []float64{150}},
		},
		Latencies: []rules.Latency{{ResultID: "res_8", CaseKey: "load.order", Attempt: 1, P95: 620, Objective: 500, Samples: 4200}},
		Audits: []rules.Audit{{ResultID: "res_9", CaseKey: "a11y.home", Attempt: 1, Step: 1,
			Passed:     []string{"image-alt", "html-has-lang", "region"},
			Violations: []rules.Violation{{Rule: "color-contrast", Impact: rules.Serious, Help: "Elements must meet minimum color contrast ratio thresholds", Elements: 3, Where: ".price"}},
			Incomplete: []string{"link-in-text-block"}}},
		Pictures: []rules.Picture{
			{ComparisonID: "cmp_1", ResultID: "res_4", CaseKey: "ui.checkout", Name: "thanks", ArtifactID: "art_1", Compared: true, DiffRatio: 0.013},
			{ComparisonID: "cmp_2", ResultID: "res_4", CaseKey: "ui.checkout", Name: "cart"},
		},
		Layouts: []rules.Layout{{ResultID: "res_4", CaseKey: "ui.checkout", Attempt: 2, Page: "/thanks", Overflow: 24, ConsoleErrors: 1}},
	}
}

func TestWholeAssessment(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(rules.Assess(sample()), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const path = "testdata/assessment.golden"
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the assessment differs; go test ./internal/assessments/rules -update writes it anew:\n%s", diff)
	}
}

func BenchmarkAssess(b *testing.B) {
	in := sample()
	for len(in.Results) < 500 {
		in.Results = append(in.Results, in.Results...)
	}
	for b.Loop() {
		rules.Assess(in)
	}
}
