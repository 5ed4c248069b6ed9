package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// TestHostileInterfaces clicks where a person could not, or not yet. Every page
// counts the clicks that its button got, and those that went elsewhere.
func TestHostileInterfaces(t *testing.T) {
	t.Parallel()
	const counting = `<style>body{margin:0} #b{position:absolute;left:100px;top:100px;width:120px;height:40px} .cover{position:fixed;inset:0;background:#0008}</style>
		<p id=hits style="position:fixed;bottom:0">0</p><p id=misses style="position:fixed;bottom:40px">0</p>
		<script>const count = (id) => { const p = document.getElementById(id); p.textContent = +p.textContent + 1; };
		const button = (html = 'Go') => { const b = document.createElement('button'); b.id = 'b'; b.textContent = html; b.onclick = (e) => { e.stopPropagation(); count('hits'); }; document.body.append(b); return b; };
		addEventListener('click', () => count('misses')); addEventListener('mousedown', (e) => { if (!e.composedPath().some((n) => n.id === 'b')) count('misses'); });</script>`
	const ready = `<script>button()</script>`
	tests := []struct {
		name string
		html string
		want string // of the error; empty: the one click arrives
	}{
		{"plain", ready, ""},
		{"an overlay goes away", ready + `<div class=cover id=o></div><script>setTimeout(() => o.remove(), 500)</script>`, ""},
		{"an overlay stays", ready + `<div class="cover modal"></div>`, `button "Go" is covered by div.cover.modal after`},
		{"an overlay that lets clicks through", ready + `<div class=cover style="pointer-events:none"></div>`, ""},
		{"an overlay fades in on hover", ready + `<script>b.onmouseenter = () => { const o = document.createElement('div'); o.className = 'cover late'; document.body.append(o); setTimeout(() => o.remove(), 300); b.onmouseenter = null; }</script>`, ""},
		{"the button takes no pointer", ready + `<script>b.style.pointerEvents = 'none'</script>`, `button "Go" takes no clicks (pointer-events: none) after`},
		{"enabled later", ready + `<script>b.disabled = true; setTimeout(() => b.disabled = false, 500)</script>`, ""},
		{"disabled for good", ready + `<script>b.disabled = true</script>`, `button "Go" is disabled after`},
		{"in a disabled fieldset", `<fieldset disabled id=f></fieldset><script>f.append(button())</script>`, `button "Go" is disabled after`},
		{"aria-disabled", ready + `<script>b.setAttribute('aria-disabled', 'true')</script>`, `button "Go" is disabled after`},
		{"slides in by a transition", ready + `<script>b.style.transition = 'left .5s'; b.style.left = '1500px'; requestAnimationFrame(() => requestAnimationFrame(() => b.style.left = '100px'))</script>`, ""},
		{"moves for ever by an animation", `<style>@keyframes m{to{left:900px}} #b{animation:m 1s infinite alternate linear}</style>` + ready, `button "Go" keeps moving after`},
		{"moves by script and stops", ready + `<script>let n = 0; const move = () => { b.style.left = 100 + n * 10 + 'px'; if (++n < 40) requestAnimationFrame(move); }; move()</script>`, ""},
		{"moves by script for ever", ready + `<script>let n = 0; const move = () => { b.style.left = 100 + (n++ % 90) * 10 + 'px'; requestAnimationFrame(move); }; move()</script>`, `button "Go" keeps moving after`},
		{"flees from the pointer once", ready + `<script>b.onmouseenter = () => { b.style.left = '700px'; b.onmouseenter = null; }</script>`, ""},
		{"visibility hidden, then not", ready + `<script>b.style.visibility = 'hidden'; setTimeout(() => b.style.visibility = '', 500)</script>`, ""},
		{"visibility hidden for good", ready + `<script>b.style.visibility = 'hidden'</script>`, "no element matches"},
		{"no size", ready + `<script>b.style.cssText += ';width:0;height:0;padding:0;border:0;overflow:hidden'</script>`, `is not visible after`},
		{"see-through", ready + `<script>b.style.opacity = 0</script>`, ""},
		{"outside of the page", ready + `<script>b.style.left = '-500px'</script>`, `button "Go" cannot be scrolled into view after`},
		{"comes late", `<script>setTimeout(() => button(), 500)</script>`, ""},
		{"drawn anew for a while", ready + `<script>let n = 0; const redraw = () => { b.replaceWith(button()); if (++n < 30) requestAnimationFrame(redraw); }; redraw()</script>`, ""},
		{"drawn anew for ever", ready + `<script>const redraw = () => { b.replaceWith(button()); requestAnimationFrame(redraw); }; redraw()</script>`, `button "Go" is replaced again and again after`},
		{"twice for a moment", ready + `<script>const twin = button(); setTimeout(() => twin.remove(), 100)</script>`, ""},
		{"behind a sticky header", ready + `<style>body{height:4000px} header{position:fixed;top:0;left:0;right:0;height:150px;background:red;z-index:9} #b{top:1500px}</style><header>H</header><script>scrollTo(0, 1450)</script>`, ""},
		{"in a scrolled box", `<div style="height:80px;width:400px;overflow:auto;position:relative"><div id=in style="height:3000px"></div></div><script>in_ = document.getElementById('in'); const x = button(); x.style.top = '2500px'; in_.append(x)</script>`, ""},
		{"in a shadow root", `<div id=host></div><script>const root = host.attachShadow({mode: 'open'}); root.append(button())</script>`, ""},
		{"in nested shadow roots", `<div id=host></div><script>const one = host.attachShadow({mode: 'open'}); const d = document.createElement('div'); one.append(d); d.attachShadow({mode: 'open'}).append(button())</script>`, ""},
		{"covered inside of a shadow root", `<div id=host></div><script>const root = host.attachShadow({mode: 'open'}); root.append(button()); const o = document.createElement('div'); o.style.cssText = 'position:fixed;inset:0'; o.id = 'veil'; root.append(o)</script>`, `button "Go" is covered by div#veil after`},
		{"content of its own above it", ready + `<script>b.innerHTML = '<svg width=20 height=20><rect width=20 height=20 /></svg> <b>Go</b>'</script>`, ""},
		{"smooth scrolling", ready + `<style>html{scroll-behavior:smooth} body{height:5000px} #b{top:4500px}</style>`, ""},
		{"a page that overrides what scripts use", ready + `<script>Document.prototype.elementFromPoint = () => null; Element.prototype.getBoundingClientRect = () => ({}); window.requestAnimationFrame = () => 0; window.performance.now = () => 0; Array.prototype.filter = () => []</script>`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := 10 * time.Second
			if tt.want != "" {
				limit = 900 * time.Millisecond
			}
			target := role("button", "Go")
			steps := []spec.BrowserStep{within(limit, click(target))}
			if tt.want == "" {
				steps = append(steps, within(2*time.Second, text(css("#hits"), "1")), within(time.Second, text(css("#misses"), "0")))
				on(t, counting+tt.html, steps...).passes(t)
				return
			}
			r := on(t, counting+tt.html, steps...).want(t, spec.OutcomeFailed)
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", r.err, tt.want)
			}
		})
	}
}
