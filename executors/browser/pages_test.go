package browser_test

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

var clean = expect(spec.Expect{Console: "clean"})

func TestDialogs(t *testing.T) {
	t.Parallel()
	next := site.put(`<title>Next</title>`)
	tests := []struct {
		name  string
		html  string
		steps []spec.BrowserStep
		want  []any // dialogs of the last step
	}{
		{"alert", `<button onclick="alert('Hi'); this.textContent='done'">A</button>`,
			[]spec.BrowserStep{click(role("button", "A")), text(css("button"), "done")}, nil},
		{"an alert is noted", `<button onclick="alert('Hi')">A</button>`, []spec.BrowserStep{click(role("button", "A"))}, []any{"alert: Hi"}},
		{"confirm is declined", `<button onclick="this.textContent = confirm('Sure?')">A</button>`, []spec.BrowserStep{click(role("button", "A")), text(css("button"), "false")}, nil},
		{"prompt is declined", `<button onclick="this.textContent = String(prompt('Who?', 'me'))">A</button>`, []spec.BrowserStep{click(role("button", "A")), text(css("button"), "null")}, nil},
		{"on load", `<script>alert(1); alert(2)</script>`, nil, []any{"alert: 1", "alert: 2"}},
		{"leaving is allowed", `<input id=i><script>onbeforeunload = (e) => { e.preventDefault(); return 'stay' }</script>`,
			[]spec.BrowserStep{click(css("#i")), press("x", css("#i")), open(next)}, []any{"beforeunload: "}},
		{"in a popup", `<button onclick="const w = window.open('about:blank'); w.alert('from the popup'); this.textContent='done'">A</button>`,
			[]spec.BrowserStep{click(role("button", "A")), text(css("button"), "done")}, nil},
		{"a dialog in a popup is noted", `<button onclick="const w = window.open('about:blank'); setTimeout(() => { w.alert('from the popup'); this.textContent='done' }, 300)">A</button>`,
			[]spec.BrowserStep{click(role("button", "A")), text(css("button"), "done")}, []any{"alert: from the popup"}},
		{"printing", `<button onclick="print(); this.textContent='done'">A</button>`,
			[]spec.BrowserStep{within(3*time.Second, click(role("button", "A"))), text(css("button"), "done")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := on(t, tt.html, tt.steps...).passes(t)
			if tt.want == nil {
				return
			}
			steps := r.Steps()
			var got []any
			if list, ok := steps[len(steps)-1].Detail["dialogs"].([]string); ok {
				for _, d := range list {
					got = append(got, d)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("dialogs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConsole(t *testing.T) {
	t.Parallel()
	missing := "/there-is-no-such-thing.png"
	tests := []struct {
		name string
		html string
		want string // empty: clean
	}{
		{"quiet", `x`, ""},
		{"chatter", `<script>console.log('a', 1, {b: 2}); console.warn('w'); console.info('i'); console.debug('d')</script>`, ""},
		{"an error", `<script>console.error('it', 'broke', 42)</script>`, "it broke 42"},
		{"an assertion", `<script>console.assert(1 === 2, 'odd')</script>`, "odd"},
		{"an exception", `<script>null.x</script>`, "TypeError: Cannot read properties of null"},
		{"a rejection", `<script>Promise.reject(new Error('no one cares'))</script>`, "no one cares"},
		{"a rejection that is handled later", `<script>const p = Promise.reject(new Error('late')); setTimeout(() => p.catch(() => {}), 50)</script>`, ""},
		{"a missing picture", `<img src="` + missing + `">`, "404"},
		{"half a character", `<script>console.error('\ud800 half')</script>`, "half"},
		{"a very long line", `<script>console.error('x'.repeat(3e6))</script>`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pause := spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(100 * time.Millisecond)}}
			r := on(t, tt.html, pause, clean)
			if tt.want == "" {
				r.passes(t)
				return
			}
			r.want(t, spec.OutcomeFailed)
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got %v, want %s", r.err, tt.want)
			}
			if i := slices.IndexFunc(r.Attachments(), isKind(executors.AttachmentConsole)); i < 0 {
				t.Error("the console was not attached")
			} else if data := string(r.Attachments()[i].Data); !strings.Contains(data, tt.want) {
				t.Errorf("the attached console is %q", data)
			}
		})
	}
}

func TestFailureLeavesAPicture(t *testing.T) {
	t.Parallel()
	task := task(open(site.put(`<body style="background:#00ff00">`)), within(300*time.Millisecond, click(css("#none"))), clean)
	task.Case.Viewport = &spec.Viewport{Width: 300, Height: 200}
	r := performTask(t, shared, task).want(t, spec.OutcomeFailed)
	i := slices.IndexFunc(r.Attachments(), isKind(executors.AttachmentScreenshot))
	if i < 0 {
		t.Fatal("there is no picture of the failure")
	}
	shot := r.Attachments()[i]
	if shot.Name != "failure.png" || shot.Step != 1 {
		t.Errorf("the picture is %s of step %d, want failure.png of step 1", shot.Name, shot.Step)
	}
	img, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 300 || size.Y != 200 {
		t.Errorf("the picture is %v, want 300x200", size)
	}
	if r, g, b, _ := img.At(100, 100).RGBA(); r != 0 || g != 0xffff || b != 0 {
		t.Errorf("the picture shows %x %x %x, want green", r, g, b)
	}
}

func TestScreenshots(t *testing.T) {
	t.Parallel()
	const html = `<style>body{margin:0} #box{position:absolute;left:10px;top:3000px;width:120px;height:80px;background:red}</style><div style="height:4000px"></div><div id=box></div>`
	shot := func(s spec.Screenshot) spec.BrowserStep { return spec.BrowserStep{Screenshot: &s} }
	task := task(open(site.put(html)), shot(spec.Screenshot{Name: "view"}), shot(spec.Screenshot{Name: "all.png", FullPage: true}),
		shot(spec.Screenshot{Name: "box", Element: new(css("#box"))}))
	task.Use.Viewport = &spec.Viewport{Width: 800, Height: 600}
	r := performTask(t, shared, task).passes(t)
	got := map[string][2]int{}
	for _, a := range r.Attachments() {
		img, err := png.Decode(bytes.NewReader(a.Data))
		if err != nil {
			t.Fatal(err)
		}
		got[a.Name] = [2]int{img.Bounds().Dx(), img.Bounds().Dy()}
		if a.Name == "box.png" {
			if r, g, b, _ := img.At(60, 40).RGBA(); r != 0xffff || g != 0 || b != 0 {
				t.Errorf("the box is %x %x %x, want red", r, g, b)
			}
		}
	}
	want := map[string][2]int{"view.png": {800, 600}, "all.png": {800, 4000}, "box.png": {120, 80}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pictures (-want +got):\n%s", diff)
	}
}

// TestNamesOfPictures: a plan may use a name twice, or one of ours.
func TestNamesOfPictures(t *testing.T) {
	t.Parallel()
	shot := spec.BrowserStep{Screenshot: &spec.Screenshot{Name: "failure"}}
	r := on(t, `x`, shot, shot, within(200*time.Millisecond, click(css("#none")))).want(t, spec.OutcomeFailed)
	var got []string
	for _, a := range r.Attachments() {
		if a.Kind == executors.AttachmentScreenshot {
			got = append(got, a.Name)
		}
	}
	if diff := cmp.Diff([]string{"failure.png", "failure-2.png", "failure-3.png"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestDetails(t *testing.T) {
	t.Parallel()
	path := site.put(`<title>D</title><button style="position:fixed;left:100px;top:50px;width:40px;height:20px">Go</button>`)
	r := perform(t, open(path), click(role("button", "Go")), expect(spec.Expect{Title: new(equals("D"))})).passes(t)
	steps := r.Steps()
	if got := steps[0].Detail["status"]; got != 200 {
		t.Errorf("status %v, want 200", got)
	}
	for _, s := range steps {
		if got := s.Detail["url"]; got != site.server.URL+path {
			t.Errorf("url of %s is %v", s.Name, got)
		}
	}
	if diff := cmp.Diff(map[string]any{"x": 120.0, "y": 60.0}, steps[1].Detail["point"]); diff != "" {
		t.Errorf("point (-want +got):\n%s", diff)
	}
	if got := steps[1].Detail["element"]; got != `button "Go"` {
		t.Errorf("element %v", got)
	}
	want := []executors.Check{{Name: `title equals "D"`, Passed: true, Expected: `"D"`, Actual: `"D"`}}
	if diff := cmp.Diff(want, steps[2].Checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	metrics := r.Metrics()
	if len(metrics) != 1 || metrics[0].Name != "page_load" || metrics[0].Unit != "ms" || metrics[0].Value <= 0 {
		t.Errorf("metrics %+v", metrics)
	}
}

// TestCasesShareNothing: what one case stores, the next one does not see.
func TestCasesShareNothing(t *testing.T) {
	t.Parallel()
	page := site.put(`<p id=p></p><script>p.textContent = (document.cookie || 'none') + (localStorage.x || ''); document.cookie = 'a=1'; localStorage.x = 'y'</script>`)
	for range 3 {
		perform(t, open(page), text(css("#p"), "none"), open(page), text(css("#p"), "a=1y")).passes(t)
	}
}

// TestUnrulyPages: whatever the page does, the case ends within two seconds of
// its deadline or of a cancel, and the browser serves the next one.
func TestUnrulyPages(t *testing.T) {
	t.Parallel()
	blank := site.put(`<h1>Well</h1>`)
	hang := site.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	var bounce string
	bounce = site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<script>location.replace('` + bounce + `?' + Math.random())</script>`))
	})
	never := click(role("button", "Never"))
	tests := []struct {
		name  string
		steps []spec.BrowserStep
	}{
		{"never answers", []spec.BrowserStep{open(hang)}},
		{"an endless script", []spec.BrowserStep{open(site.put(`<script>for (;;);</script>`))}},
		{"an endless script after loading", []spec.BrowserStep{open(site.put(`<script>onload = () => setTimeout(() => { for (;;); })</script>`)), never}},
		{"an endless script on click", []spec.BrowserStep{open(site.put(`<button onclick="for (;;);">B</button>`)), click(role("button", "B")), never}},
		{"an endless console", []spec.BrowserStep{open(site.put(`<script>for (;;) console.log('x')</script>`))}},
		{"a console that floods in turns", []spec.BrowserStep{open(site.put(`<script>setInterval(() => { for (let i = 0; i < 5000; i++) console.error('x'.repeat(1000)) })</script>`)), never}},
		{"alerts without end", []spec.BrowserStep{open(site.put(`<script>for (;;) alert(1)</script>`))}},
		{"alerts without end after loading", []spec.BrowserStep{open(site.put(`<script>setInterval(() => alert(1))</script>`)), never}},
		{"popups", []spec.BrowserStep{open(site.put(`<button onclick="for (let i = 0; i < 40; i++) window.open('about:blank')">B</button>`)), click(role("button", "B")), never}},
		{"redirects by script without end", []spec.BrowserStep{open(bounce), never}},
		{"a document that grows without end", []spec.BrowserStep{open(site.put(`<script>setInterval(() => { for (let i = 0; i < 200; i++) document.body.append(document.createElement('p')) })</script>`)), never}},
		{"a tree of a hundred thousand elements", []spec.BrowserStep{open(site.put(`<script>let s = ''; for (let i = 0; i < 1e5; i++) s += '<div>x</div>'; document.body.innerHTML = s</script>`)), never}},
		{"a tree ten thousand deep", []spec.BrowserStep{open(site.put(`<script>let e = document.body; for (let i = 0; i < 1e4; i++) e = e.appendChild(document.createElement('div')); e.textContent = 'deep'</script>`)), click(spec.Locator{Text: "nothing"})}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for n, end := range []struct {
				name    string
				context func() (context.Context, context.CancelFunc)
				outcome spec.Outcome
			}{
				{"deadline", func() (context.Context, context.CancelFunc) {
					return context.WithTimeout(t.Context(), 700*time.Millisecond)
				}, spec.OutcomeTimedOut},
				{"cancel", func() (context.Context, context.CancelFunc) {
					ctx, cancel := context.WithCancelCause(t.Context())
					timer := time.AfterFunc(700*time.Millisecond, func() { cancel(errors.New("stopped")) })
					return ctx, func() { timer.Stop(); cancel(nil) }
				}, spec.OutcomeCancelled},
			} {
				if n == 1 && i%3 != 1 {
					continue // a cancel goes the same way, so some pages will do
				}
				ctx, cancel := end.context()
				began := time.Now()
				r := performUntil(ctx, t, shared, task(tt.steps...))
				took := time.Since(began)
				cancel()
				if r.outcome != end.outcome {
					t.Errorf("%s: outcome %s (%v), want %s", end.name, r.outcome, r.err, end.outcome)
				}
				// What hangs would go on for minutes; a busy machine takes seconds.
				if took > 15*time.Second {
					t.Errorf("%s: it took %s, long beyond the end", end.name, took)
				}
			}
			perform(t, open(blank), expect(spec.Expect{Visible: new(role("heading", "Well"))})).passes(t)
		})
	}
}

func isKind(kind executors.AttachmentKind) func(executortest.Recorded) bool {
	return func(a executortest.Recorded) bool { return a.Kind == kind }
}
