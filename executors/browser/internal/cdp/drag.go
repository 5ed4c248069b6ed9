package cdp

import (
	"context"

	"github.com/chromedp/cdproto/input"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Drags = (*Page)(nil)

// CatchDrags implements driver.Drags.
func (pg *Page) CatchDrags(ctx context.Context, on bool) error {
	pg.mu.Lock()
	pg.drag = nil
	pg.mu.Unlock()
	return pg.Send(ctx, input.SetInterceptDrags.Method, input.SetInterceptDragsParams{Enabled: on}, nil)
}

func (pg *Page) onDrag(e devtools.Event) {
	if ev, ok := devtools.Decode(e, input.DragIntercepted); ok && ev.Data != nil {
		pg.mu.Lock()
		defer pg.mu.Unlock()
		pg.drag = ev.Data
		close(pg.woken)
		pg.woken = make(chan struct{})
	}
}

// Dragged implements driver.Drags.
func (pg *Page) Dragged(ctx context.Context) error {
	for {
		pg.mu.Lock()
		drag, woken := pg.drag, pg.woken
		pg.mu.Unlock()
		if drag != nil {
			return nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return ctx.Err()
		case <-pg.life.Done():
			return context.Cause(pg.life)
		}
	}
}

// DragOver implements driver.Drags.
func (pg *Page) DragOver(ctx context.Context, points ...driver.Point) error {
	for i, p := range points {
		if i == 0 {
			if err := pg.dragEvent(ctx, input.DispatchDragEventTypeDragEnter, p); err != nil {
				return err
			}
		}
		if err := pg.dragEvent(ctx, input.DispatchDragEventTypeDragOver, p); err != nil {
			return err
		}
	}
	return nil
}

// Drop implements driver.Drags.
func (pg *Page) Drop(ctx context.Context, at driver.Point) error {
	if err := pg.dragEvent(ctx, input.DispatchDragEventTypeDrop, at); err != nil {
		return err
	}
	return pg.Mouse(ctx, driver.MouseEvent{Kind: driver.MouseRelease, X: at.X, Y: at.Y, Clicks: 1})
}

func (pg *Page) dragEvent(ctx context.Context, kind input.DispatchDragEventType, p driver.Point) error {
	pg.mu.Lock()
	data := pg.drag
	pg.mu.Unlock()
	return pg.Send(ctx, input.DispatchDragEvent.Method, input.DispatchDragEventParams{Type: kind, X: p.X, Y: p.Y, Data: data}, nil)
}
