package browser

import (
	"path"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

func (st *step) screenshot(s spec.Screenshot) error {
	what := driver.Picture{FullPage: s.FullPage}
	if s.Element != nil {
		p, err := st.prepare(*s.Element, "shot", false)
		if err != nil {
			return err
		}
		what.Clip = &driver.Rect{X: p.X, Y: p.Y, Width: p.Width, Height: p.Height}
	}
	png, err := st.page.Capture(st.ctx, what)
	if err != nil {
		if st.late(err) {
			return st.gaveUp(executors.Failf("the page could not be drawn within %s: its script is busy", st.limit))
		}
		return err
	}
	name := s.Name
	if path.Ext(name) != ".png" {
		name += ".png"
	}
	st.report.Set("bytes", len(png))
	st.attach(st.ctx, st.report, picture(name, st.report.Index, png))
	return nil
}
