// Package screen makes screenshots small enough for a model that sees. It reads
// pictures that a target has drawn, and bounds what they may take.
package screen

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // screenshots

	"github.com/semantest/semantest/internal/llm"
)

// Bounds of a picture.
const (
	MaxSide   = 1024       // pixels of the longer side as a model sees it
	maxPixels = 40_000_000 // of what is read; a picture that says more is not decoded
	quality   = 80         // of the JPEG
)

// Scale reads a PNG or a JPEG and returns it with no side longer than MaxSide.
// Each pixel is the mean of those that it stands for, so that thin lines stay.
func Scale(data []byte) (llm.Image, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return llm.Image{}, fmt.Errorf("read the head of a screenshot: %w", err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return llm.Image{}, fmt.Errorf("a screenshot of %d × %d pixels is too large to be shown to a model", c.Width, c.Height)
	}
	in, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return llm.Image{}, fmt.Errorf("read a screenshot: %w", err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shrink(in), &jpeg.Options{Quality: quality}); err != nil {
		return llm.Image{}, fmt.Errorf("write a screenshot: %w", err)
	}
	return llm.Image{MediaType: "image/jpeg", Data: out.Bytes()}, nil
}

func shrink(in image.Image) image.Image {
	b := in.Bounds()
	long := max(b.Dx(), b.Dy())
	if long <= MaxSide {
		return in
	}
	w, h := max(1, b.Dx()*MaxSide/long), max(1, b.Dy()*MaxSide/long)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		y0, y1 := b.Min.Y+y*b.Dy()/h, b.Min.Y+(y+1)*b.Dy()/h
		for x := range w {
			x0, x1 := b.Min.X+x*b.Dx()/w, b.Min.X+(x+1)*b.Dx()/w
			out.SetRGBA(x, y, mean(in, image.Rect(x0, y0, max(x1, x0+1), max(y1, y0+1))))
		}
	}
	return out
}

func mean(in image.Image, area image.Rectangle) color.RGBA {
	var r, g, b, n uint64
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			cr, cg, cb, _ := in.At(x, y).RGBA()
			r, g, b, n = r+uint64(cr), g+uint64(cg), b+uint64(cb), n+1
		}
	}
	return color.RGBA{uint8(r / n >> 8), uint8(g / n >> 8), uint8(b / n >> 8), 255} //nolint:gosec // a mean of 16 bits, of which 8 are left
}
