package browser

import (
	"math"
	"path"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

func (st *step) screenshot(s spec.Screenshot) error { return st.laidOut(st.shoot(s)) }

func (st *step) shoot(s spec.Screenshot) error {
	if s.Compared() {
		return st.compare(s)
	}
	what, err := st.frameOf(s)
	if err != nil {
		return err
	}
	png, err := st.draw(what)
	if err != nil {
		return err
	}
	st.report.Set("bytes", len(png))
	st.attach(st.ctx, st.report, picture(pictureName(s.Name, ""), st.report.Index, png))
	return nil
}

// frameOf says what of the page a picture shows. An element is waited for.
func (st *step) frameOf(s spec.Screenshot) (driver.Picture, error) {
	what := driver.Picture{FullPage: s.FullPage}
	if s.Element == nil {
		return what, nil
	}
	p, err := st.prepare(*s.Element, "shot")
	if err != nil {
		return what, err
	}
	// Whole pixels, so that nothing is drawn between them.
	x, y := math.Floor(p.X), math.Floor(p.Y)
	what.Clip = &driver.Rect{X: x, Y: y, Width: math.Ceil(p.X+p.Width) - x, Height: math.Ceil(p.Y+p.Height) - y}
	return what, nil
}

// draw takes a picture.
func (st *step) draw(what driver.Picture) ([]byte, error) {
	png, err := st.page.Capture(st.ctx, what)
	if err != nil && st.late(err) {
		return nil, st.gaveUp(executors.Failf("the page could not be drawn within %s: its script is busy", st.limit))
	}
	return png, err
}

// pictureName is the name of a picture's file, with what it shows behind it.
func pictureName(name, suffix string) string {
	if path.Ext(name) == ".png" {
		name = name[:len(name)-len(".png")]
	}
	return name + suffix + ".png"
}
