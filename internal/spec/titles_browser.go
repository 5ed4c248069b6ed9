package spec

import (
	"fmt"
	"strings"
)

// actRarely names the actions that fewer plans use.
func (s BrowserStep) actRarely() (action, target string) {
	switch {
	case s.Focus != nil:
		return "focus", s.Focus.String()
	case s.Blur != nil:
		return "blur", s.Blur.String()
	case s.Clear != nil:
		return "clear", s.Clear.String()
	case s.Type != nil:
		return "type", words(fmt.Sprintf("%q", s.Type.Value), intoOf(s.Type.Locator))
	case s.Drag != nil:
		return "drag", s.Drag.target()
	case s.Scroll != nil:
		return "scroll", s.Scroll.target()
	case s.Upload != nil:
		return "upload", words(strings.Join(s.Upload.Files, ", "), "to", s.Upload.Locator.String())
	case s.Download != nil:
		return "download", s.Download.Click.Locator.String()
	case s.Reload:
		return "reload", "the page"
	case s.Back:
		return "back", "in the history"
	case s.Forward:
		return "forward", "in the history"
	case s.Dialog != nil:
		return "dialog", s.Dialog.target()
	case s.Tab != nil:
		return "tab", s.Tab.target()
	case s.Clipboard != nil:
		return "clipboard", fmt.Sprintf("write %q", s.Clipboard.Write)
	case s.Cookies != nil:
		return "cookies", s.Cookies.target()
	case s.Storage != nil:
		if s.Storage.Save != "" {
			return "storageState", "save " + s.Storage.Save
		}
		return "storageState", "load " + s.Storage.Load
	case s.Route != nil:
		return "route", s.Route.target()
	case s.AwaitRequest != nil:
		return "waitForRequest", s.AwaitRequest.RequestPattern.String()
	case s.AwaitResponse != nil:
		return "waitForResponse", s.AwaitResponse.target()
	case s.Clock != nil:
		return "clock", s.Clock.target()
	case s.Evaluate != nil:
		first, _, _ := strings.Cut(strings.TrimSpace(s.Evaluate.Script), "\n")
		return "evaluate", words(first, s.Evaluate.Matcher.String())
	case s.Emulate != nil:
		return "emulate", s.Emulate.String()
	case s.Tap != nil:
		return "tap", s.Tap.String()
	case s.Permit != nil:
		return "permissions", s.Permit.target()
	case s.Locate != nil:
		return "geolocation", fmt.Sprintf("%g, %g", s.Locate.Latitude, s.Locate.Longitude)
	}
	return "", ""
}

func intoOf(l Locator) string {
	if l == (Locator{}) {
		return ""
	}
	return "into " + l.String()
}

// String is "120, 40".
func (p Point) String() string { return fmt.Sprintf("%g, %g", p.X, p.Y) }

func (d Drag) target() string {
	if d.To != nil {
		return words(d.Locator.String(), "to", d.To.String())
	}
	if d.By != nil {
		return words(d.Locator.String(), "by", d.By.String())
	}
	return d.Locator.String()
}

func (s Scroll) target() string {
	var in string
	if s.In != nil {
		in = "in " + s.In.String()
	}
	switch {
	case s.By != nil:
		return words("by", s.By.String(), in)
	case s.To != "":
		return words("to the", s.To, in)
	}
	return words("to", s.Locator.String(), in)
}

func (d Dialog) target() string {
	message := ""
	if d.Message != nil {
		message = "that " + d.Message.String()
	}
	return words(d.Answer, "the next one", message)
}

func (t Tab) target() string {
	switch {
	case t.Switch != nil:
		return fmt.Sprintf("switch to %d", *t.Switch)
	case t.URL != nil:
		return "switch to url " + t.URL.String()
	case t.Title != nil:
		return "switch to title " + t.Title.String()
	case t.Open != "":
		return "open " + t.Open
	}
	return "close"
}

func (c Cookies) target() string {
	var parts []string
	if c.Clear {
		parts = append(parts, "clear")
	}
	if len(c.Delete) > 0 {
		parts = append(parts, "delete "+strings.Join(c.Delete, ", "))
	}
	for _, one := range c.Set {
		parts = append(parts, "set "+one.Name)
	}
	return strings.Join(parts, ", ")
}

func (p Permissions) target() string {
	var parts []string
	if len(p.Grant) > 0 {
		parts = append(parts, "grant "+strings.Join(p.Grant, ", "))
	}
	if len(p.Deny) > 0 {
		parts = append(parts, "deny "+strings.Join(p.Deny, ", "))
	}
	return strings.Join(parts, ", ")
}
