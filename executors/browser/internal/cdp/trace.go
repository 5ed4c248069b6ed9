package cdp

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	cdpio "github.com/chromedp/cdproto/io"
	"github.com/chromedp/cdproto/tracing"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Tracing = (*Page)(nil)

// traceCategories are those that Chrome's performance panel reads.
var traceCategories = []string{
	"-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "disabled-by-default-devtools.timeline.frame",
	"blink.user_timing", "loading", "latencyInfo", "v8.execute", "v8", "disabled-by-default-v8.cpu_profiler",
}

// StartTrace implements driver.Tracing.
func (pg *Page) StartTrace(ctx context.Context) error {
	select {
	case pg.browser.tracing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-pg.life.Done():
		return context.Cause(pg.life)
	}
	pg.mu.Lock()
	pg.traced = make(chan tracing.EventTracingComplete, 1)
	pg.mu.Unlock()
	err := pg.Send(ctx, tracing.Start.Method, tracing.StartParams{
		TransferMode: tracing.StartTransferModeReturnAsStream, StreamFormat: tracing.StreamFormatJSON, StreamCompression: tracing.StreamCompressionGzip,
		TraceConfig: &tracing.TraceConfig{RecordMode: tracing.TraceConfigRecordModeRecordContinuously, TraceBufferSizeInKb: 64 << 10, IncludedCategories: traceCategories},
	}, nil)
	if err != nil {
		pg.endTrace()
	}
	return err
}

// StopTrace implements driver.Tracing.
func (pg *Page) StopTrace(ctx context.Context, limit int) ([]byte, error) {
	pg.mu.Lock()
	traced := pg.traced
	pg.mu.Unlock()
	if traced == nil {
		return nil, driver.ErrClosed
	}
	defer pg.endTrace()
	if err := pg.Send(ctx, tracing.End.Method, cdp.Empty{}, nil); err != nil {
		return nil, err
	}
	select {
	case ev := <-traced:
		if limit == 0 {
			devtools.Post(pg.session, cdpio.Close, cdpio.CloseParams{Handle: ev.Stream})
			return nil, nil
		}
		all, err := pg.drain(ctx, pg.session, ev.Stream, 2*limit)
		if err != nil {
			return nil, err
		}
		return ownTrace(all, pg.frameIDs(), limit)
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-pg.life.Done():
		return nil, context.Cause(pg.life)
	}
}

// frameIDs are the frames of the page that are known now.
func (pg *Page) frameIDs() map[string]bool {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	out := map[string]bool{string(pg.targetID): true}
	for id := range pg.frames {
		out[string(id)] = true
	}
	return out
}

func (pg *Page) onTraced(e devtools.Event) {
	ev, ok := devtools.Decode(e, tracing.TracingComplete)
	if !ok {
		return
	}
	pg.mu.Lock()
	defer pg.mu.Unlock()
	select {
	case pg.traced <- ev: // a nil one takes nothing
	default:
	}
}

// endTrace lets another page be traced. The browser itself ends the trace of a
// page whose session is closed.
func (pg *Page) endTrace() {
	pg.mu.Lock()
	traced := pg.traced
	pg.traced = nil
	pg.mu.Unlock()
	if traced != nil {
		<-pg.browser.tracing
	}
}
