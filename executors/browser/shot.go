package browser

import (
	"context"
	"path"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// maxSide bounds a picture in pixels: the browser draws no larger surface.
const maxSide = 16384

func (st *step) screenshot(s spec.Screenshot) error {
	var clip *cdppage.Viewport
	if s.Element != nil {
		p, err := st.prepare(*s.Element, "shot", false)
		if err != nil {
			return err
		}
		clip = &cdppage.Viewport{X: p.X, Y: p.Y, Width: min(p.Width, maxSide), Height: min(p.Height, maxSide), Scale: 1}
	}
	png, err := st.page.capture(st.ctx, clip, s.FullPage)
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

// capture draws the viewport, the clip (in the document's coordinates), or the
// whole page as PNG.
func (pg *page) capture(ctx context.Context, clip *cdppage.Viewport, full bool) ([]byte, error) {
	params := cdppage.CaptureScreenshotParams{Format: cdppage.CaptureScreenshotFormatPng, OptimizeForSpeed: new(true)}
	if full {
		var m cdppage.GetLayoutMetricsResult
		if err := pg.send(ctx, cdppage.GetLayoutMetrics.Method, cdp.Empty{}, &m); err != nil {
			return nil, err
		}
		if size := m.CSSContentSize; size != nil {
			clip = &cdppage.Viewport{Width: min(size.Width, maxSide), Height: min(size.Height, maxSide), Scale: 1}
		}
	}
	if clip != nil {
		params.Clip, params.CaptureBeyondViewport = clip, new(true)
	}
	var res cdppage.CaptureScreenshotResult
	if err := pg.send(ctx, cdppage.CaptureScreenshot.Method, params, &res); err != nil {
		return nil, err
	}
	return res.Data, nil
}
