package report_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

// healed is the part of a page about a step that went on with another element.
func healed(t *testing.T, change func(healed map[string]any, a *report.Attempt)) string {
	t.Helper()
	r := oneCase(spec.OutcomePassed)
	told := map[string]any{"status": "healed", "from": `button "Pay <now>"`, "to": `button "Pay"`, "score": 0.923, "by": "likeness"}
	attempt := report.Attempt{Number: 1, Outcome: spec.OutcomePassed, StartedAt: begun, Artifacts: []report.Artifact{
		{Name: "healed.diff", Kind: "log", ContentType: "text/x-diff; charset=utf-8", Step: 0, Path: "a/healed.diff",
			Body: []byte("--- pay, step 1\n+++ pay, step 1\n-  click: {role: \"button\", name: \"Pay <now>\"}\n+  click: {role: \"button\", name: \"Pay\"}\n")},
	}}
	change(told, &attempt)
	attempt.Steps = []report.Step{{Index: 0, Name: "click", Outcome: spec.OutcomePassed, StartedAt: begun, Detail: map[string]any{"healed": told}}}
	r.Attempts = []report.Attempt{attempt}
	page := string(written(t, report.WriteHTML, report.Run{Plan: "Heals", Status: "PASSED", Results: []report.Result{r}}))
	return regexp.MustCompile(`(?s)<section class="note" aria-label="Healed">.*?</section>`).FindString(page)
}

func TestHTMLShowsWhatWasHealed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(map[string]any, *report.Attempt)
		wants  []string
		lacks  string
	}{
		"clear": {func(map[string]any, *report.Attempt) {}, []string{
			`92 % alike, clearly more than any other`, `<dd class="got"><code><bdi>button &#34;Pay &lt;now&gt;&#34;</bdi>`, `<dd class="want"><code><bdi>button &#34;Pay&#34;</bdi>`,
			`<span class="got">- click: {role: &#34;button&#34;, name: &#34;Pay &lt;now&gt;&#34;}`, `<span class="want">&#43; click: {role: &#34;button&#34;, name: &#34;Pay&#34;}`, `href="./a/healed.diff"`,
		}, "Pay <now>"},
		"by the model":      {func(h map[string]any, _ *report.Attempt) { h["by"] = "model" }, []string{"92 % alike, chosen by the language model"}, "clearly"},
		"without its file":  {func(_ map[string]any, a *report.Attempt) { a.Artifacts = nil }, []string{"looked for"}, "The change to the plan"},
		"a file left out":   {func(_ map[string]any, a *report.Attempt) { a.Artifacts[0].Body = nil }, []string{"looked for", "healed.diff"}, "The change to the plan"},
		"a score of others": {func(h map[string]any, _ *report.Attempt) { h["score"], h["by"] = "much", nil }, []string{"looked for"}, "alike"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part := healed(t, tt.change)
			for _, want := range tt.wants {
				if !strings.Contains(part, want) {
					t.Errorf("lacks %s in\n%s", want, part)
				}
			}
			if strings.Contains(part, tt.lacks) {
				t.Errorf("has %s in\n%s", tt.lacks, part)
			}
		})
	}
	if part := healed(t, func(h map[string]any, _ *report.Attempt) { h["status"] = "not" }); part != "" {
		t.Errorf("a step that was not healed says\n%s", part)
	}
}
