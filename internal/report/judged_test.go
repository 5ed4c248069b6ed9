package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/report"
)

// What a model says stands beside what the rules say, and does not hide it; what failed
// is told by kind, and evidence leads to its case.
func TestBothJudgesAndTheFailures(t *testing.T) {
	t.Parallel()
	run := sampleRun()
	judged := judge.NotAssessed(judge.Case{Facts: *run.Assessment}, "the model refuses to answer").Assessment
	run.Judged, run.Panel = &judged, &quality.Panel{}
	run.Failures = []quality.Failure{{ID: "fcl_1", Quote: "the button <Pay> is not there", Cause: "TEST_FAULT", Why: "the element is gone", Count: 1, Cases: []string{"ui.checkout"}, CaseCount: 1, New: true}}
	var b bytes.Buffer
	if err := report.WriteHTML(&b, run); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{`id="quality">Quality<`, `id="judged">Quality, by a language model<`, "the model refuses to answer", "Failures by kind", "test fault", "the button &lt;Pay&gt; is not there",
		`<a href="#case-1"><bdi>metric “LCP”`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	b.Reset()
	if err := report.WriteJSON(&b, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"judged": {`, `"failures": [`, `"cause": "TEST_FAULT"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the JSON has no %s", want)
		}
	}
}
