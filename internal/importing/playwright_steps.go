package importing

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// steps reads a statement that does something.
func (w *playwright) steps(e *expression, known names) ([]spec.BrowserStep, error) {
	if e.kind == isChain && e.text == "expect" {
		return w.expectation(e, known)
	}
	f, err := w.find(e, known)
	if err != nil {
		return nil, err
	}
	var one spec.BrowserStep
	limit := spec.Duration(0)
	if f.rest = slices.Clone(f.rest); len(f.rest) > 0 { // a hook is read once for each test
		if limit, err = stepLimit(&f.rest[len(f.rest)-1], f.l == nil); err != nil {
			return nil, err
		}
	}
	switch {
	case f.frame != nil && f.l == nil:
		return nil, errUnknown
	case f.l == nil && len(f.rest) == 2 && f.rest[0].name == "keyboard" && !f.rest[0].call:
		one, err = w.keyboard(f.rest[1], known)
	case len(f.rest) != 1 || !f.rest[0].call:
		return nil, errUnknown
	case f.l == nil:
		one, err = w.onPage(f.rest[0], known)
	default:
		one, err = w.onElement(*f.l, f.rest[0], known)
	}
	if limit > 0 {
		one.Timeout = limit
	}
	return []spec.BrowserStep{one}, err
}

// optional says which argument of an element's call holds its options, where those are
// none that its own reader understands, and navigation which one of the page's.
var optional = map[string]int{
	"fill": 1, "type": 1, "pressSequentially": 1, "press": 1, "selectOption": 1, "setInputFiles": 1, "dragTo": 1,
	"check": 0, "uncheck": 0, "setChecked": 1, "hover": 0, "focus": 0, "blur": 0, "tap": 0, "clear": 0, "scrollIntoViewIfNeeded": 0,
}

var navigation = map[string]int{"goto": 1, "reload": 0, "goBack": 0, "goForward": 0, "waitForURL": 1, "waitForLoadState": 1}

// stepLimit takes the options away that most calls have, and returns the time limit
// among them. What only says when a navigation is over, or how fast keys follow each
// other, changes no outcome here: a step waits for what it needs.
func stepLimit(l *link, onPage bool) (limit spec.Duration, err error) {
	at, ok := optional[l.name]
	if onPage { // page.fill(selector, text, options) has one more
		at++
	}
	if n, navigates := navigation[l.name]; navigates {
		at, ok = n, onPage
	}
	if !l.call || !ok || at >= len(l.args) || l.args[at].kind != isObject {
		return 0, nil
	}
	options := l.args[at]
	for i, key := range options.keys {
		switch key {
		case "timeout":
			limit, err = milliseconds(options.list[i])
		case "waitUntil", "delay", "noWaitAfter":
		default:
			err = fmt.Errorf("the option %s is not understood", line(key, 40, ""))
		}
		if err != nil {
			return 0, err
		}
	}
	l.args = l.args[:at]
	return limit, nil
}

func (w *playwright) keyboard(l link, known names) (s spec.BrowserStep, err error) {
	if !l.call || len(l.args) != 1 {
		return s, errUnknown
	}
	text, err := w.words(l.args[0], known)
	switch l.name {
	case "press":
		s.Press = &spec.Press{Key: text}
	case "type":
		s.Type = &spec.Type{Value: text}
	case "insertText":
		s.Type = &spec.Type{Value: text}
	default:
		return s, errUnknown
	}
	return s, err
}

// onPage reads page.goto(…) and its like.
func (w *playwright) onPage(l link, known names) (s spec.BrowserStep, err error) {
	var first *expression
	if len(l.args) > 0 {
		first = l.args[0]
	}
	switch l.name {
	case "goto":
		var address string
		address, err = w.words(first, known)
		s.Goto = &spec.Goto{URL: address}
	case "reload":
		s.Reload = true
	case "goBack":
		s.Back = true
	case "goForward":
		s.Forward = true
	case "waitForTimeout":
		if first == nil || first.kind != isNumber || first.number < 1 || first.number > 60_000 {
			return s, errUnknown
		}
		s.Wait = &spec.Wait{Duration: spec.Duration(first.number * float64(time.Millisecond))}
	case "waitForURL":
		var m spec.Matcher
		m, err = w.address(first, known)
		s.Wait = &spec.Wait{URL: &m}
	case "waitForLoadState":
		s.Wait = &spec.Wait{Load: "load"}
		if first != nil {
			s.Wait.Load, err = w.words(first, known)
		}
	case "setViewportSize":
		width, height := w.follow(orNone(first), known).property("width"), w.follow(orNone(first), known).property("height")
		if width == nil || height == nil {
			return s, errUnknown
		}
		s.Viewport = &spec.Viewport{Width: int(width.number), Height: int(height.number)}
	case "screenshot":
		return w.picture(nil, first, known)
	default:
		return w.bySelector(l, known)
	}
	return s, err
}

func orNone(e *expression) *expression {
	if e == nil {
		return &expression{}
	}
	return e
}

// bySelector reads page.click(selector) and its like.
func (w *playwright) bySelector(l link, known names) (spec.BrowserStep, error) {
	switch l.name {
	case "click", "dblclick", "fill", "type", "press", "check", "uncheck", "hover", "focus", "tap", "selectOption", "setInputFiles", "waitForSelector":
	default:
		return spec.BrowserStep{}, errUnknown
	}
	if len(l.args) == 0 {
		return spec.BrowserStep{}, errUnknown
	}
	found, err := w.selector(l.args[0], known)
	if err != nil {
		return spec.BrowserStep{}, err
	}
	if l.args = l.args[1:]; l.name == "waitForSelector" {
		l.name = "waitFor"
	}
	return w.onElement(found, l, known)
}

// onElement reads what is done to an element.
func (w *playwright) onElement(on spec.Locator, l link, known names) (s spec.BrowserStep, err error) {
	var first *expression
	if len(l.args) > 0 {
		first = w.follow(l.args[0], known)
	}
	switch l.name {
	case "click", "dblclick":
		return w.click(on, l, first, known)
	case "fill", "type", "pressSequentially", "press":
		text, err := w.words(first, known)
		switch l.name {
		case "fill":
			s.Fill = &spec.Fill{Locator: on, Value: text}
		case "press":
			s.Press = &spec.Press{Locator: on, Key: text}
		default:
			s.Type = &spec.Type{Locator: on, Value: text}
		}
		return s, err
	case "selectOption":
		return w.option(on, first, known)
	case "setInputFiles":
		return w.files(on, first, known)
	case "dragTo":
		to, err := w.find(orNone(first), known)
		if err != nil || to.l == nil || len(to.rest) > 0 {
			return s, errUnknown
		}
		s.Drag = &spec.Drag{Locator: on, To: to.l}
		return s, nil
	case "waitFor":
		s.Wait = &spec.Wait{Visible: &on}
		for i, key := range orNone(first).keys {
			switch key {
			case "state":
			case "timeout":
				s.Timeout, err = milliseconds(first.list[i])
			default:
				err = fmt.Errorf("the option %s is not understood", line(key, 40, ""))
			}
			if err != nil {
				return s, err
			}
		}
		if state := first.property("state"); state != nil {
			switch state.text {
			case "visible":
			case "hidden":
				s.Wait = &spec.Wait{Hidden: &on}
			case "attached":
				s.Wait, s.Expect = nil, &spec.Expect{Count: &on, Matcher: spec.Matcher{GTE: &spec.Value{V: int64(1)}}}
			case "detached":
				s.Wait, s.Expect = nil, &spec.Expect{Count: &on, Matcher: spec.Matcher{Equals: &spec.Value{V: int64(0)}}}
			default:
				return s, errUnknown
			}
		}
		return s, nil
	case "screenshot":
		return w.picture(&on, first, known)
	case "setChecked":
		if first == nil || first.kind != isBool {
			return s, errUnknown
		}
		l.name, first = map[bool]string{true: "check", false: "uncheck"}[first.text == "true"], nil
	}
	target := map[string]**spec.Locator{
		"clear": &s.Clear, "check": &s.Check, "uncheck": &s.Uncheck, "hover": &s.Hover, "focus": &s.Focus, "blur": &s.Blur, "tap": &s.Tap,
	}[l.name]
	if l.name == "scrollIntoViewIfNeeded" {
		s.Scroll = &spec.Scroll{Locator: on}
		return s, nil
	}
	if target == nil || first != nil {
		return s, errUnknown
	}
	*target = &on
	return s, nil
}

func (w *playwright) click(on spec.Locator, l link, options *expression, known names) (s spec.BrowserStep, err error) {
	c := &spec.Click{Locator: on}
	if options != nil && options.kind != isObject {
		return s, errUnknown
	}
	for i, key := range orNone(options).keys {
		value := options.list[i]
		switch {
		case key == "button":
			c.Button, err = w.words(value, known)
		case key == "clickCount" && value.kind == isNumber:
			c.Count = new(int(value.number))
		case key == "modifiers" && value.kind == isArray:
			for _, m := range value.list {
				c.Modifiers = append(c.Modifiers, m.text)
			}
		case key == "position" && value.property("x") != nil && value.property("y") != nil:
			c.Position = &spec.Point{X: value.property("x").number, Y: value.property("y").number}
		case key == "timeout":
			s.Timeout, err = milliseconds(value)
		default:
			err = fmt.Errorf("the option %s is not understood", line(key, 40, ""))
		}
		if err != nil {
			return s, err
		}
	}
	if s.Click = c; l.name == "dblclick" {
		s.Click, s.DblClick = nil, c
	}
	return s, nil
}

func milliseconds(e *expression) (spec.Duration, error) {
	if e.kind != isNumber || e.number < 1 || e.number > float64(time.Hour/time.Millisecond) {
		return 0, errUnknown
	}
	return spec.Duration(e.number * float64(time.Millisecond)), nil
}

// option reads selectOption("DK"), which means a value or a label: a value here.
func (w *playwright) option(on spec.Locator, e *expression, known names) (s spec.BrowserStep, err error) {
	if e != nil && e.kind == isArray && len(e.list) == 1 {
		e = e.list[0]
	}
	s.Select = &spec.Select{Locator: on}
	if label := e.property("label"); label != nil {
		s.Select.Option, err = w.words(label, known)
		return s, err
	}
	if value := e.property("value"); value != nil {
		e = value
	} else if e != nil && e.kind == isText {
		w.note("line %d: the option %q is taken for a value; write option: where it is what people read", e.line, line(e.text, 60, ""))
	}
	s.Select.Value, err = w.words(e, known)
	return s, err
}

func (w *playwright) files(on spec.Locator, e *expression, known names) (s spec.BrowserStep, err error) {
	list := []*expression{e}
	if e != nil && e.kind == isArray {
		list = e.list
	}
	s.Upload = &spec.Upload{Locator: on, Files: []string{}}
	for _, one := range list {
		name, err := w.words(one, known)
		if err != nil {
			return s, err
		}
		name = strings.TrimPrefix(path.Clean(name), "./")
		w.note("put the file %s beside the plan", line(name, 100, ""))
		s.Upload.Files = append(s.Upload.Files, "file://"+name)
	}
	return s, nil
}

func (w *playwright) picture(on *spec.Locator, options *expression, known names) (s spec.BrowserStep, err error) {
	shot := &spec.Screenshot{Name: "screenshot", Element: on}
	for i, key := range orNone(options).keys {
		switch value := options.list[i]; {
		case key == "path":
			var file string
			file, err = w.words(value, known)
			shot.Name = strings.TrimSuffix(path.Base(file), path.Ext(file))
		case key == "fullPage" && value.kind == isBool:
			shot.FullPage = value.text == "true"
		default:
			err = fmt.Errorf("the option %s is not understood", line(key, 40, ""))
		}
		if err != nil {
			return s, err
		}
	}
	s.Screenshot = shot
	return s, nil
}

// address judges an address: a text with * is a pattern of Playwright's own.
func (w *playwright) address(e *expression, known names) (spec.Matcher, error) {
	m, err := w.matcher(e, known, false)
	if err != nil || m.Equals == nil {
		return m, err
	}
	text, _ := m.Equals.V.(string)
	if middle := strings.Trim(text, "*"); middle != text && !strings.ContainsAny(middle, "*?{}") {
		return spec.Matcher{Contains: &spec.Value{V: middle}}, nil
	}
	if strings.ContainsAny(text, "*{}") && !strings.Contains(text, "${{") {
		return m, fmt.Errorf("the pattern %s is not understood", line(text, 60, ""))
	}
	return m, nil
}
