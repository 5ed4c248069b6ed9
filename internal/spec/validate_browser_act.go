package spec

import (
	"regexp"
	"slices"
	"time"
)

// rareAction checks the actions that fewer plans use.
func (v *validator) rareAction(s *BrowserStep) {
	switch {
	case s.Type != nil:
		v.locator(&s.Type.Locator)
	case s.Drag != nil:
		v.locator(&s.Drag.Locator)
		v.locator(s.Drag.To)
		if s.Drag.ToPosition != nil && s.Drag.To == nil && v.sound(s.Drag) {
			v.report(v.at(&s.Drag.ToPosition).onKey(), `"toPosition" goes with "to", which is missing`)
		}
	case s.Scroll != nil:
		v.scroll(s.Scroll)
	case s.Upload != nil:
		v.locator(&s.Upload.Locator)
		for i := range s.Upload.Files {
			if v.sound(&s.Upload.Files[i]) {
				v.file(v.at(&s.Upload.Files[i]), s.Upload.Files[i])
			}
		}
	case s.Download != nil:
		v.download(s.Download)
	case s.Dialog != nil:
		v.matcherOf(s.Dialog.Message, matchText, "message")
		if s.Dialog.Text != "" && s.Dialog.Answer == "dismiss" {
			v.report(v.at(&s.Dialog.Text).onKey(), `"text" goes with "answer: accept"`)
		}
	case s.Tab != nil:
		v.tab(s.Tab)
	case s.Cookies != nil:
		v.cookies(s.Cookies)
	case s.Storage != nil:
		if v.sound(&s.Storage.Load) && s.Storage.Load != "" {
			v.file(v.at(&s.Storage.Load), s.Storage.Load)
		}
	case s.Permit != nil:
		v.permissions(s.Permit)
	case s.Route != nil:
		v.route(s.Route)
	case s.AwaitRequest != nil:
		a := s.AwaitRequest
		v.exchange(&a.RequestPattern, &a.Headers, a.Body, a.JSON, &a.Capture)
	case s.AwaitResponse != nil:
		a := s.AwaitResponse
		v.matcherOf(a.Status, matchStatus, "status")
		v.exchange(&a.RequestPattern, &a.Headers, a.Body, a.JSON, &a.Capture)
	case s.Clock != nil:
		v.clock(s.Clock)
	case s.Evaluate != nil:
		if !s.Evaluate.Matcher.IsZero() {
			v.matcherAt(v.at(s.Evaluate), &s.Evaluate.Matcher, matchAny, "evaluate")
		}
		if s.Evaluate.As != "" && v.sound(&s.Evaluate.As) {
			v.reserved(v.at(&s.Evaluate.As), s.Evaluate.As)
		}
	case s.Emulate != nil:
		v.emulation(s.Emulate)
		if at := v.at(s.Emulate); *s.Emulate == (Emulation{}) && !at.bad {
			v.report(at, `"emulate" needs something to change`)
		}
	}
	for _, flag := range []*bool{&s.Reload, &s.Back, &s.Forward} {
		if v.sound(flag) && !*flag {
			v.suggest(v.at(flag), "true", "%s can only be true", v.at(flag).name())
		}
	}
}

func (v *validator) scroll(s *Scroll) {
	v.locator(&s.Locator)
	v.locator(s.In)
	at := v.at(s)
	if at.bad {
		return
	}
	ways := 0
	for _, given := range []bool{s.Locator != (Locator{}), s.By != nil, s.To != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		v.report(at, `"scroll" needs one thing to do: an element to bring into view, "by" or "to"`)
	}
}

func (v *validator) download(d *Download) {
	if d.Click != nil {
		v.locator(&d.Click.Locator)
	}
	v.matcherOf(d.Name, matchText, "name")
	v.matcherOf(d.Size, matchNumber, "size")
	v.matcherOf(d.SHA256, matchText, "sha256")
	v.matcherOf(d.Text, matchText, "text")
}

func (v *validator) tab(t *Tab) {
	v.matcherOf(t.URL, matchText, "url")
	v.matcherOf(t.Title, matchText, "title")
	if t.Open != "" && v.sound(&t.Open) {
		v.address(v.at(&t.Open), t.Open, true)
	}
	if v.sound(&t.Close) && !t.Close {
		v.suggest(v.at(&t.Close), "true", `"close" can only be true`)
	}
}

func (v *validator) cookies(c *Cookies) {
	if at := v.at(c); !at.bad && len(c.Set) == 0 && len(c.Delete) == 0 && !c.Clear {
		v.report(at, `"cookies" needs something to do: set, delete or clear`)
	}
	for i := range c.Set {
		one := &c.Set[i]
		if one.URL != "" && v.sound(&one.URL) {
			v.address(v.at(&one.URL), one.URL, true)
		}
	}
}

func (v *validator) permissions(p *Permissions) {
	if at := v.at(p); !at.bad && len(p.Grant) == 0 && len(p.Deny) == 0 {
		v.report(at, `"permissions" needs something to do: grant or deny`)
	}
	for _, list := range [][]string{p.Grant, p.Deny} {
		for i, name := range list {
			v.permission(v.at(&list[i]), name)
		}
	}
	for i, name := range p.Deny {
		if slices.Contains(p.Grant, name) {
			v.report(v.at(&p.Deny[i]), "%s is granted and denied", brief(name))
		}
	}
}

func (v *validator) permission(at *place, name string) {
	if !hasReference(name) && !slices.Contains(permissionNames, name) {
		v.suggest(at, v.nearest(name, permissionNames), "there is no permission %s", brief(name))
	}
}

func (v *validator) clock(c *Clock) {
	if at := v.at(c); *c == (Clock{}) && !at.bad {
		v.report(at, `"clock" needs something to do: now, advance or freeze`)
	}
	if c.Now != "" && v.sound(&c.Now) && !hasReference(c.Now) {
		if _, err := time.Parse(time.RFC3339, c.Now); err != nil {
			v.report(v.at(&c.Now), "%s is no time such as 2030-01-01T08:00:00Z", brief(c.Now))
		}
	}
}

// rareSubject checks what fewer expectations have.
func (v *validator) rareSubject(e *Expect) {
	if e.CSS != nil {
		v.locator(&e.CSS.Locator)
	}
	if e.Aria != nil {
		v.locator(&e.Aria.Locator)
		if v.sound(&e.Aria.Snapshot) && !hasReference(e.Aria.Snapshot) {
			if _, err := ParseAria(e.Aria.Snapshot); err != nil {
				v.report(v.at(&e.Aria.Snapshot), "the snapshot %s", err)
			}
		}
	}
	if len(e.Allow) > 0 && e.Console == "" && e.PageErrors == "" && e.Requests == "" && v.sound(&e.Allow) {
		v.report(v.at(&e.Allow).onKey(), `"allow" goes with console, pageErrors or requests`)
	}
	for i, expression := range e.Allow {
		if !v.sound(&e.Allow[i]) || hasReference(expression) {
			continue
		}
		if _, err := regexp.Compile(expression); err != nil {
			v.report(v.at(&e.Allow[i]), "%s is not a regular expression", brief(expression))
		}
	}
}
