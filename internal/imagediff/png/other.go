package png

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	stdpng "image/png"
)

// decodeOther reads what browsers do not write, by the standard library. The
// size was looked at before.
func decodeOther(file []byte) (Picture, error) {
	decoded, err := stdpng.Decode(bytes.NewReader(file))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return FromImage(decoded), nil
}

// FromImage turns any image into a Picture, with its first pixel at 0, 0.
func FromImage(src image.Image) Picture {
	b := src.Bounds()
	out := Picture{NRGBA: image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy())), Opaque: true}
	for y := range b.Dy() {
		for x := range b.Dx() {
			c, _ := color.NRGBAModel.Convert(src.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			out.SetNRGBA(x, y, c)
			out.Opaque = out.Opaque && c.A == 0xff
		}
	}
	return out
}
