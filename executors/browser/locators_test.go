package browser_test

import (
	"testing"

	"github.com/semantest/semantest/internal/spec"
)

// TestLocators asks how many elements a locator matches on one page, and which
// is the first.
func TestLocators(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>L</title>
<style>.gone{display:none}</style>
<h1 id=h>Products and prices</h1>
<button id=b1>Buy</button><button id=b2>buy more</button><button id=b3 class=gone>Buy hidden</button><button id=b4 aria-hidden=true>Buy silent</button>
<div role=button id=b5 tabindex=0>Buy by role</div>
<label for=e>E-mail address</label><input id=e type=email placeholder="you@example.org">
<label id=lw>Wrapped <input id=w></label>
<input id=al aria-label="Phone number" placeholder="Phone">
<span id=s1>Total</span><span id=s2>cost</span><input id=lb aria-labelledby="s1 s2">
<p id=p1>Hello <b id=bold>brave</b> new world</p><p id=p2>hello   brave
new world</p><p id=p3>Hello</p>
<input id=sub type=submit value="Send it">
<div data-testid=card id=c1>One</div><div data-testid=card id=c2>Two</div><div data-testid="a&quot;b" id=c3>Three</div>
<script>var inScript = 'Hello script text'</script><template><p>Hello template</p></template>
<div id=host></div><div id=closed></div>
<ul id=list><li>1<li>2<li>3</ul>
<script>
const open_ = host.attachShadow({mode: 'open'});
open_.innerHTML = '<button id=sb>Shadow buy</button><label>Inner <input id=si></label><p class=deep>Deep text</p><div id=host2></div>';
open_.getElementById('host2').attachShadow({mode: 'open'}).innerHTML = '<p class=deep data-testid=deeper>Deeper text</p>';
closed.attachShadow({mode: 'closed'}).innerHTML = '<p class=deep>Closed</p>';
</script>`)
	nth := func(n int, l spec.Locator) spec.Locator { l.Nth = &n; return l }
	exact := func(l spec.Locator) spec.Locator { l.Exact = true; return l }
	tests := []struct {
		name    string
		locator spec.Locator
		count   int64
		id      string // of the first match
	}{
		{"role", role("heading", ""), 1, "h"},
		{"role and part of the name, any case", role("button", "buy"), 4, "b1"},
		{"role and exact name", exact(role("button", "Buy")), 1, "b1"},
		{"role and exact name, case", exact(role("button", "buy")), 0, ""},
		{"role leaves out what is hidden", role("button", "hidden"), 0, ""},
		{"role leaves out what is silenced", role("button", "silent"), 0, ""},
		{"explicit role", role("button", "by role"), 1, "b5"},
		{"role in a shadow root", role("button", "Shadow"), 1, "sb"},
		{"role textbox by label", role("textbox", "E-mail"), 1, "e"},
		{"label for", spec.Locator{Label: "e-mail"}, 1, "e"},
		{"label around", spec.Locator{Label: "Wrapped"}, 1, "w"},
		{"aria-label", spec.Locator{Label: "Phone"}, 1, "al"},
		{"aria-labelledby", spec.Locator{Label: "Total cost"}, 1, "lb"},
		{"label exact", exact(spec.Locator{Label: "Phone"}), 0, ""},
		{"label in a shadow root", spec.Locator{Label: "Inner"}, 1, "si"},
		{"placeholder", spec.Locator{Placeholder: "YOU@"}, 1, "e"},
		{"placeholder exact", exact(spec.Locator{Placeholder: "Phone"}), 1, "al"},
		{"text over elements and spaces", spec.Locator{Text: "hello brave new"}, 2, "p1"},
		{"text of the innermost", spec.Locator{Text: "brave"}, 2, "bold"},
		{"text exact", exact(spec.Locator{Text: "Hello"}), 1, "p3"},
		{"text of a submit button", spec.Locator{Text: "Send it"}, 1, "sub"},
		{"text is not in scripts or templates", spec.Locator{Text: "Hello script"}, 0, ""},
		{"text is not in templates", spec.Locator{Text: "Hello template"}, 0, ""},
		{"text in a shadow root", spec.Locator{Text: "Deeper text"}, 1, ""},
		{"test id", spec.Locator{TestID: "card"}, 2, "c1"},
		{"test id with quotes", spec.Locator{TestID: `a"b`}, 1, "c3"},
		{"test id in a shadow root", spec.Locator{TestID: "deeper"}, 1, ""},
		{"css", css("#list li"), 3, ""},
		{"css in open shadow roots only", css(".deep"), 2, ""},
		{"xpath", spec.Locator{XPath: "//div[@data-testid]"}, 3, "c1"},
		{"xpath does not enter shadow roots", spec.Locator{XPath: "//*[@class='deep']"}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps := []spec.BrowserStep{open(page), expect(spec.Expect{Count: &tt.locator, Matcher: equals(tt.count)})}
			if tt.id != "" {
				steps = append(steps, expect(spec.Expect{Attribute: &spec.Attribute{Locator: nth(0, tt.locator), Attribute: "id"}, Matcher: equals(tt.id)}))
			}
			perform(t, steps...).passes(t)
		})
	}
	t.Run("nth", func(t *testing.T) {
		t.Parallel()
		perform(t, open(page), text(nth(1, css("#list li")), "2"), text(nth(-1, css("#list li")), "3"),
			expect(spec.Expect{Hidden: new(nth(3, css("#list li")))})).passes(t)
	})
}

// TestExpectations: each assertion holds at once or as soon as the page is so.
func TestExpectations(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>E</title><button id=b disabled>B</button><input id=i value=v data-x=1><input id=c type=checkbox><p id=p hidden>P</p><p id=q>Q</p><ul></ul>
<div contenteditable id=ed>rich</div><select id=s multiple><option value=1 selected>1<option value=2 selected>2</select>
<script>setTimeout(() => { b.disabled = false; c.checked = true; p.hidden = false; q.remove(); i.value = 'w'; document.title = 'F'; history.pushState(0, '', '/done?x=1#y'); document.querySelector('ul').innerHTML = '<li>1<li>2' }, 300)</script>`)
	matches := spec.Matcher{Matches: `^/?.*done`}
	tests := map[string]spec.Expect{
		"enabled":             {Enabled: new(css("#b"))},
		"checked":             {Checked: new(css("#c"))},
		"visible":             {Visible: new(css("#p"))},
		"hidden because gone": {Hidden: new(css("#q"))},
		"value":               {Value: new(css("#i")), Matcher: equals("w")},
		"value of a multiple": {Value: new(css("#s")), Matcher: equals("1,2")},
		"value of rich text":  {Value: new(css("#ed")), Matcher: equals("rich")},
		"attribute":           {Attribute: &spec.Attribute{Locator: css("#i"), Attribute: "data-x"}, Matcher: equals("1")},
		"attribute is there":  {Attribute: &spec.Attribute{Locator: css("#i"), Attribute: "data-x"}},
		"attribute is absent": {Attribute: &spec.Attribute{Locator: css("#i"), Attribute: "none"}, Matcher: spec.Matcher{Exists: new(false)}},
		"count":               {Count: new(css("li")), Matcher: spec.Matcher{GTE: &spec.Value{V: int64(2)}}},
		"title":               {Title: new(equals("F"))},
		"url, relative":       {URL: new(equals("/done?x=1#y"))},
		"url by a pattern":    {URL: &matches},
		"url, in part":        {URL: new(contains("x=1"))},
		"several matchers":    {Text: new(css("#p")), Matcher: spec.Matcher{Contains: &spec.Value{V: "P"}, Length: new(1)}},
	}
	for name, e := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			perform(t, open(page), expect(e)).passes(t)
		})
	}
	t.Run("text of a megabyte", func(t *testing.T) {
		t.Parallel()
		long := spec.Matcher{Length: new(600_000)}
		on(t, `<p id=p></p><script>setTimeout(() => { p.textContent = 'x'.repeat(600000) }, 200)</script>`, expect(spec.Expect{Text: new(css("#p")), Matcher: long})).passes(t)
	})
	first := map[string]spec.Expect{
		"disabled":  {Disabled: new(css("#b"))},
		"unchecked": {Unchecked: new(css("#c"))},
	}
	steady := site.put(`<button id=b disabled>B</button><input id=c type=checkbox>`)
	for name, e := range first {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			perform(t, open(steady), expect(e)).passes(t)
		})
	}
}
