package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

func TestHTMLPolicyFitsItsContent(t *testing.T) {
	t.Parallel()
	page := string(written(t, report.WriteHTML, sampleRun()))
	policy := html.UnescapeString(regexp.MustCompile(`Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1])
	for _, element := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(page, "<"+element+">")
		content, _, _ := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(content))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("policy lacks %s: %s", want, policy)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy is %s", policy)
	}
}

func TestHTMLPutsFailuresFirst(t *testing.T) {
	t.Parallel()
	page := string(written(t, report.WriteHTML, sampleRun()))
	var got []string
	for _, m := range regexp.MustCompile(`<details class="case v-(\w+)" [^>]*?( open)?>`).FindAllStringSubmatch(page, -1) {
		got = append(got, m[1]+m[2])
	}
	want := []string{"failed open", "failed open", "timed_out open", "errored", "cancelled", "flaky", "passed", "passed", "skipped"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHTMLVerdicts(t *testing.T) {
	t.Parallel()
	passed, failed, flaky, skipped := oneCase(spec.OutcomePassed), oneCase(spec.OutcomeFailed), oneCase(spec.OutcomeFlaky), oneCase(spec.OutcomeSkipped)
	tests := []struct {
		name string
		run  report.Run
		want string
	}{
		{"all passed", report.Run{Status: "PASSED", Results: []report.Result{passed, passed}}, "All 2 cases passed."},
		{"one passed", report.Run{Status: "PASSED", Results: []report.Result{passed}}, "The case passed."},
		{"flaky and skipped", report.Run{Status: "PASSED", Results: []report.Result{passed, flaky, skipped}}, "All 2 cases passed, 1 of them only when tried again; 1 skipped."},
		{"failed", report.Run{Status: "FAILED", Results: []report.Result{passed, failed}}, "1 of 2 cases did not pass."},
		{"only a gate", report.Run{Status: "FAILED", Results: []report.Result{passed}, Gates: []report.Gate{{Name: "minCases"}}}, "The case passed. 1 gate was not met."},
		{"nothing", report.Run{Status: "CANCELLED"}, "No case was run."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := string(written(t, report.WriteHTML, tt.run))
			headline := tt.run.Status[:1] + strings.ToLower(tt.run.Status[1:])
			if want := `<p class="headline">` + headline + `</p><p>` + tt.want + `</p>`; !strings.Contains(page, want) {
				t.Errorf("lacks %s", want)
			}
		})
	}
}

func TestHTMLOfALargeRunStaysWithinItsBudget(t *testing.T) {
	t.Parallel()
	picture := append(slices.Clone(checkoutPNG), make([]byte, 200<<10)...)
	long := strings.Repeat("a long answer ", 10_000)
	run := report.Run{Plan: "Large", Status: "FAILED", StartedAt: begun, FinishedAt: begun.Add(time.Hour)}
	for i := range 1000 {
		r := oneCase(spec.OutcomePassed)
		if i >= 990 {
			r.Outcome = spec.OutcomeFailed
		}
		r.CaseID = fmt.Sprintf("case.%04d", i)
		r.StartedAt = begun.Add(time.Duration(i) * time.Second)
		r.Attempts = []report.Attempt{{Number: 1, Outcome: r.Outcome, StartedAt: r.StartedAt, Duration: time.Second}}
		for s := range 10 {
			r.Attempts[0].Steps = append(r.Attempts[0].Steps, report.Step{Index: s, Name: "step", Outcome: spec.OutcomePassed, StartedAt: r.StartedAt, Duration: time.Second,
				Detail: map[string]any{"response": map[string]any{"status": 200, "body": long}}})
		}
		r.Attempts[0].Artifacts = []report.Artifact{{Name: fmt.Sprintf("shot-%d.png", i), Step: 1, Path: fmt.Sprintf("a/%d.png", i), Body: picture}}
		run.Results = append(run.Results, r)
	}
	begin := time.Now()
	page := written(t, report.WriteHTML, run)
	t.Logf("%d bytes in %v", len(page), time.Since(begin))
	if limit := 20<<20*4/3 + 8<<20 + 12<<20; len(page) > limit {
		t.Errorf("the page has %d bytes, more than %d", len(page), limit)
	}
	shown := bytes.Count(page, []byte("<img src="))
	if want := 20 << 20 / len(picture); shown != want {
		t.Errorf("%d images are shown, want %d", shown, want)
	}
	if want := fmt.Sprintf("%d images were (", 1000-shown); !bytes.Contains(page, []byte(want)) || !bytes.Contains(page, []byte("long texts were left out")) {
		t.Errorf("the page does not say what was left out (%q)", want)
	}
	if !bytes.Contains(page, []byte(`alt="shot-999.png"`)) {
		t.Error("a failure's image was left out before those of passed cases")
	}
	if !bytes.Contains(page, []byte(`href="./a/500.png"`)) {
		t.Error("an image that was left out has no link to its file")
	}
}

func TestHTMLShowsOnlyRasterImages(t *testing.T) {
	t.Parallel()
	r := oneCase(spec.OutcomeFailed)
	r.Attempts = []report.Attempt{{Number: 1, Outcome: spec.OutcomeFailed, Artifacts: []report.Artifact{
		{Name: "drawing", ContentType: "image/png", Step: -1, Body: []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")},
		{Name: "page", ContentType: "text/html", Step: -1, Body: []byte("<b>page</b>")},
	}}}
	page := string(written(t, report.WriteHTML, report.Run{Results: []report.Result{r}}))
	if strings.Contains(page, "<img src=") {
		t.Error("something that is no raster image is shown as one")
	}
	if !strings.Contains(page, "&lt;b&gt;page&lt;/b&gt;") {
		t.Error("a text is not shown as text")
	}
}

func oneCase(o spec.Outcome) report.Result {
	return report.Result{CaseID: "a", Kind: spec.KindAPI, Outcome: o, StartedAt: begun, Duration: time.Second}
}
