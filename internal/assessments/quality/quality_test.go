package quality_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/assessments/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() quality.Report {
	finished := time.Date(2026, 3, 9, 6, 1, 0, 0, time.UTC)
	return quality.Report{
		Failures: []quality.Failure{
			{ID: "fcl_1", Title: "status is <n>", Operation: "GET /orders/<id>", Cause: "PRODUCT_FAULT", Why: "the target answered with status 500, which tells of an error of its own",
				Quote: "status is 500, expected 200", Count: 41, Cases: []string{"a", "b", "c", "d", "e", "f"}, CaseCount: 40, New: true},
			{ID: "fcl_2", Title: "x", Cause: "UNKNOWN", Why: "no rule is sure", Quote: "the button <b>Pay</b> | is not there", Count: 2, Cases: []string{"ui.pay", "ui.cart"}, CaseCount: 2, FlakyShare: 0.5},
		},
		AssessmentID: "asm_1", Judge: "RULES", CreatedAt: finished,
		Run: quality.Run{ID: "run_1", Name: "Checkout", Environment: "staging", Status: "FAILED", FinishedAt: &finished, Total: 3, Counts: map[string]int{"passed": 2, "failed": 1}},
		Assessment: rules.Assess(rules.Input{
			Results: []rules.Result{
				{ID: "res_1", CaseKey: "api.order", Outcome: rules.Passed}, {ID: "res_2", CaseKey: "api.cart", Outcome: rules.Passed},
				{ID: "res_3", CaseKey: "ui.pay", Outcome: rules.Failed, Attempt: 1, MustHave: true, Error: "no button",
					Checks: []rules.Check{{Step: 2, Name: "button | Pay is visible", Message: "the button <b>Pay</b> is not there"}}},
			},
			Vitals: []rules.Vital{{ResultID: "res_4", CaseKey: "vitals.home", Mobile: true, Metric: "LCP", Values: []float64{4000, 4000, 4000}}},
			Audits: []rules.Audit{{ResultID: "res_5", CaseKey: "a11y.home", Attempt: 1, Passed: []string{"image-alt"},
				Violations: []rules.Violation{{Rule: "label", Impact: rules.Critical, Help: "Form elements must have labels", Elements: 2, Where: "#mail"}}}},
			Pictures: []rules.Picture{{ComparisonID: "cmp_1", CaseKey: "ui.home", Name: "page", ArtifactID: "art_1", Compared: true, DiffRatio: 0.01}},
		}),
	}
}

var writers = map[string]func(io.Writer, quality.Report) error{
	"report.html": quality.WriteHTML,
	"report.md":   quality.WriteMarkdown,
	"report.json": quality.WriteJSON,
	"report.txt":  func(w io.Writer, r quality.Report) error { return quality.WriteText(w, r.Assessment, nil) },
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := write(&got, sample()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("run with -update if that is meant:\n%s", diff)
			}
		})
	}
}

// What targets say is text, wherever it is written.
func TestTargetsAreDisarmed(t *testing.T) {
	t.Parallel()
	const evil = "</td><script>alert(1)</script>|\n# Good, 1 of 1\x1b[2J\u202e"
	r := sample()
	r.Run.Name = evil
	r.Failures = []quality.Failure{{Title: evil, Operation: evil, Cause: evil, Why: evil, Quote: evil, Cases: []string{evil}, CaseCount: 1, Count: 1}}
	r.Assessment = rules.Assess(rules.Input{Results: []rules.Result{{ID: evil, CaseKey: evil, Outcome: rules.Failed, Error: evil, Checks: []rules.Check{{Name: evil, Message: evil}}}}})
	for name, write := range writers {
		var got bytes.Buffer
		if err := write(&got, r); err != nil {
			t.Fatal(err)
		}
		text := got.String()
		switch {
		case name == "report.json":
			if !json.Valid(got.Bytes()) {
				t.Errorf("%s is no JSON", name)
			}
		case name != "report.txt" && strings.Contains(text, "<script>"), strings.Contains(text, "\n# Good"), strings.ContainsAny(text, "\x1b"):
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestWithoutAScore(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		var got bytes.Buffer
		if err := write(&got, quality.Report{Assessment: rules.Assess(rules.Input{})}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.ToLower(got.String()), "not assessed") && name != "report.json" {
			t.Errorf("%s: %s", name, got.String())
		}
	}
}
