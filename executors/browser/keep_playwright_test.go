package browser_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// viewerOf is where Playwright's trace viewer is: that of the peers, or another
// version's.
func viewerOf(t *testing.T) string {
	t.Helper()
	if other := os.Getenv("SEMANTEST_TEST_TRACE_VIEWER"); other != "" {
		return other
	}
	home := filepath.Join("..", "..", "bench", "browserpeers", "node_modules", "playwright-core", "lib", "vite", "traceViewer")
	if _, err := os.Stat(filepath.Join(home, "index.html")); err != nil {
		t.Skip("Playwright's trace viewer is not installed: make peers does it")
	}
	return home
}

// serveViewer serves the viewer and a trace, and returns the address that shows
// the trace in it.
func serveViewer(t *testing.T, trace []byte) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(viewerOf(t))))
	mux.HandleFunc("/trace.zip", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(trace) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/index.html?trace=" + server.URL + "/trace.zip"
}

// TestPlaywrightViewer: the trace of a case that failed opens in Playwright's own
// viewer, which shows what was done, seen, written and asked for.
func TestPlaywrightViewer(t *testing.T) {
	t.Parallel()
	tea := teaTask()
	tea.Case.Artifacts = &spec.Artifacts{Playwright: spec.RetainAlways}
	r := performTask(t, shared, tea).want(t, spec.OutcomeFailed)
	trace := artifactOf(t, r, "trace.zip")
	if trace.Kind != executors.AttachmentPlaywright || trace.ContentType != "application/zip" {
		t.Errorf("it is %s of type %s", trace.Kind, trace.ContentType)
	}
	if strings.Contains(unzipped(t, trace.Data)["trace.trace"], "hush hush") {
		t.Error("the trace has what was typed as a password")
	}
	snapshot := spec.Locator{CSS: "iframe.snapshot-visible"}
	shown := func(text string) spec.BrowserStep {
		return expect(spec.Expect{Visible: &spec.Locator{Text: text, Frame: &snapshot}})
	}
	chosen := func(title string) spec.BrowserStep { return click(spec.Locator{Text: title, Nth: new(0)}) }
	opened := func(tab string) spec.BrowserStep { return click(spec.Locator{Role: "tab", Name: tab}) }
	look := task(
		open(serveViewer(t, trace.Data)),
		tells(`Tea is ordered and paid`), tells(`goto /`), tells(`fill label "Name"`), tells(`click button "Order"`), tells(`expect visible text "One cup`), tells(`click button "Pay"`),
		chosen(`fill label "Name"`), shown("Teas"), shown("In the shadow"),
		expect(spec.Expect{Value: &spec.Locator{Label: "Name", Frame: &snapshot}, Matcher: equals("Ada")}),
		expect(spec.Expect{Visible: &spec.Locator{Text: "Words of a frame", Frame: &spec.Locator{CSS: "iframe", Frame: &snapshot}}}),
		expect(spec.Expect{CSS: &spec.StyleOf{Locator: spec.Locator{CSS: "body", Frame: &snapshot}, Property: "background-color"}, Matcher: equals("rgb(10, 120, 60)")}),
		chosen(`click button "Order"`), expect(spec.Expect{Visible: &spec.Locator{CSS: "x-pw-pointer", Frame: &snapshot}}),
		chosen("expect visible text"), opened("After"), shown("One cup is on its way"),
		spec.BrowserStep{Evaluate: &spec.Evaluate{Script: filmed, World: "page", Matcher: equals(true)}},
		opened("Network"), tells("application/json"), tells("POST"), tells("text/css"), tells("image/svg+xml"),
		opened("Console"), tells("The kettle is hot"), tells("The cup is full"),
		opened("Errors"), tells(`no element matches button "Pay"`),
		chosen("expect visible text"), opened("Log"), tells("is visible"),
		chosen("Metadata"), tells("chromium"), tells("1000"),
	)
	look.Case.Viewport = &spec.Viewport{Width: 1400, Height: 900}
	performTask(t, shared, look).passes(t)
}

// TestPlaywrightTraceOfAFirstAttempt: what is kept by default has what there is
// without paying for it before.
func TestPlaywrightTraceOfAFirstAttempt(t *testing.T) {
	t.Parallel()
	r := performTask(t, shared, teaTask()).want(t, spec.OutcomeFailed)
	events := unzipped(t, artifactOf(t, r, "trace.zip").Data)["trace.trace"]
	if n := strings.Count(events, `"type":"before"`); n != 5 {
		t.Errorf("%d actions, want 5", n)
	}
	if n := strings.Count(events, `"frameId":"frame@page@1",`); n != 1 || !strings.Contains(events, "One cup is on its way\"]") {
		t.Errorf("%d snapshots of the page, want that of its end", n)
	}
	for _, want := range []string{`"type":"screencast-frame"`, `"point":`, `"name":"failure.png"`, `no element matches button`} {
		if !strings.Contains(events, want) {
			t.Errorf("the trace lacks %s", want)
		}
	}
}

// TestPlaywrightTraceOfTabs: each tab is a page of the trace, with what it asked
// for.
func TestPlaywrightTraceOfTabs(t *testing.T) {
	t.Parallel()
	other := site.put(`<title>Terms</title><p>The terms of tea</p><script>console.log('from the terms')</script>`)
	task := task(open(site.put(`<title>Home</title><a href="`+other+`" target=_blank>Terms</a>`)), click(css("a")), spec.BrowserStep{Tab: &spec.Tab{Switch: new(1)}},
		expect(spec.Expect{Visible: &spec.Locator{Text: "The terms of tea"}}), spec.BrowserStep{Tab: &spec.Tab{Open: other}}, spec.BrowserStep{Tab: &spec.Tab{Close: true}})
	task.Case.Artifacts = &spec.Artifacts{Playwright: spec.RetainAlways}
	files := unzipped(t, artifactOf(t, performTask(t, shared, task).passes(t), "trace.zip").Data)
	for _, want := range []string{`"method":"page","pageId":"page@2"`, `"method":"page","pageId":"page@3"`, `"method":"pageClosed","pageId":"page@3"`, `"frameId":"frame@page@2"`, `from the terms`} {
		if !strings.Contains(files["trace.trace"], want) {
			t.Errorf("the trace lacks %s", want)
		}
	}
	if !strings.Contains(files["trace.network"], `"pageref":"page@3"`) {
		t.Errorf("the network has nothing of the tab that was opened:\n%.3000s", files["trace.network"])
	}
}

// TestPlaywrightTraceOfEngines: other engines give what they have.
func TestPlaywrightTraceOfEngines(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"firefox", "webkit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t, name)
			task := onEngine(name, teaTask())
			task.Case.BrowserSteps = task.Case.BrowserSteps[:4]
			task.Use.StepTimeout = spec.Duration(50 * time.Second)
			task.Case.Artifacts = &spec.Artifacts{Playwright: spec.RetainAlways}
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			files := unzipped(t, artifactOf(t, performUntil(ctx, t, shared, task).passes(t), "trace.zip").Data)
			for _, want := range []string{`"browserName":"` + name + `"`, `"__playwright_value_":"Ada"`, `One cup is on its way`, `In the shadow`, `Words of a frame`, `"type":"screencast-frame"`, `"point":`} {
				if !strings.Contains(files["trace.trace"], want) {
					t.Errorf("the trace of %s lacks %s", name, want)
				}
			}
			if !strings.Contains(files["trace.network"], `"application/json"`) {
				t.Errorf("the network of %s is %.2000s", name, files["trace.network"])
			}
		})
	}
}

// TestPlaywrightTraceOfAHostilePage: what a page makes of itself neither breaks
// the trace nor holds the case up.
func TestPlaywrightTraceOfAHostilePage(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"console":  `<script>for (let i = 0; i < 3000; i++) console.log('\uD800 \0' + 'x'.repeat(5000))</script>`,
		"deep":     `<script>let e = document.body; for (let i = 0; i < 2000; i++) { e.append(e = document.createElement('div')) }</script>`,
		"huge":     `<script>document.body.append('y'.repeat(9e6))</script>`,
		"odd":      `<script>const e = document.createElement('a'); e.setAttribute('__playwright_src__', '/x'); e.setAttribute('href', 'javascript:alert(1)'); document.body.append(e); fetch('/\u2028%ff%00?' + 'q'.repeat(20000))</script>`,
		"prints":   `<script>Array.prototype.push = Array.prototype.map = () => { throw 1 }; JSON.stringify = () => 'mine'; Element.prototype.matches = null</script>`,
		"endless":  `<script>setTimeout(() => { for (;;); }, 100)</script>`,
		"removing": `<script>setInterval(() => document.documentElement?.remove(), 1)</script>`,
	}
	for name, html := range pages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := task(open(site.put(`<body>`+html)), within(300*time.Millisecond, click(css("#none"))))
			task.Case.Artifacts = &spec.Artifacts{Playwright: spec.RetainAlways, Video: spec.RetainNothing}
			r := performTask(t, shared, task)
			files := unzipped(t, artifactOf(t, r, "trace.zip").Data)
			for line := range strings.Lines(files["trace.trace"] + files["trace.network"]) {
				if !json.Valid([]byte(line)) || !utf8.ValidString(line) {
					t.Fatalf("%.300q is no event", line)
				}
			}
			if n := strings.Count(files["trace.trace"], `"type":"before"`); n != 2 {
				t.Errorf("%d actions, want 2", n)
			}
			if size := len(files["trace.trace"]); size > 40<<20 || strings.Contains(files["trace.trace"], `"__playwright_src__"`) {
				t.Errorf("%d bytes, or the page's own words for the viewer", size)
			}
		})
	}
}

// filmed tells whether the viewer has the pictures of its film strip.
const filmed = `
	for (const end = Date.now() + 20000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
		const urls = [...document.querySelectorAll('*')].map((el) => /url\("?(.*?file.*?)"?\)/.exec(el.style.backgroundImage)?.[1]).filter(Boolean);
		const sizes = await Promise.all(urls.map(async (url) => (await createImageBitmap(await (await fetch(url)).blob())).width));
		if (sizes.length && sizes.every((width) => width > 300)) return true;
	}
	return false;
`

// tells expects that the viewer shows a text.
func tells(text string) spec.BrowserStep {
	return expect(spec.Expect{Text: &spec.Locator{CSS: "body"}, Matcher: contains(text)})
}

const tea = `<title>Shop of tea</title><link rel=stylesheet href="STYLE"><h1>Teas</h1><label>Name <input></label><input type=password value="hush hush">
<button>Order</button><p id=out></p><img src="PICTURE" alt="A leaf"><div id=host></div><iframe srcdoc="<p>Words of a frame</p>" title=Frame></iframe>
<script>host.attachShadow({mode: 'open'}).innerHTML = '<i>In the shadow</i>';
document.querySelector('button').onclick = async () => {
	console.warn('The kettle is hot');
	out.textContent = (await (await fetch('API', {method: 'POST', body: document.querySelector('input').value})).json()).answer;
	setTimeout(() => { throw new Error('The cup is full') });
}</script>`

// teaTask orders tea, and fails at the end.
func teaTask() executors.Task {
	served := func(kind, body string) string {
		return site.handle(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(body))
		})
	}
	html := strings.NewReplacer("API", served("application/json", `{"answer": "One cup is on its way"}`),
		"STYLE", served("text/css", `body { background: rgb(10, 120, 60); color: white; font: 20px sans-serif }`),
		"PICTURE", served("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="30" fill="gold"/></svg>`)).Replace(tea)
	task := task(open(site.put(html)), fill(spec.Locator{Label: "Name"}, "Ada"), click(role("button", "Order")),
		expect(spec.Expect{Visible: &spec.Locator{Text: "One cup is on its way"}}), within(1500*time.Millisecond, click(role("button", "Pay"))))
	task.Case.ID, task.Case.Name = "ui.tea", "Tea is ordered and paid"
	task.Case.Viewport = &spec.Viewport{Width: 1000, Height: 700}
	return task
}

// unzipped are the files of a trace.
func unzipped(t *testing.T, trace []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(trace), int64(len(trace)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(body)
	}
	return out
}
