package report_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

// drawing is a picture of one colour.
func drawing(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 8, 6))
	for y := range 6 {
		for x := range 8 {
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// looked is a run whose one step has compared a picture.
func looked(t *testing.T, change func(visual map[string]any, step *report.Step, a *report.Attempt)) string {
	t.Helper()
	r := oneCase(spec.OutcomeFailed)
	visual := map[string]any{
		"name": "home <b>", "status": "changed", "browser": "chromium", "viewport": "1280x720@1", "actual": "home.png", "baseline": "home-baseline.png",
		"diff": "home-diff.png", "differentPixels": 12345.0, "ratio": 0.0134, "smoothedPixels": 7.0, "ignoredPixels": 100.0,
		"size": "1280x800", "acceptedSize": "1280x720", "area": map[string]any{"x": 0.0, "y": 200.0, "width": 10.0, "height": 10.0},
	}
	step := report.Step{Index: 0, Name: "screenshot home", Outcome: spec.OutcomeFailed, Error: "it differs", StartedAt: begun, Detail: map[string]any{"url": "https://shop.test/", "visual": visual},
		Checks: []report.Check{{Name: "screenshot home is as accepted", Expected: "no pixel differs", Actual: "12,345 pixels differ", Message: "it differs"}}}
	attempt := report.Attempt{Number: 1, Outcome: spec.OutcomeFailed, StartedAt: begun, Artifacts: []report.Artifact{
		{Name: "home.png", Step: 0, Path: "a/home.png", Body: drawing(t, color.Black)},
		{Name: "home-baseline.png", Step: 0, Body: drawing(t, color.White)},
		{Name: "home-diff.png", Step: 0, Body: drawing(t, color.NRGBA{255, 0, 0, 255})},
		{Name: "failure.png", Step: 0, Body: drawing(t, color.NRGBA{0, 0, 255, 255})},
	}}
	change(visual, &step, &attempt)
	attempt.Steps = []report.Step{step}
	r.Attempts = []report.Attempt{attempt}
	return string(written(t, report.WriteHTML, report.Run{Plan: "Looks", Status: "FAILED", Results: []report.Result{r}}))
}

func TestHTMLComparesPictures(t *testing.T) {
	t.Parallel()
	page := looked(t, func(map[string]any, *report.Step, *report.Attempt) {})
	part := regexp.MustCompile(`(?s)<section class="visual".*?</section>`).FindString(page)
	part = regexp.MustCompile(`data:image/png;base64,[^"]*`).ReplaceAllString(part, "…")
	for _, want := range []string{
		`data-top="0.2500"`, `<b><bdi>home &lt;b&gt;</bdi></b>`,
		`chromium 1280x720@1, 12,345 pixels differ (1.34 %), 7 more only in the smoothing of edges, 100 not compared`,
		`data-mode="slider"`, `data-mode="onion"`, `data-mode="diff"`,
		`<b>Accepted</b> <span class="dim">1280x720</span>`, `<b>Seen now</b> <span class="dim">1280x800</span> <a href="./a/home.png"`, `<b>Difference</b>`,
	} {
		if !strings.Contains(part, want) {
			t.Errorf("lacks %s in\n%s", want, part)
		}
	}
	if n := strings.Count(part, "<img "); n != 3 {
		t.Errorf("%d pictures are compared, want 3", n)
	}
	if n := strings.Count(page, `<img id="image-`) + strings.Count(page, `<figure class="shot"`); n != 4 {
		t.Errorf("%d pictures are on the page, want 4: none twice, and that of the failure by itself", n)
	}
	if strings.Contains(page, `&#34;visual&#34;`) {
		t.Error("the comparison is also among the details")
	}
	if n := strings.Count(page, "it differs"); n != 1 {
		t.Errorf("the reason stands there %d times", n)
	}
}

func TestHTMLShowsWhatIsThereOfAComparison(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(visual map[string]any, step *report.Step, a *report.Attempt)
		want   map[string]int // how often a text stands on the page
	}{
		"nothing accepted yet": {func(v map[string]any, _ *report.Step, a *report.Attempt) {
			maps.DeleteFunc(v, func(k string, _ any) bool { return k == "baseline" || k == "diff" || k == "area" })
			v["status"] = "new"
			a.Artifacts = a.Artifacts[:1]
		}, map[string]int{`class="visual"`: 1, "Nothing is accepted yet": 1, `class="modes chips`: 0, "<b>Seen now</b>": 1, "data-top": 0}},
		"the same": {func(v map[string]any, _ *report.Step, _ *report.Attempt) { v["status"] = "same" }, map[string]int{`class="visual"`: 0, `<figure class="shot"`: 4}},
		"a picture is not there": {func(_ map[string]any, _ *report.Step, a *report.Attempt) { a.Artifacts = a.Artifacts[1:] },
			map[string]int{`class="visual"`: 0, `<figure class="shot"`: 3}},
		"a picture is none": {func(_ map[string]any, _ *report.Step, a *report.Attempt) {
			a.Artifacts[1].Body = []byte("<svg onload=alert(1)>")
		},
			map[string]int{`class="visual"`: 0, `<figure class="shot"`: 3, "onload=alert": 0}},
		"a detail of another kind": {func(_ map[string]any, s *report.Step, _ *report.Attempt) { s.Detail["visual"] = "x" }, map[string]int{`class="visual"`: 0}},
		"numbers of another kind": {func(v map[string]any, _ *report.Step, _ *report.Attempt) {
			v["differentPixels"], v["area"], v["size"] = 1, map[string]int{"y": 900}, "8x600"
		}, map[string]int{`data-top="1.0000"`: 1, "1 pixel differs": 1}},
		"sizes that are none": {func(v map[string]any, _ *report.Step, _ *report.Attempt) { v["size"] = "0x-1" }, map[string]int{`data-top="`: 0, `class="visual"`: 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := looked(t, tt.change)
			_, page, _ = strings.Cut(page, "<body>")
			got := map[string]int{}
			for text := range tt.want {
				got[text] = strings.Count(page, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}
