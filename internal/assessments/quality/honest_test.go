package quality_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/assessments/rules"
)

func written(t *testing.T, name string, r quality.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := writers[name](&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A score that a fact holds down is told with the sum that it would be.
func TestTheSumOfACappedScore(t *testing.T) {
	t.Parallel()
	one, less := 1.0, 0.8
	r := quality.Report{Assessment: rules.Assessment{Status: rules.Assessed, Verdict: rules.Average, Score: &less,
		Cap:      &rules.Cap{Limit: 0.8, Before: 1, Reason: "cases failed"},
		Criteria: []rules.CriterionScore{{Criterion: rules.Performance, Status: rules.Assessed, Weight: 0.25, Score: &one}, {Criterion: rules.UI, Status: rules.NotAssessed, Reason: "no page", Weight: 0.3}}}}
	for _, name := range []string{"report.txt", "report.md", "report.html"} {
		text := written(t, name, r)
		if !strings.Contains(text, "(0.25 × 1) / (0.25) = 1, of which 0.8 counts: cases failed") {
			t.Errorf("%s: %s", name, text)
		}
	}
	md := written(t, "report.md", r)
	if strings.Contains(md, "every criterion was measured") || !strings.Contains(md, "1 of 2 criteria could not") {
		t.Errorf("%s", md)
	}
}

// The reason of a judgement that did not come about is told once, and as it is.
func TestAReasonIsToldOnce(t *testing.T) {
	t.Parallel()
	const reason = "models.test knows no model 'Nobody'; look at SEMANTEST_LLM_MODEL"
	r := quality.Report{Panel: &quality.Panel{}, Assessment: judge.NotAssessed(judge.Case{Facts: rules.Assess(rules.Input{})}, reason).Assessment}
	if text := written(t, "report.txt", r); strings.Count(text, reason) != 1 || !strings.Contains(text, "NOT ASSESSED\n") || strings.Contains(text, "criterion") {
		t.Errorf("a terminal shows\n%s", text)
	}
	if text := written(t, "report.html", r); strings.Count(text, "look at SEMANTEST_LLM_MODEL") != 2 { // the headline and the title of the page
		t.Errorf("the page is\n%s", text)
	}
}

func TestFailuresInATerminal(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := quality.WriteTextFailures(&b, sample().Failures); err != nil {
		t.Fatal(err)
	}
	const want = `Failures by kind
  41 × status is 500, expected 200, in GET /orders/<id>
      a, b, c, d, e and 35 more (41 results)
      product fault: the target answered with status 500, which tells of an error of its own; new
  2 × the button <b>Pay</b> | is not there
      ui.pay, ui.cart
      cause unknown; known, 50 % passed later
`
	if b.String() != want {
		t.Errorf("it is\n%s", b.String())
	}
	b.Reset()
	if err := quality.WriteTextFailures(&b, nil); err != nil || b.Len() != 0 {
		t.Errorf("without failures: %q, %v", b.String(), err)
	}
}
