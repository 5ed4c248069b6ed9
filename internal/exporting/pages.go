package exporting

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// pages writes a browser case. One with a step that Playwright's tests cannot say
// in the same way is left out: it would do something else.
func (e *export) pages(b *bytes.Buffer, c spec.Case) {
	var body bytes.Buffer
	clean := false
	for _, s := range c.BrowserSteps {
		line, ok := pageStep(s)
		if !ok {
			fmt.Fprintf(b, "\n// %s\n", oneLine(e.left("case %s: the step %s", c.ID, s.Title())))
			return
		}
		clean = clean || s.Expect != nil && s.Expect.Console != ""
		fmt.Fprintf(&body, "  %s\n", line)
	}
	var one bytes.Buffer
	fmt.Fprintf(&one, "\ntest(%s, async ({ page }) => {\n", js(c.ID+": "+c.Title()))
	if clean {
		one.WriteString("  const faults: string[] = [];\n  page.on('console', (m) => { if (m.type() === 'error') faults.push(m.text()); });\n  page.on('pageerror', (err) => { faults.push(String(err)); });\n")
	}
	one.Write(body.Bytes())
	one.WriteString("});\n")
	b.WriteString(e.fixed(c.ID, one.String()))
	e.out.Cases = append(e.out.Cases, c.ID)
}

func pageStep(s spec.BrowserStep) (string, bool) {
	at := func(l *spec.Locator, then string) (string, bool) {
		text, ok := located(l)
		return "await " + text + then, ok
	}
	switch {
	case s.Goto != nil:
		return "await page.goto(" + tpl(s.Goto.URL) + ");", true
	case s.Click != nil && onlyLocator(s.Click):
		return at(&s.Click.Locator, ".click();")
	case s.Hover != nil:
		return at(s.Hover, ".hover();")
	case s.Fill != nil:
		return at(&s.Fill.Locator, ".fill("+tpl(s.Fill.Value)+");")
	case s.Clear != nil:
		return at(s.Clear, ".clear();")
	case s.Check != nil:
		return at(s.Check, ".check();")
	case s.Uncheck != nil:
		return at(s.Uncheck, ".uncheck();")
	case s.Select != nil && s.Select.Value != "":
		return at(&s.Select.Locator, ".selectOption("+tpl(s.Select.Value)+");")
	case s.Select != nil:
		return at(&s.Select.Locator, ".selectOption({ label: "+tpl(s.Select.Option)+" });")
	case s.Press != nil:
		if _, ok := located(&s.Press.Locator); ok {
			return at(&s.Press.Locator, ".press("+js(s.Press.Key)+");")
		}
		return "await page.keyboard.press(" + js(s.Press.Key) + ");", true
	case s.Reload:
		return "await page.reload();", true
	case s.Back:
		return "await page.goBack();", true
	case s.Forward:
		return "await page.goForward();", true
	case s.Expect != nil:
		return expectation(s.Expect)
	}
	return "", false
}

// onlyLocator reports whether a click is a plain one.
func onlyLocator(c *spec.Click) bool {
	plain := *c
	plain.Locator = spec.Locator{}
	return fmt.Sprintf("%+v", plain) == fmt.Sprintf("%+v", spec.Click{})
}

func expectation(x *spec.Expect) (string, bool) {
	for _, state := range []struct {
		of   *spec.Locator
		word string
	}{
		{x.Visible, "toBeVisible()"}, {x.Hidden, "toBeHidden()"}, {x.Enabled, "toBeEnabled()"}, {x.Disabled, "toBeDisabled()"},
		{x.Checked, "toBeChecked()"}, {x.Unchecked, "not.toBeChecked()"}, {x.Focused, "toBeFocused()"}, {x.InViewport, "toBeInViewport()"},
		{x.Editable, "toBeEditable()"}, {x.Empty, "toBeEmpty()"},
	} {
		if state.of != nil {
			at, ok := located(state.of)
			return "await expect(" + at + ")." + state.word + ";", ok
		}
	}
	switch {
	case x.Console == "clean" && len(x.Allow) == 0:
		return "expect(faults).toEqual([]);", true
	case x.Title != nil:
		return matched("page", "toHaveTitle", *x.Title)
	case x.URL != nil:
		return matched("page", "toHaveURL", *x.URL)
	case x.Text != nil:
		at, ok := located(x.Text)
		line, can := matched(at, "toHaveText", x.Matcher)
		return line, ok && can
	case x.Value != nil:
		at, ok := located(x.Value)
		line, can := matched(at, "toHaveValue", x.Matcher)
		return line, ok && can
	case x.Count != nil && x.Equals != nil:
		at, ok := located(x.Count)
		n, err := literal(x.Equals.V)
		return "await expect(" + at + ").toHaveCount(" + n + ");", ok && err == nil
	}
	return "", false
}

// matched writes an assertion by the one matcher that it has.
func matched(of, word string, m spec.Matcher) (string, bool) {
	known := matcherOf(m)
	if len(known) != 1 {
		return "", false
	}
	switch {
	case m.Equals != nil:
		text, ok := m.Equals.V.(string)
		return fmt.Sprintf("await expect(%s).%s(%s);", of, word, tpl(text)), ok
	case m.Matches != "":
		return fmt.Sprintf("await expect(%s).%s(new RegExp(%s));", of, word, js(m.Matches)), !strings.Contains(m.Matches, "(?")
	case m.Contains != nil:
		text, ok := m.Contains.V.(string)
		return fmt.Sprintf("await expect(%s).%s(new RegExp(%s));", of, word, js(escaped(text))), ok && !strings.Contains(text, "${{")
	}
	return "", false
}

func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`\^$.|?*+()[]{}/`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// located writes a locator.
func located(l *spec.Locator) (string, bool) {
	if l.Frame != nil || l.Has != nil || l.HasNot != nil {
		return "", false
	}
	from := "page"
	if l.Within != nil {
		within, ok := located(l.Within)
		if !ok {
			return "", false
		}
		from = within
	}
	exact := ""
	if l.Exact {
		exact = ", { exact: true }"
	}
	var out string
	switch {
	case l.Role != "":
		options := []string{}
		if l.Name != "" {
			options = append(options, "name: "+tpl(l.Name))
		}
		if l.Exact {
			options = append(options, "exact: true")
		}
		out = from + ".getByRole(" + js(l.Role) + " as never"
		if len(options) > 0 {
			out += ", { " + strings.Join(options, ", ") + " }"
		}
		out += ")"
	case l.Label != "":
		out = from + ".getByLabel(" + tpl(l.Label) + exact + ")"
	case l.Placeholder != "":
		out = from + ".getByPlaceholder(" + tpl(l.Placeholder) + exact + ")"
	case l.Text != "":
		out = from + ".getByText(" + tpl(l.Text) + exact + ")"
	case l.Alt != "":
		out = from + ".getByAltText(" + tpl(l.Alt) + exact + ")"
	case l.Title != "":
		out = from + ".getByTitle(" + tpl(l.Title) + exact + ")"
	case l.TestID != "":
		out = from + ".getByTestId(" + tpl(l.TestID) + ")"
	case l.CSS != "":
		out = from + ".locator(" + tpl(l.CSS) + ")"
	case l.XPath != "":
		out = from + ".locator(" + tpl("xpath="+l.XPath) + ")"
	default:
		return "", false
	}
	if l.HasText != "" {
		out += ".filter({ hasText: " + tpl(l.HasText) + " })"
	}
	if l.HasNotText != "" {
		out += ".filter({ hasNotText: " + tpl(l.HasNotText) + " })"
	}
	if l.Nth != nil {
		out += fmt.Sprintf(".nth(%d)", *l.Nth)
	}
	return out, true
}

// tpl is a text that may hold references to variables.
func tpl(text string) string {
	if !strings.Contains(text, "${{") {
		return js(text)
	}
	return "vars.fill(" + js(text) + ")"
}
