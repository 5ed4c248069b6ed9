package report_test

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

// TestStepsInPictures: pictures stand by their steps, and the console and the
// requests by the steps in whose time they fell.
func TestStepsInPictures(t *testing.T) {
	t.Parallel()
	at := begun
	stamp := func(d time.Duration) string { return at.Add(d).Format(time.RFC3339Nano) }
	console := fmt.Sprintf(`{"time":%q,"level":"info","text":"one <b>"}`+"\n"+`{"time":%q,"level":"error","text":"broke","where":"https://shop.test/a.js:1:2"}`+"\n",
		stamp(10*time.Millisecond), stamp(1500*time.Millisecond))
	archive := fmt.Sprintf(`{"log":{"entries":[
		{"startedDateTime":%q,"time":12.5,"request":{"method":"GET","url":"https://shop.test/early"},"response":{"status":200},"_resourceType":"document"},
		{"startedDateTime":%q,"time":3,"request":{"method":"POST","url":"https://shop.test/late"},"response":{"status":503},"_resourceType":"fetch"},
		{"startedDateTime":%q,"time":3,"request":{"method":"GET","url":"https://shop.test/none"},"response":{"status":0},"_error":"net::ERR_FAILED"}]}}`,
		stamp(-5*time.Millisecond), stamp(1200*time.Millisecond), stamp(1300*time.Millisecond))
	frame := func(step int, when string, c color.Color) report.Artifact {
		return report.Artifact{Name: fmt.Sprintf("step-%d-%s.jpg", step+1, when), Kind: "frame", ContentType: "image/jpeg", Step: step, Path: "artifacts/f.jpg", Body: drawing(t, c)}
	}
	page := htmlOf(t, report.Attempt{
		Number: 1, Outcome: spec.OutcomeFailed, StartedAt: at, Duration: 2 * time.Second,
		Steps: []report.Step{
			{Index: 0, Name: "goto /", Outcome: spec.OutcomePassed, StartedAt: at, Duration: time.Second},
			{Index: 1, Name: "click Pay", Outcome: spec.OutcomeFailed, StartedAt: at.Add(time.Second), Duration: time.Second},
			{Index: 2, Name: "never", Outcome: spec.OutcomeSkipped, StartedAt: at.Add(2 * time.Second)},
		},
		Artifacts: []report.Artifact{
			frame(0, "before", color.White), frame(0, "after", color.Black), frame(1, "after", color.Gray{0x80}),
			{Name: "console.jsonl", Kind: "console", ContentType: "application/x-ndjson", Step: -1, Path: "artifacts/console.jsonl", Body: []byte(console)},
			{Name: "network.har", Kind: "har", ContentType: "application/json", Step: -1, Path: "artifacts/network.har", Body: []byte(archive)},
			{Name: "page.html", Kind: "dom", ContentType: "text/html", Step: -1, Path: "artifacts/page.html", Body: []byte("<p>the source of the page")},
		},
	})
	strip := between(t, page, `<ol class="strip"`, "</ol>")
	if n := strings.Count(strip, `class="cell`); n != 2 {
		t.Errorf("%d cells, want those of the 2 steps that were performed:\n%s", n, strip)
	}
	if n := strings.Count(strip, "<img"); n != 3 {
		t.Errorf("%d pictures, want 3", n)
	}
	steps := strings.Split(between(t, page, `<ol class="steps">`, "\n{{end}}"), `<li class="step`)
	first, second := steps[1], steps[2]
	third, _, _ := strings.Cut(steps[3], "</li>")
	for _, tt := range []struct {
		what string
		in   string
		has  bool
	}{
		{"one &lt;b&gt;", first, true}, {"https://shop.test/early", first, true}, {"broke", first, false},
		{"broke", second, true}, {"https://shop.test/a.js:1:2", second, true}, {"https://shop.test/late", second, true}, {">503<", second, true}, {"net::ERR_FAILED", second, true},
		{"early", second, false}, {"class=\"log", third, false},
	} {
		if strings.Contains(tt.in, tt.what) != tt.has {
			t.Errorf("%q: want %v in\n%.1500s", tt.what, tt.has, tt.in)
		}
	}
	for _, link := range []string{"artifacts/console.jsonl", "artifacts/network.har", "artifacts/page.html"} {
		if !strings.Contains(page, link) {
			t.Errorf("there is no link to %s", link)
		}
	}
	if strings.Contains(page, "the source of the page") || strings.Contains(page, `startedDateTime`) {
		t.Error("files that are not for people are shown as text")
	}
}

// TestMomentsOfNonsense: what cannot be read is shown as any other file.
func TestMomentsOfNonsense(t *testing.T) {
	t.Parallel()
	page := htmlOf(t, report.Attempt{
		Number: 1, Outcome: spec.OutcomeFailed, StartedAt: begun, Duration: time.Second,
		Artifacts: []report.Artifact{
			{Name: "console.jsonl", Kind: "console", ContentType: "application/x-ndjson", Step: -1, Body: []byte("no json at all")},
			{Name: "network.har", Kind: "har", ContentType: "application/json", Step: -1, Path: "artifacts/network.har", Body: []byte("{")},
			{Name: "step-1-after.jpg", Kind: "frame", ContentType: "image/jpeg", Step: 0, Path: "artifacts/step-1-after.jpg", Body: []byte("no picture")},
		},
	})
	for _, want := range []string{"no json at all", "artifacts/network.har", "artifacts/step-1-after.jpg"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, `class="strip"`) {
		t.Error("there is a strip without pictures")
	}
}

func htmlOf(t *testing.T, a report.Attempt) string {
	t.Helper()
	var out bytes.Buffer
	err := report.WriteHTML(&out, report.Run{Plan: "Shop", Status: "FAILED", Results: []report.Result{
		{CaseID: "ui", Kind: spec.KindBrowser, Outcome: a.Outcome, StartedAt: a.StartedAt, Duration: a.Duration, Attempts: []report.Attempt{a}}}})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// between is what stands between two texts; to the end where there is no second.
func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	if !ok {
		t.Fatalf("there is no %s in the page", from)
	}
	rest, _, _ = strings.Cut(rest, to)
	return rest
}
