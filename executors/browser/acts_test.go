package browser_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func clickAs(c spec.Click) spec.BrowserStep { return spec.BrowserStep{Click: &c} }

func typed(l spec.Locator, value string) spec.BrowserStep {
	return spec.BrowserStep{Type: &spec.Type{Locator: l, Value: value}}
}

func focus(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Focus: &l} }

func blur(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Blur: &l} }

func emptied(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Clear: &l} }

func drag(d spec.Drag) spec.BrowserStep { return spec.BrowserStep{Drag: &d} }

func scroll(s spec.Scroll) spec.BrowserStep { return spec.BrowserStep{Scroll: &s} }

func dialog(d spec.Dialog) spec.BrowserStep { return spec.BrowserStep{Dialog: &d} }

func tab(t spec.Tab) spec.BrowserStep { return spec.BrowserStep{Tab: &t} }

const noting = `<p id=log style="position:fixed;right:0;bottom:0"></p><script>const note = (t) => { log.textContent += t + ' ' }</script>`

func logged(want string) spec.BrowserStep { return text(css("#log"), want) }

func TestClickOptions(t *testing.T) {
	t.Parallel()
	page := noting + `<style>body{margin:0} #b{position:absolute;left:100px;top:100px;width:200px;height:100px}</style><div id=b>B</div><script>
		for (const type of ['click', 'dblclick', 'auxclick', 'contextmenu']) b.addEventListener(type, (e) => { e.preventDefault(); note([type, e.button, e.shiftKey ? 's' : '', e.ctrlKey ? 'c' : '', e.offsetX, e.offsetY, e.detail].join()) })</script>`
	b := css("#b")
	at := &spec.Point{X: 5, Y: 7}
	tests := map[string]struct {
		click spec.Click
		want  string
	}{
		"plain":     {spec.Click{Locator: b}, "click,0,,,100,50,1"},
		"right":     {spec.Click{Locator: b, Button: "right", Position: at}, "contextmenu,2,,,5,7,0 auxclick,2,,,5,7,1"},
		"middle":    {spec.Click{Locator: b, Button: "middle", Position: at}, "auxclick,1,,,5,7,1"},
		"modifiers": {spec.Click{Locator: b, Modifiers: []string{"Shift", "Control"}}, "click,0,s,c,100,50,1"},
		"count":     {spec.Click{Locator: b, Count: new(3)}, "click,0,,,100,50,1 click,0,,,100,50,2 dblclick,0,,,100,50,2 click,0,,,100,50,3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on(t, page, clickAs(tt.click), logged(tt.want)).passes(t)
		})
	}
	t.Run("no key stays down", func(t *testing.T) {
		t.Parallel()
		on(t, page, clickAs(spec.Click{Locator: b, Modifiers: []string{"Shift"}}), click(b), logged("click,0,s,,100,50,1 click,0,,,100,50,1")).passes(t)
	})
	t.Run("a place outside of the element", func(t *testing.T) {
		t.Parallel()
		r := on(t, page, within(500*time.Millisecond, clickAs(spec.Click{Locator: b, Position: &spec.Point{X: 300, Y: 5}}))).want(t, spec.OutcomeFailed)
		if r.err == nil || !strings.Contains(r.err.Error(), "covered by") {
			t.Errorf("got %v", r.err)
		}
	})
}

func TestKeyboard(t *testing.T) {
	t.Parallel()
	page := noting + `<input id=i value=old onfocus="note('focus')" onblur="note('blur')" onkeydown="if (event.key === 'Enter') note('enter')">
		<textarea id=a></textarea><input id=d disabled><button id=b onclick="note('pressed')">B</button>`
	on(t, page, focus(css("#i")), blur(css("#i")), logged("focus blur")).passes(t)
	on(t, page, emptied(css("#i")), typed(css("#i"), "Ada Ø+æ!"), valueOf(css("#i"), "Ada Ø+æ!"), typed(spec.Locator{}, "?\n"), valueOf(css("#i"), "Ada Ø+æ!?"), logged("focus enter")).passes(t)
	on(t, page, typed(css("#a"), "one\ntwo"), valueOf(css("#a"), "one\ntwo")).passes(t)
	// A flow without the mouse.
	on(t, page, focus(css("#a")), press("Tab", spec.Locator{}), press("Space", spec.Locator{}), logged("pressed")).passes(t)
	// Every key has its events, and a delay between.
	keys := `<input id=i><p id=log></p><script>let last = 0, n = 0; i.onkeydown = () => { n++; if (last && performance.now() - last < 25) n = -100; last = performance.now(); log.textContent = n }</script>`
	on(t, keys, spec.BrowserStep{Type: &spec.Type{Locator: css("#i"), Value: "abcd", Delay: spec.Duration(30 * time.Millisecond)}}, logged("4")).passes(t)
	r := on(t, page, within(300*time.Millisecond, emptied(css("#d")))).want(t, spec.OutcomeFailed)
	if r.err == nil || !strings.Contains(r.err.Error(), "is disabled") {
		t.Errorf("got %v", r.err)
	}
}

func TestDrag(t *testing.T) {
	t.Parallel()
	const boxes = noting + `<style>body{margin:0} .box{position:absolute;top:50px;width:60px;height:60px;background:#ccc}</style><div id=a class=box style="left:20px">A</div><div id=z class=box style="left:400px;width:100px">Z</div>`
	native := boxes + `<script>a.draggable = true;
		a.ondragstart = (e) => { e.dataTransfer.setData('text/plain', 'A!'); note('start') };
		z.ondragover = (e) => e.preventDefault();
		z.ondrop = (e) => { e.preventDefault(); note('drop:' + e.dataTransfer.getData('text/plain') + '@' + Math.round(e.offsetX)) };
		a.ondragend = () => note('end')</script>`
	mouse := boxes + `<script>let held = null;
		a.onmousedown = (e) => { held = { x: e.clientX - a.offsetLeft, y: e.clientY - a.offsetTop }; e.preventDefault(); note('down') };
		onmousemove = (e) => { if (held) { a.style.left = e.clientX - held.x + 'px'; a.style.top = e.clientY - held.y + 'px' } };
		onmouseup = () => { held = null; note('up@' + a.offsetLeft + ',' + a.offsetTop) }</script>`
	to := css("#z")
	tests := map[string]struct {
		html string
		drag spec.Drag
		want string
	}{
		"of HTML":                 {native, spec.Drag{Locator: css("#a"), To: &to}, "start drop:A!@50 end"},
		"of HTML, to a place":     {native, spec.Drag{Locator: css("#a"), To: &to, ToPosition: &spec.Point{X: 9, Y: 9}}, "start drop:A!@9 end"},
		"by script":               {mouse, spec.Drag{Locator: css("#a"), To: &to}, "down up@420,50"},
		"by a distance":           {mouse, spec.Drag{Locator: css("#a"), By: &spec.Point{X: 100, Y: 30}}, "down up@120,80"},
		"from a place":            {mouse, spec.Drag{Locator: css("#a"), To: &to, Position: &spec.Point{X: 5, Y: 30}}, "down up@445,50"},
		"of HTML that is stopped": {strings.Replace(mouse, "e.preventDefault(); note('down')", "note('down')", 1) + `<script>a.draggable = true; a.ondragstart = (e) => e.preventDefault()</script>`, spec.Drag{Locator: css("#a"), To: &to}, "down up@420,50"},
		"a slider":                {noting + `<input type=range id=a min=0 max=100 value=0 style="position:absolute;left:0;top:0;width:200px;margin:0" onchange="note(this.value > 80 ? 'far' : this.value)">`, spec.Drag{Locator: css("#a"), Position: &spec.Point{X: 8, Y: 8}, By: &spec.Point{X: 180}}, "far"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Afterwards the mouse is free again.
			on(t, tt.html, drag(tt.drag), logged(tt.want), hover(css("#log"))).passes(t)
		})
	}
	t.Run("to what is not there", func(t *testing.T) {
		t.Parallel()
		r := on(t, mouse, within(500*time.Millisecond, drag(spec.Drag{Locator: css("#a"), To: new(css("#none"))}))).want(t, spec.OutcomeFailed)
		if r.err == nil || !strings.Contains(r.err.Error(), "no element matches #none") {
			t.Errorf("got %v", r.err)
		}
	})
	t.Run("in a frame", func(t *testing.T) {
		t.Parallel()
		frame := css("iframe")
		on(t, `<iframe style="width:700px;height:300px" src="`+site.put(native)+`"></iframe>`, drag(spec.Drag{Locator: in(frame, css("#a")), To: new(in(frame, to))}),
			text(in(frame, css("#log")), "start drop:A!@50 end")).passes(t)
	})
}

func TestScroll(t *testing.T) {
	t.Parallel()
	lazy := `<style>body{margin:0}</style><div id=list></div><script>
		let n = 0; const more = () => { for (let i = 0; i < 20; i++) { const p = document.createElement('p'); p.textContent = 'Row ' + n++; p.style.height = '40px'; list.append(p) } }; more();
		onscroll = () => { if (n < 200 && scrollY + innerHeight > list.offsetHeight - 100) setTimeout(() => n < 200 && more(), 30) }</script>`
	exact := func(s string) spec.Locator { return spec.Locator{Text: s, Exact: true} }
	on(t, lazy, scroll(spec.Scroll{Locator: exact("Row 150")}), expect(spec.Expect{Visible: new(exact("Row 150"))})).passes(t)
	r := on(t, lazy, within(3*time.Second, scroll(spec.Scroll{Locator: exact("Row 900")}))).want(t, spec.OutcomeFailed)
	if r.err == nil || !strings.Contains(r.err.Error(), `no element matches text "Row 900"`) {
		t.Errorf("got %v", r.err)
	}
	// A list that holds only the rows in view.
	virtual := `<div id=box data-testid=box style="height:200px;overflow:auto;position:relative"><div id=all style="height:40000px"></div></div><script>
		const draw = () => { all.innerHTML = ''; const first = Math.floor(box.scrollTop / 40); for (let i = first; i < first + 8 && i < 1000; i++) { const p = document.createElement('p'); p.textContent = 'Row ' + i; p.style.cssText = 'position:absolute;margin:0;height:40px;top:' + i * 40 + 'px'; all.append(p) } }; box.onscroll = draw; draw()</script>`
	box := spec.Locator{TestID: "box"}
	on(t, virtual, scroll(spec.Scroll{Locator: exact("Row 60"), In: &box}), click(exact("Row 60"))).passes(t)

	page := `<style>body{margin:0;height:5000px;width:4000px}</style><p id=log style="position:fixed"></p><script>onscroll = () => { log.textContent = Math.round(scrollX) + ',' + Math.round(scrollY) }</script>`
	on(t, page, scroll(spec.Scroll{By: &spec.Point{Y: 600}}), logged("0,600"), scroll(spec.Scroll{By: &spec.Point{X: 50, Y: -100}}), logged("50,500"),
		scroll(spec.Scroll{To: "bottom"}), logged("50,3920"), scroll(spec.Scroll{To: "left"}), scroll(spec.Scroll{To: "top"}), logged("0,0")).passes(t)
	on(t, virtual, scroll(spec.Scroll{By: &spec.Point{Y: 400}, In: &box}), expect(spec.Expect{Visible: new(exact("Row 12"))}),
		scroll(spec.Scroll{To: "bottom", In: &box}), expect(spec.Expect{Visible: new(exact("Row 999"))})).passes(t)
}

func TestAnsweredDialogs(t *testing.T) {
	t.Parallel()
	ask := func(js string) string { return noting + `<button onclick="note(String(` + js + `))">A</button>` }
	a := click(role("button", "A"))
	tests := map[string]struct {
		html  string
		steps []spec.BrowserStep
		err   string
	}{
		"accepted":          {ask("confirm('Sure?')"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "accept"}), a, logged("true")}, ""},
		"only once":         {ask("confirm('Sure?')"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "accept"}), a, a, logged("true false")}, ""},
		"dismissed":         {ask("prompt('Who?', 'me')"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "dismiss"}), a, logged("null")}, ""},
		"with a text":       {ask("prompt('Who?', 'me')"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "accept", Text: "Ada"}), a, logged("Ada")}, ""},
		"with its own text": {ask("prompt('Who?', 'me')"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "accept"}), a, logged("me")}, ""},
		"two in order":      {ask("[confirm('1'), confirm('2')]"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "dismiss", Message: new(equals("1"))}), dialog(spec.Dialog{Answer: "accept", Message: new(equals("2"))}), a, logged("false,true")}, ""},
		"what it says":      {ask("confirm('Sure?')"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "accept", Message: new(contains("sure"))}), a}, `the confirm should contain "sure"`},
		"that never comes":  {ask("1"), []spec.BrowserStep{dialog(spec.Dialog{Answer: "accept"}), a, logged("1")}, "1 dialog that it has waited for did not open"},
		// The window is known before the second click, as it was opened during the first.
		"in another tab": {`<button onclick="w = window.open('about:blank')">A</button><button onclick="setTimeout(() => { log.textContent = w.confirm('Sure?') })">B</button><p id=log></p>`,
			[]spec.BrowserStep{dialog(spec.Dialog{Answer: "accept"}), a, click(role("button", "B")), logged("true")}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := on(t, tt.html, tt.steps...)
			if tt.err == "" {
				r.passes(t)
			} else if r.want(t, spec.OutcomeFailed); r.err == nil || !strings.Contains(r.err.Error(), tt.err) {
				t.Errorf("got %v", r.err)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	one, two := site.put(`<title>One</title><p id=n></p><script>n.textContent = sessionStorage.n = +(sessionStorage.n || 0) + 1</script>`), site.put(`<title>Two</title>`)
	titled := func(s string) spec.BrowserStep { return expect(spec.Expect{Title: new(equals(s))}) }
	back, forward := spec.BrowserStep{Back: true}, spec.BrowserStep{Forward: true}
	perform(t, open(one), open(two), back, titled("One"), forward, titled("Two"), back, spec.BrowserStep{Reload: true}, titled("One")).passes(t)
	perform(t, open(one), text(css("#n"), "1"), spec.BrowserStep{Reload: true}, text(css("#n"), "2")).passes(t)
	on(t, `<a href="#x">X</a>`, click(spec.Locator{Text: "X"}), back, expect(spec.Expect{URL: &spec.Matcher{NotContains: &spec.Value{V: "#x"}}})).passes(t)
	for step, want := range map[*spec.BrowserStep]string{&back: "no page to go back to", &forward: "no page to go forward to"} {
		if r := perform(t, open(one), *step).want(t, spec.OutcomeFailed); r.err == nil || !strings.Contains(r.err.Error(), want) {
			t.Errorf("got %v", r.err)
		}
	}
}

func TestTabs(t *testing.T) {
	t.Parallel()
	terms := site.put(`<title>Terms</title><h1>Terms</h1><button onclick="this.textContent='read'">Read</button><button onclick="window.close()">Leave</button>`)
	help := site.put(`<title>Help</title><h1>Help</h1>`)
	home := site.put(`<title>Home</title><a href="` + terms + `" target=_blank>T</a><button onclick="open('` + help + `', 'h', 'width=300,height=300')">H</button><button onclick="setTimeout(() => window.open('` + terms + `'), 400)">Later</button>`)
	titled := func(s string) spec.BrowserStep { return expect(spec.Expect{Title: new(equals(s))}) }
	tabs := func(n int64) spec.BrowserStep { return expect(spec.Expect{Tabs: new(equals(n))}) }
	both := []spec.BrowserStep{open(home), click(spec.Locator{Text: "T", Exact: true}), click(role("button", "H")), tabs(3)}
	tests := map[string][]spec.BrowserStep{
		"stays where it is": {titled("Home")},
		"by number":         {tab(spec.Tab{Switch: new(1)}), titled("Terms"), tab(spec.Tab{Switch: new(-1)}), titled("Help"), tab(spec.Tab{Switch: new(0)}), titled("Home")},
		"by address":        {tab(spec.Tab{URL: new(equals(terms))}), titled("Terms"), click(role("button", "Read")), expect(spec.Expect{Visible: new(role("button", "read"))})},
		"by title":          {tab(spec.Tab{Title: new(equals("Help"))}), expect(spec.Expect{Visible: new(role("heading", "Help"))}), {Screenshot: &spec.Screenshot{Name: "help"}}},
		"closed":            {tab(spec.Tab{Switch: new(1)}), tab(spec.Tab{Close: true}), titled("Home"), tabs(2), tab(spec.Tab{Switch: new(1)}), titled("Help")},
		"closes itself":     {tab(spec.Tab{Switch: new(1)}), click(role("button", "Leave")), tabs(2), titled("Home")},
		"opened":            {tab(spec.Tab{Open: terms}), titled("Terms"), tabs(4), tab(spec.Tab{Switch: new(0)}), tab(spec.Tab{Switch: new(3)}), titled("Terms"), tab(spec.Tab{Close: true}), titled("Home")},
		"comes late":        {click(role("button", "Later")), tab(spec.Tab{Switch: new(3)}), titled("Terms")},
		"is as large":       {tab(spec.Tab{Switch: new(1)}), {Screenshot: &spec.Screenshot{Name: "t"}}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			perform(t, append(both[:len(both):len(both)], steps...)...).passes(t)
		})
	}
	for name, tt := range map[string]struct {
		step spec.BrowserStep
		want string
	}{
		"no such number": {tab(spec.Tab{Switch: new(7)}), "there is no such tab after 400ms: it has 3 tabs"},
		"no such title":  {tab(spec.Tab{Title: new(equals("None"))}), `the tabs are "Home", "Terms", "Help"`},
		"the first one":  {tab(spec.Tab{Close: true}), "the first tab cannot be closed"},
		"two are meant":  {tab(spec.Tab{Title: &spec.Matcher{Matches: "Terms|Help"}}), "2 tabs are meant by that"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := perform(t, append(both[:len(both):len(both)], within(400*time.Millisecond, tt.step))...)
			if r.outcome == spec.OutcomePassed || r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got %v", r.err)
			}
		})
	}
}

func TestBrowserState(t *testing.T) {
	t.Parallel()
	page := site.put(`<p id=c></p><p id=l></p><script>c.textContent = document.cookie.split('; ').sort().join(';'); l.textContent = localStorage.x || '-'; document.cookie = 'own=1'; localStorage.x = 'kept'</script>`)
	cookies := func(c spec.Cookies) spec.BrowserStep { return spec.BrowserStep{Cookies: &c} }
	held := func(name string, m spec.Matcher) spec.BrowserStep {
		return expect(spec.Expect{Cookie: &spec.CookieName{Name: name}, Matcher: m})
	}
	exists := func(b bool) spec.Matcher { return spec.Matcher{Exists: &b} }
	perform(t, cookies(spec.Cookies{Set: []spec.Cookie{{Name: "a", Value: "1"}, {Name: "hidden", Value: "2", HTTPOnly: true, Expires: spec.Duration(time.Hour)}}}),
		open(page), text(css("#c"), "a=1"), held("hidden", equals("2")), held("own", exists(true)), held("none", exists(false)),
		cookies(spec.Cookies{Delete: []string{"a"}}), open(page), text(css("#c"), "own=1"), held("hidden", exists(true)),
		cookies(spec.Cookies{Clear: true}), open(page), text(css("#c"), "")).passes(t)
	if r := perform(t, open(page), within(200*time.Millisecond, held("own", equals("2")))).want(t, spec.OutcomeFailed); r.err == nil || strings.Contains(r.err.Error(), `"1"`) {
		t.Errorf("the value of a cookie is shown: %v", r.err)
	}

	// What one case saves, another one loads.
	saved := perform(t, open(page), cookies(spec.Cookies{Set: []spec.Cookie{{Name: "s", Value: "3", HTTPOnly: true, SameSite: "Lax"}}}),
		spec.BrowserStep{Storage: &spec.StorageState{Save: "state.json"}}).passes(t)
	all := saved.Attachments()
	if len(all) != 1 || !json.Valid(all[0].Data) {
		t.Fatalf("artifacts %v", all)
	}
	next := task(spec.BrowserStep{Storage: &spec.StorageState{Load: "file://state.json"}}, open(page), text(css("#c"), "own=1"), text(css("#l"), "kept"), held("s", equals("3")))
	next.Files = fstest.MapFS{"state.json": {Data: all[0].Data}}
	performTask(t, shared, next).passes(t)
	for name, data := range map[string]string{"no JSON": "x", "no origin": `{"origins":[{"origin":"file:///etc","localStorage":[]}]}`} {
		bad := task(spec.BrowserStep{Storage: &spec.StorageState{Load: "file://state.json"}})
		bad.Files = fstest.MapFS{"state.json": {Data: []byte(data)}}
		if r := performTask(t, shared, bad).want(t, spec.OutcomeErrored); r.err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestDeviceState(t *testing.T) {
	t.Parallel()
	where := `<p id=log>-</p><button onclick="navigator.geolocation.getCurrentPosition((p) => { log.textContent = [p.coords.latitude, p.coords.longitude, p.coords.accuracy].join() }, (e) => { log.textContent = 'error ' + e.code })">Where</button>`
	place := spec.BrowserStep{Locate: &spec.Geolocation{Latitude: 55.5, Longitude: 12.25}}
	permit := func(p spec.Permissions) spec.BrowserStep { return spec.BrowserStep{Permit: &p} }
	ask := click(role("button", "Where"))
	perform(t, permit(spec.Permissions{Grant: []string{"geolocation"}}), place, open(site.put(where)), ask, logged("55.5,12.25,10")).passes(t)
	perform(t, permit(spec.Permissions{Deny: []string{"geolocation"}}), place, open(site.put(where)), ask, logged("error 1")).passes(t)

	copying := `<input id=i><button onclick="navigator.clipboard.writeText('DW-7').then(() => { log.textContent = 'copied' }, (e) => { log.textContent = e.message })">Copy</button><p id=log></p>`
	clip := func(s string) spec.BrowserStep { return expect(spec.Expect{Clipboard: new(equals(s))}) }
	write := spec.BrowserStep{Clipboard: &spec.Clipboard{Write: "pasted"}}
	for range 2 { // cases that use it wait for one another
		t.Run("clipboard", func(t *testing.T) {
			t.Parallel()
			on(t, copying, click(role("button", "Copy")), logged("copied"), clip("DW-7"), write, press("Control+V", css("#i")), valueOf(css("#i"), "pasted"), clip("pasted")).passes(t)
		})
	}
}

var _ executortest.Recorded
