package report_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

// measuredRun is a run whose one step has judged how a page loads.
func measuredRun(t *testing.T, change func(told map[string]any)) report.Run {
	t.Helper()
	var film bytes.Buffer
	if err := jpeg.Encode(&film, image.NewGray(image.Rect(0, 0, 40, 10)), nil); err != nil {
		t.Fatal(err)
	}
	told := map[string]any{
		"engine": "web-vitals 6.2.3", "device": "mobile", "runs": 5.0, "requests": 12.0, "bytes": 345678.0,
		"metrics": []any{
			map[string]any{"name": "LCP", "unit": "ms", "samples": 5.0, "median": 2612.4, "min": 2400.0, "max": 3100.0, "rating": "needs improvement",
				"good": 2500.0, "fair": 4000.0, "noise": map[string]any{"low": 2450.0, "high": 2900.0}},
			map[string]any{"name": "CLS", "unit": "", "samples": 1.0, "median": 0.30001, "min": 0.30001, "max": 0.30001, "rating": "poor", "good": 0.1, "fair": 0.25},
			map[string]any{"name": "INP", "unit": "ms", "samples": 0.0},
		},
		"resources": []any{map[string]any{"type": "script <b>", "requests": 3.0, "bytes": 300000.0}},
		"filmstrip": map[string]any{"file": "filmstrip.jpg", "run": 2.0, "at": []any{0.0, 1500.0}},
	}
	change(told)
	r := oneCase(spec.OutcomePassed)
	r.Attempts = []report.Attempt{{Number: 1, Outcome: spec.OutcomePassed, StartedAt: begun,
		Metrics: []report.Metric{{Name: "LCP", Unit: "ms", Value: 2612.4}},
		Steps:   []report.Step{{Index: 0, Name: "judge 5 runs of /", Outcome: spec.OutcomePassed, StartedAt: begun, Detail: map[string]any{"performance": told, "other": "told"}}},
		Artifacts: []report.Artifact{
			{Name: "filmstrip.jpg", Step: 0, Body: film.Bytes()}, {Name: "performance.json", Step: 0, ContentType: "application/json", Body: []byte("{}")},
		},
	}}
	return report.Run{Plan: "Vitals", Status: "PASSED", Results: []report.Result{r}}
}

func TestHTMLShowsVitals(t *testing.T) {
	t.Parallel()
	page := string(written(t, report.WriteHTML, measuredRun(t, func(map[string]any) {})))
	part := regexp.MustCompile(`(?s)<section class="vitals".*?</section>`).FindString(page)
	for _, want := range []string{
		`5 runs on mobile, by web-vitals 6.2.3`, `<abbr title="Largest Contentful Paint">LCP</abbr>`, `<b>2,612 ms</b>`, `<td class="v-fair">needs improvement</td>`,
		`<td>2,400 to 3,100 ms</td><td>2,450 to 2,900 ms</td>`, `<b>0.3</b></td><td class="v-poor">poor</td>`, `<b>no sample</b>`,
		`alt="What the page looked like while it loaded"`, `<span>0.00 s</span><span>1.50 s</span>`, `12 requests, 346 kB`, `<bdi>script &lt;b&gt;</bdi></th><td>3</td><td>300 kB</td>`,
		// 2500 of 5600 ms, on 300 units.
		`<rect class="v-good" x="0" width="133.9" y="5" height="6"/>`,
	} {
		if !strings.Contains(part, want) {
			t.Errorf("lacks %s in\n%s", want, part)
		}
	}
	if strings.Count(page, "data:image/jpeg") != 1 || strings.Contains(page, `&#34;noise&#34;`) || !strings.Contains(page, `&#34;other&#34;`) || !strings.Contains(page, "performance.json") {
		t.Error("the filmstrip is there more than once, the details tell the metrics again, or something else is missing")
	}
	if strings.Contains(page, `<dl class="facts"><div><dt><bdi>LCP`) {
		t.Error("each value is told again below the table")
	}
}

func TestJUnitTellsVitals(t *testing.T) {
	t.Parallel()
	text := string(written(t, report.WriteJUnit, measuredRun(t, func(map[string]any) {})))
	want := strings.Join([]string{
		"     5 runs on mobile, by web-vitals 6.2.3",
		"     LCP   2,612 ms   needs improvement  runs 2,400 to 3,100 ms, noise band 2,450 to 2,900 ms",
		"     CLS   0.3        poor               runs 0.3",
		"     INP   no sample",
		"     loaded 12 requests, 346 kB", "",
	}, "&#xA;")
	if !strings.Contains(text, want) {
		t.Errorf("lacks the table (-want +got):\n%s", cmp.Diff(want, text))
	}
}

// TestVitalsBelieveNothing: whatever a detail holds, there is a report.
func TestVitalsBelieveNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"no metrics":   func(told map[string]any) { delete(told, "metrics") },
		"other shapes": func(told map[string]any) { told["metrics"] = []any{1, nil, map[string]any{"name": 5}, "LCP"} },
		"other types": func(told map[string]any) {
			told["metrics"] = []any{map[string]any{"name": "LCP", "median": "fast", "good": 5.0, "fair": 1.0}}
		},
		"bands of zero": func(told map[string]any) {
			told["metrics"] = []any{map[string]any{"name": "LCP", "median": 1.0, "min": 1.0, "max": 1.0, "good": 0.0, "fair": 0.0}}
		},
		"no film":      func(told map[string]any) { told["filmstrip"] = "filmstrip.jpg" },
		"another film": func(told map[string]any) { told["filmstrip"] = map[string]any{"file": "performance.json", "at": "now"} },
		"too much": func(told map[string]any) {
			all := make([]any, 10_000)
			for i := range all {
				all[i] = map[string]any{"name": strings.Repeat("x", 10_000), "median": 1e300, "bytes": -1e300}
			}
			told["metrics"], told["resources"] = all, all
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := measuredRun(t, change)
			if page := written(t, report.WriteHTML, run); len(page) > 300_000 || !bytes.Contains(page, []byte("performance.json")) {
				t.Errorf("the page has %d bytes", len(page))
			}
			written(t, report.WriteJUnit, run)
		})
	}
}
