package imagediff

import "image"

// around lists the neighbours of a pixel in the order in which the first of
// several equally bright ones is taken.
var around = [8]image.Point{{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}}

// enough is how many neighbours of its own colour make a pixel part of an area.
// The border of the picture counts as one.
const enough = 3

// opaqueAntialiased reports whether a pixel looks like the smoothing of an
// edge: it has neighbours that are darker and brighter, few that are equal, and
// the darkest or the brightest of them is part of an area in both pictures.
func opaqueAntialiased(of, other *plane, x, y int) bool {
	if x == 0 || y == 0 || x == of.w-1 || y == of.h-1 {
		return borderAntialiased(of, other, x, y)
	}
	at := y*of.stride + 4*x
	up, mid, down := of.pix[at-of.stride-4:][:12], of.pix[at-4:][:12], of.pix[at+of.stride-4:][:12]
	own := le(mid[4:])
	left, right, over, under := le(mid), le(mid[8:]), le(up[4:]), le(down[4:])
	// Within an area, which most pixels are, three looks are enough.
	if left == own && right == own && (over == own || under == own) {
		return false
	}
	near := [8]uint32{le(up), left, le(down), over, under, le(up[8:]), right, le(down[8:])}
	equal := 0
	for _, n := range near {
		if n == own {
			equal++
		}
	}
	if equal >= enough {
		return false
	}
	centre := luminance(own)
	darkest, brightest := centre, centre
	var dark, bright int
	for i, n := range near {
		switch l := luminance(n); {
		case l > brightest:
			brightest, bright = l, i
		case l < darkest:
			darkest, dark = l, i
		}
	}
	if darkest == centre || brightest == centre {
		return false
	}
	return inArea(of, other, x+around[bright].X, y+around[bright].Y) || inArea(of, other, x+around[dark].X, y+around[dark].Y)
}

// borderAntialiased is opaqueAntialiased where neighbours may be missing.
func borderAntialiased(of, other *plane, x, y int) bool {
	own := of.at(x, y)
	return slope(of, other, x, y, func(n uint32, _, _ int) float64 { return float64(luminance(own) - luminance(n)) })
}

// blendedAntialiased is opaqueAntialiased for pictures that let a background
// through, where equal brightness says nothing about equal colours.
func blendedAntialiased(of, other *plane, x, y int) bool {
	own, offset := of.at(x, y), 4*(y*of.w+x)
	return slope(of, other, x, y, func(n uint32, _, _ int) float64 {
		if n == own {
			return 0
		}
		return brightness(blendedDelta(own, n, offset))
	})
}

// slope looks at the neighbours that there are. darker says by how much the
// pixel is brighter than one of them.
func slope(of, other *plane, x, y int, darker func(n uint32, x, y int) float64) bool {
	equal := 0
	if x == 0 || y == 0 || x == of.w-1 || y == of.h-1 {
		equal = 1
	}
	var least, most float64
	var bright, dark image.Point
	for _, d := range around {
		nx, ny := x+d.X, y+d.Y
		if nx < 0 || ny < 0 || nx >= of.w || ny >= of.h {
			continue
		}
		switch by := darker(of.at(nx, ny), nx, ny); {
		case by == 0:
			if equal++; equal >= enough {
				return false
			}
		case by < least:
			least, bright = by, image.Pt(nx, ny)
		case by > most:
			most, dark = by, image.Pt(nx, ny)
		}
	}
	if least == 0 || most == 0 {
		return false
	}
	return inArea(of, other, bright.X, bright.Y) || inArea(of, other, dark.X, dark.Y)
}

// inArea reports whether a pixel has enough neighbours of its own colour in
// both pictures.
func inArea(a, b *plane, x, y int) bool { return a.inArea(x, y) && b.inArea(x, y) }

func (p *plane) inArea(x, y int) bool {
	if x == 0 || y == 0 || x == p.w-1 || y == p.h-1 {
		return p.inAreaAtBorder(x, y)
	}
	at := y*p.stride + 4*x
	up, mid, down := p.pix[at-p.stride-4:][:12], p.pix[at-4:][:12], p.pix[at+p.stride-4:][:12]
	own := le(mid[4:])
	equal := 0
	for _, n := range [8]uint32{le(mid), le(mid[8:]), le(up[4:]), le(down[4:]), le(up), le(up[8:]), le(down), le(down[8:])} {
		if n == own {
			equal++
		}
	}
	return equal >= enough
}

func (p *plane) inAreaAtBorder(x, y int) bool {
	equal, own := 1, p.at(x, y)
	for ny := max(y-1, 0); ny <= min(y+1, p.h-1); ny++ {
		for nx := max(x-1, 0); nx <= min(x+1, p.w-1); nx++ {
			if (nx != x || ny != y) && p.at(nx, ny) == own {
				equal++
			}
		}
	}
	return equal >= enough
}
