package browser_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

func equals(v any) spec.Matcher { return spec.Matcher{Equals: &spec.Value{V: v}} }

func contains(v any) spec.Matcher { return spec.Matcher{Contains: &spec.Value{V: v}} }

func valueOf(l spec.Locator, want string) spec.BrowserStep {
	return expect(spec.Expect{Value: &l, Matcher: equals(want)})
}

func dblclick(l spec.Locator) spec.BrowserStep {
	return spec.BrowserStep{DblClick: &spec.Click{Locator: l}}
}

func hover(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Hover: &l} }

func tick(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Check: &l} }

func untick(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Uncheck: &l} }

func choose(l spec.Locator, value, option string) spec.BrowserStep {
	return spec.BrowserStep{Select: &spec.Select{Locator: l, Value: value, Option: option}}
}

const logging = `<script>
const log = (t) => { document.getElementById('log').textContent += t + ' '; };
</script><p id=log style="position:fixed;bottom:0;right:0"></p>`

// TestActions performs each action and looks at what the page made of it.
func TestActions(t *testing.T) {
	t.Parallel()
	next := site.put(`<title>Next</title><h1>Next</h1>`)
	slow := site.handle(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(600 * time.Millisecond):
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>Slow</title><a href="` + next + `">Next</a>`))
	})
	download := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=x.bin")
		_, _ = w.Write([]byte{1, 2, 3})
	})
	empty := site.handle(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	tests := []struct {
		name  string
		html  string
		steps []spec.BrowserStep
	}{
		{"click sends trusted events in order",
			logging + `<button id=b>B</button><script>for (const n of ['pointerdown','mousedown','pointerup','mouseup','click']) b.addEventListener(n, (e) => log(n + ':' + e.isTrusted + ':' + e.detail))</script>`,
			[]spec.BrowserStep{click(css("#b")), text(css("#log"), "pointerdown:true:0 mousedown:true:1 pointerup:true:0 mouseup:true:1 click:true:1")}},
		{"click below the fold", logging + `<div style="height:5000px"></div><button onclick="log('hit')">Far</button>`,
			[]spec.BrowserStep{click(role("button", "Far")), text(css("#log"), "hit")}},
		{"click an inline link over two lines", logging + `<div style="width:60px">xxxxxx <a href=# onclick="log('hit')">a link that is long</a></div>`,
			[]spec.BrowserStep{click(role("link", "")), text(css("#log"), "hit")}},
		{"click a label's control", `<label>Agree <input type=checkbox></label>`,
			[]spec.BrowserStep{click(role("checkbox", "Agree")), expect(spec.Expect{Checked: new(role("checkbox", "Agree"))})}},
		{"click opens the next page", `<a href="` + next + `">Go</a>`,
			[]spec.BrowserStep{click(role("link", "Go")), expect(spec.Expect{Visible: new(role("heading", "Next"))}),
				expect(spec.Expect{URL: new(equals(next))}), expect(spec.Expect{Title: new(equals("Next"))})}},
		{"click waits for a page that is slow to answer", `<a href="` + slow + `">Next</a>`,
			[]spec.BrowserStep{click(role("link", "Next")), click(role("link", "Next")), expect(spec.Expect{Title: new(equals("Next"))})}},
		{"click on a download", `<a href="` + download + `">Load</a><p>Here</p>`,
			[]spec.BrowserStep{within(3*time.Second, click(role("link", "Load"))), expect(spec.Expect{Visible: new(spec.Locator{Text: "Here"})})}},
		{"click that the server answers with nothing", `<a href="` + empty + `">Load</a><p>Here</p>`,
			[]spec.BrowserStep{within(3*time.Second, click(role("link", "Load"))), expect(spec.Expect{Visible: new(spec.Locator{Text: "Here"})})}},
		{"click that opens another window", `<a target=_blank href="` + next + `">Load</a><p>Here</p>`,
			[]spec.BrowserStep{within(3*time.Second, click(role("link", "Load"))), expect(spec.Expect{Visible: new(spec.Locator{Text: "Here"})})}},
		{"double click", logging + `<button ondblclick="log('dbl')" onclick="log('click')">B</button>`,
			[]spec.BrowserStep{dblclick(role("button", "B")), text(css("#log"), "click click dbl")}},
		{"hover opens a menu", `<style>#m{display:none} #h:hover #m{display:block}</style><div id=h>Menu<button id=m>Item</button></div>`,
			[]spec.BrowserStep{expect(spec.Expect{Hidden: new(css("#m"))}), hover(spec.Locator{Text: "Menu"}), expect(spec.Expect{Visible: new(css("#m"))})}},
		{"fill replaces", `<input aria-label=N value=old>`,
			[]spec.BrowserStep{fill(spec.Locator{Label: "N"}, "new"), valueOf(spec.Locator{Label: "N"}, "new")}},
		{"fill with nothing clears", `<input aria-label=N value=old>`,
			[]spec.BrowserStep{fill(spec.Locator{Label: "N"}, ""), valueOf(spec.Locator{Label: "N"}, "")}},
		{"fill sends input events", logging + `<input id=i oninput="log('input:' + event.inputType + ':' + event.isTrusted)" onchange="log('change')"><button>out</button>`,
			[]spec.BrowserStep{fill(css("#i"), "x"), click(role("button", "out")), text(css("#log"), "input:insertText:true change")}},
		{"fill a textarea with lines", `<textarea id=a></textarea>`, []spec.BrowserStep{fill(css("#a"), "one\ntwo"), valueOf(css("#a"), "one\ntwo")}},
		{"fill contenteditable", `<div contenteditable id=e>old <b>text</b></div>`, []spec.BrowserStep{fill(css("#e"), "new"), text(css("#e"), "new")}},
		{"fill other scripts and emoji", `<input id=i>`, []spec.BrowserStep{fill(css("#i"), "żółć 漢字 👩‍🚀"), valueOf(css("#i"), "żółć 漢字 👩‍🚀")}},
		{"fill a number", `<input type=number id=i>`, []spec.BrowserStep{fill(css("#i"), "-1.5"), valueOf(css("#i"), "-1.5")}},
		{"fill a date", logging + `<input type=date id=i onchange="log('change')">`,
			[]spec.BrowserStep{fill(css("#i"), "2026-12-31"), valueOf(css("#i"), "2026-12-31"), text(css("#log"), "change")}},
		{"fill a range", `<input type=range id=i max=10>`, []spec.BrowserStep{fill(css("#i"), "7"), valueOf(css("#i"), "7")}},
		{"fill a colour", `<input type=color id=i>`, []spec.BrowserStep{fill(css("#i"), "#A1B2C3"), valueOf(css("#i"), "#a1b2c3")}},
		{"press Enter submits", logging + `<form onsubmit="log('submit'); return false"><input id=i></form>`,
			[]spec.BrowserStep{press("Enter", css("#i")), text(css("#log"), "submit")}},
		{"press on the focus", `<input id=i autofocus>`, []spec.BrowserStep{click(css("#i")), press("a", spec.Locator{}), press("Shift+b", spec.Locator{}), valueOf(css("#i"), "aB")}},
		{"press with modifiers", logging + `<input id=i value=abc onkeydown="if (event.ctrlKey && event.key === 'k') log(event.code + event.shiftKey)">`,
			[]spec.BrowserStep{press("Control+k", css("#i")), text(css("#log"), "KeyKfalse"), press("Control+a", css("#i")), press("Delete", spec.Locator{}), valueOf(css("#i"), "")}},
		{"press Tab moves the focus", `<input id=i><input id=j>`, []spec.BrowserStep{press("Tab", css("#i")), press("x", spec.Locator{}), valueOf(css("#j"), "x")}},
		{"press arrows in a select", `<select id=s><option>1<option>2<option>3</select>`, []spec.BrowserStep{press("ArrowDown", css("#s")), valueOf(css("#s"), "2")}},
		{"press plus", `<input id=i>`, []spec.BrowserStep{press("+", css("#i")), valueOf(css("#i"), "+")}},
		{"select by value", logging + `<select id=s onchange="log('change:' + s.value)"><option value=1>One<option value=2>Two</select>`,
			[]spec.BrowserStep{choose(css("#s"), "2", ""), text(css("#log"), "change:2")}},
		{"select by text, when it comes", `<select id=s><option>One</select><script>setTimeout(() => s.add(new Option('Two', '2')), 300)</script>`,
			[]spec.BrowserStep{choose(css("#s"), "", "Two"), valueOf(css("#s"), "2")}},
		{"check and uncheck", `<label><input type=checkbox id=c> C</label>`,
			[]spec.BrowserStep{tick(css("#c")), expect(spec.Expect{Checked: new(css("#c"))}), tick(css("#c")), expect(spec.Expect{Checked: new(css("#c"))}),
				untick(css("#c")), expect(spec.Expect{Unchecked: new(css("#c"))})}},
		{"check a radio", `<input type=radio name=r id=a checked><input type=radio name=r id=b>`,
			[]spec.BrowserStep{tick(css("#b")), expect(spec.Expect{Unchecked: new(css("#a"))})}},
		{"check an ARIA switch", `<div role=switch aria-checked=false tabindex=0 id=s onclick="setTimeout(() => s.setAttribute('aria-checked', 'true'), 100)">S</div>`,
			[]spec.BrowserStep{tick(css("#s")), expect(spec.Expect{Checked: new(css("#s"))})}},
		{"check a control that hides behind its label", `<style>input{display:none}</style><label for=c>Pretty</label><input type=checkbox id=c>`,
			[]spec.BrowserStep{tick(css("#c")), expect(spec.Expect{Checked: new(css("#c"))})}},
		{"wait for an element", `<script>setTimeout(() => document.body.append('late'), 200)</script>`,
			[]spec.BrowserStep{{Wait: &spec.Wait{Visible: &spec.Locator{Text: "late"}}}}},
		{"wait until it is gone", `<p id=p>Loading</p><script>setTimeout(() => p.remove(), 200)</script>`,
			[]spec.BrowserStep{{Wait: &spec.Wait{Hidden: new(css("#p"))}}}},
		{"wait for the address", `<script>setTimeout(() => history.pushState(0, '', '?done'), 200)</script>`,
			[]spec.BrowserStep{{Wait: &spec.Wait{URL: new(contains("?done"))}}}},
		{"wait for a time", `x`, []spec.BrowserStep{{Wait: &spec.Wait{Duration: spec.Duration(20 * time.Millisecond)}}}},
		{"wait for the network", `<script>fetch('` + next + `')</script>`, []spec.BrowserStep{{Wait: &spec.Wait{Load: "networkidle"}}}},
		{"goto the same page again", `x`, []spec.BrowserStep{open(next), open(next + "#frag"), expect(spec.Expect{URL: new(equals(next + "#frag"))})}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			on(t, tt.html, tt.steps...).passes(t)
		})
	}
}

// TestSentences looks at what people read when a step does not pass.
func TestSentences(t *testing.T) {
	t.Parallel()
	hang := site.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	half := site.handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<p>half"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	var loop string
	loop = site.handle(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, loop, http.StatusFound) })
	download := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=x.bin")
		_, _ = w.Write([]byte{1, 2, 3})
	})
	empty := site.handle(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	const shop = `<title>Shop</title><button>Buy</button><button disabled>Sell</button><button>Cancel</button><label>Email <input id=e></label><input type=file id=f>
		<input type=checkbox id=c disabled><input type=radio id=r checked><input id=ro readonly value=x><select id=s><option value=a>A<option disabled>B</select><p id=p style="display:none">gone</p>`
	const soon = 400 * time.Millisecond
	tests := []struct {
		name    string
		step    spec.BrowserStep
		outcome spec.Outcome
		want    string
	}{
		{"no such button", click(role("button", "Pay")), spec.OutcomeFailed, `no element matches button "Pay" within 400ms; the page has button "Buy", "Sell", "Cancel"`},
		{"no such label", fill(spec.Locator{Label: "Phone"}, "1"), spec.OutcomeFailed, `no element matches label "Phone" within 400ms; the page has label "Email"`},
		{"not there to see", expect(spec.Expect{Visible: new(role("button", "Pay"))}), spec.OutcomeFailed, `no element matches button "Pay" within 400ms; the page has button "Buy"`},
		{"strict", click(role("button", "")), spec.OutcomeFailed, `3 elements match button, where one is meant: button "Buy", button "Sell", button "Cancel"`},
		{"strict in expect", expect(spec.Expect{Visible: new(role("button", ""))}), spec.OutcomeFailed, `3 elements match button`},
		{"nth beyond", click(spec.Locator{Role: "button", Nth: new(7)}), spec.OutcomeFailed, `no element matches button [7] within 400ms: only 3 matches are there`},
		{"bad selector", click(css("a[")), spec.OutcomeErrored, `a[ is no valid locator`},
		{"bad xpath", click(spec.Locator{XPath: "//["}), spec.OutcomeErrored, `//[ is no valid locator`},
		{"disabled", click(role("button", "Sell")), spec.OutcomeFailed, `button "Sell" is disabled after 400ms`},
		{"disabled checkbox", tick(css("#c")), spec.OutcomeFailed, `is disabled after 400ms`},
		{"invisible", click(css("#p")), spec.OutcomeFailed, `p#p is not visible after 400ms`},
		{"invisible in expect", expect(spec.Expect{Visible: new(css("#p"))}), spec.OutcomeFailed, `p#p is hidden after 400ms, and should be visible`},
		{"read-only", fill(css("#ro"), "1"), spec.OutcomeFailed, `is read-only after 400ms`},
		{"a button takes no text", fill(role("button", "Buy"), "1"), spec.OutcomeFailed, `button "Buy" is of type button and takes no text`},
		{"a file field takes no text", fill(css("#f"), "1"), spec.OutcomeFailed, `is of type file and takes no text`},
		{"untick a radio", untick(css("#r")), spec.OutcomeFailed, `cannot be unticked`},
		{"tick a button", tick(role("button", "Buy")), spec.OutcomeFailed, `button "Buy" is neither a checkbox nor a radio button`},
		{"no such option", choose(css("#s"), "z", ""), spec.OutcomeFailed, `has no option "z" after 400ms; it has "a", "B"`},
		{"disabled option", choose(css("#s"), "", "B"), spec.OutcomeFailed, `the option "B" of`},
		{"select on a button", choose(role("button", "Buy"), "z", ""), spec.OutcomeFailed, `button "Buy" is no select element`},
		{"no such key", press("Foo", css("#e")), spec.OutcomeErrored, `there is no key "Foo"`},
		{"no such modifier", press("Hyper+a", css("#e")), spec.OutcomeErrored, `"Hyper" in "Hyper+a" is no modifier`},
		{"text differs", text(role("button", "Buy"), "Pay"), spec.OutcomeFailed, `text of button "Buy" should equal "Pay", but is "Buy" after 400ms`},
		{"title differs", expect(spec.Expect{Title: new(equals("Bank"))}), spec.OutcomeFailed, `title should equal "Bank", but is "Shop"`},
		{"count differs", expect(spec.Expect{Count: new(role("button", "")), Matcher: equals(int64(2))}), spec.OutcomeFailed, `count of button should equal 2, but is 3`},
		{"no such attribute", expect(spec.Expect{Attribute: &spec.Attribute{Locator: css("#e"), Attribute: "href"}, Matcher: equals("x")}), spec.OutcomeFailed,
			`attribute href of #e should equal "x", but there is no such value`},
		{"url differs", expect(spec.Expect{URL: new(equals("/elsewhere"))}), spec.OutcomeFailed, `/elsewhere", but is "http`},
		{"wait is too long", spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(time.Minute)}}, spec.OutcomeTimedOut, `the wait of 1m0s is longer than the step's limit of 400ms`},
		{"nothing listens", open("http://127.0.0.1:65000/"), spec.OutcomeErrored, `http://127.0.0.1:65000/ cannot be reached: nothing listens there`},
		{"no such host", open("http://nowhere.invalid/"), spec.OutcomeErrored, `http://nowhere.invalid/ cannot be reached: there is no host of that name`},
		{"never answers", open(hang), spec.OutcomeTimedOut, `did not answer within 400ms`},
		{"never loads", open(half), spec.OutcomeTimedOut, `did not finish loading within 400ms`},
		{"redirects for ever", within(5*time.Second, open(loop)), spec.OutcomeFailed, `it redirects without end`},
		{"a download", open(download), spec.OutcomeFailed, `is a download and no page`},
		{"no content", open(empty), spec.OutcomeFailed, `the server sent no page`},
		{"a file", open("file:///etc/passwd"), spec.OutcomeErrored, `only http and https`},
		{"browser pages", open("chrome://version"), spec.OutcomeErrored, `only http and https`},
		{"source view", open("view-source:http://127.0.0.1"), spec.OutcomeErrored, `only http and https`},
		{"data", open("data:text/html,x"), spec.OutcomeErrored, `only http and https`},
		{"script", open("javascript:alert(1)"), spec.OutcomeErrored, `only http and https`},
		{"upper case file", open(" FILE:///etc/passwd"), spec.OutcomeErrored, `only http and https`},
	}
	page := site.put(shop)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.step.Timeout == 0 {
				tt.step.Timeout = spec.Duration(soon)
			}
			r := perform(t, open(page), tt.step).want(t, tt.outcome)
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", r.err, tt.want)
			}
			away := map[string]string{"nothing listens": "127.0.0.1:65000", "no such host": "nowhere.invalid:80"}[tt.name]
			if u, ok := errors.AsType[*executors.Unreachable](r.err); ok != (away != "") || ok && u.Target != away {
				t.Errorf("unreachable %+v, want %q", u, away)
			}
		})
	}
}

// A target that answers nothing at all is away; one that has shown a page has
// trouble with another one.
func TestASilentTargetIsUnreachable(t *testing.T) {
	t.Parallel()
	hang := site.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	r := perform(t, within(400*time.Millisecond, open(hang))).want(t, spec.OutcomeTimedOut)
	if u, ok := errors.AsType[*executors.Unreachable](r.err); !ok || u.Target != strings.TrimPrefix(site.server.URL, "http://") {
		t.Errorf("got %v, not marked as unreachable", r.err)
	}
}
