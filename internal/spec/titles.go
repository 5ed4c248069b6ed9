package spec

import (
	"fmt"
	"strings"
)

// maxTitle bounds what people read in lists: 200 bytes.
const maxTitle = 200

// Action is the word of the plan for what the step does, or "" for a step
// without an action, which Parse refuses.
func (s APIStep) Action() string {
	action, _ := s.act()
	return action
}

// Title is what people read: the name, or the request: "GET /orders".
func (s APIStep) Title() string {
	if s.Name != "" {
		return s.Name
	}
	_, text := s.act()
	return title(text)
}

// MethodOr returns the method, or def where none was given.
func (r HTTPRequest) MethodOr(def string) string {
	if r.Method == "" {
		return def
	}
	return r.Method
}

// Action is the word of the plan for what the step does, or "" for a step
// without an action, which Parse refuses.
func (s BrowserStep) Action() string {
	action, _ := s.act()
	return action
}

// Title is what people read: the name, or the action and its target:
// `click button "Pay"`.
func (s BrowserStep) Title() string {
	if s.Name != "" {
		return s.Name
	}
	action, target := s.act()
	return title(action, target)
}

func (s BrowserStep) act() (action, target string) {
	switch {
	case s.Goto != nil:
		return "goto", s.Goto.URL
	case s.Click != nil:
		return "click", s.Click.Locator.String()
	case s.DblClick != nil:
		return "dblclick", s.DblClick.Locator.String()
	case s.Hover != nil:
		return "hover", s.Hover.String()
	case s.Fill != nil:
		return "fill", s.Fill.Locator.String()
	case s.Press != nil:
		return "press", words(s.Press.Key, s.Press.Locator.String())
	case s.Select != nil:
		return "select", s.Select.target()
	case s.Check != nil:
		return "check", s.Check.String()
	case s.Uncheck != nil:
		return "uncheck", s.Uncheck.String()
	case s.Wait != nil:
		return "wait", s.Wait.target()
	case s.Expect != nil:
		return "expect", s.Expect.target()
	case s.Screenshot != nil:
		return "screenshot", s.Screenshot.Name
	case s.Viewport != nil:
		return "viewport", s.Viewport.String()
	case s.Audit != nil && s.Audit.Accessibility != nil:
		return "audit", s.Audit.Accessibility.target()
	case s.Act != nil:
		return "act", s.Act.Do
	case s.Measure != nil:
		return s.Measure.target()
	}
	return s.actRarely()
}

func (s Select) target() string {
	option := s.Value
	if s.Option != "" {
		option = s.Option
	}
	return words(fmt.Sprintf("%q in", option), s.Locator.String())
}

func (w Wait) target() string {
	switch {
	case w.Visible != nil:
		return words("visible", w.Visible.String())
	case w.Hidden != nil:
		return words("hidden", w.Hidden.String())
	case w.URL != nil:
		return words("url", w.URL.String())
	case w.Load != "":
		return w.Load
	}
	return w.Duration.String()
}

func (e Expect) target() string {
	for _, s := range []struct {
		word    string
		locator *Locator
	}{
		{"visible", e.Visible}, {"hidden", e.Hidden}, {"enabled", e.Enabled}, {"disabled", e.Disabled},
		{"checked", e.Checked}, {"unchecked", e.Unchecked},
		{"focused", e.Focused}, {"in the viewport", e.InViewport}, {"editable", e.Editable}, {"empty", e.Empty}, {"class of", e.Class},
		{"accessible name of", e.AccessibleName}, {"accessible description of", e.Description},
		{"text of", e.Text}, {"value of", e.Value}, {"count of", e.Count},
	} {
		if s.locator != nil {
			return words(s.word, s.locator.String(), e.Matcher.String())
		}
	}
	switch {
	case e.Attribute != nil:
		return words("attribute", e.Attribute.Attribute, "of", e.Attribute.Locator.String(), e.Matcher.String())
	case e.URL != nil:
		return words("url", e.URL.String())
	case e.Title != nil:
		return words("title", e.Title.String())
	case e.Console != "":
		return "console " + e.Console
	case e.CSS != nil:
		return words("css", e.CSS.Property, "of", e.CSS.Locator.String(), e.Matcher.String())
	case e.Aria != nil:
		first, _, _ := strings.Cut(strings.TrimSpace(e.Aria.Snapshot), "\n")
		return words("aria", e.Aria.Locator.String(), first)
	case e.PageErrors != "":
		return "page errors " + e.PageErrors
	case e.Requests != "":
		return "requests " + e.Requests
	case e.Picture != nil:
		return "screenshot " + e.Picture.Name
	case e.Cookie != nil:
		return words("cookie", e.Cookie.Name, e.Matcher.String())
	case e.Clipboard != nil:
		return words("clipboard", e.Clipboard.String())
	case e.Request != nil:
		times := ""
		if e.Request.Times != nil {
			times = "times " + e.Request.Times.String()
		}
		return words("request", e.Request.RequestPattern.String(), times)
	case e.Tabs != nil:
		return words("tabs", e.Tabs.String())
	}
	return ""
}

// String says what the matcher asks, such as `equals 201`; "" where no matcher
// is set.
func (m Matcher) String() string {
	if m.IsZero() {
		return ""
	}
	var names []string
	for _, v := range m.Evaluate(NoActual()) {
		names = append(names, v.Name)
	}
	return strings.Join(names, " and ")
}

// String says which element is meant, such as `button "Pay"` or `label
// "Email"`; "" where no field is set.
func (l Locator) String() string {
	var out string
	switch {
	case l.Role != "" && l.Name != "":
		out = fmt.Sprintf("%s %q", l.Role, l.Name)
	case l.Role != "":
		out = l.Role
	case l.Label != "":
		out = fmt.Sprintf("label %q", l.Label)
	case l.Placeholder != "":
		out = fmt.Sprintf("placeholder %q", l.Placeholder)
	case l.Text != "":
		out = fmt.Sprintf("text %q", l.Text)
	case l.Alt != "":
		out = fmt.Sprintf("alt %q", l.Alt)
	case l.Title != "":
		out = fmt.Sprintf("title %q", l.Title)
	case l.TestID != "":
		out = fmt.Sprintf("test id %q", l.TestID)
	case l.CSS != "":
		out = l.CSS
	case l.XPath != "":
		out = l.XPath
	}
	if out == "" {
		return ""
	}
	for _, filter := range []struct{ word, text string }{{"with", quoteOf(l.HasText)}, {"without", quoteOf(l.HasNotText)}, {"with", l.Has.orNone()}, {"without", l.HasNot.orNone()}} {
		if filter.text != "" {
			out += " " + filter.word + " " + filter.text
		}
	}
	if l.Within != nil {
		out += " within " + l.Within.String()
	}
	if l.Nth != nil {
		out += fmt.Sprintf(" [%d]", *l.Nth)
	}
	if l.Frame != nil {
		out += " in frame " + l.Frame.String()
	}
	return out
}

func quoteOf(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf("%q", text)
}

func (l *Locator) orNone() string {
	if l == nil {
		return ""
	}
	return l.String()
}

func title(parts ...string) string {
	text := words(parts...)
	if len(text) > maxTitle {
		return cut(text, maxTitle) + "…"
	}
	return text
}

func words(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " ")
}
