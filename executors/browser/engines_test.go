package browser_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// others are the engines beside Chromium, which has all the other tests.
var others = []string{"firefox", "webkit"}

// installed skips a test of an engine that this machine has not got.
func installed(t *testing.T, name string) {
	t.Helper()
	for _, b := range browser.Browsers(browser.Options{}) {
		if b.Name == name && b.Missing != "" {
			t.Skip(b.Missing)
		}
	}
}

// onEngine makes a task one for an engine.
func onEngine(engine string, t executors.Task) executors.Task {
	t.Case.Browser = engine
	return t
}

// TestEngines: what every engine must do, each does.
func TestEngines(t *testing.T) {
	t.Parallel()
	next := site.put(`<title>Next</title><h1>Next</h1>`)
	slow := site.put(`<title>Slow</title><script>setTimeout(() => document.body.append('late'), 300)</script><p>`)
	shadow := `<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = '<button onclick="this.textContent=String(event.isTrusted)">In</button>'</script>`
	label := func(l string) spec.Locator { return spec.Locator{Label: l} }
	cases := []struct {
		name  string
		html  string
		steps []spec.BrowserStep
	}{
		{"fields", `<label>Name <input id=i oninput="o.textContent += event.isTrusted"></label><p id=o></p><label>Day <input type=date></label>
			<label>C <select><option value=1>One<option value=2>Two</select></label><label><input type=checkbox id=c> Agree</label><textarea id=t></textarea>`,
			[]spec.BrowserStep{
				fill(label("Name"), "żółw 漢字"), valueOf(label("Name"), "żółw 漢字"), expect(spec.Expect{Text: new(css("#o")), Matcher: contains("true")}),
				fill(label("Name"), ""), valueOf(label("Name"), ""), fill(label("Day"), "2026-12-31"), valueOf(label("Day"), "2026-12-31"),
				choose(label("C"), "", "Two"), valueOf(label("C"), "2"), tick(css("#c")), expect(spec.Expect{Checked: new(css("#c"))}), untick(css("#c")),
				expect(spec.Expect{Unchecked: new(css("#c"))}), fill(css("#t"), "one\ntwo"), valueOf(css("#t"), "one\ntwo"),
			}},
		{"keys", `<input id=i value=abc><input id=j><form onsubmit="o.textContent='sent'; return false"><input id=k></form><p id=o></p>`,
			[]spec.BrowserStep{
				press("Control+a", css("#i")), press("Delete", spec.Locator{}), valueOf(css("#i"), ""), press("Shift+b", css("#i")), valueOf(css("#i"), "B"),
				press("Tab", css("#i")), press("x", spec.Locator{}), valueOf(css("#j"), "x"), press("Enter", css("#k")), text(css("#o"), "sent"),
			}},
		{"clicks", logging + `<button onclick="log('one')">B</button><div id=h onmouseenter="log('over')">H</div>` + shadow,
			[]spec.BrowserStep{
				click(role("button", "B")), text(css("#log"), "one"), hover(css("#h")), text(css("#log"), "one over"),
				click(role("button", "In")), expect(spec.Expect{Visible: new(role("button", "true"))}),
			}},
		{"pages", `<a href="` + next + `">Go</a>`, []spec.BrowserStep{
			click(role("link", "Go")), expect(spec.Expect{Visible: new(role("heading", "Next"))}), expect(spec.Expect{URL: new(equals(next))}),
			expect(spec.Expect{Title: new(equals("Next"))}), open(slow), {Wait: &spec.Wait{Visible: &spec.Locator{Text: "late"}}},
			open(slow + "#there"), expect(spec.Expect{URL: new(equals(slow + "#there"))}),
		}},
		{"an address that a script changes", `<button onclick="history.pushState(0, '', '?done')">B</button>`,
			[]spec.BrowserStep{click(role("button", "B")), {Wait: &spec.Wait{URL: new(contains("?done"))}}}},
		{"an alert", `<button onclick="alert('Hi'); this.textContent='done'">A</button>`, []spec.BrowserStep{click(role("button", "A")), text(css("button"), "done")}},
		{"an overlay that goes away", `<button onclick="this.textContent='hit'" style="position:absolute;top:50px">B</button><div id=o style="position:fixed;inset:0;background:#0008"></div>
			<script>setTimeout(() => o.remove(), 500)</script>`, []spec.BrowserStep{click(css("button")), text(css("button"), "hit")}},
		{"a button that slides in", `<button onclick="this.textContent='hit'" id=b style="position:absolute;top:50px;left:700px;transition:left .5s">B</button>
			<script>setTimeout(() => b.style.left = '10px')</script>`, []spec.BrowserStep{click(css("button")), text(css("button"), "hit")}},
		{"below the fold", `<div style="height:5000px"></div><button onclick="this.textContent='hit'">B</button>`,
			[]spec.BrowserStep{click(css("button")), text(css("button"), "hit")}},
		{"nothing of the case before", `<p id=p></p><script>p.textContent = (document.cookie || 'none') + (localStorage.x || ''); document.cookie = 'a=1'; localStorage.x = 'y'</script>`,
			[]spec.BrowserStep{text(css("#p"), "none")}},
	}
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t, name)
			stored := site.put(cases[len(cases)-1].html)
			performTask(t, shared, onEngine(name, task(open(stored), text(css("#p"), "none"), open(stored), text(css("#p"), "a=1y")))).passes(t)
			// All in one case: an engine may start a browser for each.
			var all []spec.BrowserStep
			begins := map[int]string{}
			for _, tt := range cases {
				begins[len(all)] = tt.name
				all = append(append(all, open(site.put(tt.html))), tt.steps...)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			whole := onEngine(name, task(all...))
			whole.Use.StepTimeout = spec.Duration(time.Minute) // they are slow where many start at once
			r := performUntil(ctx, t, shared, whole)
			if r.outcome != spec.OutcomePassed {
				at, ended := "", false
				for i, step := range r.Steps() {
					if begin, ok := begins[i]; ok && !ended {
						at = begin
					}
					ended = ended || step.Outcome != spec.OutcomePassed
				}
				t.Fatalf("%s: the case %q is %s: %v", name, at, r.outcome, r.err)
			}
			performTask(t, shared, onEngine(name, task(open(stored), text(css("#p"), "none")))).passes(t)
		})
	}
}

// TestEnginesFail: what a person could not do, no engine does, and it is told in
// the same words.
func TestEnginesFail(t *testing.T) {
	t.Parallel()
	page := site.put(`<button disabled>Sell</button><button style="position:absolute;top:90px">Buy</button><div id=veil style="position:fixed;inset:60px 0 0"></div>`)
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t, name)
			for step, want := range map[*spec.BrowserStep]string{
				new(click(role("button", "Sell"))): `button "Sell" is disabled after 5s`,
				new(click(role("button", "Buy"))):  `button "Buy" is covered by div#veil after 5s`,
				new(click(role("button", "Pay"))):  `no element matches button "Pay" within 5s; the page has button "Sell", "Buy"`,
				new(click(role("button", ""))):     `2 elements match button, where one is meant`,
			} {
				t.Run(want, func(t *testing.T) { // they wait most of the time
					t.Parallel()
					ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
					defer cancel()
					refused := onEngine(name, task(open(page), within(5*time.Second, *step)))
					refused.Use.StepTimeout = spec.Duration(time.Minute) // engines are slow where many start at once
					r := performUntil(ctx, t, shared, refused).want(t, spec.OutcomeFailed)
					if r.err == nil || !strings.Contains(r.err.Error(), want) {
						t.Errorf("got %v, want %s", r.err, want)
					}
				})
			}
			r := performTask(t, shared, onEngine(name, task(open("http://127.0.0.1:65000/")))).want(t, spec.OutcomeErrored)
			if u, ok := errors.AsType[*executors.Unreachable](r.err); !ok || u.Target != "127.0.0.1:65000" {
				t.Errorf("got %v, want that 127.0.0.1:65000 cannot be reached", r.err)
			}
		})
	}
}

// TestEnginePictures: viewport, document and element are drawn in their sizes.
func TestEnginePictures(t *testing.T) {
	t.Parallel()
	page := site.put(`<style>body{margin:0} #box{position:absolute;left:10px;top:3000px;width:120px;height:80px;background:red}</style><div style="height:4000px"></div><div id=box></div>`)
	shot := func(s spec.Screenshot) spec.BrowserStep { return spec.BrowserStep{Screenshot: &s} }
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t, name)
			task := onEngine(name, task(open(page), shot(spec.Screenshot{Name: "view"}), shot(spec.Screenshot{Name: "all", FullPage: true}),
				shot(spec.Screenshot{Name: "box", Element: new(css("#box"))})))
			task.Use.Viewport = &spec.Viewport{Width: 800, Height: 600}
			r := performTask(t, shared, task).passes(t)
			got := map[string][2]int{}
			for _, a := range r.Attachments() {
				img, err := png.Decode(bytes.NewReader(a.Data))
				if err != nil {
					t.Fatal(err)
				}
				got[a.Name] = [2]int{img.Bounds().Dx(), img.Bounds().Dy()}
				if r, g, b, _ := img.At(60, 40).RGBA(); a.Name == "box.png" && (r != 0xffff || g != 0 || b != 0) {
					t.Errorf("the box is %x %x %x, want red", r, g, b)
				}
			}
			want := map[string][2]int{"view.png": {800, 600}, "all.png": {800, 4000}, "box.png": {120, 80}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pictures (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSkippedByName: what an engine cannot do is never told as passed.
func TestSkippedByName(t *testing.T) {
	t.Parallel()
	installed(t, "webkit")
	page := site.put(`<h1>Well</h1>`)
	r := performTask(t, shared, onEngine("webkit", task(open(page), tab(spec.Tab{Switch: new(0)}), clean))).want(t, spec.OutcomeSkipped)
	if want := "step 2 (tab switch to 0): skipped: webkit cannot act in other tabs"; r.err == nil || r.err.Error() != want {
		t.Errorf("got %v, want %s", r.err, want)
	}
	var got []string
	for _, s := range r.Steps() {
		got = append(got, fmt.Sprintf("%s %s", s.Outcome, s.Error))
	}
	want := []string{"passed ", "skipped skipped: webkit cannot act in other tabs", "skipped not reached because an earlier step did not pass"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	small := onEngine("webkit", task(open(page)))
	small.Case.Viewport = &spec.Viewport{Width: 200, Height: 200}
	r = performTask(t, shared, small).want(t, spec.OutcomeSkipped)
	if r.err == nil || !strings.HasPrefix(r.err.Error(), "skipped: webkit cannot show 200 x 200 pixels") {
		t.Errorf("got %v", r.err)
	}
}

// TestEnginesAreHeldBack attacks from each engine, as the tests of egress do from
// Chromium.
func TestEnginesAreHeldBack(t *testing.T) {
	t.Parallel()
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t, name)
			e, _ := behind(t, egress.Public)
			path, canaries, hinted := attack(t)
			defer stayIn(t, e, name, open(path))()
			// These every engine asks for by all means; then the others had their time.
			for _, way := range []string{"img", "fetch", "xhr", "iframe", "websocket", "redirect", "by a short form"} {
				want := "does not allow " + canaries[way].Addr().String() + ";"
				eventually(t, "the proxy refuses "+way, func() bool { return strings.Contains(browser.Refusals(e), want) })
			}
			for _, all := range []map[string]*canary{canaries, hinted} {
				for way, c := range all {
					if n := c.connections.Load(); n > 0 {
						t.Errorf("%s reached its target with %d connections", way, n)
					}
				}
			}
		})
	}
}

// TestKilledEngines: the case says what became of its browser, the next one runs,
// and nothing is left.
func TestKilledEngines(t *testing.T) {
	t.Parallel()
	page := site.put(`<h1>Well</h1>`)
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t, name)
			e := browser.New(browser.Options{})
			performTask(t, e, onEngine(name, task(open(page)))).passes(t) // which starts it
			var dirs []string
			r := whileIn(t, e, 1, onEngine(name, task(open(page), pause)), func() {
				dirs = browser.Folders(e)
				for _, pid := range browser.PIDsOf(e, name) {
					if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
						t.Error(err)
					}
				}
			})
			r.want(t, spec.OutcomeErrored)
			performTask(t, e, onEngine(name, task(open(page), expect(spec.Expect{Visible: new(role("heading", "Well"))})))).passes(t)
			if len(dirs) == 0 {
				t.Fatal("no browser was running")
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			for _, dir := range dirs {
				eventually(t, "nothing of "+dir+" is left", func() bool {
					_, err := os.Stat(dir)
					return errors.Is(err, os.ErrNotExist) && len(using(t, dir)) == 0
				})
			}
		})
	}
}

func stayIn(t *testing.T, e *browser.Executor, engine string, steps ...spec.BrowserStep) (leave func()) {
	t.Helper()
	for i := range steps {
		steps[i].Timeout = spec.Duration(time.Minute)
	}
	return stayTask(t, e, onEngine(engine, task(append(steps, within(5*time.Minute, spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(4 * time.Minute)}}))...)))
}

var update = flag.Bool("update", false, "write the golden files and the table of docs/browsers.md anew")

// TestCapabilityTable: what the document says is what the engines tell.
func TestCapabilityTable(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/browsers.md", "<!-- capabilities -->\n", "<!-- end -->\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	had, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", file)
	}
	all := browser.Browsers(browser.Options{})
	var want strings.Builder
	want.WriteString("| can |")
	for _, b := range all {
		want.WriteString(" " + b.Name + " |")
	}
	want.WriteString("\n|---|" + strings.Repeat("---|", len(all)) + "\n")
	for _, c := range browser.Capabilities() {
		want.WriteString("| " + c + " |")
		for _, b := range all {
			want.WriteString(map[bool]string{true: " yes |", false: " – |"}[b.Can(c)])
		}
		want.WriteString("\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), had); diff != "" {
		t.Errorf("%s (-want +got), written anew with -update:\n%s", file, diff)
	}
}

// TestEngineConformance tries the contract of executors on each engine.
func TestEngineConformance(t *testing.T) {
	policy, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	page := site.put(greeting)
	picture := spec.BrowserStep{Screenshot: &spec.Screenshot{Name: "page"}}
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			installed(t, name)
			of := func(steps ...spec.BrowserStep) func(testing.TB) executors.Task {
				return func(testing.TB) executors.Task { return onEngine(name, task(steps...)) }
			}
			executortest.Run(t, executortest.Harness{
				New:       func(testing.TB) executors.Executor { return browser.New(browser.Options{Egress: policy}) },
				Passing:   of(open(page), fill(spec.Locator{Label: "Name"}, "Ada"), click(role("button", "Greet")), text(css("#out"), "Hello, Ada")),
				Failing:   of(open(page), within(300*time.Millisecond, click(role("button", "Pay"))), picture),
				Slow:      of(within(time.Minute, pause), picture),
				Erroring:  of(open("http://127.0.0.1:1/"), picture),
				Attaching: of(open(page), picture),
			})
		})
	}
}
