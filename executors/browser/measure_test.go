package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// measuring is a case that measures a page, as a plan's short form makes it; once
// where it does not say how often.
func measuring(p spec.PerformanceCase) executors.Task {
	t := task()
	t.Case.Viewport = &spec.Viewport{Width: 400, Height: 400}
	t.Use.StepTimeout = spec.Duration(50 * time.Second)
	if p.Settle == 0 {
		p.Settle = spec.Duration(300 * time.Millisecond)
	}
	if p.Runs == nil {
		p.Runs = new(1)
	}
	for n := range p.Times() {
		t.Case.BrowserSteps = append(t.Case.BrowserSteps, spec.BrowserStep{Measure: &spec.Measure{PerformanceCase: p, Run: n + 1}})
	}
	t.Case.BrowserSteps = append(t.Case.BrowserSteps, spec.BrowserStep{Measure: &spec.Measure{PerformanceCase: p}})
	return t
}

// measured is what the file of a measurement tells.
type measured struct {
	Device    string
	Resources []struct {
		Type            string
		Requests, Bytes int
	}
	All []struct {
		Run     int
		URL     string
		Metrics map[string]struct {
			Value       float64
			Attribution map[string]any
		}
		Loaded struct{ Resources []struct{ Type, URL string } }
	}
}

func (r ran) measured(t *testing.T) measured {
	t.Helper()
	var m measured
	if err := json.Unmarshal(r.file(t, "performance.json"), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// drawing is a script with what tests do in pages: busy takes its time, and painted
// calls a function once the page has been drawn. The page does not settle before.
func drawing() string {
	done := make(chan struct{})
	var once sync.Once
	release := site.handle(func(http.ResponseWriter, *http.Request) { once.Do(func() { close(done) }) })
	hold := site.handle(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	return `<script>
	const busy = (ms) => { const t = performance.now(); while (performance.now() - t < ms); };
	const painted = (then) => {
		fetch('` + hold + `').catch(() => 0);
		new PerformanceObserver((l) => l.getEntriesByName('first-contentful-paint').length && setTimeout(() => { then(); fetch('` + release + `'); }, 100)).observe({ type: 'paint', buffered: true });
	};
</script>`
}

func TestMeasures(t *testing.T) {
	t.Parallel()
	var drawn sync.Once
	there := make(chan struct{})
	seen := site.handle(func(http.ResponseWriter, *http.Request) { drawn.Do(func() { close(there) }) })
	late := site.handle(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-there:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><path d="M0 0h300v300H0z" fill="teal"/><circle cx="90" cy="90" r="60"/><path d="M9 200l200 40 60-90z" fill="gold"/><!--` + strings.Repeat("many bits a pixel ", 200) + `--></svg>`))
	})
	work := click(role("button", "Work"))
	for _, tt := range []struct {
		name, html string
		steps      []spec.BrowserStep
		metric     string
		least      float64 // what it is for sure, since the page waits so long
		most       float64 // 0: whatever the machine makes of it
		about      map[string]any
	}{
		// A block of a quarter of the viewport moves by a quarter of it: half of the viewport is touched.
		{"a layout shift", drawing() + `<style>body{margin:0}div{height:100px;background:teal}</style><div id=block>Block</div>
			<script>painted(() => block.insertAdjacentHTML('beforebegin', '<div>New</div>'))</script>`, nil, "CLS", 0.12, 0.13, map[string]any{"largestShiftTarget": "#block"}},
		{"no layout shift", `<h1>Still</h1>`, nil, "CLS", 0, 0.0001, nil},
		{"a long task", drawing() + `<h1>Busy</h1><script>painted(() => busy(400))</script>`, nil, "TBT", 350, 0, nil},
		{"no long task", `<h1>Idle</h1>`, nil, "TBT", 0, 0, nil},
		{"a large picture that comes late", drawing() + `<h1>Late</h1><img id=late src="` + late + `" width=300 height=300><script>painted(() => fetch('` + seen + `'))</script>`,
			nil, "LCP", 100, 0, map[string]any{"target": "#late"}},
		{"an interaction", drawing() + `<button onclick="busy(250); log.textContent = 'done'">Work</button><p id=log></p>`, []spec.BrowserStep{work}, "INP", 250, 0, map[string]any{"interactionType": "pointer"}},
		{"a key", drawing() + `<input id=i onkeydown="busy(250)">`, []spec.BrowserStep{press("a", css("#i"))}, "INP", 250, 0, map[string]any{"interactionType": "keyboard", "interactionTarget": "#i"}},
		{"a page that wants to deceive", `<script>PerformanceObserver = class {}; performance.now = () => 0; webVitals = 1; document.onvisibilitychange = () => { for (;;); }; onvisibilitychange = () => { throw 'no' };
			Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})</script><h1>Mine</h1>`, nil, "LCP", 1, 0, map[string]any{"target": "html>body>h1"}},
		{"something to draw", `<h1>Drawn</h1>`, nil, "SI", 1, 0, nil},
		{"the first paint", `<h1>Drawn</h1>`, nil, "FCP", 1, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := performTask(t, shared, measuring(spec.PerformanceCase{URL: site.put(tt.html), Steps: tt.steps})).passes(t)
			got, ok := r.measured(t).All[0].Metrics[tt.metric]
			if !ok || got.Value < tt.least || tt.most > 0 && got.Value > tt.most {
				t.Errorf("%s is %v (there: %v), want %v to %v", tt.metric, got.Value, ok, tt.least, tt.most)
			}
			for key, want := range tt.about {
				if got.Attribution[key] != want {
					t.Errorf("%s of %s is %v, want %v", key, tt.metric, got.Attribution[key], want)
				}
			}
		})
	}
}

// TestMeasuresJudge: limits and the budget are checks by their names, and what
// has no sample fails.
func TestMeasuresJudge(t *testing.T) {
	t.Parallel()
	script := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(bytes.Repeat([]byte("//......\n"), 3000)) // 27,000 bytes
	})
	page := site.put(`<title>x</title><h1>x</h1><script src="` + script + `"></script><script>fetch('` + script + `?again')</script>`)
	r := performTask(t, shared, measuring(spec.PerformanceCase{
		URL: page, Runs: new(2),
		Thresholds: map[string][]string{"LCP": {"median<60000", "max<0.001"}, "INP": {"median<60000"}},
		Budget:     &spec.Budget{Script: "20KB", Fetch: "1MB", Image: "0B", Total: "40KiB", Requests: new(2)},
	})).want(t, spec.OutcomeFailed)
	steps := r.Steps()
	failed := map[string]string{}
	var passed []string
	for _, c := range steps[len(steps)-1].Checks {
		if c.Passed {
			passed = append(passed, c.Name)
		} else {
			failed[c.Name] = c.Message
		}
	}
	if diff := cmp.Diff([]string{"LCP median<60000", "budget image<=0B", "budget fetch<=1MB"}, passed); diff != "" {
		t.Errorf("what holds (-want +got):\n%s", diff)
	}
	for name, says := range map[string]string{
		"LCP max<0.001":       "(max of 2 runs), where max<0.001 is asked",
		"INP median<60000":    "INP has no sample in 2 runs: it comes of what a person does",
		"budget script<=20KB": "the budget for script is 20KB, and the page has loaded 27 kB (median of 2 runs)",
		"budget total<=40KiB": "the budget for total is 40KiB, and the page has loaded 5",
		"budget requests<=2":  "the budget is 2 requests, and the page has made 3 (median of 2 runs)",
	} {
		if !strings.Contains(failed[name], says) {
			t.Errorf("%s says %q, and should %q", name, failed[name], says)
		}
	}
	if len(failed) != 5 {
		t.Errorf("%d checks fail: %v", len(failed), slices.Sorted(maps.Keys(failed)))
	}
}

// TestMeasuresTell: what is measured is told as metrics, in the detail, in a file
// and as a filmstrip, and each run finds a browser that knows nothing.
func TestMeasuresTell(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>x</title><link rel=icon href="data:,"><h1>x</h1><p id=n></p><script>
		n.textContent = localStorage.n = document.cookie = 'n=' + (Number(localStorage.n ?? 0) + 1)</script><button id=hunter2-secret>Go</button>`)
	one := measuring(spec.PerformanceCase{URL: page + "?t=hunter2-secret", Runs: new(3), Steps: []spec.BrowserStep{text(css("#n"), "n=1"), click(role("button", "Go"))},
		Thresholds: map[string][]string{"TTFB": {"avg>-1"}}})
	one.Case.Viewport, one.Case.Setup.Device = nil, "mobile"
	one.Scope = spec.NewScope(map[string]any{"BASE_URL": site.server.URL}, map[string]string{"TOKEN": "hunter2-secret"})
	r := performTask(t, shared, one).passes(t)
	names := map[string]int{}
	for _, m := range r.Metrics() {
		if m.Name == "page_load" || m.Name == "console_errors" || strings.HasPrefix(m.Name, "layout_") {
			continue
		}
		names[m.Name]++
		if diff := cmp.Diff(map[string]string{"case": "case", "device": "mobile"}, m.Tags); diff != "" || m.Unit != map[bool]string{true: "1", false: "ms"}[m.Name == "CLS"] {
			t.Errorf("the metric %+v (-want +got):\n%s", m, diff)
		}
	}
	if diff := cmp.Diff(map[string]int{"LCP": 3, "CLS": 3, "INP": 3, "FCP": 3, "TTFB": 3, "TBT": 3, "SI": 3}, names); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	m := r.measured(t)
	if len(m.All) != 3 || m.Device != "mobile" || !strings.HasSuffix(m.All[2].URL, "?t=***") || len(m.All[1].Loaded.Resources) != 1 {
		t.Errorf("the file tells %+v", m)
	}
	if strings.Contains(r.Text(), "hunter2") {
		t.Error("the secret is told")
	}
	told := r.Steps()[3].Detail["performance"].(map[string]any)
	if len(told["metrics"].([]any)) != 7 || told["runs"] != 3 || told["requests"] != int64(1) {
		t.Errorf("the detail tells %v", told)
	}
	film := told["filmstrip"].(map[string]any)
	at := film["at"].([]any)
	size, err := jpeg.DecodeConfig(bytes.NewReader(r.file(t, film["file"].(string))))
	if err != nil || len(at) != 8 || at[0] != 0.0 || at[7].(float64) < 100 || size.Height < 200 || size.Height > 240 || size.Width < 8*100 {
		t.Errorf("the filmstrip is %dx%d at %v: %v", size.Width, size.Height, at, err)
	}
}

func TestMeasuresBefore(t *testing.T) {
	t.Parallel()
	poll := site.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	page := site.put(`<title>x</title><h1 id=h>x</h1><script>h.textContent = document.cookie; fetch('` + poll + `').catch(() => 0)</script>`)
	before := []spec.BrowserStep{
		{Cookies: &spec.Cookies{Set: []spec.Cookie{{Name: "who", Value: "ada"}}}},
		{Route: &spec.Route{RequestPattern: spec.RequestPattern{URL: "**" + poll}, Abort: "blocked"}},
	}
	performTask(t, shared, measuring(spec.PerformanceCase{URL: page, Runs: new(2), Before: before, Steps: []spec.BrowserStep{text(css("#h"), "who=ada")}})).passes(t)
}

func TestMeasuresThrottled(t *testing.T) {
	t.Parallel()
	one := measuring(spec.PerformanceCase{URL: site.put(`<title>x</title><h1>x</h1>`)})
	one.Case.Setup.Network = &spec.Network{Latency: spec.Duration(400 * time.Millisecond)}
	r := performTask(t, shared, one).passes(t)
	if got := r.measured(t).All[0].Metrics["FCP"].Value; got < 350 {
		t.Errorf("FCP is %v ms behind a network of 400 ms", got)
	}
}

// TestMeasuresHostilePages: whatever a page does, the run ends at its limit with
// a sentence.
func TestMeasuresHostilePages(t *testing.T) {
	t.Parallel()
	hang := site.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	next := site.put(`<title>Next</title><h1>Next</h1>`)
	circle := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>x</title><h1>x</h1><script>onload = () => setTimeout(() => location.replace(location.pathname + '?' + Math.random()), 50)</script>`))
	})
	for _, tt := range []struct {
		name, url string
		steps     []spec.BrowserStep
		outcome   spec.Outcome // where it is timed out, within four seconds
		says      string
	}{
		{"a request without an answer", site.put(`<title>x</title><h1>x</h1><script>fetch('` + hang + `')</script>`), nil, spec.OutcomeTimedOut, "the page did not settle within 4s: 1 request is under way (" + site.server.URL + hang + ")"},
		{"one request after the other", site.put(`<title>x</title><h1>x</h1><script>setInterval(() => fetch('` + next + `'), 100)</script>`), nil, spec.OutcomeTimedOut, "the page did not settle within 4s: "},
		{"an endless script", site.put(`<title>x</title><h1>x</h1><script>onload = () => setTimeout(() => { for (;;); }, 100)</script>`), nil, spec.OutcomeTimedOut, "its script is busy"},
		{"long tasks for ever", site.put(drawing() + `<h1>x</h1><script>const on = () => { busy(120); setTimeout(on, 30) }; painted(on)</script>`), nil, spec.OutcomeTimedOut, "the page did not settle within 4s: one long task of its scripts follows the other"},
		{"one document after the other", circle, nil, spec.OutcomeTimedOut, "the page did not settle within 4s: "},
		{"a page that never loads", hang, nil, spec.OutcomeTimedOut, "did not answer within 4s"},
		{"steps that lead away", site.put(`<title>x</title><a href="` + next + `">Next</a>`), []spec.BrowserStep{click(role("link", "Next")), expect(spec.Expect{Visible: new(role("heading", "Next"))})}, spec.OutcomeErrored, "the steps led to another page"},
		{"a step that cannot be done", site.put(`<title>x</title><h1>x</h1>`), []spec.BrowserStep{within(500*time.Millisecond, click(role("button", "Go")))}, spec.OutcomeFailed, `click button "Go": no element matches`},
		{"a check of a step", site.put(`<title>x</title><h1>x</h1>`), []spec.BrowserStep{within(500*time.Millisecond, text(css("h1"), "y"))}, spec.OutcomeFailed, "equal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := measuring(spec.PerformanceCase{URL: tt.url, Steps: tt.steps, Runs: new(2), Settle: spec.Duration(time.Second)})
			if tt.outcome == spec.OutcomeTimedOut {
				one.Use.StepTimeout = spec.Duration(4 * time.Second)
			}
			r := performTask(t, shared, one).want(t, tt.outcome).says(t, tt.says)
			if n := strings.Count(strings.Join(r.fileNames(), " "), "failure"); n > 1 {
				t.Errorf("the failure is shown %d times: %v", n, r.fileNames())
			}
		})
	}
	t.Run("a page that draws nothing", func(t *testing.T) {
		t.Parallel()
		r := performTask(t, shared, measuring(spec.PerformanceCase{URL: site.put(``), Thresholds: map[string][]string{"LCP": {"median<60000"}, "TTFB": {"median<60000"}}}))
		r.want(t, spec.OutcomeFailed).says(t, "LCP has no sample in 1 run: the page has drawn nothing")
	})
	t.Run("a page that moves for ever", func(t *testing.T) {
		t.Parallel()
		r := performTask(t, shared, measuring(spec.PerformanceCase{URL: site.put(`<title>x</title><style>@keyframes m{to{transform:translateX(300px)}}div{width:90px;height:90px;background:teal;animation:m .3s infinite}</style><h1>x</h1><div></div>`),
			Settle: spec.Duration(time.Second)})).passes(t)
		if v := r.measured(t).All[0].Metrics["SI"].Value; v <= 0 || math.IsNaN(v) {
			t.Errorf("its Speed Index is %v", v)
		}
	})
}

// TestMeasuresTooMuch: a page without end uses up no memory.
func TestMeasuresTooMuch(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>x</title><h1>x</h1><script>for (let i = 0; i < 700; i++) fetch('` + site.put("x") + `?' + i).catch(() => 0);
		for (let i = 0; i < 5; i++) document.body.insertAdjacentHTML('beforeend', '<p id="' + 'x'.repeat(5000) + i + '">x</p>')</script>`)
	r := performTask(t, shared, measuring(spec.PerformanceCase{URL: page})).passes(t)
	m := r.measured(t)
	if n := len(m.All[0].Loaded.Resources); n != 500 {
		t.Errorf("%d resources are told one by one, want 500", n)
	}
	for _, of := range m.Resources {
		if of.Type == "fetch" && of.Requests != 700 {
			t.Errorf("%d requests are counted, want 700", of.Requests)
		}
	}
	for name, v := range m.All[0].Metrics {
		for key, about := range v.Attribution {
			if len(fmt.Sprint(about)) > 600 {
				t.Errorf("%s of %s has %d characters", key, name, len(fmt.Sprint(about)))
			}
		}
	}
}

// TestEnginesMeasure: an engine that cannot measure skips the case by name.
func TestEnginesMeasure(t *testing.T) {
	t.Parallel()
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := performTask(t, shared, onEngine(name, measuring(spec.PerformanceCase{URL: "/"}))).want(t, spec.OutcomeSkipped)
			r.says(t, name+" cannot measure how pages load")
		})
	}
}

// TestMeasuresKeep: what a measured case leaves behind is kept by its outcome, and
// what would change the measurement is never made.
func TestMeasuresKeep(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>x</title><h1>x</h1><script>console.log('hello'); fetch('/other').catch(() => {})</script>`)
	tooSlow := map[string][]string{"LCP": {"max<0.001"}}
	always := &spec.Artifacts{Screenshot: "always", Steps: "always", Video: "always", HAR: "always", Console: "always", DOM: "always", Trace: "always"}
	none := &spec.Artifacts{Screenshot: "off", HAR: "off", Console: "off", DOM: "off"}
	for name, tt := range map[string]struct {
		what    spec.PerformanceCase
		keeps   *spec.Artifacts
		outcome spec.Outcome
		want    []string
		told    bool // that the plan asks for something in vain
	}{
		"a run that passes":      {spec.PerformanceCase{}, nil, spec.OutcomePassed, nil, false},
		"a threshold that fails": {spec.PerformanceCase{Thresholds: tooSlow, Runs: new(2)}, nil, spec.OutcomeFailed, []string{"console.jsonl", "network.har", "page.html"}, false},
		"a step that fails": {spec.PerformanceCase{Steps: []spec.BrowserStep{within(time.Second, click(role("button", "None")))}}, nil, spec.OutcomeFailed,
			[]string{"console.jsonl", "failure.png", "network.har", "page.html"}, false},
		"always":              {spec.PerformanceCase{}, always, spec.OutcomePassed, []string{"console.jsonl", "network.har", "page.html", "page.png"}, true},
		"never, and it fails": {spec.PerformanceCase{Thresholds: tooSlow}, none, spec.OutcomeFailed, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.what.URL = page
			one := measuring(tt.what)
			one.Use.Artifacts = tt.keeps
			r := performTask(t, shared, one).want(t, tt.outcome)
			var got []string
			for _, a := range r.Attachments() {
				if a.Name != "performance.json" && a.Name != "filmstrip.jpg" {
					got = append(got, a.Name)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
			if told := strings.Contains(r.Text(), "keeps no video"); told != tt.told {
				t.Errorf("it says that something is not kept: %v", told)
			}
		})
	}
}
