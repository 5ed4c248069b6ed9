package cdp

import (
	"context"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Meters = (*Page)(nil)

// filmQuality is that of the JPEGs: what it loses is less than what the measure
// of progress overlooks.
const filmQuality = 80

// Observe implements driver.Meters.
func (pg *Page) Observe(ctx context.Context, script string) error {
	return pg.lasting(ctx, order{cdppage.AddScriptToEvaluateOnNewDocument.Method, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: script, WorldName: agent.Name,
	}})
}

// Film implements driver.Meters.
func (pg *Page) Film(ctx context.Context, on bool, side int) error {
	if !on {
		return pg.Send(ctx, cdppage.StopScreencast.Method, cdp.Empty{}, nil)
	}
	return pg.Send(ctx, cdppage.StartScreencast.Method, cdppage.StartScreencastParams{
		Format: cdppage.StartScreencastFormatJpeg, Quality: new(int64(filmQuality)), MaxWidth: int64(side), MaxHeight: int64(side),
		EveryNthFrame: 1,
	}, nil)
}

// onFrameDrawn tells of a frame, and asks for the next one where the page is not
// asked to wait with it.
func (pg *Page) onFrameDrawn(e devtools.Event) {
	ev, ok := devtools.Decode(e, cdppage.ScreencastFrame)
	if !ok {
		return
	}
	next := func() {
		devtools.Post(pg.session, cdppage.ScreencastFrameAck, cdppage.ScreencastFrameAckParams{SessionID: ev.SessionID})
	}
	pg.mu.Lock()
	paced := pg.paced
	pg.mu.Unlock()
	if !paced {
		next()
		next = nil
	}
	at := time.Now()
	if m := ev.Metadata; m != nil && m.Timestamp > 0 {
		at = time.UnixMicro(int64(float64(m.Timestamp) * 1e6))
	}
	pg.tell(driver.FrameDrawn{At: at, Picture: ev.Data, Next: next})
}
