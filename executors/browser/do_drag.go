package browser

import (
	"context"
	"errors"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// dragMoves is how many times the mouse moves on its way: libraries begin a
	// drag only after some distance.
	dragMoves = 8

	// dragBegins is how long the browser may take to tell of a drag that the page
	// has let it begin.
	dragBegins = 2 * time.Second
)

// drag takes an element with the mouse, goes the way and lets it go.
func (st *step) drag(d spec.Drag) (err error) {
	power, native := driver.Power[driver.Drags](st.page.Page)
	if native {
		if err := power.CatchDrags(st.ctx, true); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, power.CatchDrags(context.WithoutCancel(st.ctx), false)) }()
	}
	p, from, err := st.take(d)
	if err != nil {
		return err
	}
	// Whatever happens next, the button must not stay down.
	at, down := from, true
	defer func() {
		if down {
			err = errors.Join(err, st.release(context.WithoutCancel(st.ctx), at))
		}
	}()
	to := driver.Point{X: from.X, Y: from.Y}
	if d.By != nil {
		to.X, to.Y = to.X+d.By.X, to.Y+d.By.Y
	} else {
		target, err := st.prepareAt(aim{locator: *d.To, kind: "hover", at: d.ToPosition})
		if err != nil {
			return err
		}
		to = driver.Point{X: target.X, Y: target.Y}
	}
	way := between(from, to)
	if err := st.moveHeld(way[:2]...); err != nil {
		return st.stuck(err, p.Element, "the drag")
	}
	at = way[1]
	began, err := st.begun(p, power, native)
	if err != nil {
		return err
	}
	if began {
		down = false // the browser has taken it over
		if err := power.DragOver(st.ctx, way[2:]...); err != nil {
			return st.stuck(err, p.Element, "the drag")
		}
		if err := power.Drop(st.ctx, to); err != nil {
			return st.stuck(err, p.Element, "the drop")
		}
	} else {
		if err := st.moveHeld(append(way[2:], to)...); err != nil {
			return st.stuck(err, p.Element, "the drag")
		}
		at, down = to, false
		if err := st.release(st.ctx, to); err != nil {
			return st.stuck(err, p.Element, "the drop")
		}
	}
	st.report.Set("from", map[string]any{"x": from.X, "y": from.Y})
	st.report.Set("to", map[string]any{"x": to.X, "y": to.Y})
	// One more answer from the page, so that what the drop has started is known.
	if _, err := st.page.Call(st.ctx, "focused", nil, &struct{}{}); err != nil {
		return st.stuck(err, p.Element, "the drop")
	}
	return st.settle()
}

// take presses the button on what is to be dragged, under the guard of a click.
func (st *step) take(d spec.Drag) (prepared, driver.Point, error) {
	for {
		p, err := st.prepareAt(aim{locator: d.Locator, kind: "pointer", at: d.Position})
		if err != nil {
			return p, driver.Point{}, err
		}
		at := driver.Point{X: p.X, Y: p.Y}
		if err := st.page.CallIn(st.ctx, p.doc, "watchDrag", nil, &struct{}{}); err != nil {
			return p, at, err
		}
		err = st.page.Mouse(st.ctx, driver.MouseEvent{Kind: driver.MouseMove, X: at.X, Y: at.Y},
			driver.MouseEvent{Kind: driver.MousePress, X: at.X, Y: at.Y, Clicks: 1})
		if err != nil {
			return p, at, st.stuck(err, p.Element, "the drag")
		}
		got, err := st.disarm(p)
		if err != nil {
			return p, at, errors.Join(st.stuck(err, p.Element, "the drag"), st.release(st.ctx, at))
		}
		if !got.Seen || got.Hit {
			return p, at, nil
		}
		if err := st.release(st.ctx, at); err != nil {
			return p, at, err
		}
		if st.over() {
			return p, at, st.gaveUp(unready(meant(d.Locator), prepared{Element: p.Element, Why: "it is covered by " + got.By}, st.limit))
		}
	}
}

// begun reports whether the page has begun a drag and drop of HTML.
func (st *step) begun(p prepared, power driver.Drags, native bool) (bool, error) {
	var state struct {
		Started bool `json:"started"`
	}
	if err := st.page.CallIn(st.ctx, p.doc, "dragState", nil, &state); err != nil {
		return false, st.stuck(err, p.Element, "the drag")
	}
	if err := st.page.CallIn(st.ctx, p.doc, "endDrag", nil, &struct{}{}); err != nil {
		return false, st.stuck(err, p.Element, "the drag")
	}
	if !state.Started || !native {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(st.ctx, dragBegins)
	defer cancel()
	err := power.Dragged(ctx)
	if err != nil && st.late(err) && st.ctx.Err() == nil {
		return false, executors.Failf("%s began a drag that the browser has ended", p.Element)
	}
	return err == nil, err
}

func (st *step) moveHeld(points ...driver.Point) error {
	events := make([]driver.MouseEvent, len(points))
	for i, p := range points {
		events[i] = driver.MouseEvent{Kind: driver.MouseMove, X: p.X, Y: p.Y, Held: []driver.Button{driver.ButtonLeft}}
	}
	return st.page.Mouse(st.ctx, events...)
}

func (st *step) release(ctx context.Context, at driver.Point) error {
	return st.page.Mouse(ctx, driver.MouseEvent{Kind: driver.MouseRelease, X: at.X, Y: at.Y, Clicks: 1})
}

// between lists the points of a way, without its beginning.
func between(from, to driver.Point) []driver.Point {
	out := make([]driver.Point, 0, dragMoves)
	for n := 1; n <= dragMoves; n++ {
		share := float64(n) / dragMoves
		out = append(out, driver.Point{X: from.X + (to.X-from.X)*share, Y: from.Y + (to.Y-from.Y)*share})
	}
	return out
}
