package webkit

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// captureBeyond draws what may lie outside of the viewport: the window is made as
// large as the document for a moment, and the part is cut out.
func (pg *Page) captureBeyond(ctx context.Context, p driver.Picture) ([]byte, error) {
	var size struct{ Width, Height, ViewWidth, ViewHeight int }
	err := pg.script(ctx, "sync", `const d = document.documentElement;
		return { width: Math.max(d.scrollWidth, innerWidth), height: Math.max(d.scrollHeight, innerHeight), viewWidth: innerWidth, viewHeight: innerHeight };`, nil, &size)
	if err != nil {
		return nil, err
	}
	clip := driver.Rect{Width: float64(size.Width), Height: float64(size.Height)}
	if p.Clip != nil {
		clip = *p.Clip
	}
	clip.Width, clip.Height = min(clip.Width, driver.MaxSide), min(clip.Height, driver.MaxSide)
	right, bottom := int(math.Ceil(clip.X+clip.Width)), int(math.Ceil(clip.Y+clip.Height))
	if right > maxWindow || bottom > maxWindow {
		return nil, fmt.Errorf("a picture that reaches to %d x %d pixels is larger than what webkit draws (%d x %d)", right, bottom, maxWindow, maxWindow)
	}
	view := driver.Viewport{Width: size.ViewWidth, Height: size.ViewHeight}
	grown := right > view.Width || bottom > view.Height
	if grown {
		if err := pg.SetViewport(ctx, driver.Viewport{Width: max(right, view.Width), Height: max(bottom, view.Height)}); err != nil {
			return nil, err
		}
		defer func() { _ = pg.SetViewport(ctx, view) }() // the next step would tell
	}
	data, err := pg.drawn(ctx, grown)
	if err != nil {
		return nil, err
	}
	return cut(data, image.Rect(int(math.Round(clip.X)), int(math.Round(clip.Y)),
		int(math.Round(clip.X))+int(math.Round(clip.Width)), int(math.Round(clip.Y))+int(math.Round(clip.Height))))
}

// drawings bounds how often a window that has grown is drawn.
const drawings = 8

// drawn draws the page. What has just come into a window that has grown is
// painted late, so that is drawn until it stays as it is.
func (pg *Page) drawn(ctx context.Context, grown bool) ([]byte, error) {
	if err := pg.script(ctx, "async", settled, nil, nil); err != nil {
		return nil, err
	}
	last, err := pg.screenshot(ctx)
	if !grown {
		return last, err
	}
	for range drawings {
		if err != nil {
			return nil, err
		}
		if err := pg.script(ctx, "async", settled, nil, nil); err != nil {
			return nil, err
		}
		before := last
		if last, err = pg.screenshot(ctx); err == nil && bytes.Equal(before, last) {
			break
		}
	}
	return last, err
}

// maxWindow bounds a window: X knows no larger one.
const maxWindow = 16_000

// cut returns a part of a picture.
func cut(data []byte, part image.Rectangle) ([]byte, error) {
	whole, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decoding the picture: %w", err)
	}
	part = part.Intersect(whole.Bounds())
	if part.Empty() {
		return nil, fmt.Errorf("the element lies outside of what webkit draws")
	}
	out := image.NewNRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(out, out.Bounds(), whole, part.Min, draw.Src)
	var buf bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&buf, out); err != nil {
		return nil, fmt.Errorf("encoding the picture: %w", err)
	}
	return buf.Bytes(), nil
}
