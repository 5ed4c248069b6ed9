package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

// shopPages are a page with most of what people do, and one that it leads to.
func shopPages() (start string) {
	thanks := site.put(`<title>Thanks</title><h1>Thanks</h1><a href="javascript:void 0">Again</a>`)
	terms := site.put(`<title>Terms</title><h1>Terms</h1><label><input type=checkbox onchange="opener.agreed.textContent='agreed'"> I have read them</label>`)
	inner := site.put(`<title>Card</title><label>Name on the card <input></label><button onclick="parent.postMessage('paid','*')">Pay now</button>`)
	return site.put(`<title>Shop</title><h1>Shop</h1>
<form onsubmit="event.preventDefault(); searched.textContent = q.value"><input id=q placeholder="Search the shop" aria-label=""></form><p id=searched></p>
<ul><li><b>Earl Grey</b> <button onclick="log.textContent+='tea '">Buy</button></li><li><b>Mug</b> <button onclick="log.textContent+='mug '">Buy</button></li></ul>
<label>Email <input type=email></label> <label>Password <input type=password></label>
<label>Country <select><option value=de>Germany<option value=dk>Denmark</select></label>
<label><input type=checkbox> Newsletter</label>
<label><input type=radio name=ship value=slow> Slow</label><label><input type=radio name=ship value=fast> Fast</label>
<div data-testid=note contenteditable style="min-height:20px;width:200px"></div>
<button ondblclick="log.textContent+='double '">Twice</button>
<button onclick="log.textContent += confirm('Delete it?') ? 'deleted ' : 'kept '">Delete</button>
<x-rating></x-rating><iframe title=Payment src="` + inner + `" width=300 height=100></iframe>
<button onclick="window.open('` + terms + `')">Terms</button><p id=agreed></p><button id=b83726152 onclick="location.href='` + thanks + `'"><svg width=10 height=10></svg></button>
<p id=log></p><p id=paid></p>
<script>customElements.define('x-rating', class extends HTMLElement { connectedCallback() { this.attachShadow({mode:'open'}).innerHTML = '<button>Five stars</button>' } })
onmessage = (e) => paid.textContent = e.data
const forged = document.createElement('button'); forged.textContent = 'Forged'; document.body.append(forged)
document.querySelector('select').addEventListener('change', () => { forged.click(); forged.dispatchEvent(new MouseEvent('click', {bubbles: true})); document.querySelector('[type=email]').dispatchEvent(new InputEvent('input', {bubbles: true})) })
document.title = [typeof semantestTold, typeof semantest, typeof semantestRecorder].join() === 'undefined,undefined,undefined' ? 'Shop' : 'seen'</script>`)
}

// TestRecord records what is done in a page, and then performs the plan that was
// made of it: what was recorded does the same.
func TestRecord(t *testing.T) {
	t.Parallel()
	start := shopPages()
	key := func(name string) spec.BrowserStep { return spec.BrowserStep{Press: &spec.Press{Key: name}} }
	keys := func(text string) spec.BrowserStep { return spec.BrowserStep{Type: &spec.Type{Value: text}} }
	tab := func(n int) spec.BrowserStep { return spec.BrowserStep{Tab: &spec.Tab{Switch: &n}} }
	frame := css("iframe")
	hands := []spec.BrowserStep{
		expect(spec.Expect{Title: new(equals("Shop"))}),
		click(css("#q")), keys("tea"), key("Enter"), text(css("#searched"), "tea"),
		click(css("li:nth-child(2) button")),
		click(css("[type=email]")), keys("ada@shop.testx"), key("Backspace"), key("Tab"), keys("hunter2"),
		key("Tab"), key("ArrowDown"),
		click(css("[type=checkbox]")), click(css("[type=checkbox]")), click(spec.Locator{Text: "Newsletter"}),
		click(css("[value=fast]")),
		click(css("[data-testid=note]")), keys("hello"),
		{DblClick: &spec.Click{Locator: role("button", "Twice")}},
		{Dialog: &spec.Dialog{Answer: "accept"}}, click(role("button", "Delete")),
		click(role("button", "Five stars")),
		click(in(frame, css("input"))), keys("Ada"), click(in(frame, css("button"))), text(css("#paid"), "paid"),
		click(role("button", "Terms")), tab(1), click(css("input")), tab(0), text(css("#agreed"), "agreed"),
		text(css("#log"), "mug double deleted"),
		click(css("#b83726152")), expect(spec.Expect{Title: new(equals("Thanks"))}),
	}
	var told []string
	rec, err := record(t, browser.Recorder{URL: site.server.URL + start, OnStep: func(s spec.BrowserStep) { told = append(told, s.Title()) }}, hands...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := importing.Recorded{URL: site.server.URL + start, Viewport: &rec.Viewport, Secrets: rec.Secrets, Steps: rec.Steps, Notes: rec.Notes}.Plan()
	if err != nil {
		t.Fatalf("%v\n%+v", err, rec.Steps)
	}
	got := strings.NewReplacer(site.server.URL, "http://shop.test", strings.TrimPrefix(site.server.URL, "http://"), "shop.test", start, "/shop").Replace(string(plan.Plan))
	golden(t, "recorded.golden", got)
	if strings.Contains(string(plan.Plan)+strings.Join(told, ""), "hunter2") {
		t.Error("the password was recorded")
	}
	if len(told) != len(rec.Steps) {
		t.Errorf("%d steps were told of %d: %q", len(told), len(rec.Steps), told)
	}
	performPlan(t, plan.Plan, map[string]any{"PASSWORD": "hunter2"}, text(css("h1"), "Thanks"))
}

// record drives a page by the input of a browser while it is recorded.
func record(t *testing.T, r browser.Recorder, hands ...spec.BrowserStep) (*browser.Recording, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r.Path = os.Getenv("SEMANTEST_BROWSER")
	return browser.RecordDriven(ctx, r, func(_ context.Context, do func(spec.BrowserStep) error) error {
		for i, s := range hands {
			if err := do(s); err != nil {
				t.Errorf("step %d (%s) by hand: %v", i, s.Title(), err)
				return err
			}
		}
		return nil
	})
}

// performPlan performs the only case of a plan, and further steps behind it.
func performPlan(t *testing.T, source []byte, secrets map[string]any, more ...spec.BrowserStep) {
	t.Helper()
	plan, err := spec.Parse(source)
	if err != nil {
		t.Fatalf("the plan cannot be read: %v\n%s", err, source)
	}
	variables := map[string]any{}
	for k, v := range plan.Env {
		variables[k] = v
	}
	for k, v := range secrets {
		variables[k] = v
	}
	task := task(append(plan.Cases[0].BrowserSteps, more...)...)
	task.Case.Viewport, task.Scope = plan.Cases[0].Viewport, spec.NewScope(variables, nil)
	r := performTask(t, shared, task)
	if r.outcome != spec.OutcomePassed {
		for _, s := range r.Steps() {
			t.Logf("%s: %s %s", s.Name, s.Outcome, s.Error)
		}
		t.Errorf("the recorded plan: %s (%v)\n%s", r.outcome, r.err, source)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestRecordExpectations: a person points at what is to be expected, and the page
// hears nothing of it.
func TestRecordExpectations(t *testing.T) {
	t.Parallel()
	inner := site.put(`<output>inside</output>`)
	start := site.put(`<h1 onclick="document.title='clicked'">Hello <b>Ada</b></h1><label>Code <input value=X1></label><label>PIN code <input value=1234></label>
<iframe title=Inner src="` + inner + `"></iframe>
<script>for (const type of ['keydown','pointerdown','mousedown','click']) addEventListener(type, (e) => { if (type !== 'keydown' || /^[tvl]$/i.test(e.key)) document.title = type }, true)</script>`)
	pick := func(letter string, what spec.BrowserStep) []spec.BrowserStep {
		return []spec.BrowserStep{{Press: &spec.Press{Key: "Alt+Shift+" + letter}}, pointing, what}
	}
	rec, err := record(t, browser.Recorder{URL: site.server.URL + start}, slices.Concat(
		pick("t", click(css("h1"))), pick("v", click(css("b"))), pick("l", click(spec.Locator{Label: "Code", Exact: true})),
		pick("l", click(spec.Locator{Label: "PIN code"})), pick("t", click(in(css("iframe"), css("output")))),
		[]spec.BrowserStep{expect(spec.Expect{Title: new(equals(""))})},
	)...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := importing.Steps(rec.Steps[1:])
	if err != nil {
		t.Fatal(err)
	}
	want := `- expect: {text: {role: heading, name: Hello Ada}, equals: Hello Ada}
- expect: {visible: {text: Ada}}
- expect: {value: {role: textbox, name: Code, exact: true}, equals: X1}
- expect: {text: {text: inside, frame: {title: Inner}}, equals: inside}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`the value of textbox "PIN code" is a secret, and no plan holds it`}, rec.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// pointing waits until the browser lets the person point.
var pointing = spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(300 * time.Millisecond)}}

// TestRecordNavigation: only what a person has done by the browser itself is a
// step, and not what a page does.
func TestRecordNavigation(t *testing.T) {
	t.Parallel()
	third := site.put(`<h1>Third</h1>`)
	second := site.put(`<h1>Second</h1><script>onload = () => setTimeout(() => { location.replace('` + third + `') })</script>`)
	start := site.put(`<h1>Start</h1><a href="` + second + `">Go</a>`)
	quiet := spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(2200 * time.Millisecond)}} // so long a page may be the cause
	h1 := func(s string) spec.BrowserStep { return text(css("h1"), s) }
	rec, err := record(t, browser.Recorder{URL: site.server.URL + start},
		click(role("link", "Go")), h1("Third"), quiet, spec.BrowserStep{Reload: true}, quiet, spec.BrowserStep{Back: true}, h1("Start"), quiet,
		spec.BrowserStep{Forward: true}, h1("Third"), open(site.server.URL+start+"#typed"), h1("Start"), open(site.server.URL+second), h1("Third"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := importing.Recorded{URL: site.server.URL + start, Steps: rec.Steps}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(strings.NewReplacer(start, "/start", second, "/second").Replace(string(plan.Plan)), "steps:\n")
	want := `      - goto: /start
      - click: {role: link, name: Go}
      - reload: true
      - back: true
      - forward: true
      - goto: /start#typed
      - goto: /second
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
