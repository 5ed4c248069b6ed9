package browser_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

func evaluate(e spec.Evaluate) spec.BrowserStep { return spec.BrowserStep{Evaluate: &e} }

func clocked(c spec.Clock) spec.BrowserStep { return spec.BrowserStep{Clock: &c} }

func TestEvaluate(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>E</title><p id=log>-</p><script>var own = 7; Array.prototype.sum = function () { return 1 }</script>`)
	tests := map[string]struct {
		steps []spec.BrowserStep
		err   string
	}{
		"an expression":     {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "document.title", Matcher: equals("E")})}, ""},
		"a body":            {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "const n = arg.a + 1;\nreturn {n, list: [n]}", Arg: &spec.Value{V: map[string]any{"a": int64(1)}}, Matcher: equals(map[string]any{"n": int64(2), "list": []any{int64(2)}})})}, ""},
		"a promise":         {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "await new Promise((done) => setTimeout(() => done(5), 50))", Matcher: equals(int64(5))})}, ""},
		"in its own world":  {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "typeof own", Matcher: equals("undefined")})}, ""},
		"in the page's":     {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "own + [].sum()", World: "page", Matcher: equals(int64(8))})}, ""},
		"kept":              {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "6 * 7", As: "n"}), evaluate(spec.Evaluate{Script: "log.textContent = arg", Arg: &spec.Value{V: "${{ n }}"}, World: "page"}), logged("42")}, ""},
		"it changes a page": {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "document.getElementById('log').textContent = 'x'"}), logged("x")}, ""},
		"it throws":         {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "null.x"})}, "the script failed: TypeError"},
		"no JavaScript":     {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "1 +"})}, "the script failed: SyntaxError"},
		"another result":    {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "1", Matcher: equals(int64(2))})}, "the result should equal 2, but is 1"},
		"nothing to keep":   {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "undefined", As: "n"})}, "returned nothing for the variable n"},
		"without end":       {[]spec.BrowserStep{within(500*time.Millisecond, evaluate(spec.Evaluate{Script: "new Promise(() => {})"}))}, "the script was not over within 500ms"},
		"an endless loop":   {[]spec.BrowserStep{within(500*time.Millisecond, evaluate(spec.Evaluate{Script: "return (() => { for (;;); })()"}))}, "the script was not over within 500ms"},
		"too much":          {[]spec.BrowserStep{evaluate(spec.Evaluate{Script: "'x'.repeat(2e6)"})}, "returned more than 1 MiB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := perform(t, append([]spec.BrowserStep{open(page)}, tt.steps...)...)
			if tt.err == "" {
				r.passes(t)
			} else if r.want(t, spec.OutcomeFailed); r.err == nil || !strings.Contains(r.err.Error(), tt.err) {
				t.Errorf("got %v", r.err)
			}
		})
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	const html = `<p id=log></p><p id=first></p><script>first.textContent = new Date().toISOString();
		const note = (x) => { log.textContent += x + ' ' }; const began = performance.now();</script>`
	noon := spec.Clock{Now: "2030-01-01T12:00:00Z", Freeze: new(true)}
	first := func(s string) spec.BrowserStep { return text(css("#first"), s) }
	minute := clocked(spec.Clock{Advance: spec.Duration(time.Minute)})
	t.Run("before the page's scripts", func(t *testing.T) {
		t.Parallel()
		perform(t, clocked(noon), open(site.put(html)), first("2030-01-01T12:00:00.000Z"), minute, open(site.put(html)), first("2030-01-01T12:01:00.000Z")).passes(t)
	})
	t.Run("timers in order", func(t *testing.T) {
		t.Parallel()
		page := site.put(html + `<script>setTimeout(() => note('b'), 50000); setTimeout(() => { note('a'); setTimeout(() => note('c'), 40001) }, 20000);
			const n = setInterval(() => note('i'), 25000); clearTimeout(setTimeout(() => note('never'), 10)); setTimeout((x) => note(x), 59999, 'end'); setTimeout(() => note('late'), 60001)</script>`)
		perform(t, clocked(noon), open(page), minute, logged("a i b i end"), clocked(spec.Clock{Advance: spec.Duration(time.Millisecond)}), logged("a i b i end late c")).passes(t)
	})
	t.Run("promises between timers", func(t *testing.T) {
		t.Parallel()
		page := site.put(html + `<script>const sleep = (ms) => new Promise((done) => setTimeout(done, ms)); (async () => { for (let i = 0; i < 5; i++) { await sleep(10000); note(new Date().getSeconds()) } })()</script>`)
		perform(t, clocked(noon), open(page), minute, logged("10 20 30 40 50")).passes(t)
	})
	t.Run("frames, and what is measured", func(t *testing.T) {
		t.Parallel()
		page := site.put(html + `<script>requestAnimationFrame((t) => { note('frame'); requestAnimationFrame(() => note(performance.now() - began >= 32)) })</script>`)
		perform(t, clocked(noon), open(page), logged(""), clocked(spec.Clock{Advance: spec.Duration(100 * time.Millisecond)}), logged("frame true")).passes(t)
	})
	t.Run("it goes on by itself", func(t *testing.T) {
		t.Parallel()
		page := site.put(html + `<script>setTimeout(() => note(new Date().getFullYear()), 200)</script>`)
		perform(t, clocked(spec.Clock{Now: noon.Now}), open(page), logged("2030")).passes(t)
		perform(t, clocked(noon), open(page), logged(""), clocked(spec.Clock{Freeze: new(false)}), logged("2030")).passes(t)
	})
	t.Run("in a page that is there", func(t *testing.T) {
		t.Parallel()
		perform(t, open(site.put(html)), clocked(noon), evaluate(spec.Evaluate{Script: "new Date().toISOString() + '|' + Date().slice(11, 15) + '|' + new Date(0).getTime() + '|' + (new Date() instanceof Date)", World: "page", Matcher: equals("2030-01-01T12:00:00.000Z|2030|0|true")})).passes(t)
	})
	t.Run("in frames", func(t *testing.T) {
		t.Parallel()
		inner := site.put(html + `<script>setTimeout(() => note('rang'), 60000)</script>`)
		f := css("iframe")
		perform(t, clocked(noon), open(site.put(`<iframe src="`+inner+`"></iframe>`)), text(in(f, css("#first")), "2030-01-01T12:00:00.000Z"), minute, text(in(f, css("#log")), "rang")).passes(t)
	})
	t.Run("clicks work while it stands still", func(t *testing.T) {
		t.Parallel()
		perform(t, clocked(noon), open(site.put(html+`<button onclick="note('hit')">B</button>`)), click(role("button", "B")), logged("hit")).passes(t)
	})
	t.Run("timers without end", func(t *testing.T) {
		t.Parallel()
		page := site.put(html + `<script>const again = () => setTimeout(again, 0); again()</script>`)
		r := perform(t, clocked(noon), open(page), within(20*time.Second, clocked(spec.Clock{Advance: spec.Duration(time.Hour)})))
		if r.outcome != spec.OutcomePassed && r.outcome != spec.OutcomeFailed {
			t.Errorf("outcome %s (%v)", r.outcome, r.err)
		}
	})
}

func TestSenses(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>S</title><style>.red{color:red}</style>
		<input id=i class="big red" aria-describedby=d title=T><p id=d>Eight characters</p><input id=ro readonly value=x><div id=e></div><button id=x aria-label=Close title=Ends>×</button>
		<div style="height:100px;overflow:auto"><p id=in>In</p><div style="height:900px"></div><p id=cut>Cut</p></div><p id=far style="margin-top:3000px">Far</p>
		<script>setTimeout(() => { i.focus(); i.className = 'big red done'; ro.readOnly = false; ro.value = '' }, 300)</script>`)
	tests := map[string]spec.Expect{
		"focused":       {Focused: new(css("#i"))},
		"in view":       {InViewport: new(css("#in"))},
		"editable":      {Editable: new(css("#ro"))},
		"empty field":   {Empty: new(css("#ro"))},
		"empty element": {Empty: new(css("#e"))},
		"class":         {Class: new(css("#i")), Matcher: contains("done")},
		"css":           {CSS: &spec.StyleOf{Locator: css("#i"), Property: "color"}, Matcher: equals("rgb(255, 0, 0)")},
		"name":          {AccessibleName: new(css("#x")), Matcher: equals("Close")},
		"description":   {Description: new(css("#i")), Matcher: equals("Eight characters")},
		"title":         {Description: new(css("#x")), Matcher: equals("Ends")},
	}
	for name, e := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			perform(t, open(page), expect(e)).passes(t)
		})
	}
	for want, e := range map[string]spec.Expect{
		"is not focused after":         {Focused: new(css("#x"))},
		"is out of the viewport after": {InViewport: new(css("#far"))},
		"p#cut is out of the viewport": {InViewport: new(css("#cut"))},
		"is not editable after":        {Editable: new(css("#x"))},
		"is not empty after":           {Empty: new(css("#d"))},
		"should equal \"blue\"":        {CSS: &spec.StyleOf{Locator: css("#i"), Property: "color"}, Matcher: equals("blue")},
		"no element matches #none":     {Focused: new(css("#none"))},
	} {
		t.Run("not: "+want, func(t *testing.T) {
			t.Parallel()
			if r := perform(t, open(page), within(500*time.Millisecond, expect(e))).want(t, spec.OutcomeFailed); r.err == nil || !strings.Contains(r.err.Error(), want) {
				t.Errorf("got %v", r.err)
			}
		})
	}
}

func TestAria(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>A</title><header><h1>Driftwood <em>shop</em></h1></header><main><div><span>Loose</span> words</div>
		<ul><li>Earl Grey <button>Buy</button></li><li>Mug</li></ul><label><input type=checkbox checked> Agree</label><label>Name <input value=Ada required></label>
		<button disabled aria-expanded=false>More</button><p hidden>Hidden</p><a href=/t>Terms</a><select aria-label=Size><option>S<option selected>L</select><div id=host></div></main>
		<script>host.attachShadow({mode: 'open'}).innerHTML = '<h2>In the shadow</h2>'; setTimeout(() => document.querySelector('ul').insertAdjacentHTML('beforeend', '<li>Lamp</li>'), 300)</script>`)
	aria := func(l spec.Locator, s string) spec.BrowserStep {
		return expect(spec.Expect{Aria: &spec.Aria{Locator: l, Snapshot: s}})
	}
	for name, s := range map[string]string{
		"all": `- banner:
  - heading "Driftwood shop" [level=1]
- main:
  - text: Loose words
  - list:
    - listitem:
      - text: Earl Grey
      - button "Buy"
    - listitem: Mug
    - listitem: Lamp
  - checkbox "Agree" [checked]
  - textbox "Name" [required]: Ada
  - button "More" [disabled]
  - link "Terms"
  - combobox "Size": L
  - heading "In the shadow" [level=2]`,
		"a part":        "- listitem: Lamp",
		"with gaps":     "- main:\n  - checkbox\n  - link /^Te/",
		"an expression": "- textbox /^Na/: /A.a/",
		"in a heading":  "- heading:\n  - emphasis: shop",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			perform(t, open(page), aria(spec.Locator{}, s)).passes(t)
		})
	}
	t.Run("of a part", func(t *testing.T) {
		t.Parallel()
		perform(t, open(page), aria(css("ul"), "- listitem: Mug\n- listitem: Lamp")).passes(t)
	})
	for name, tt := range map[string]struct{ snapshot, want string }{
		"another order":  {"- listitem: Mug\n- listitem:\n  - button \"Buy\"", `has no listitem after`},
		"another name":   {"- button \"Sell\"", `the accessibility tree of the page has no button "Sell" after`},
		"another state":  {"- checkbox \"Agree\" [checked=mixed]", `has no checkbox "Agree" [checked=mixed]`},
		"what is hidden": {"- paragraph: Hidden", `has no paragraph: Hidden`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := perform(t, open(page), within(600*time.Millisecond, aria(spec.Locator{}, tt.snapshot))).want(t, spec.OutcomeFailed)
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got %v", r.err)
			}
			if diff := fmt.Sprint(r.Steps()[1].Detail["diff"]); !strings.Contains(diff, "+- banner:") && !strings.Contains(diff, "+- main:") {
				t.Errorf("the diff is %s", diff)
			}
		})
	}
}

func TestCleanliness(t *testing.T) {
	t.Parallel()
	bad := site.put(`<script>console.error('known trouble'); null.x</script><img src="/missing-picture.png">`)
	errs := func(allow ...string) spec.BrowserStep {
		return expect(spec.Expect{PageErrors: "clean", Allow: allow})
	}
	requests := func(allow ...string) spec.BrowserStep {
		return expect(spec.Expect{Requests: "clean", Allow: allow})
	}
	console := func(allow ...string) spec.BrowserStep {
		return expect(spec.Expect{Console: "clean", Allow: allow})
	}
	load := spec.BrowserStep{Wait: &spec.Wait{Load: "load"}}
	perform(t, open(bad), load, errs("TypeError"), requests("missing-picture"), console("known", "TypeError", "404")).passes(t)
	perform(t, open(site.put(`x`)), errs(), requests(), console()).passes(t)
	for want, step := range map[string]spec.BrowserStep{
		"there is 1 uncaught exception: Uncaught TypeError": errs("known"),
		"there is 1 request that failed: GET":               requests(),
		"there are 2 errors in the console":                 console("404"),
	} {
		if r := perform(t, open(bad), load, step, requests("missing")).want(t, spec.OutcomeFailed); r.err == nil || !strings.Contains(r.err.Error(), want) {
			t.Errorf("got %v, want %s", r.err, want)
		}
	}
	stopped := site.put(asking("/never"))
	perform(t, open(stopped), route(spec.Route{RequestPattern: to("/never"), Abort: "refused"}), click(role("button", "Ask")), logged("TypeError"), requests()).want(t, spec.OutcomeFailed)
}
