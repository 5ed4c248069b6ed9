package report_test

import (
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

// TestViolations: each violation stands with its elements and their pictures.
func TestViolations(t *testing.T) {
	t.Parallel()
	page := htmlOf(t, report.Attempt{
		Number: 1, Outcome: spec.OutcomeFailed, StartedAt: begun, Duration: time.Second,
		Steps: []report.Step{{Index: 0, Name: "audit accessibility", Outcome: spec.OutcomeFailed, StartedAt: begun, Duration: time.Second,
			Detail: map[string]any{"accessibility": map[string]any{
				"engine": "axe-core 4.14.1", "passes": 12.0,
				"violations": []any{map[string]any{
					"rule": "color-contrast", "impact": "serious", "help": "Elements must be legible", "helpUrl": "https://help.test/contrast", "wcag": []any{"1.4.3"},
					"count": 3.0, "fails": true, "elements": []any{
						map[string]any{"selector": ".price", "html": `<b class="price">`, "why": "2.1 instead of 4.5", "picture": "price.png", "new": true},
						map[string]any{"selector": ".old", "html": `<i>`, "why": "", "picture": "lost.png"},
					},
				}},
				"incomplete": []any{map[string]any{"rule": "aria-hidden-focus", "help": "Look at it", "count": 1.0}},
			}}}},
		Artifacts: []report.Artifact{
			{Name: "price.png", Kind: "screenshot", ContentType: "image/png", Step: 0, Path: "artifacts/price.png", Body: drawing(t, color.White)},
			{Name: "other.png", Kind: "screenshot", ContentType: "image/png", Step: 0, Path: "artifacts/other.png", Body: drawing(t, color.Black)},
		},
	})
	audit := between(t, page, `<section class="audit"`, "</section>")
	for _, want := range []string{"axe-core 4.14.1, 12 rules passed", "Elements must be legible", "color-contrast", "serious", "WCAG 1.4.3", "3 elements",
		`href="https://help.test/contrast"`, ".price", "&lt;b class=&#34;price&#34;&gt;", "2.1 instead of 4.5", ">new<", "and 1 more", "1 rule for a person", "aria-hidden-focus"} {
		if !strings.Contains(audit, want) {
			t.Errorf("the audit lacks %s:\n%s", want, audit)
		}
	}
	if n := strings.Count(audit, "<img"); n != 1 {
		t.Errorf("%d pictures of elements, want 1", n)
	}
	if n := strings.Count(page, `alt="price.png"`); n != 1 {
		t.Errorf("the element's picture is shown %d times", n)
	}
	if !strings.Contains(page, `alt="other.png"`) {
		t.Error("the step's other picture is lost")
	}
}
