package browser_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

func emulate(e spec.Emulation) spec.BrowserStep { return spec.BrowserStep{Emulate: &e} }

func TestEmulation(t *testing.T) {
	t.Parallel()
	said := site.handle(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("Accept-Language") + "|" + r.Header.Get("User-Agent")))
	})
	page := site.put(`<meta name=viewport content="width=device-width"><p id=log></p><p id=said></p><script>
		const has = (q) => matchMedia(q).matches;
		const show = () => { log.textContent = [innerWidth + 'x' + innerHeight, devicePixelRatio, navigator.maxTouchPoints > 0, has('(prefers-color-scheme: dark)'), has('(prefers-reduced-motion: reduce)'), has('(forced-colors: active)'),
			navigator.language, new Intl.NumberFormat().format(1234.5), Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(0).getHours()].join(' ') };
		show(); setInterval(show, 50); fetch('` + said + `').then((r) => r.text()).then((t) => { said.textContent = t })</script>`)
	tests := map[string]struct {
		setup spec.BrowserSetup
		want  string
		said  string
	}{
		"nothing":   {spec.BrowserSetup{}, "1920x1080 1 false false false false en-US 1,234.5", ""},
		"a device":  {spec.BrowserSetup{Emulation: spec.Emulation{Device: "iPhone 15"}}, "393x659 3 true false false false", "iPhone"},
		"a size":    {spec.BrowserSetup{Emulation: spec.Emulation{Device: "640x480"}}, "640x480 1 false", ""},
		"media":     {spec.BrowserSetup{Emulation: spec.Emulation{ColorScheme: "dark", ReducedMotion: "reduce", ForcedColors: "active"}}, "1920x1080 1 false true true true", ""},
		"a locale":  {spec.BrowserSetup{Emulation: spec.Emulation{Locale: "da-DK"}}, "1920x1080 1 false false false false da-DK 1.234,5", "da-DK"},
		"a zone":    {spec.BrowserSetup{Emulation: spec.Emulation{TimeZone: "Asia/Tokyo"}}, "Asia/Tokyo 9", ""},
		"an agent":  {spec.BrowserSetup{Emulation: spec.Emulation{UserAgent: "Tester/1"}}, "", "|Tester/1"},
		"all of it": {spec.BrowserSetup{Emulation: spec.Emulation{Device: "Pixel 8", Locale: "de-DE", TimeZone: "Europe/Berlin", ColorScheme: "dark"}}, "412x839 2.625 true true false false de-DE 1.234,5 Europe/Berlin 1", "Android 14"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := task(open(page), expect(spec.Expect{Text: new(css("#log")), Matcher: contains(tt.want)}), expect(spec.Expect{Text: new(css("#said")), Matcher: contains(tt.said)}))
			task.Case.Setup = tt.setup
			performTask(t, shared, task).passes(t)
		})
	}
	t.Run("the case counts more than the plan", func(t *testing.T) {
		t.Parallel()
		task := task(open(page), expect(spec.Expect{Text: new(css("#log")), Matcher: contains("375x667 2 true true")}))
		task.Use.BrowserSetup = spec.BrowserSetup{Emulation: spec.Emulation{Device: "Desktop", ColorScheme: "dark"}}
		task.Use.Viewport = &spec.Viewport{Width: 900, Height: 700}
		task.Case.Setup = spec.BrowserSetup{Emulation: spec.Emulation{Device: "${{ device }}"}}
		task.Scope.Set("device", "iPhone SE")
		performTask(t, shared, task).passes(t)
	})
	t.Run("in the middle, and in other tabs", func(t *testing.T) {
		t.Parallel()
		has := func(s string) spec.BrowserStep {
			return expect(spec.Expect{Text: new(css("#log")), Matcher: contains(s)})
		}
		perform(t, open(page), emulate(spec.Emulation{ColorScheme: "dark"}), has("false true false"), emulate(spec.Emulation{ReducedMotion: "reduce", Device: "800x600"}), has("800x600 1 false true true"),
			tab(spec.Tab{Open: page}), has("800x600 1 false true true"), emulate(spec.Emulation{ColorScheme: "light"}), has("800x600 1 false false true"), tab(spec.Tab{Switch: new(0)}), has("false false true")).passes(t)
	})
	t.Run("an unknown device of a variable", func(t *testing.T) {
		t.Parallel()
		task := task(open(page))
		task.Case.Setup.Device = "${{ device }}"
		task.Scope.Set("device", "iPhone 51")
		performTask(t, shared, task).want(t, spec.OutcomeErrored)
	})
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	api := site.handle(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("here")) })
	page := asking(api) + `<p id=took></p><button onclick="const t = performance.now(); ask().then(() => { took.textContent = performance.now() - t > 1450 ? 'slow' : 'fast' })">Time</button>`
	ask, timed := click(role("button", "Ask")), click(role("button", "Time"))
	on(t, page, ask, logged("200 here"), emulate(spec.Emulation{Offline: new(true)}), ask, logged("TypeError"), emulate(spec.Emulation{Offline: new(false)}), ask, logged("200 here")).passes(t)
	slow := &spec.Network{Latency: spec.Duration(1500 * time.Millisecond)}
	on(t, page, timed, text(css("#took"), "fast"), emulate(spec.Emulation{Network: slow}), timed, text(css("#took"), "slow"), emulate(spec.Emulation{Network: &spec.Network{Preset: "none"}}), timed, text(css("#took"), "fast")).passes(t)
}

// Chromium slows a page down by keeping its thread busy now and then for as long as
// it has just run, several times over: some short rounds of work are as fast as
// before, all of them together are not. What a round can take is that of the fastest
// one, for any other may have waited for a core.
func TestSlowProcessor(t *testing.T) {
	t.Parallel()
	page := `<button onclick="work()">Work</button><p id=log></p><script>
		const rounds = 100
		let sum = 0, could
		function work() {
			const start = performance.now()
			let fastest = Infinity
			for (let round = 0; round < rounds; round++) {
				const start = performance.now()
				for (let i = 0; i < 3e5; i++) sum += Math.sqrt(i)
				fastest = Math.min(fastest, performance.now() - start)
			}
			const took = performance.now() - start
			log.textContent = !could ? 'once' : took > 3 * rounds * could ? 'slower' : took + ' ms, and a round can take ' + could
			could ??= fastest
		}
	</script>`
	work := within(30*time.Second, click(role("button", "Work")))
	on(t, page, work, logged("once"), emulate(spec.Emulation{CPU: new(6.0)}), work, logged("slower")).passes(t)
}

func TestTouch(t *testing.T) {
	t.Parallel()
	page := noting + `<button id=b ontouchstart="note('touch')" onclick="note('click ' + event.pointerType)">B</button><div id=veil></div>`
	tap := func(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Tap: &l} }
	on(t, page, emulate(spec.Emulation{Touch: new(true)}), tap(css("#b")), logged("touch click touch")).passes(t)
	on(t, page, tap(css("#b"))).want(t, spec.OutcomeErrored)
	covered := page + `<style>#veil{position:fixed;inset:0}</style><script>setTimeout(() => veil.remove(), 400)</script>`
	on(t, covered, emulate(spec.Emulation{Touch: new(true)}), tap(css("#b")), logged("touch click touch")).passes(t)
}
