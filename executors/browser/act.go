package browser

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// leaveLimit is how long a step waits for the page that it has asked for
	// to answer. The next step waits for what it needs by itself.
	leaveLimit = 10 * time.Second

	// refills is how often a field is filled again that threw its text away.
	refills = 3
)

func (st *step) click(c spec.Click) error { return st.clickOn(c, false) }

// clickOn clicks once a person could.
func (st *step) clickOn(c spec.Click, control bool) error {
	return st.act(c.Locator, "pointer", control, c.Position, "the click", func(p prepared) error { return st.mouse(p.X, p.Y, c) })
}

// act points at an element once a person could.
func (st *step) act(l spec.Locator, kind string, control bool, at *spec.Point, what string, do func(prepared) error) error {
	_, err := st.actOn(aim{locator: l, kind: kind, control: control, at: at}, what, do, &seen{})
	return err
}

// actOn does something where an aim is. The guard in the page takes back what
// would hit something else, and it is tried again. got is what the guard saw.
func (st *step) actOn(a aim, what string, do func(prepared) error, got *seen) (prepared, error) {
	for {
		p, err := st.prepareAt(a)
		if err != nil {
			return p, err
		}
		st.aim(p)
		err = do(p)
		*got = seen{}
		if err == nil {
			*got, err = st.disarm(p)
		}
		switch {
		case errors.Is(err, errSettled):
			return p, err
		case errors.Is(err, driver.ErrNavigated): // it did what links do
		case errors.Is(err, driver.ErrClosed) && st.page != st.first: // or closed its tab
			return p, nil
		case err != nil:
			return p, st.stuck(err, p.Element, what)
		case got.Seen && !got.Hit:
			if st.over() {
				return p, st.gaveUp(unready(meant(a.locator), prepared{Element: p.Element, Why: got.why()}, st.limit))
			}
			continue
		}
		st.report.Set("point", map[string]any{"x": p.X, "y": p.Y})
		return p, st.settle()
	}
}

// settle waits until the page that an action has asked for is there, so that
// the next step does not act on the old one.
func (st *step) settle() error {
	if !look(st.page, func(s *state) bool { return s.leaving }) {
		return nil
	}
	timer := time.NewTimer(min(leaveLimit, max(0, time.Until(st.end))))
	defer timer.Stop()
	for {
		st.page.mu.Lock()
		leaving, woken := st.page.state.leaving, st.page.woken
		st.page.mu.Unlock()
		if !leaving {
			return nil
		}
		select {
		case <-woken:
		case <-timer.C:
			return nil
		case <-st.ctx.Done():
			return nil
		case <-st.page.gone.Done():
			return nil
		}
	}
}

// stuck explains why a page did not take an input.
func (st *step) stuck(err error, element, what string) error {
	if st.late(err) {
		return st.gaveUp(executors.Failf("%s did not react to %s within %s: the page's script is busy", element, what, st.limit))
	}
	return err
}

func (st *step) hover(l spec.Locator) error {
	p, err := st.prepare(l, "hover")
	if err != nil {
		return err
	}
	st.aim(p)
	err = st.page.Mouse(st.ctx, driver.MouseEvent{Kind: driver.MouseMove, X: p.X, Y: p.Y})
	if err != nil {
		return st.stuck(err, p.Element, "the pointer")
	}
	st.report.Set("point", map[string]any{"x": p.X, "y": p.Y})
	return nil
}

func (st *step) fill(f spec.Fill) error {
	for try := 0; ; try++ {
		p, err := st.prepare(f.Locator, "fill")
		if err != nil {
			return err
		}
		switch p.How {
		case "set":
			return st.setValue(p, f.Value)
		case "type":
			if err := st.retype(p, f.Value); err != nil {
				return err
			}
		default:
			return executors.Failf("%s is of type %s and takes no text", p.Element, p.Type)
		}
		// A field that is drawn anew just then loses the text.
		var got struct {
			Found bool   `json:"found"`
			Text  string `json:"text"`
		}
		if err := st.page.CallIn(st.ctx, p.doc, "filled", nil, &got); err != nil {
			if errors.Is(err, driver.ErrNavigated) {
				return nil
			}
			return st.stuck(err, p.Element, "the text")
		}
		if f.Value == "" || got.Found && got.Text != "" || try >= refills || st.over() {
			return nil
		}
	}
}

// retype replaces the selected text of the focused field.
func (st *step) retype(p prepared, value string) error {
	if p.Type == "number" && value != "" {
		if _, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil {
			return executors.Failf("%s takes numbers only, and %q is none", p.Element, short(value, 100))
		}
	}
	var err error
	switch {
	case value != "":
		err = st.page.InsertText(st.ctx, value)
	case !p.Empty:
		err = st.keys("Delete")
	}
	if err != nil {
		return st.stuck(err, p.Element, "the text")
	}
	return nil
}

func (st *step) setValue(p prepared, value string) error {
	var got struct {
		OK     bool   `json:"ok"`
		Actual string `json:"actual"`
	}
	if err := st.page.CallIn(st.ctx, p.doc, "setValue", map[string]any{"value": value}, &got); err != nil {
		if errors.Is(err, driver.ErrNavigated) {
			return nil
		}
		return st.stuck(err, p.Element, "the value")
	}
	if !got.OK {
		return executors.Failf("%s of type %s does not take %q: %s", p.Element, p.Type, short(value, 100), formats[p.Type])
	}
	return nil
}

// formats says what the fields that nobody types into want.
var formats = map[string]string{
	"date": "write 2026-12-31", "time": "write 23:59", "datetime-local": "write 2026-12-31T23:59",
	"month": "write 2026-12", "week": "write 2026-W52", "color": "write #1a2b3c",
	"range": "write a number between min and max that step allows",
}

func (st *step) press(p spec.Press) error {
	if p.Locator != (spec.Locator{}) {
		if _, err := st.prepare(p.Locator, "focus"); err != nil {
			return err
		}
	} else {
		var on struct {
			Element string `json:"element"`
		}
		if _, err := st.page.Call(st.ctx, "focused", nil, &on); err != nil {
			return st.stuck(err, "the page", "the key")
		}
		if on.Element != "" {
			st.report.Set("element", on.Element)
		}
	}
	if err := st.keys(p.Key); err != nil {
		return st.stuck(err, "the page", "the key "+p.Key)
	}
	// One more answer from the page, so that what the key has started is known.
	var on struct{}
	if _, err := st.page.Call(st.ctx, "focused", nil, &on); err != nil {
		return st.stuck(err, "the page", "the key "+p.Key)
	}
	return st.settle()
}

func (st *step) choose(s spec.Select) error {
	for {
		p, err := st.prepare(s.Locator, "select")
		if err != nil {
			return err
		}
		var got struct {
			OK      bool     `json:"ok"`
			Why     string   `json:"why"`
			Options []string `json:"options"`
		}
		err = st.page.CallIn(st.ctx, p.doc, "choose",
			map[string]any{"value": s.Value, "option": s.Option, "byText": s.Option != "", "budget": st.budget()}, &got)
		option := s.Value
		if s.Option != "" {
			option = s.Option
		}
		switch {
		case errors.Is(err, driver.ErrNavigated):
			continue
		case err != nil:
			return st.stuck(err, p.Element, "the choice")
		case got.OK:
			return st.settle()
		case got.Why == "not a select":
			return executors.Failf("%s is no select element: click it, and then the option", p.Element)
		case !st.over():
			continue
		case got.Why == "disabled":
			return st.gaveUp(executors.Failf("the option %q of %s is disabled after %s", option, p.Element, st.limit))
		}
		return st.gaveUp(executors.Failf("%s has no option %q after %s; it has %s", p.Element, option, st.limit, quoted(got.Options)))
	}
}

func quoted(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}

// tick brings a checkbox or a radio button into a state by clicking it, if it
// is not there yet.
func (st *step) tick(l spec.Locator, want bool) error {
	var after seen
	p, err := st.actOn(aim{locator: l, kind: "pointer", control: true, tick: &want}, "the click", func(p prepared) error {
		if p.settled(want) {
			return errSettled
		}
		return st.mouse(p.X, p.Y, spec.Click{Locator: l})
	}, &after)
	switch {
	case errors.Is(err, errSettled):
		return unticked(p, want)
	case err != nil:
		return err
	case after.Checked != nil && *after.Checked == want:
		return nil
	}
	observed, err := st.observe(l, "checked", func(o observation) bool { return !o.Found || o.Checked != nil && *o.Checked == want })
	if err != nil {
		return err
	}
	if observed.Found && (observed.Checked == nil || *observed.Checked != want) {
		return st.gaveUp(executors.Failf("the click did not change %s within %s", p.Element, st.limit))
	}
	return nil
}

// errSettled says that there is nothing to click.
var errSettled = errors.New("it needs no click")

// settled reports whether a click would be of no use: the control is in the
// wanted state, or no click brings it there.
func (p prepared) settled(want bool) bool {
	return p.Checked == nil || *p.Checked == want || p.Radio && !want
}

// unticked says why a control that was not clicked is not in the wanted state.
func unticked(p prepared, want bool) error {
	switch {
	case p.Checked == nil:
		return executors.Failf("%s is neither a checkbox nor a radio button", p.Element)
	case *p.Checked != want:
		return executors.Failf("%s is a radio button and cannot be unticked: tick another one", p.Element)
	}
	return nil
}
