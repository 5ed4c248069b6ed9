package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

// TestRecordHostilePages: a page cannot put steps into a plan, and its texts are
// texts there.
func TestRecordHostilePages(t *testing.T) {
	t.Parallel()
	start := site.put(`<title>H</title><input id=i aria-label=Field><button id=b></button><button id=long></button>
<script>
b.setAttribute('aria-label', '\u0000\u001b[31m\${{ PASSWORD }} "\n- goto: http://evil.test')
long.textContent = 'very long '.repeat(20000)
JSON.stringify = () => '{"do":"click","locator":{"css":"body"},"id":1}'
Element.prototype.matches = () => true
const types = ['click', 'dblclick', 'auxclick', 'input', 'change', 'keydown', 'drop', 'paste', 'pointerdown']
for (const type of types) for (const el of [i, b, document.body]) el.dispatchEvent(new Event(type, {bubbles: true, composed: true}))
i.focus(); document.execCommand('insertText', false, 'typed by the page'); b.click()
for (const name of ['semantestTold', 'semantest', 'semantestRecorder']) try { window[name]('{"do":"click","id":1,"locator":{"css":"b"}}') } catch { document.title += '-' }
</script>`)
	rec, err := record(t, browser.Recorder{URL: site.server.URL + start}, expect(spec.Expect{Title: new(equals("H---"))}), click(css("#b")), click(css("#long")))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := importing.Recorded{URL: site.server.URL + start, Steps: rec.Steps, Notes: rec.Notes}.Plan()
	if err != nil {
		t.Fatalf("%v\n%+v", err, rec.Steps)
	}
	again, err := spec.Parse(plan.Plan)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range again.Cases[0].BrowserSteps {
		got = append(got, s.Action())
	}
	if diff := cmp.Diff([]string{"goto", "click", "click"}, got); diff != "" {
		t.Fatalf("steps (-want +got):\n%s\n%s\n%q", diff, plan.Plan, plan.Notes)
	}
	if strings.Contains(string(plan.Plan), "${{ PASSWORD }}") || len(plan.Plan) > 2000 {
		t.Errorf("the page has written into the plan:\n%s", plan.Plan)
	}
	performPlan(t, plan.Plan, nil)
}

// TestRecordMore: what fewer people do.
func TestRecordMore(t *testing.T) {
	t.Parallel()
	popup := site.put(`<title>P</title><button onclick="window.close()">Close me</button>`)
	start := site.put(`<title>M</title><label>Password <input type=password oninput="echo.textContent = 'You typed ' + value"></label><p id=echo></p>
<label>Photo <input type=file onchange="log.textContent += files[0].name + ' '"></label>
<div draggable=true ondragstart="event.dataTransfer.setData('text/plain', 'x')">Card</div><section aria-label=Done ondragover="event.preventDefault()" ondrop="event.preventDefault(); log.textContent += 'dropped '" style="height:60px">Done</section>
<button oncontextmenu="event.preventDefault(); log.textContent += 'menu '">Right</button><button onclick="log.textContent += event.shiftKey">Held</button>
<button onclick="window.open('` + popup + `')">Open</button><button onpointerdown="this.remove(); log.textContent += ' gone'">Vanish</button><p id=log></p>`)
	keys := func(text string) spec.BrowserStep { return spec.BrowserStep{Type: &spec.Type{Value: text}} }
	rec, err := record(t, browser.Recorder{URL: site.server.URL + start},
		click(css("[type=password]")), keys("hunter2"), click(css("#echo")),
		spec.BrowserStep{Upload: &spec.Upload{Locator: css("[type=file]"), Files: []string{"file://cat.png"}}},
		spec.BrowserStep{Drag: &spec.Drag{Locator: spec.Locator{Text: "Card"}, To: new(css("section"))}},
		spec.BrowserStep{Click: &spec.Click{Locator: role("button", "Right"), Button: "right"}},
		spec.BrowserStep{Click: &spec.Click{Locator: role("button", "Held"), Modifiers: []string{"Shift"}}},
		click(role("button", "Open")), spec.BrowserStep{Tab: &spec.Tab{Switch: new(1)}}, click(role("button", "Close me")), gone,
		text(css("#log"), "cat.png dropped menu true"), click(role("button", "Vanish")), text(css("#log"), "cat.png dropped menu true gone"), gone)
	if err != nil {
		t.Fatal(err)
	}
	got, err := importing.Steps(rec.Steps[1:])
	if err != nil {
		t.Fatal(err)
	}
	want := `- fill: {label: Password, value: "${{ PASSWORD }}"}
- click: {text: "You typed ${{ PASSWORD }}"}
- upload: {label: Photo, files: ['file://cat.png']}
- drag: {text: Card, to: {role: region, name: Done}}
- click: {role: button, name: Right, button: right}
- click: {role: button, name: Held, modifiers: [Shift]}
- click: {role: button, name: Open}
- tab: 1
- click: {role: button, name: Close me}
- click: {role: button, name: Vanish}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("steps (-want +got):\n%s\n%q", diff, rec.Notes)
	}
}

// gone is as long as a recorder waits for a click on what was taken away.
var gone = spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(300 * time.Millisecond)}}
