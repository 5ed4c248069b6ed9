package imagediff

import (
	"bytes"
	"encoding/binary"
	"image"
)

// plane is the compared part of a picture.
type plane struct {
	pix    []byte // RGBA, not multiplied
	stride int
	w, h   int
}

func (p *plane) row(y int) []byte { return p.pix[y*p.stride:][:4*p.w] }

// at returns the four bytes of a pixel.
func (p *plane) at(x, y int) uint32 { return le(p.pix[y*p.stride+4*x:]) }

func le(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// strip compares rows, one after the other.
type strip struct {
	*comparison
	found

	p, q uint32 // the opaque colours that were looked at last
	same bool   // whether they count as the same
}

// block is how many pixels are looked at in one go, to skip what is equal.
const block = 8

func (s *strip) row(y int) {
	a, b := s.a.row(y), s.b.row(y)
	m := s.ignore.row(y)
	closed := clipped(m.closed, 0, s.a.w)
	s.ignored += length(closed)
	if s.out != nil {
		s.fade(0, y, a)
		s.tint(y, closed, indexIgnored)
	}
	if bytes.Equal(a, b) {
		return
	}
	differs := span{s.a.w, 0}
	for _, open := range clipped(m.open, 0, s.a.w) {
		for x := open.from; x < open.to; x += block {
			end := min(x+block, open.to)
			if !bytes.Equal(a[4*x:4*end], b[4*x:4*end]) {
				s.pixels(a, b, x, end, y, &differs)
			}
		}
	}
	if differs.from < differs.to {
		s.area = s.area.Union(image.Rect(differs.from, y, differs.to, y+1))
	}
}

func (s *strip) pixels(a, b []byte, from, to, y int, differs *span) {
	a, b = a[:4*to], b[:4*to]
	for x := from; x < to; x++ {
		p, q := le(a[4*x:]), le(b[4*x:])
		switch {
		case p == q || s.alike(p, q, x, y):
		case !s.edges && (s.smooth(&s.a, &s.b, x, y) || s.smooth(&s.b, &s.a, x, y)):
			s.antialiased++
			s.draw(x, y, indexAntialiased)
		default:
			s.different++
			differs.from, differs.to = min(differs.from, x), x+1
			s.draw(x, y, indexDifferent)
		}
	}
}

func (s *strip) draw(x, y int, index uint8) {
	if s.out != nil {
		s.out.Pix[y*s.out.Stride+x] = index
	}
}

// alike reports whether two colours count as the same.
func (s *strip) alike(p, q uint32, x, y int) bool {
	if !s.opaque {
		return distance(blendedDelta(p, q, 4*(y*s.a.w+x))) <= s.limit
	}
	// Areas change as a whole: the same two colours follow one another.
	if p != s.p || q != s.q {
		s.p, s.q, s.same = p, q, distance(opaqueDelta(p, q)) <= s.limit
	}
	return s.same
}

// smooth reports whether a pixel looks like the smoothing of an edge.
func (s *strip) smooth(of, other *plane, x, y int) bool {
	if s.opaque {
		return opaqueAntialiased(of, other, x, y)
	}
	return blendedAntialiased(of, other, x, y)
}
