package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/spec"
)

func in(frame, l spec.Locator) spec.Locator { l.Frame = &frame; return l }

// elsewhere is an address of the test's site under another name, and so of
// another site.
func elsewhere(path string) string {
	return strings.Replace(site.server.URL, "127.0.0.1", "localhost", 1) + path
}

const framed = `<style>body{margin:0} button{position:absolute;left:20px;top:900px;width:100px;height:30px}</style>
	<title>Inner</title><label>Name <input id=n></label><label><input type=checkbox id=c> Agree</label>
	<select id=s aria-label=Size><option>S<option>L</select><p id=log>-</p>
	<button onclick="log.textContent = 'paid by ' + n.value">Pay</button><div style="height:1500px"></div>`

// steps act in a frame in every way that depends on where it lies.
func stepsIn(frame spec.Locator) []spec.BrowserStep {
	return []spec.BrowserStep{
		expect(spec.Expect{Visible: new(in(frame, role("button", "Pay")))}),
		fill(in(frame, spec.Locator{Label: "Name"}), "Ada"),
		press("End", in(frame, spec.Locator{Label: "Name"})),
		press("!", spec.Locator{}),
		tick(in(frame, spec.Locator{Label: "Agree"})),
		choose(in(frame, css("#s")), "", "L"),
		click(in(frame, role("button", "Pay"))),
		text(in(frame, css("#log")), "paid by Ada!"),
		valueOf(in(frame, css("#s")), "L"),
		expect(spec.Expect{Checked: new(in(frame, css("#c")))}),
		expect(spec.Expect{Count: new(in(frame, css("label"))), Matcher: equals(int64(2))}),
		{Screenshot: &spec.Screenshot{Name: "inner", Element: new(in(frame, role("button", "Pay")))}},
		expect(spec.Expect{Console: "clean"}),
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	inner := site.put(framed)
	around := func(src string) string {
		return `<p id=log>outer</p><div style="height:1300px"></div><iframe id=f title="Payment" src="` + src +
			`" style="width:400px;height:300px;border:7px solid;padding:5px;margin-left:30px"></iframe><div style="height:2000px"></div>`
	}
	isolated := browser.NewIsolating()
	t.Cleanup(func() {
		if err := isolated.Close(); err != nil {
			t.Error(err)
		}
	})
	payment := spec.Locator{Title: "Payment"}
	nested := in(payment, css("iframe"))
	tests := []struct {
		name  string
		html  string
		frame spec.Locator
	}{
		{"of the same site", around(inner), payment},
		{"of another site", around(elsewhere(inner)), payment},
		{"nested", around(site.put(`<div style="height:400px"></div><iframe src="` + inner + `" style="height:1000px"></iframe>`)), nested},
		{"nested in one of another site", around(elsewhere(site.put(`<iframe src="` + site.server.URL + inner + `"></iframe>`))), nested},
		{"scaled", strings.Replace(around(inner), "margin-left", "transform:scale(0.5);margin-left", 1), payment},
		{"that comes late", `<div id=d></div><script>setTimeout(() => { d.innerHTML = '<iframe title=Payment src="` + inner + `"></iframe>' }, 400)</script>`, payment},
		{"whose document comes late", `<iframe title=Payment id=f></iframe><script>setTimeout(() => { f.src = '` + inner + `' }, 400)</script>`, payment},
	}
	for _, tt := range tests {
		for name, e := range map[string]*browser.Executor{"in one process": shared, "in processes of their own": isolated} {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				t.Parallel()
				task := task(append([]spec.BrowserStep{open(site.put(tt.html))}, stepsIn(tt.frame)...)...)
				r := performTask(t, e, task).passes(t)
				if n := len(r.Attachments()); n != 1 {
					t.Errorf("%d pictures", n)
				}
			})
		}
	}
}

// TestHostileFrames: what is above, around or wrong with a frame counts as much
// as what is in it.
func TestHostileFrames(t *testing.T) {
	t.Parallel()
	inner := site.put(`<style>body{margin:0}</style><button style="width:100px;height:40px" onclick="this.textContent='done'">Go</button>`)
	frame := `<style>iframe{position:absolute;left:100px;top:100px;width:300px;height:200px;border:0}</style><iframe id=f src="` + inner + `"></iframe>`
	cover := `<div id=veil style="position:fixed;inset:0;background:#0008"></div>`
	f := css("#f")
	button := in(f, role("button", ""))
	done := text(in(f, css("button")), "done")
	tests := []struct {
		name string
		html string
		step spec.BrowserStep
		want string // of the error; empty: it passes, and the button is done
	}{
		{"plain", frame, click(button), ""},
		{"covered for good", frame + cover, click(button), `button "Go": its frame is covered by div#veil after`},
		{"covered for a while", frame + cover + `<script>setTimeout(() => veil.remove(), 400)</script>`, click(button), ""},
		{"covered by another frame", frame + `<iframe id=g style="z-index:2"></iframe>`, click(button), `its frame is covered by iframe#g`},
		{"covered when the pointer comes", frame + `<script>document.addEventListener('mousemove', () => 0); f.onmouseenter = () => { const v = document.createElement('div'); v.style.cssText = 'position:fixed;inset:0'; document.body.append(v); setTimeout(() => v.remove(), 300); f.onmouseenter = null }</script>`, click(button), ""},
		{"moving", `<style>@keyframes m{to{left:600px}} #f{animation:m 1s infinite alternate linear}</style>` + frame, click(button), "its frame keeps moving"},
		{"moving, and then at rest", frame + `<script>let n = 0; const move = () => { f.style.left = 100 + n * 8 + 'px'; if (++n < 40) requestAnimationFrame(move) }; move()</script>`, click(button), ""},
		{"hidden", frame + `<style>#f{visibility:hidden}</style>`, click(button), "is in a frame that is not visible"},
		{"hidden for expectations", frame + `<style>#f{visibility:hidden}</style>`, expect(spec.Expect{Visible: new(button)}), `is hidden after`},
		{"missing", `x`, click(button), `no element matches #f within 900ms, in which button in frame #f is looked for`},
		{"missing for expectations", `x`, expect(spec.Expect{Visible: new(button)}), `no element matches #f`},
		{"no frame", `<p id=f>`, click(button), `p#f is no frame`},
		{"several", frame + frame, click(button), `2 elements match #f, in which button in frame #f is looked for, where one is meant`},
		{"replaced again and again", frame + `<script>setInterval(() => { f.srcdoc = "<p>" + Math.random() }, 5)</script>`, click(in(f, css("#never"))), `#never in frame #f`},
		{"its document replaced by the click", frame, expect(spec.Expect{Hidden: new(in(f, css("#never")))}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.want == "" {
				steps := []spec.BrowserStep{tt.step}
				if tt.step.Click != nil {
					steps = append(steps, done)
				}
				on(t, tt.html, steps...).passes(t)
				return
			}
			r := on(t, tt.html, within(900*time.Millisecond, tt.step)).want(t, spec.OutcomeFailed)
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", r.err, tt.want)
			}
		})
	}
	t.Run("hidden when its frame is not there", func(t *testing.T) {
		t.Parallel()
		on(t, `x`, expect(spec.Expect{Hidden: new(button)})).passes(t)
		on(t, frame+`<script>setTimeout(() => f.remove(), 300)</script>`, expect(spec.Expect{Hidden: new(button)})).passes(t)
	})
}

// TestCombinedLocators asks how many elements a combination matches.
func TestCombinedLocators(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>L</title>
<ul id=one><li id=a>Earl Grey <button>Buy</button> <b>new</b></li><li id=b>Mug <button>Buy</button></li><li id=c>Lamp <i>Sold out</i></li></ul>
<ul id=two><li id=d>Earl Grey <button>Remove</button></li></ul>
<img id=i alt="The shop's logo" title="Home"><input type=image alt="Search the shop"><abbr id=t title="Driftwood">DW</abbr>
<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = '<p id=deep>Deep <button>Shadow</button></p>'</script>`)
	item := role("listitem", "")
	text := func(s string) *spec.Locator { return &spec.Locator{Text: s} }
	with := func(l spec.Locator, f func(*spec.Locator)) spec.Locator { f(&l); return l }
	tests := []struct {
		name    string
		locator spec.Locator
		count   int64
		id      string
	}{
		{"within", with(item, func(l *spec.Locator) { l.Within = new(css("#one")) }), 3, "a"},
		{"within a match of its own", with(role("button", ""), func(l *spec.Locator) {
			l.Within = new(with(item, func(l *spec.Locator) { l.HasText = "Earl"; l.Within = new(css("#two")) }))
		}), 1, ""},
		{"hasText", with(item, func(l *spec.Locator) { l.HasText = "earl  grey" }), 2, "a"},
		{"hasText in a shadow root", with(css("#host"), func(l *spec.Locator) { l.HasText = "Deep" }), 1, "host"},
		{"hasNotText", with(item, func(l *spec.Locator) { l.HasNotText = "Grey" }), 2, "b"},
		{"has", with(item, func(l *spec.Locator) { l.Has = new(role("button", "Buy")) }), 2, "a"},
		{"has in a shadow root", with(css("#host"), func(l *spec.Locator) { l.Has = new(role("button", "Shadow")) }), 1, "host"},
		{"hasNot", with(item, func(l *spec.Locator) { l.HasNot = new(role("button", "")) }), 1, "c"},
		{"has something with a part of its own", with(css("ul"), func(l *spec.Locator) {
			l.Has = new(with(item, func(l *spec.Locator) { l.Has = text("Sold out") }))
		}), 1, "one"},
		{"all together, and nth", with(item, func(l *spec.Locator) {
			l.Has, l.HasNot, l.Within, l.Nth = new(role("button", "Buy")), new(css("b")), new(css("#one")), new(0)
		}), 1, "b"},
		{"within a shadow root", with(css("button"), func(l *spec.Locator) { l.Within = new(css("#host")) }), 1, ""},
		{"xpath within", with(spec.Locator{XPath: "//button"}, func(l *spec.Locator) { l.Within = new(css("#two")) }), 1, ""},
		{"alt", spec.Locator{Alt: "shop"}, 2, "i"},
		{"alt exact", spec.Locator{Alt: "The shop's logo", Exact: true}, 1, "i"},
		{"title", spec.Locator{Title: "drift"}, 1, "t"},
		{"within what is not there", with(item, func(l *spec.Locator) { l.Within = new(css("#none")) }), 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps := []spec.BrowserStep{open(page)}
			if tt.locator.Nth == nil {
				steps = append(steps, expect(spec.Expect{Count: &tt.locator, Matcher: equals(tt.count)}))
			}
			if tt.id != "" {
				first := tt.locator
				first.Nth = new(0)
				steps = append(steps, expect(spec.Expect{Attribute: &spec.Attribute{Locator: first, Attribute: "id"}, Matcher: equals(tt.id)}))
			}
			perform(t, steps...).passes(t)
		})
	}
	for name, want := range map[string]struct {
		locator spec.Locator
		error   string
	}{
		"several around": {with(role("button", "Buy"), func(l *spec.Locator) { l.Within = &item }),
			`4 elements match listitem, in which button "Buy" within listitem is looked for, where one is meant`},
		"none around": {with(role("button", "Buy"), func(l *spec.Locator) { l.Within = &spec.Locator{Role: "listitem", HasText: "Kettle"} }),
			`no element matches listitem with "Kettle" within 500ms, in which button "Buy" within listitem with "Kettle" is looked for`},
		"several": {with(role("button", "Buy"), func(l *spec.Locator) { l.Within = new(css("#one")) }), `2 elements match button "Buy" within #one`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := perform(t, open(page), within(500*time.Millisecond, click(want.locator))).want(t, spec.OutcomeFailed)
			if r.err == nil || !strings.Contains(r.err.Error(), want.error) {
				t.Errorf("got  %v\nwant %s", r.err, want.error)
			}
		})
	}
}
