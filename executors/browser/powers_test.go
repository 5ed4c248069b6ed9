package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/spec"
)

// powers has a case for each thing that only some engines can do, by the words
// of the table. An empty one names the test that has it.
func powers(t *testing.T) map[string]executors.Task {
	t.Helper()
	api := site.handle(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "real %s %s", r.Method, r.UserAgent())
	})
	file := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="invoice 7.txt"`)
		_, _ = w.Write([]byte("Total 42"))
	})
	on := func(html string, steps ...spec.BrowserStep) executors.Task {
		return task(append([]spec.BrowserStep{open(site.put(html))}, steps...)...)
	}
	with := func(s spec.BrowserSetup, t executors.Task) executors.Task {
		t.Case.Setup = s
		return t
	}
	frame := spec.Locator{Title: "Payment"}
	framesOf := func(src string) []spec.BrowserStep {
		page := site.put(`<iframe title=Payment src="` + src + `" style="width:400px;height:300px;border:7px solid;margin-left:30px"></iframe><div style="height:2000px"></div>`)
		steps := append([]spec.BrowserStep{open(page)}, stepsIn(frame)...)
		return steps[:len(steps)-1] // the last one is about the console
	}
	other := site.put(`<title>Terms</title><button onclick="this.textContent='read'">Read</button><button onclick="window.close()">Leave</button>`)
	tabs := func(n int64) spec.BrowserStep { return expect(spec.Expect{Tabs: new(equals(n))}) }
	said := `<p id=log></p><script>log.textContent = [navigator.userAgent, devicePixelRatio, navigator.language, new Intl.NumberFormat().format(1234.5),
		Intl.DateTimeFormat().resolvedOptions().timeZone, matchMedia('(prefers-color-scheme: dark)').matches, matchMedia('(prefers-reduced-motion: reduce)').matches,
		matchMedia('(forced-colors: active)').matches].join(' ')</script>`
	says := func(e spec.Emulation, want string) executors.Task {
		return with(spec.BrowserSetup{Emulation: e}, on(said, expect(spec.Expect{Text: new(css("#log")), Matcher: contains(want)})))
	}
	stored := site.put(`<p id=c></p><p id=l></p><script>c.textContent = document.cookie; l.textContent = localStorage.x || '-'</script>`)
	state := task(spec.BrowserStep{Storage: &spec.StorageState{Load: "file://state.json"}}, open(stored), text(css("#c"), "s=3"), text(css("#l"), "kept"),
		spec.BrowserStep{Storage: &spec.StorageState{Save: "again.json"}})
	state.Files = fstest.MapFS{"state.json": {Data: fmt.Appendf(nil, `{"cookies":[{"name":"s","value":"3","domain":"127.0.0.1","path":"/","expires":-1}],
		"origins":[{"origin":%q,"localStorage":[{"name":"x","value":"kept"}]}]}`, site.server.URL)}}
	upload := on(`<label>Photo <input type=file id=one onchange="one.files[0].text().then((s) => { log.textContent = one.files[0].name + ':' + s })"></label><p id=log></p>`,
		spec.BrowserStep{Upload: &spec.Upload{Locator: spec.Locator{Label: "Photo"}, Files: []string{"file://a.txt"}}}, logged("a.txt:AAA"))
	upload.Files = fstest.MapFS{"a.txt": {Data: []byte("AAA")}}
	where := `<p id=log>-</p><button onclick="navigator.geolocation.getCurrentPosition((p) => { log.textContent = p.coords.latitude }, (e) => { log.textContent = 'error ' + e.code })">Where</button>`
	ask := click(role("button", "Ask"))
	return map[string]executors.Task{
		"keep the agent apart from the page's scripts": on(`<p>Well</p><script>Object.defineProperty(globalThis, 'semantest', { value: 'mine' })</script>`, expect(spec.Expect{Visible: &spec.Locator{Text: "Well"}})),
		"stop an endless script":                       {}, // TestHostile
		"tell which dialogs were shown":                on(`<button onclick="alert('Hi'); this.textContent='done'">A</button>`, click(css("button")), text(css("button"), "done")),
		"answer dialogs": on(`<button onclick="this.textContent = prompt('Name?') + confirm('Sure?')">A</button>`,
			spec.BrowserStep{Dialog: &spec.Dialog{Answer: "accept", Text: "Ada", Message: new(equals("Name?"))}}, spec.BrowserStep{Dialog: &spec.Dialog{Answer: "dismiss"}},
			click(css("button")), text(css("button"), "Adafalse")),
		"tell of the windows that a page opens":        on(`<a href="`+other+`" target=_blank>T</a>`, tabs(1), click(css("a")), tabs(2)),
		"read the console":                             on(`<p>Well</p><script>console.log('fine')</script>`, clean),
		"tell at once that a page has crashed":         {}, // TestCrashedRenderer
		"keep pages behind the egress proxy":           {}, // TestEnginesAreHeldBack
		"serve several cases at once with one browser": {}, // all tests run several
		"act in frames":                                task(append(framesOf(site.put(framed)), framesOf(elsewhere(site.put(framed)))...)...),
		"act in other tabs": on(`<title>Home</title><a href="`+other+`" target=_blank>T</a>`, click(css("a")), tab(spec.Tab{Title: new(equals("Terms"))}), click(role("button", "Read")),
			expect(spec.Expect{Visible: new(role("button", "read"))}), tab(spec.Tab{Open: other}), tabs(3), tab(spec.Tab{Close: true}), tabs(2),
			click(role("button", "Leave")), tabs(1), expect(spec.Expect{Title: new(equals("Home"))})),
		"upload files": upload,
		"keep downloads": on(`<a href="`+file+`">Invoice</a>`, spec.BrowserStep{Download: &spec.Download{
			Click: &spec.Click{Locator: css("a")}, Name: new(equals("invoice 7.txt")), Size: new(equals(int64(8))), Text: new(contains("42")),
		}}),
		"use the clipboard": on(`<input id=i>`, spec.BrowserStep{Clipboard: &spec.Clipboard{Write: "pasted"}}, press("Control+V", css("#i")), valueOf(css("#i"), "pasted")),
		"grant permissions": on(`<p id=log></p><script>navigator.permissions.query({ name: 'geolocation' }).then((s) => { log.textContent = s.state; s.onchange = () => { log.textContent = s.state } })</script>`,
			spec.BrowserStep{Permit: &spec.Permissions{Deny: []string{"geolocation"}}}, logged("denied"), spec.BrowserStep{Permit: &spec.Permissions{Grant: []string{"geolocation"}}}, logged("granted")),
		"set the geolocation": with(spec.BrowserSetup{Permissions: []string{"geolocation"}, Geolocation: &spec.Geolocation{Latitude: 55.5, Longitude: 12.25}},
			on(where, click(css("button")), logged("55.5"))),
		"read and set cookies": task(spec.BrowserStep{Cookies: &spec.Cookies{Set: []spec.Cookie{{Name: "a", Value: "1"}, {Name: "b", Value: "2", HTTPOnly: true, Expires: spec.Duration(time.Hour)}}}},
			open(stored), text(css("#c"), "a=1"), expect(spec.Expect{Cookie: &spec.CookieName{Name: "b"}, Matcher: equals("2")}), spec.BrowserStep{Cookies: &spec.Cookies{Delete: []string{"a"}}},
			open(stored), text(css("#c"), ""), expect(spec.Expect{Cookie: &spec.CookieName{Name: "b"}, Matcher: equals("2")})),
		"save and load a storage state": state,
		"tell when the network is idle": on(`<p id=log></p><script>setTimeout(() => fetch('`+api+`').then(() => { log.textContent = 'came' }), 200)</script>`, spec.BrowserStep{Wait: &spec.Wait{Load: "networkidle"}}, logged("came")),
		"answer requests of the page itself": on(asking(api), route(spec.Route{RequestPattern: to(api), Body: new("made"), Times: new(1)}), ask, logged("200 made"),
			route(spec.Route{RequestPattern: to(api), Change: &spec.RequestChange{Method: "POST", Headers: map[string]string{"User-Agent": "T"}}}), ask, logged("200 real POST T"),
			route(spec.Route{RequestPattern: to(api), Abort: "refused"}), ask, logged("TypeError")),
		"wait for requests and responses": on(`<button onclick="fetch('`+api+`', { method: 'POST', body: 'sent' })">Ask</button>`, ask,
			spec.BrowserStep{AwaitRequest: &spec.AwaitedRequest{RequestPattern: spec.RequestPattern{URL: api, Method: "POST"}, Body: new(equals("sent"))}},
			spec.BrowserStep{AwaitResponse: &spec.AwaitedResponse{RequestPattern: to(api), Status: new(equals(int64(200))), Body: new(contains("real POST"))}},
			expect(spec.Expect{Requests: "clean"})),
		"emulate a device's pixel ratio": {}, // TestEnginePictures draws at the ratio of one
		"emulate touch": with(spec.BrowserSetup{Emulation: spec.Emulation{Touch: new(true)}},
			on(`<button ontouchstart="this.textContent='felt'">T</button>`, spec.BrowserStep{Tap: new(css("button"))}, text(css("button"), "felt"))),
		"emulate a user agent":    says(spec.Emulation{UserAgent: "Tester/1"}, "Tester/1"),
		"emulate a colour scheme": says(spec.Emulation{ColorScheme: "dark"}, "true false false"),
		"emulate reduced motion":  says(spec.Emulation{ReducedMotion: "reduce"}, "false true false"),
		"emulate forced colours":  says(spec.Emulation{ForcedColors: "active"}, "true"),
		"emulate a locale":        says(spec.Emulation{Locale: "da-DK"}, "da-DK 1.234,5"),
		"emulate a time zone":     says(spec.Emulation{TimeZone: "Asia/Tokyo"}, "Asia/Tokyo"),
		"emulate being offline":   on(asking(api), emulate(spec.Emulation{Offline: new(true)}), ask, logged("TypeError"), emulate(spec.Emulation{Offline: new(false)}), ask, expect(spec.Expect{Text: new(css("#log")), Matcher: contains("200 real")})),
		"throttle the network":    on(`<p>Well</p>`, emulate(spec.Emulation{Network: &spec.Network{Preset: "4G"}}), open(other)),
		"slow down the processor": on(`<p>Well</p>`, emulate(spec.Emulation{CPU: new(2.0)}), open(other)),
		"measure how pages load":  {}, // measure_test.go

		"show what it draws as it changes": {}, // TestSlowStepIsFilmed
		"record a video of what it shows":  {}, // TestVideo
		"trace what it spends its time on": {}, // TestTrace

		"control the clock": task(clocked(spec.Clock{Now: "2030-01-01T12:00:00Z", Freeze: new(true)}), open(site.put(`<p id=log></p><script>log.textContent = new Date().toISOString(); setTimeout(() => { log.textContent = 'rang' }, 60000)</script>`)),
			logged("2030-01-01T12:00:00.000Z"), clocked(spec.Clock{Advance: spec.Duration(time.Minute)}), logged("rang")),
	}
}

// TestPowers: what the table says that an engine can do, it does; what it cannot
// do is skipped by name.
func TestPowers(t *testing.T) {
	t.Parallel()
	for _, b := range browser.Browsers(browser.Options{}) {
		if b.Name == "chrome" || b.Name == "edge" { // Chromium by other names
			continue
		}
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			installed(t, b.Name)
			cases := powers(t)
			for _, can := range browser.Capabilities() {
				c, ok := cases[can]
				c.Use.StepTimeout = spec.Duration(50 * time.Second) // engines are slow where many start at once
				switch {
				case !ok:
					t.Errorf("nothing shows that an engine can %s", can)
				case len(c.Case.BrowserSteps) == 0:
				case b.Can(can):
					ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
					r := performUntil(ctx, t, shared, onEngine(b.Name, c)).passes(t)
					cancel()
					if r.outcome != spec.OutcomePassed {
						t.Errorf("%s cannot %s", b.Name, can)
					}
				default:
					skips(t, b.Name, can, onEngine(b.Name, c))
				}
			}
		})
	}
}

// can reports whether an engine can do something, in the words of the table.
func can(engine, what string) bool {
	for _, b := range browser.Browsers(browser.Options{}) {
		if b.Name == engine {
			return b.Can(what)
		}
	}
	return false
}

// unasked are the capabilities that no step asks for: without them steps do less.
var unasked = map[string]bool{
	"keep the agent apart from the page's scripts": true, "tell which dialogs were shown": true,
}

func skips(t *testing.T, engine, can string, c executors.Task) {
	t.Helper()
	if unasked[can] {
		return
	}
	r := performTask(t, shared, c).want(t, spec.OutcomeSkipped)
	if want := engine + " cannot "; r.err == nil || !strings.Contains(r.err.Error(), want) {
		t.Errorf("%s, which cannot %s, says %v", engine, can, r.err)
	}
}
