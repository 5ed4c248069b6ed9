package browser

import (
	"errors"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// scrolled is where a box, or the page, has been scrolled to.
type scrolled struct {
	Found  bool    `json:"found"`
	InView bool    `json:"inView"`
	X      float64 `json:"x"` // a point at which the wheel turns it
	Y      float64 `json:"y"`
	Top    float64 `json:"top"`
	Left   float64 `json:"left"`
	Page   float64 `json:"page"`
	Bottom bool    `json:"bottom"`
}

func (st *step) scroll(s spec.Scroll) error {
	switch {
	case s.By != nil:
		return st.wheel(s.In, *s.By)
	case s.To != "":
		return st.scrollTo(s.In, s.To)
	}
	return st.scrollFor(s)
}

// scrollTo scrolls to an end.
func (st *step) scrollTo(in *spec.Locator, end string) error {
	if in != nil {
		if _, err := st.prepare(*in, "view"); err != nil {
			return err
		}
	}
	var got scrolled
	lack, err := st.askBox(in, "scrollEnd", map[string]any{"to": end}, &got)
	if err != nil {
		return st.stuck(err, "the page", "the scrolling")
	}
	return st.boxGone(in, lack, got)
}

// wheel turns the mouse's wheel over a box or the page.
func (st *step) wheel(in *spec.Locator, by spec.Point) error {
	if in != nil {
		if _, err := st.prepare(*in, "view"); err != nil {
			return err
		}
	}
	var at scrolled
	lack, err := st.askBox(in, "scrollState", map[string]any{}, &at)
	if err != nil {
		return st.stuck(err, "the page", "the wheel")
	}
	if err := st.boxGone(in, lack, at); err != nil {
		return err
	}
	point := driver.Point{X: at.X, Y: at.Y}
	if in != nil && in.Frame != nil { // the point is one of the frame's
		p, err := st.prepare(*in, "hover")
		if err != nil {
			return err
		}
		point = driver.Point{X: p.X, Y: p.Y}
	}
	err = st.page.Mouse(st.ctx, driver.MouseEvent{Kind: driver.MouseMove, X: point.X, Y: point.Y},
		driver.MouseEvent{Kind: driver.MouseWheel, X: point.X, Y: point.Y, DeltaX: by.X, DeltaY: by.Y})
	if err != nil {
		return st.stuck(err, "the page", "the wheel")
	}
	if _, err := st.askBox(in, "rested", map[string]any{}, &struct{}{}); err != nil {
		return st.stuck(err, "the page", "the wheel")
	}
	return nil
}

// askBox asks the agent about a box, or about the page.
func (st *step) askBox(in *spec.Locator, fn string, arg map[string]any, result any) (*prepared, error) {
	if in != nil {
		return st.ask(*in, fn, arg, result)
	}
	_, err := st.page.Call(st.ctx, fn, arg, result)
	return nil, err
}

func (st *step) boxGone(in *spec.Locator, lack *prepared, got scrolled) error {
	switch {
	case lack != nil:
		return st.gaveUp(unready(meant(*in), *lack, st.limit))
	case !got.Found:
		return executors.Failf("the box to be scrolled is there no more")
	}
	return nil
}

// scrollFor brings an element into view. While it is not there, the box is
// scrolled on, since lists load what comes next only then; at its end it waits
// for more.
func (st *step) scrollFor(s spec.Scroll) error {
	for turned := 0; ; turned++ {
		p, err := st.glance(s.Locator)
		if err == nil && p.Ready {
			p, err = st.look(aim{locator: s.Locator, kind: "view"})
		}
		switch {
		case errors.Is(err, driver.ErrNavigated) && !st.over():
			continue
		case err != nil:
			return st.stuck(err, "the page", "the scrolling")
		case p.Ready:
			st.report.Set("element", p.Element)
			st.report.Set("turns", turned)
			return nil
		case p.Why == "several" || p.Why == "invalid" || p.Why == "no frame":
			return unready(meant(s.Locator), p, st.limit)
		case st.over():
			return st.gaveUp(unready(meant(s.Locator), p, st.limit))
		case p.Why != "missing":
			continue // it is there and not ready yet
		}
		if err := st.turn(s.In); err != nil {
			return err
		}
	}
}

// glance looks whether an element is there, without waiting for it.
func (st *step) glance(l spec.Locator) (prepared, error) {
	var p prepared
	lack, err := st.ask(l, "prepare", map[string]any{"kind": "any", "budget": 0}, &p)
	if lack != nil {
		return *lack, err
	}
	p.part = partOf(l, p.Depth)
	return p, err
}

// turn scrolls a box or the page on by most of what it shows.
func (st *step) turn(in *spec.Locator) error {
	var at scrolled
	lack, err := st.askBox(in, "scrollState", map[string]any{}, &at)
	switch {
	case err != nil:
		return st.stuck(err, "the page", "the scrolling")
	case lack != nil || !at.Found || at.Bottom:
		return st.nap()
	}
	return st.wheel(in, spec.Point{Y: max(1, at.Page*0.8)})
}
