package imagediff

import (
	"image"
	"slices"
)

// span is a part of a row: from is within, to is not.
type span struct{ from, to int }

// band is some rows that have the same spans.
type band struct {
	to           int // first row below
	open, closed []span
}

// mask says what of a canvas is compared.
type mask struct{ bands []band }

// newMask cuts the canvas into bands at the edges of the rectangles. What they
// hold outside of the canvas does not matter.
func newMask(canvas image.Rectangle, rects []image.Rectangle) mask {
	edges := []int{canvas.Max.Y}
	var within []image.Rectangle
	for _, r := range rects {
		if r = r.Intersect(canvas); !r.Empty() {
			within = append(within, r)
			edges = append(edges, r.Min.Y, r.Max.Y)
		}
	}
	slices.SortFunc(within, func(a, b image.Rectangle) int { return a.Min.X - b.Min.X })
	slices.Sort(edges)
	var m mask
	top := 0
	for _, to := range slices.Compact(edges) {
		if to == 0 {
			continue
		}
		m.bands = append(m.bands, cut(within, top, to, canvas.Max.X))
		top = to
	}
	return m
}

// cut makes the band of the rows from top on, all of which the same rectangles
// hold. These are sorted by their left edges.
func cut(rects []image.Rectangle, top, to, width int) band {
	b := band{to: to}
	at := 0
	for _, r := range rects {
		if r.Min.Y > top || r.Max.Y <= top || r.Max.X <= at {
			continue
		}
		from := max(r.Min.X, at)
		if n := len(b.closed); n > 0 && b.closed[n-1].to == from {
			b.closed[n-1].to = r.Max.X
		} else {
			b.closed = append(b.closed, span{from, r.Max.X})
		}
		if from > at {
			b.open = append(b.open, span{at, from})
		}
		at = r.Max.X
	}
	if at < width {
		b.open = append(b.open, span{at, width})
	}
	return b
}

// row returns the band of a row.
func (m mask) row(y int) band {
	i, _ := slices.BinarySearchFunc(m.bands, y, func(b band, y int) int { return b.to - 1 - y })
	return m.bands[i]
}

// clipped returns the parts of spans within [from, to).
func clipped(spans []span, from, to int) []span {
	if len(spans) == 1 && spans[0].from >= from && spans[0].to <= to {
		return spans
	}
	var out []span
	for _, s := range spans {
		if s.from, s.to = max(s.from, from), min(s.to, to); s.from < s.to {
			out = append(out, s)
		}
	}
	return out
}

func length(spans []span) int {
	n := 0
	for _, s := range spans {
		n += s.to - s.from
	}
	return n
}
