package hostiletest

import (
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// Page is an interface that makes it hard to do the right thing. Its button
// tells the site of each click that it gets, and the page of each that goes
// elsewhere.
type Page struct {
	Name  string
	HTML  string             // {{inner}} is the address of Inner
	Inner string             // of a frame; may be empty
	Ahead []spec.BrowserStep // steps before it, which pass
	Step  spec.BrowserStep
	Want  string // in the sentence of its failure; empty: the one click arrives
}

// counting is what all pages begin with.
const counting = `<style>body{margin:0} #b{position:absolute;left:100px;top:100px;width:120px;height:40px} .cover{position:fixed;inset:0;background:#0008}</style>
	<p id=hits style="position:fixed;bottom:0;pointer-events:none">0</p>
	<script>const tell = (what) => { const x = new XMLHttpRequest(); x.open('POST', '/' + what + location.search, false); x.send(); };
	const hit = () => { hits.textContent = +hits.textContent + 1; tell('hit'); };
	const button = (html = 'Go') => { const b = document.createElement('button'); b.id = 'b'; b.innerHTML = html; b.onclick = (e) => { e.stopPropagation(); hit(); }; return b; };
	const add = (html) => { const b = button(html); document.body.append(b); return b; };
	addEventListener('click', () => tell('miss')); addEventListener('mousedown', (e) => { if (!e.composedPath().some((n) => n.id === 'b')) tell('miss'); });</script>`

const ready = `<script>add()</script>`

func click(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Click: &spec.Click{Locator: l}} }

var target = spec.Locator{Role: "button", Name: "Go"}

// Pages lists them all: where it should pass, and where it should fail.
func Pages() []Page {
	frame := spec.Locator{CSS: "#f"}
	framed, deep := target, target
	framed.Frame = &frame
	deep.Frame = &spec.Locator{CSS: "#f", Frame: &spec.Locator{CSS: "#g"}}
	row := spec.Locator{Role: "button", Name: "Go", Within: &spec.Locator{CSS: "li", HasText: "Row 150"}}
	covered := `<div class=cover id=o></div>`
	holder := `<style>iframe{position:absolute;left:60px;top:60px;width:400px;height:300px}</style><iframe id=f src="{{inner}}"></iframe>`
	plain := []struct{ name, html, want string }{
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
		{"comes late", `<script>setTimeout(() => add(), 500)</script>`, ""},
		{"drawn anew for a while", ready + `<script>let n = 0; const redraw = () => { b.replaceWith(button()); if (++n < 30) requestAnimationFrame(redraw); }; redraw()</script>`, ""},
		{"drawn anew for ever", ready + `<script>const redraw = () => { b.replaceWith(button()); requestAnimationFrame(redraw); }; redraw()</script>`, `button "Go" is replaced again and again after`},
		{"twice for a moment", ready + `<script>const twin = add(); setTimeout(() => twin.remove(), 100)</script>`, ""},
		{"behind a sticky header", ready + `<style>body{height:4000px} header{position:fixed;top:0;left:0;right:0;height:150px;background:red;z-index:9} #b{top:1500px}</style><header>H</header><script>scrollTo(0, 1450)</script>`, ""},
		{"in a scrolled box", `<div style="height:80px;width:400px;overflow:auto;position:relative"><div id=in style="height:3000px"></div></div><script>in_ = document.getElementById('in'); const x = button(); x.style.top = '2500px'; in_.append(x)</script>`, ""},
		{"in a shadow root", `<div id=host></div><script>const root = host.attachShadow({mode: 'open'}); root.append(button())</script>`, ""},
		{"in nested shadow roots", `<div id=host></div><script>const one = host.attachShadow({mode: 'open'}); const d = document.createElement('div'); one.append(d); d.attachShadow({mode: 'open'}).append(button())</script>`, ""},
		{"covered inside of a shadow root", `<div id=host></div><script>const root = host.attachShadow({mode: 'open'}); root.append(button()); const o = document.createElement('div'); o.style.cssText = 'position:fixed;inset:0'; o.id = 'veil'; root.append(o)</script>`, `button "Go" is covered by div#veil after`},
		{"content of its own above it", ready + `<script>b.innerHTML = '<svg width=20 height=20><rect width=20 height=20 /></svg> <b>Go</b>'</script>`, ""},
		{"smooth scrolling", ready + `<style>html{scroll-behavior:smooth} body{height:5000px} #b{top:4500px}</style>`, ""},
		{"a page that overrides what scripts use", ready + `<script>Document.prototype.elementFromPoint = () => null; Element.prototype.getBoundingClientRect = () => ({}); window.requestAnimationFrame = () => 0; window.performance.now = () => 0; Array.prototype.filter = () => []</script>`, ""},
		{"hydrated late, and disabled until then", `<button id=b disabled>Go</button><script>setTimeout(() => { b.disabled = false; b.onclick = (e) => { e.stopPropagation(); hit(); } }, 500)</script>`, ""},
		{"its handler comes with the end of loading", `<button id=b>Go</button><script>addEventListener('load', () => { b.onclick = (e) => { e.stopPropagation(); hit(); } })</script>`, ""},
		{"drawn anew between press and release", ready + `<script>let once = true; b.addEventListener('pointerover', () => { if (once) { once = false; const n = button(); b.replaceWith(n); } })</script>`, ""},
		{"a toast slides over it and away", ready + covered + `<style>@keyframes s{from{transform:translateY(-100%)}to{transform:none}} #o{animation:s .3s}</style><script>setTimeout(() => o.remove(), 600)</script>`, ""},
		{"under a dialog that closes", ready + `<dialog id=d style="width:90vw;height:90vh">D</dialog><script>d.showModal(); setTimeout(() => d.close(), 500)</script>`, ""},
		{"under a dialog that stays", ready + `<dialog id=d style="width:90vw;height:90vh">D</dialog><script>d.showModal()</script>`, `is covered by`},
		{"grows while it is reached for", ready + `<script>let n = 0; const grow = () => { b.style.width = 120 + n * 4 + 'px'; if (++n < 30) requestAnimationFrame(grow); }; grow()</script>`, ""},
		{"pushed down by what loads above", `<div id=top></div>` + ready + `<style>#b{position:static}</style><script>let n = 0; const push = () => { top_.style.height = ++n * 8 + 'px'; if (n < 30) requestAnimationFrame(push); }; const top_ = document.getElementById('top'); push()</script>`, ""},
		{"inert for a while", `<div id=i inert></div><script>i.append(button()); setTimeout(() => { i.inert = false }, 500)</script>`, ""},
		{"leaps when it is pressed", ready + `<style>#b:active{transform:translate(9px, 9px)}</style>`, ""},
		{"rises to the pointer", ready + `<style>#b:hover{transform:translateY(-12px)}</style>`, ""},
		{"only its upper edge shows", ready + `<style>body{height:2000px} #b{top:calc(100vh - 1px)}</style>`, ""},
		{"two of them for good", ready + ready, `2 elements match`},
		{"no such button", ``, `no element matches button "Go"`},
	}
	pages := make([]Page, 0, len(plain)+20)
	for _, p := range plain {
		pages = append(pages, Page{Name: p.name, HTML: p.html, Step: click(target), Want: p.want})
	}
	pages = append(pages, going()...)
	return append(pages,
		Page{Name: "in a frame", HTML: holder, Inner: ready, Step: click(framed)},
		Page{Name: "in a frame that is covered for a while", HTML: holder + covered + `<script>setTimeout(() => o.remove(), 500)</script>`, Inner: ready, Step: click(framed)},
		Page{Name: "in a frame that is covered for good", HTML: holder + covered, Inner: ready, Step: click(framed), Want: "its frame is covered by div#o"},
		Page{Name: "covered in its frame", HTML: holder, Inner: ready + covered, Step: click(framed), Want: "is covered by div#o"},
		Page{Name: "in a frame that slides in", HTML: holder + `<style>@keyframes s{from{left:1200px}} #f{animation:s .5s}</style>`, Inner: ready, Step: click(framed)},
		Page{Name: "in a frame that comes late", HTML: `<div id=d></div><script>setTimeout(() => { d.innerHTML = '<iframe id=f src="{{inner}}" style="width:400px;height:300px"></iframe>' }, 500)</script>`, Inner: ready, Step: click(framed)},
		Page{Name: "in a frame that is loaded anew", HTML: holder + `<script>setTimeout(() => { f.src = f.src }, 250)</script>`, Inner: `<script>setTimeout(() => add(), 400)</script>`, Step: click(framed)},
		Page{Name: "in a frame far below", HTML: `<div style="height:3000px"></div><iframe id=f src="{{inner}}" style="width:400px;height:300px"></iframe><div style="height:3000px"></div>`, Inner: `<style>#b{top:900px}</style>` + ready, Step: click(framed)},
		Page{Name: "in a frame of a frame", HTML: `<iframe id=g src="{{inner}}&deep" style="width:600px;height:400px"></iframe>`, Inner: `<script>if (location.search.includes('deep')) document.body.innerHTML = '<iframe id=f src="' + location.href.replace('&deep', '') + '" style="width:400px;height:300px"></iframe>'; else add()</script>`, Step: click(deep)},
		Page{Name: "in a frame that never comes", HTML: `x`, Step: click(framed), Want: "no element matches #f"},
		Page{Name: "in a list that loads while it is scrolled", HTML: lazy, Step: spec.BrowserStep{Scroll: &spec.Scroll{Locator: row}}},
		Page{Name: "in a list that has no such row", HTML: `<script>const END = 100</script>` + lazy, Step: spec.BrowserStep{Scroll: &spec.Scroll{Locator: row}}, Want: "no element matches"},
	)
}

// moves lets the button go away by script, and counts clicks meanwhile as missed.
// Before the second frame it is in its old place.
const moves = `<script>let moving = false; b.onclick = (e) => { e.stopPropagation(); if (moving) tell('miss'); else hit(); };
	const go = () => { let n = 0; const move = () => { b.style.left = 100 + n * 8 + 'px'; moving = n > 0 && n < 29; if (++n < 30) requestAnimationFrame(move); }; requestAnimationFrame(move); }; const after = (call) => setTimeout(call, 400);</script>`

// starter sets the button going.
const starter = `<button id=a onmousedown="event.stopPropagation()" onclick="event.stopPropagation(); go()">Start</button>`

// going are pages whose button rests for long, and is set going by what happens
// before it is clicked, or by what makes that possible.
func going() []Page {
	told := spec.BrowserStep{Expect: &spec.Expect{Visible: &spec.Locator{Text: "Now"}}}
	field := spec.Locator{CSS: "#f"}
	out := []Page{
		{Name: "set going by what was waited for", HTML: `<p id=t></p><script>after(() => { t.textContent = 'Now'; go() })</script>`, Ahead: []spec.BrowserStep{told}},
		{Name: "set going by a transition with what was waited for", Ahead: []spec.BrowserStep{told},
			HTML: `<p id=t></p><script>b.style.transition = 'left .4s ease-in'; b.style.left = '100px'; b.ontransitionend = () => { moving = false }; after(() => { t.textContent = 'Now'; b.style.left = '700px'; const watch = () => { if (b.offsetLeft > 100 && b.offsetLeft < 700) moving = true; if (b.offsetLeft < 700) requestAnimationFrame(watch); }; watch() })</script>`},
		{Name: "set going by the click before", Ahead: []spec.BrowserStep{told, click(spec.Locator{Role: "button", Name: "Start"})},
			HTML: `<p>Now</p>` + starter},
		{Name: "set going by the click before, from where a style has put it", Ahead: []spec.BrowserStep{told, click(spec.Locator{Role: "button", Name: "Start"})},
			HTML: `<p>Now</p><script>b.style.left = '100px'</script>` + starter},
		{Name: "set going by the click before, beside what turns without end", Ahead: []spec.BrowserStep{told, click(spec.Locator{Role: "button", Name: "Start"})},
			HTML: `<p>Now</p><style>@keyframes t{to{transform:rotate(1turn)}} #s{animation:t 1s infinite linear;width:20px}</style><div id=s>x</div>` + starter},
		{Name: "pushed down by what the click before unfolds", Ahead: []spec.BrowserStep{told, click(spec.Locator{Role: "button", Name: "Start"})},
			HTML: `<p>Now</p><style>#u{height:0;transition:height .4s ease-in} #b{position:static}</style><div id=u></div><script>document.body.append(u, b); const push = () => { u.style.height = '300px'; const watch = () => { moving = u.offsetHeight > 0 && u.offsetHeight < 300; if (u.offsetHeight < 300) requestAnimationFrame(watch); }; watch(); }</script>` + strings.Replace(starter, "go()", "push()", 1)},
		{Name: "scrolled by the click before", Ahead: []spec.BrowserStep{told, click(spec.Locator{Role: "button", Name: "Start"})},
			HTML: `<p>Now</p><style>body{height:4000px}</style><script>onscroll = () => { moving = scrollY > 0 && scrollY < 80 }; const away = () => scrollTo({top: 80, behavior: 'smooth'})</script>` + strings.Replace(starter, "go()", "away()", 1)},
		{Name: "set going by a key", Ahead: []spec.BrowserStep{told, {Press: &spec.Press{Locator: field, Key: "Enter"}}}, HTML: `<p>Now</p><input id=f onkeydown="go()">`},
		{Name: "set going by typed text", Ahead: []spec.BrowserStep{told, {Fill: &spec.Fill{Locator: field, Value: "tea"}}}, HTML: `<p>Now</p><input id=f oninput="go()">`},
		{Name: "enabled and set going at once", HTML: `<script>b.disabled = true; after(() => { b.disabled = false; go() })</script>`},
		{Name: "uncovered and set going at once", HTML: `<div class=cover id=o></div><script>after(() => { o.remove(); go() })</script>`},
		{Name: "on a page that changes without end", HTML: `<p id=t></p><script>const change = new MessageChannel(); let n = 0; change.port1.onmessage = () => { t.textContent = ++n; change.port2.postMessage(0) }; change.port2.postMessage(0)</script>`},
	}
	for i := range out {
		out[i].HTML = ready + moves + out[i].HTML
		out[i].Step = click(target)
	}
	return out
}

// lazy is a list that grows at its end.
const lazy = `<ul id=list></ul><script>let n = 0; const end = typeof END === 'undefined' ? 200 : END;
	const more = () => { for (let i = 0; i < 40 && n < end; i++, n++) { const li = document.createElement('li'); li.textContent = 'Row ' + n + ' '; li.style.cssText = 'height:40px;position:relative'; const b = button(); b.removeAttribute('id'); b.className = 'go'; b.onclick = (e) => { e.stopPropagation(); if (li.textContent.startsWith('Row 150 ')) hit(); else tell('miss'); }; b.id = 'b'; b.style.cssText = 'position:static'; li.append(b); list.append(li); } };
	more(); onscroll = () => { if (n < end && scrollY + innerHeight > list.offsetHeight - 100) setTimeout(more, 30); }</script>`
