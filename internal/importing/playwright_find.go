package importing

import (
	"errors"
	"fmt"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// errChosen refuses what comes behind nth: a plan counts last.
var errChosen = errors.New("what chooses among elements again after first, last or nth is not understood")

// found is what a chain of calls means so far.
type found struct {
	l     *spec.Locator // nil: the page
	frame *spec.Locator
	rest  []link // that say what is done
}

// find reads the calls that find an element: page.getByRole(…).first() and so on.
func (w *playwright) find(e *expression, known names) (found, error) {
	if e = w.follow(e, known); e.kind != isChain || e.text != "page" {
		return found{}, fmt.Errorf("%s is not the test's page", line(e.text, 40, "this"))
	}
	f := found{rest: e.links}
	for len(f.rest) > 0 {
		l := f.rest[0]
		next, ok, err := w.finder(f, l, known)
		if err != nil || !ok {
			return f, err
		}
		next.rest = f.rest[1:]
		f = next
	}
	return f, nil
}

// finder reads one call; false where it finds nothing but does something.
func (w *playwright) finder(f found, l link, known names) (found, bool, error) {
	if !l.call {
		return f, false, nil
	}
	arg := func(i int) *expression {
		if i < len(l.args) {
			return l.args[i]
		}
		return nil
	}
	switch l.name {
	case "frameLocator":
		frame, err := w.selector(arg(0), known)
		frame.Frame, frame.Within = f.frame, f.l
		return found{frame: &frame}, true, err
	case "contentFrame":
		return found{frame: f.l}, f.l != nil, nil
	case "first", "last", "nth":
		if f.l == nil || l.name == "nth" && (arg(0) == nil || arg(0).kind != isNumber) {
			return f, true, errUnknown
		}
		if f.l.Nth != nil {
			return f, true, errChosen
		}
		n := map[string]int{"first": 0, "last": -1}[l.name]
		if l.name == "nth" {
			n = int(arg(0).number)
		}
		out := *f.l
		out.Nth = &n
		return found{l: &out, frame: f.frame}, true, nil
	case "filter":
		return w.filter(f, arg(0), known)
	case "locator":
		out, err := w.selector(arg(0), known)
		if err != nil || arg(1) == nil {
			return w.inside(f, out), true, err
		}
		return w.filter(w.inside(f, out), arg(1), known)
	}
	out, ok, err := w.getBy(l.name, arg(0), arg(1), known)
	if !ok || err != nil {
		return f, ok, err
	}
	return w.inside(f, out), true, nil
}

func (w *playwright) inside(f found, l spec.Locator) found {
	l.Within, l.Frame = f.l, f.frame
	if f.l != nil && f.l.Frame != nil {
		inner := *f.l
		inner.Frame = nil
		l.Within, l.Frame = &inner, f.l.Frame
	}
	return found{l: &l}
}

// getBy reads the calls of that name.
func (w *playwright) getBy(name string, what, options *expression, known names) (spec.Locator, bool, error) {
	var l spec.Locator
	target := map[string]*string{
		"getByRole": &l.Role, "getByLabel": &l.Label, "getByPlaceholder": &l.Placeholder, "getByText": &l.Text,
		"getByTestId": &l.TestID, "getByAltText": &l.Alt, "getByTitle": &l.Title,
	}[name]
	if target == nil {
		return l, false, nil
	}
	var err error
	if *target, err = w.named(what, known); err != nil {
		return l, true, err
	}
	if options == nil {
		return l, true, nil
	}
	if options.kind != isObject {
		return l, true, errUnknown
	}
	for i, key := range options.keys {
		switch value := options.list[i]; {
		case key == "name" && name == "getByRole":
			l.Name, err = w.named(value, known)
		case key == "exact" && value.kind == isBool:
			l.Exact = value.text == "true"
		default:
			err = fmt.Errorf("the option %s of %s is not understood", line(key, 40, ""), name)
		}
		if err != nil {
			return l, true, err
		}
	}
	return l, true, nil
}

func (w *playwright) filter(f found, options *expression, known names) (found, bool, error) {
	if f.l == nil || options == nil || options.kind != isObject {
		return f, true, errUnknown
	}
	if f.l.Nth != nil {
		return f, true, errChosen
	}
	out := *f.l
	set := map[string]bool{"hasText": out.HasText != "", "hasNotText": out.HasNotText != "", "has": out.Has != nil, "hasNot": out.HasNot != nil}
	for i, key := range options.keys {
		var err error
		switch value := options.list[i]; {
		case set[key]:
			err = fmt.Errorf("a second %s is not understood", key)
		case key == "hasText":
			out.HasText, err = w.named(value, known)
		case key == "hasNotText":
			out.HasNotText, err = w.named(value, known)
		case key == "has" || key == "hasNot":
			var inner found
			if inner, err = w.find(value, known); err == nil && (inner.l == nil || len(inner.rest) > 0) {
				err = errUnknown
			}
			if key == "has" {
				out.Has = inner.l
			} else {
				out.HasNot = inner.l
			}
		default:
			err = fmt.Errorf("the option %s of what is found is not understood", line(key, 40, ""))
		}
		if err != nil {
			return f, true, err
		}
	}
	return found{l: &out, frame: f.frame}, true, nil
}

// selector reads a text such as ".menu > li", "text=Pay" or "//h1".
func (w *playwright) selector(e *expression, known names) (spec.Locator, error) {
	text, err := w.words(e, known)
	if err != nil {
		return spec.Locator{}, err
	}
	engine, rest, ok := strings.Cut(text, "=")
	switch {
	case ok && engine == "css":
		return spec.Locator{CSS: rest}, nil
	case ok && engine == "xpath":
		return spec.Locator{XPath: rest}, nil
	case ok && engine == "text" && !strings.HasPrefix(rest, "/"):
		exact := len(rest) > 2 && (rest[0] == '"' || rest[0] == '\'') && rest[len(rest)-1] == rest[0]
		return spec.Locator{Text: strings.Trim(rest, `"'`), Exact: exact}, nil
	case strings.HasPrefix(text, "//") || strings.HasPrefix(text, ".."):
		return spec.Locator{XPath: text}, nil
	case strings.Contains(text, ">>") || strings.Contains(text, ":has-text(") || strings.Contains(text, ":text") || strings.Contains(text, ":visible") ||
		strings.Contains(text, ":nth-match(") || strings.HasPrefix(text, "role=") || strings.HasPrefix(text, "data-"):
		return spec.Locator{}, fmt.Errorf("the selector %s is no CSS of browsers", line(text, 60, ""))
	}
	return spec.Locator{CSS: text}, nil
}
