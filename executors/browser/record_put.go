package browser

import (
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// put adds what was done in a page, and takes back what it makes needless: the
// clicks of a double click, the click into a field that is filled, the text that
// a field had before.
func (rec *recording) put(s recorded) {
	same := func(n int) *recorded {
		if i := len(rec.steps) - n; i >= 0 && rec.steps[i].page == s.page && rec.steps[i].place == s.place && rec.steps[i].id == s.id && s.id != 0 {
			return &rec.steps[i]
		}
		return nil
	}
	last := same(1)
	switch {
	case s.step.DblClick != nil:
		for range 2 {
			if before := same(1); before != nil && before.step.Click != nil {
				rec.drop()
			}
		}
	case s.step.Fill != nil && last != nil && last.step.Fill != nil:
		last.step.Fill.Value, last.at = s.step.Fill.Value, s.at
		return
	case s.field && last != nil && (last.step.Fill != nil || last.field):
		return // the field has the focus
	case last != nil && last.field && s.step.Click == nil:
		rec.drop() // what comes gives the field the focus by itself
	}
	rec.add(s)
}

func (rec *recording) drop() {
	rec.steps = rec.steps[:len(rec.steps)-1]
	rec.told = min(rec.told, len(rec.steps))
}

// add adds a step, behind one that chooses the tab in which it is done.
func (rec *recording) add(s recorded) {
	if s.page != rec.tabs.current {
		n := rec.tabs.number(s.page)
		if n < 0 {
			return // of a window that is no more
		}
		rec.tabs.choose(s.page)
		rec.append(recorded{step: spec.BrowserStep{Tab: &spec.Tab{Switch: &n}}, page: s.page, at: s.at})
	}
	rec.append(s)
}

func (rec *recording) append(s recorded) {
	if rec.full = rec.full || len(rec.steps) >= rec.MaxSteps; rec.full {
		return
	}
	rec.steps = append(rec.steps, s)
}

func (rec *recording) onDialogOpened(e driver.DialogOpened) {
	if e.Kind == "beforeunload" {
		rec.tabs.dialog = nil
		return
	}
	rec.tabs.dialog = &e
}

// onDialogClosed says how the dialog is answered, before the step that makes it
// open.
func (rec *recording) onDialogClosed(e driver.DialogClosed) {
	opened := rec.tabs.dialog
	rec.tabs.dialog = nil
	if opened == nil || len(rec.steps) == 0 || rec.full {
		return
	}
	d := &spec.Dialog{Answer: "dismiss"}
	if e.Accepted {
		d.Answer = "accept"
		if opened.Kind == "prompt" && e.Text != opened.Default {
			d.Text = literal(short(e.Text, 5000))
		}
	}
	if opened.Message != "" && len(opened.Message) <= 500 {
		d.Message = new(textEquals(literal(opened.Message)))
	}
	i := len(rec.steps) - 1
	rec.steps = slices.Insert(rec.steps, i, recorded{step: spec.BrowserStep{Dialog: d}, page: rec.steps[i].page, at: time.Now()})
	rec.told = min(rec.told, i)
}

// redact replaces what was typed into secret fields wherever else it is in a step.
func (rec *recording) redact(s spec.BrowserStep) spec.BrowserStep {
	for _, one := range rec.secrets {
		if len(one.value) < minSecret {
			continue
		}
		ref := "${{ " + one.variable + " }}"
		clean := func(text *string) { *text = strings.ReplaceAll(*text, one.value, ref) }
		eachText(&s, clean)
	}
	return s
}

// minSecret is how long a secret must be to be looked for in other texts: a
// shorter one is in many that have nothing to do with it.
const minSecret = 4

// eachText visits the texts of a step that a page has made. What it changes is
// copied first.
func eachText(s *spec.BrowserStep, visit func(*string)) {
	copied := func(l spec.Locator) spec.Locator {
		visitLocator(&l, visit)
		return l
	}
	switch {
	case s.Click != nil:
		c := *s.Click
		c.Locator = copied(c.Locator)
		s.Click = &c
	case s.DblClick != nil:
		c := *s.DblClick
		c.Locator = copied(c.Locator)
		s.DblClick = &c
	case s.Check != nil:
		s.Check = new(copied(*s.Check))
	case s.Uncheck != nil:
		s.Uncheck = new(copied(*s.Uncheck))
	case s.Select != nil:
		c := *s.Select
		c.Locator = copied(c.Locator)
		visit(&c.Value)
		visit(&c.Option)
		s.Select = &c
	case s.Fill != nil:
		c := *s.Fill
		c.Locator = copied(c.Locator)
		visit(&c.Value)
		s.Fill = &c
	case s.Press != nil:
		c := *s.Press
		c.Locator = copied(c.Locator)
		s.Press = &c
	case s.Upload != nil:
		c := *s.Upload
		c.Locator = copied(c.Locator)
		s.Upload = &c
	case s.Drag != nil:
		s.Drag = &spec.Drag{Locator: copied(s.Drag.Locator), To: new(copied(*s.Drag.To))}
	case s.Goto != nil:
		c := *s.Goto
		visit(&c.URL)
		s.Goto = &c
	case s.Dialog != nil:
		c := *s.Dialog
		visit(&c.Text)
		if c.Message != nil {
			c.Message = new(copiedMatcher(*c.Message, visit))
		}
		s.Dialog = &c
	case s.Expect != nil:
		e := *s.Expect
		for _, l := range []**spec.Locator{&e.Visible, &e.Text, &e.Value} {
			if *l != nil {
				*l = new(copied(**l))
			}
		}
		e.Matcher = copiedMatcher(e.Matcher, visit)
		s.Expect = &e
	}
}

func visitLocator(l *spec.Locator, visit func(*string)) {
	for _, text := range []*string{&l.Name, &l.Label, &l.Placeholder, &l.Text, &l.Alt, &l.Title, &l.TestID, &l.CSS, &l.HasText} {
		visit(text)
	}
	for _, inner := range []**spec.Locator{&l.Within, &l.Frame} {
		if *inner != nil {
			c := **inner
			visitLocator(&c, visit)
			*inner = &c
		}
	}
}
