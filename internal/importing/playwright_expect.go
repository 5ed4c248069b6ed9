package importing

import (
	"fmt"

	"github.com/semantest/semantest/internal/spec"
)

// expectation reads expect(…).toBeVisible() and its like.
func (w *playwright) expectation(e *expression, known names) ([]spec.BrowserStep, error) {
	links := e.links
	if len(links) < 2 || links[0].name != "" && links[0].name != "soft" || len(links[0].args) == 0 {
		return nil, errUnknown
	}
	on, err := w.find(links[0].args[0], known)
	if err != nil {
		return nil, err
	}
	if links[0].name == "soft" {
		w.note("line %d: expect.soft is taken for expect: a case of ours ends with what fails first", e.line)
	}
	links = links[1:]
	not := links[0].name == "not" && !links[0].call
	if not {
		links = links[1:]
	}
	if len(links) != 1 || !links[0].call || len(on.rest) > 0 || on.l == nil && on.frame != nil {
		return nil, errUnknown
	}
	l := links[0]
	limit, args := spec.Duration(0), l.args
	if n := len(args); n > 0 && args[n-1].kind == isObject {
		options := args[n-1]
		if limit, args = 0, args[:n-1]; len(options.keys) == 1 && options.keys[0] == "timeout" {
			if limit, err = milliseconds(options.list[0]); err != nil {
				return nil, err
			}
		} else if !(l.name == "toBeChecked" && options.property("checked") != nil && len(options.keys) == 1) {
			return nil, fmt.Errorf("its options are not understood")
		} else if options.property("checked").text == "false" {
			not = !not
		}
	}
	var out *spec.Expect
	switch {
	case on.l == nil:
		out, err = w.ofPage(l, args, known, not)
	default:
		out, err = w.ofElement(*on.l, l.name, args, known, not)
	}
	if err != nil {
		return nil, err
	}
	return []spec.BrowserStep{{Expect: out, Timeout: limit}}, nil
}

func (w *playwright) ofPage(l link, args []*expression, known names, not bool) (*spec.Expect, error) {
	if len(args) != 1 {
		return nil, errUnknown
	}
	switch l.name {
	case "toHaveURL":
		m, err := w.address(args[0], known)
		if err == nil {
			m, err = opposite(m, not)
		}
		return &spec.Expect{URL: &m}, err
	case "toHaveTitle":
		m, err := w.matcher(args[0], known, false)
		if err == nil {
			m, err = opposite(m, not)
		}
		return &spec.Expect{Title: &m}, err
	}
	return nil, errUnknown
}

// opposite is a matcher that holds where the other one does not.
func opposite(m spec.Matcher, not bool) (spec.Matcher, error) {
	switch {
	case !not:
		return m, nil
	case m.Equals != nil:
		return spec.Matcher{NotEquals: m.Equals}, nil
	case m.Contains != nil:
		return spec.Matcher{NotContains: m.Contains}, nil
	}
	return m, fmt.Errorf("not with an expression is not understood")
}

func (w *playwright) ofElement(on spec.Locator, name string, args []*expression, known names, not bool) (*spec.Expect, error) {
	if out := state(&on, name, not); out != nil {
		if len(args) > 0 {
			return nil, errUnknown
		}
		return out, nil
	}
	out := &spec.Expect{}
	switch name {
	case "toHaveText", "toContainText":
		out.Text = &on
	case "toHaveValue":
		out.Value = &on
	case "toHaveCount":
		out.Count = &on
	case "toHaveAccessibleName":
		out.AccessibleName = &on
	case "toHaveAttribute", "toHaveCSS":
		if len(args) != 2 {
			return nil, errUnknown
		}
		of, err := w.words(args[0], known)
		if err != nil {
			return nil, err
		}
		if args = args[1:]; name == "toHaveAttribute" {
			out.Attribute = &spec.Attribute{Locator: on, Attribute: of}
		} else {
			out.CSS = &spec.StyleOf{Locator: on, Property: of}
		}
	default:
		return nil, errUnknown
	}
	if len(args) != 1 {
		return nil, errUnknown
	}
	m, err := w.matcher(args[0], known, name == "toContainText")
	if name == "toHaveCount" {
		if n := w.follow(args[0], known); n.kind == isNumber {
			m, err = spec.Matcher{Equals: &spec.Value{V: int64(n.number)}}, nil
		}
	}
	if err == nil {
		m, err = opposite(m, not)
	}
	out.Matcher = m
	return out, err
}

// state is an expectation without a matcher; nil for no such.
func state(on *spec.Locator, name string, not bool) *spec.Expect {
	if not {
		name = map[string]string{
			"toBeVisible": "toBeHidden", "toBeHidden": "toBeVisible", "toBeEnabled": "toBeDisabled", "toBeDisabled": "toBeEnabled",
			"toBeChecked": "unchecked",
		}[name]
	}
	switch name {
	case "toBeVisible":
		return &spec.Expect{Visible: on}
	case "toBeHidden":
		return &spec.Expect{Hidden: on}
	case "toBeEnabled":
		return &spec.Expect{Enabled: on}
	case "toBeDisabled":
		return &spec.Expect{Disabled: on}
	case "toBeChecked":
		return &spec.Expect{Checked: on}
	case "unchecked":
		return &spec.Expect{Unchecked: on}
	case "toBeFocused":
		return &spec.Expect{Focused: on}
	case "toBeEditable":
		return &spec.Expect{Editable: on}
	case "toBeEmpty":
		return &spec.Expect{Empty: on}
	case "toBeInViewport":
		return &spec.Expect{InViewport: on}
	}
	return nil
}
