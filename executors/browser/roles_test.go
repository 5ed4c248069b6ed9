package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/google/go-cmp/cmp"

	browsercdp "github.com/semantest/semantest/executors/browser/internal/cdp"
)

// semantic is what an element means to people who do not see it.
type semantic struct {
	Role   string `json:"role"`
	Name   string `json:"name"`
	Hidden bool   `json:"hidden"`
}

// elements are tried one by one: x marks the one that is asked about.
var elements = []string{
	`<button x>Buy now</button>`,
	`<button x aria-label="Close">×</button>`,
	`<button x title="Help"></button>`,
	`<button x><img alt="Search" src="data:,"> it</button>`,
	`<button x><svg width=9 height=9><title>Gear</title></svg></button>`,
	`<button x>A<span style="display:none">hidden</span>B</button>`,
	`<button x>A<span aria-hidden=true>hidden</span>B</button>`,
	`<button x>One<div>Two</div>Three</button>`,
	`<button x>One<span>Two</span><br>Three</button>`,
	`<style>.i::before{content:"★ "} .i::after{content:" (new)"}</style><button x class=i>Star</button>`,
	`<input x type=submit>`, `<input x type=reset>`, `<input x type=button value=Go>`, `<input x type=submit value=Send>`,
	`<input x type=image alt=Pic src="data:,">`,
	`<input x type=button title=T>`,
	`<a x href=#>Home</a>`, `<a x href=#><img alt=Logo src="data:,"></a>`, `<a x href=# aria-label="Read more about cats">Read more</a>`,
	`<h1 x>Title</h1>`, `<h3 x>Sub <em>title</em></h3>`, `<div x role=heading aria-level=2>Made</div>`,
	`<label for=x>Email</label><input x>`, `<label>Email <input x></label>`, `<label>Email <input x value=v> address</label>`,
	`<input x placeholder="Search here">`, `<input x title="T" placeholder="P">`, `<input x aria-label=L placeholder=P>`,
	`<span id=a>First</span><span id=b>name</span><input x aria-labelledby="a b">`,
	`<span id=a style="display:none">Secret label</span><input x aria-labelledby=a>`,
	`<span id=a>Delete</span><button x aria-labelledby="x a">File</button>`,
	`<label for=x>One</label><label for=x>Two</label><input x>`,
	`<input x type=email aria-label=E>`, `<input x type=tel aria-label=E>`, `<input x type=url aria-label=E>`, `<input x type=search aria-label=E>`,
	`<input x type=number aria-label=E>`, `<input x type=range aria-label=E>`,
	`<input x list=d aria-label=E><datalist id=d><option>1</datalist>`,
	`<label><input x type=checkbox> I agree</label>`, `<label><input x type=radio> Red</label>`,
	`<label>Flash the screen <input x type=checkbox> times</label>`,
	`<label><input x type=checkbox> Remind me in <input value=5> minutes</label>`,
	`<label>Colour <select x><option>Red<option>Blue</select></label>`, `<select x multiple aria-label=M><option>1</select>`,
	`<label for=x>Notes</label><textarea x>text</textarea>`,
	`<select aria-label=S><option x selected>One</select>`,
	`<img x alt=Cat src="data:,">`, `<img x title=Dog src="data:,">`, `<svg x role=img aria-label=Chart width=9 height=9></svg>`,
	`<nav x aria-label=Main>n</nav>`, `<nav x>n</nav>`, `<main x>m</main>`, `<header x>h</header>`, `<footer x>f</footer>`, `<aside x aria-label=A>a</aside>`,
	`<article x>a</article>`, `<section x aria-label=S>s</section>`, `<form x aria-label=F></form>`, `<search x>s</search>`,
	`<div x role=dialog aria-label=D>d</div>`, `<dialog x open>d</dialog>`, `<div x role=alert>Wrong</div>`, `<div x role=status>Fine</div>`, `<output x>1</output>`,
	`<ul x><li>1</ul>`, `<ol x><li>1</ol>`, `<ul><li x>One</ul>`,
	`<table x><caption>Prices</caption><tr><td>1<td>2</table>`, `<table><tr x><td>1<td>2</tr><tr><th>a<th>b</table>`, `<table><tr><th>H<th>I<tr><td x>Cell<td>2</table>`, `<table><tr><th x>Head<th>I<tr><td>Cell<td>2</table>`,
	`<table><tr><th x scope=row>Row<td>1<tr><th scope=row>B<td>2</table>`,
	`<fieldset x><legend>Address</legend><input></fieldset>`, `<figure x><figcaption>Fig</figcaption></figure>`, `<details><summary x>More</summary>x</details>`,
	`<progress x aria-label=P value=1 max=2></progress>`, `<meter x aria-label=P value=1 max=2></meter>`, `<hr x>`,
	`<div x role=tab>Tab</div>`, `<div x role=menuitem>Copy</div>`, `<div x role=switch aria-checked=true>Wifi</div>`, `<div x role=combobox aria-label=C tabindex=0>v</div>`,
	`<div x role=textbox aria-label=T contenteditable>v</div>`, `<div x role=searchbox aria-label=T contenteditable>v</div>`,
	`<div x role="foo button">F</div>`, `<div x role=BUTTON>F</div>`,
	`<button x>  lots   of
		space </button>`,
	`<div role=link x tabindex=0><span>in</span><span>line</span></div>`,
	`<button x><span aria-label="Spoken">Written</span></button>`,
	`<h2 x><a href=#>Linked</a> heading</h2>`,
	`<button x><span style="display:inline-block">a</span>b</button>`,
	`<p x>Text</p>`, `<blockquote x>q</blockquote>`, `<code x>c</code>`, `<time x>t</time>`, `<strong x>s</strong>`, `<em x>e</em>`,
}

// standard are names that the specifications give and this browser does not.
var standard = map[string]string{
	`<table><tr x><td>1<td>2</tr><tr><th>a<th>b</table>`: "1 2", // ARIA: a row is named by its content
	`<figure x><figcaption>Fig</figcaption></figure>`:    "Fig", // HTML-AAM: by its caption
}

// TestRolesAndNames holds the agent's roles and names against those that the
// browser itself computes for assistive technology.
func TestRolesAndNames(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	pg, err := e.pool.acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer e.pool.release(pg)
	for _, html := range elements {
		script := fmt.Sprintf("document.body.innerHTML = %q", marked(html))
		if err := command(ctx, pg, runtime.Evaluate.Method, runtime.EvaluateParams{Expression: script}, nil); err != nil {
			t.Fatal(err)
		}
		var got []semantic
		if _, err := pg.Call(ctx, "semantics", locator{CSS: "#x"}, &got); err != nil {
			t.Fatal(err)
		}
		want, err := oracle(ctx, pg)
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := standard[html]; ok {
			want.Name = name
		}
		if diff := cmp.Diff([]semantic{want}, got); diff != "" {
			t.Errorf("%s (-browser +agent):\n%s", html, diff)
		}
	}
}

// marked gives the element in question its id.
func marked(html string) string {
	for i := range len(html) - 2 {
		if html[i:i+3] == " x " || html[i:i+3] == " x>" {
			return html[:i] + " id=x" + html[i+2:]
		}
	}
	panic("no element is marked in " + html)
}

// internal are the browser's own words for roles that ARIA knows by another.
var internal = map[string]string{
	"none": "generic", "image": "img", "StaticText": "generic", "DisclosureTriangle": "button", "LabelText": "generic",
	"ListBoxOption": "option", "MenuListOption": "option", "sectionheader": "banner", "sectionfooter": "contentinfo",
}

func command(ctx context.Context, pg *page, method string, params, result any) error {
	return pg.Page.(*browsercdp.Page).Send(ctx, method, params, result)
}

func oracle(ctx context.Context, pg *page) (semantic, error) {
	var doc dom.GetDocumentResult
	if err := command(ctx, pg, dom.GetDocument.Method, dom.GetDocumentParams{Depth: new(int64(0))}, &doc); err != nil {
		return semantic{}, err
	}
	var found dom.QuerySelectorResult
	if err := command(ctx, pg, dom.QuerySelector.Method, dom.QuerySelectorParams{NodeID: doc.Root.NodeID, Selector: "#x"}, &found); err != nil {
		return semantic{}, err
	}
	var tree accessibility.GetPartialAXTreeResult
	if err := command(ctx, pg, accessibility.GetPartialAXTree.Method,
		accessibility.GetPartialAXTreeParams{NodeID: found.NodeID, FetchRelatives: new(false)}, &tree); err != nil {
		return semantic{}, err
	}
	if len(tree.Nodes) == 0 {
		return semantic{}, fmt.Errorf("the browser has no meaning for the element")
	}
	n := tree.Nodes[0]
	s := semantic{Hidden: n.Ignored}
	if n.Role != nil {
		if err := json.Unmarshal([]byte(n.Role.Value), &s.Role); err != nil {
			return s, err
		}
	}
	if n.Name != nil && len(n.Name.Value) > 0 {
		if err := json.Unmarshal([]byte(n.Name.Value), &s.Name); err != nil {
			return s, err
		}
	}
	if word, ok := internal[s.Role]; ok {
		s.Role = word
	}
	return s, nil
}
