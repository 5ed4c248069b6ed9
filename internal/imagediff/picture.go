package imagediff

import (
	"encoding/binary"
	"image"
	"image/color"
)

// The palette of the picture: shades of the faded baseline, plain and tinted,
// and the colours of what differs.
const (
	shades       = 27 // the faded greys, from faintest to white
	faintest     = 229
	indexIgnored = shades     // the shades of what is ignored
	indexSingle  = 2 * shades // the shades of what only one picture has
)

// The single colours of the palette.
const (
	indexDifferent uint8 = 3*shades + iota
	indexAntialiased
	indexNothing // what neither picture has
)

var palette = newPalette()

func newPalette() color.Palette {
	out := make(color.Palette, 3*shades, 3*shades+3)
	for i := range shades {
		v := uint8(faintest + i)
		out[i] = color.NRGBA{v, v, v, 255}
		out[indexIgnored+i] = color.NRGBA{v - 95, v - 45, v - 4, 255}
		out[indexSingle+i] = color.NRGBA{v - 25, v - 105, v - 8, 255}
	}
	return append(out, color.NRGBA{255, 0, 0, 255}, color.NRGBA{255, 255, 0, 255}, color.NRGBA{255, 255, 255, 255})
}

// fade draws a row of a picture in faint grey, from x on.
func (c *comparison) fade(x, y int, rgba []byte) {
	out := c.out.Pix[y*c.out.Stride+x:][:len(rgba)/4]
	if c.opaque {
		for i := range out {
			out[i] = fadedOpaque(binary.LittleEndian.Uint32(rgba[4*i:]))
		}
		return
	}
	for i := range out {
		out[i] = faded(binary.LittleEndian.Uint32(rgba[4*i:]))
	}
}

// faded returns the shade of a colour: a tenth of its brightness upon white,
// less where it lets white through.
func faded(p uint32) uint8 {
	r, g, b, a := channels(p)
	bright := float64(float64(r)*yRed) + float64(float64(g)*yGreen) + float64(float64(b)*yBlue)
	return uint8(255+float64(float64((bright-255)*0.1)*float64(a))/255) - faintest
}

// fadedOpaque is faded for what lets nothing through, in whole numbers: the
// brightness is in units of 1e-8, and 229 is the shade 0.
func fadedOpaque(p uint32) uint8 {
	return uint8(uint64(luminance(p)+500_000_000) / 1_000_000_000) //nolint:gosec // 0 to 26
}

// tint gives parts of a faded row another colour.
func (c *comparison) tint(y int, parts []span, by uint8) {
	row := c.out.Pix[y*c.out.Stride:]
	for _, s := range parts {
		for x := s.from; x < s.to; x++ {
			row[x] += by
		}
	}
}

// beyond counts and draws what only one of the pictures has: what lies right of
// the common area and what lies below it.
func (c *comparison) beyond(of plane, size, common image.Point) found {
	var f found
	for y := range size.Y {
		from := common.X
		if y >= common.Y {
			from = 0
		}
		if from >= size.X {
			continue
		}
		b := c.ignore.row(y)
		if c.out != nil {
			row := of.pix[y*of.stride:]
			c.fade(from, y, row[4*from:4*size.X])
			c.tint(y, clipped(b.closed, from, size.X), indexIgnored)
			c.tint(y, clipped(b.open, from, size.X), indexSingle)
		}
		f.ignored += length(clipped(b.closed, from, size.X))
		for _, s := range clipped(b.open, from, size.X) {
			f.different += s.to - s.from
			f.area = f.area.Union(image.Rect(s.from, y, s.to, y+1))
		}
	}
	return f
}
