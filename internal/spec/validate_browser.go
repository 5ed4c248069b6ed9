package spec

import (
	"slices"
	"strings"
	"unicode/utf8"
)

func (v *validator) browserSteps(c *Case) {
	v.setup(&c.Setup)
	pictures := map[string]*place{}
	for i := range c.BrowserSteps {
		v.browserStep(&c.BrowserSteps[i], pictures)
	}
}

// browserStep checks one step; pictures holds where the names of the earlier
// ones' pictures stand.
func (v *validator) browserStep(s *BrowserStep, pictures map[string]*place) {
	for _, l := range []*Locator{s.Hover, s.Check, s.Uncheck, s.Focus, s.Blur, s.Clear, s.Tap} {
		v.locator(l)
	}
	for _, c := range []*Click{s.Click, s.DblClick} {
		if c != nil {
			v.locator(&c.Locator)
		}
	}
	if s.DblClick != nil && s.DblClick.Count != nil && v.sound(&s.DblClick.Count) {
		v.report(v.at(&s.DblClick.Count).onKey(), `"count" goes with "click"`)
	}
	v.rareAction(s)
	switch {
	case s.Goto != nil:
		if v.sound(&s.Goto.URL) {
			v.address(v.at(&s.Goto.URL), s.Goto.URL, true)
		}
	case s.Fill != nil:
		v.locator(&s.Fill.Locator)
	case s.Press != nil:
		v.locator(&s.Press.Locator)
		if v.sound(&s.Press.Key) {
			v.keyName(v.at(&s.Press.Key), s.Press.Key)
		}
	case s.Select != nil:
		v.locator(&s.Select.Locator)
	case s.Wait != nil:
		v.locator(s.Wait.Visible)
		v.locator(s.Wait.Hidden)
		v.matcherOf(s.Wait.URL, matchText, "url")
	case s.Expect != nil:
		v.expect(s.Expect)
		if s.Expect.Picture != nil {
			v.screenshot(s.Expect.Picture, pictures)
		}
	case s.Screenshot != nil:
		v.screenshot(s.Screenshot, pictures)
	case s.Audit != nil:
		if a := s.Audit.Accessibility; a != nil {
			v.accessibility(a, v.at(s.Audit), pictures)
		}
	}
}

// locator checks what goes with the way in which an element is found.
func (v *validator) locator(l *Locator) { v.locatorIn(l, "") }

// locatorIn checks a locator that is a part of another one under the key of.
func (v *validator) locatorIn(l *Locator, of string) {
	if l == nil {
		return
	}
	if v.sound(&l.Name) && l.Role == "" && !v.at(l).bad {
		v.report(v.at(&l.Name).onKey(), `"name" goes with "role", which is missing`)
	}
	if v.sound(&l.Role) && !hasReference(l.Role) && !slices.Contains(roles, l.Role) {
		v.suggest(v.at(&l.Role), v.nearest(l.Role, roles), "%s is not an ARIA role", brief(l.Role))
	}
	if l.Exact && v.sound(&l.Exact) && (l.TestID != "" || l.CSS != "" || l.XPath != "" || l.Role != "" && l.Name == "") {
		v.report(v.at(&l.Exact).onKey(), `"exact" goes with name, label, placeholder, text, alt or title`)
	}
	for _, part := range []struct {
		key string
		l   *Locator
	}{{"has", l.Has}, {"hasNot", l.HasNot}, {"within", l.Within}} {
		v.locatorIn(part.l, part.key)
	}
	if l.Frame != nil && of != "" && !v.at(l.Frame).bad {
		v.report(v.at(&l.Frame).onKey(), `"frame" goes outside of %q: all parts of a locator lie in one document`, of)
	}
	v.locatorIn(l.Frame, "")
}

func (v *validator) expect(e *Expect) {
	for _, l := range []*Locator{e.Visible, e.Hidden, e.Enabled, e.Disabled, e.Checked, e.Unchecked, e.Text, e.Value, e.Count,
		e.Focused, e.InViewport, e.Editable, e.Empty, e.Class, e.AccessibleName, e.Description} {
		v.locator(l)
	}
	if e.Attribute != nil {
		v.locator(&e.Attribute.Locator)
	}
	v.matcherOf(e.URL, matchText, "url")
	v.matcherOf(e.Title, matchText, "title")
	v.matcherOf(e.Clipboard, matchText, "clipboard")
	v.matcherOf(e.Tabs, matchNumber, "tabs")
	if e.Request != nil {
		v.requests(&e.Request.RequestPattern)
		v.matcherOf(e.Request.Times, matchNumber, "times")
	}
	v.rareSubject(e)
	at := v.at(e)
	for _, s := range []struct {
		given               bool
		name, kind, example string
	}{
		{e.Text != nil, "text", matchText, "contains: Thanks"},
		{e.Value != nil, "value", matchText, "equals: ada@shop.test"},
		{e.Count != nil, "count", matchNumber, "equals: 3"},
		{e.Attribute != nil, "attribute", matchHeader, "equals: /terms"},
		{e.Cookie != nil, "cookie", matchHeader, "exists: true"},
		{e.Class != nil, "class", matchText, "contains: active"},
		{e.CSS != nil, "css", matchText, "equals: rgb(255, 0, 0)"},
		{e.AccessibleName != nil, "accessibleName", matchText, "equals: Close"},
		{e.Description != nil, "accessibleDescription", matchText, "contains: 8 characters"},
	} {
		if !s.given {
			continue
		}
		v.matcherAt(at, &e.Matcher, s.kind, s.name)
		if e.Matcher.IsZero() && !at.bad {
			v.report(at, "%q needs a matcher beside it, such as %s", s.name, s.example)
		}
		return
	}
	v.noMatcher(at, subjectOf(at, "visible", "hidden", "enabled", "disabled", "checked", "unchecked", "url", "title", "console", "clipboard", "tabs", "request", "screenshot",
		"focused", "inViewport", "editable", "empty", "aria", "pageErrors", "requests"))
}

func (v *validator) screenshot(s *Screenshot, taken map[string]*place) {
	v.locator(s.Element)
	v.comparing(&s.Comparing)
	if !v.sound(&s.Name) {
		return
	}
	at := v.at(&s.Name)
	if first := taken[s.Name]; first != nil {
		v.report(at, "the screenshot %s is also taken in line %d; names are unique within a case", brief(s.Name), first.at.Line)
		return
	}
	taken[s.Name] = at
}

// keyName checks a key and its modifiers, as far as a keyboard is known.
func (v *validator) keyName(at *place, combination string) {
	if hasReference(combination) {
		return
	}
	held, key := splitKey(combination)
	for _, m := range held {
		if !slices.ContainsFunc(modifiers, func(known string) bool { return strings.EqualFold(known, m) }) {
			v.suggest(at, v.nearest(m, modifiers), "%s in %s is not a modifier", brief(m), brief(combination))
		}
	}
	switch {
	case key == "":
		v.report(at, "%s ends without a key", brief(combination))
	case utf8.RuneCountInString(key) == 1, plausibleKey(key):
	default:
		near := otherKeys[strings.ToLower(key)]
		if near == "" {
			near = v.nearest(key, keyNames)
		}
		v.suggest(at, near, "%s is not the name of a key", brief(key))
	}
}

// splitKey divides Control+Shift+A; the last + may be the key itself.
func splitKey(combination string) (held []string, key string) {
	if combination == "+" {
		return nil, "+"
	}
	if rest, ok := strings.CutSuffix(combination, "++"); ok {
		return strings.Split(rest, "+"), "+"
	}
	parts := strings.Split(combination, "+")
	return parts[:len(parts)-1], parts[len(parts)-1]
}

func plausibleKey(key string) bool {
	for _, family := range []string{"Audio", "Brightness", "Browser", "Launch", "Media", "Zoom"} {
		if strings.HasPrefix(key, family) {
			return true
		}
	}
	return slices.ContainsFunc(keyNames, func(known string) bool { return strings.EqualFold(known, key) })
}
