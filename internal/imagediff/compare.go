package imagediff

import (
	"image"
	"runtime"
	"sync"

	"github.com/semantest/semantest/internal/imagediff/png"
)

// DefaultThreshold is the distance of two colours, from 0 to 1, up to which they
// count as the same.
const DefaultThreshold = 0.2

// Options say what counts as a difference. The zero value counts every
// difference that is not the smoothing of an edge.
type Options struct {
	Threshold          float64           // 0 to 1; the larger, the more is borne
	IncludeAntialiased bool              // count the smoothing of edges too
	Ignore             []image.Rectangle // not compared, in pixels of the pictures
	Draw               bool              // make Result.Picture
}

// Result is what a comparison found.
type Result struct {
	Baseline, Actual image.Point // the sizes in pixels

	Different   int // pixels that differ, with those that only one of the pictures has
	Antialiased int // pixels that differ as the smoothing of edges does
	Ignored     int // pixels within what is ignored
	Total       int // pixels of both pictures laid upon each other, without the ignored ones

	// Area holds all pixels that differ; empty where none does.
	Area image.Rectangle

	// Picture shows the baseline faded, what differs in red, the smoothing of
	// edges in yellow, what is ignored in blue, and what only one picture has in
	// violet. Nil unless it was asked for.
	Picture *image.Paletted
}

// Ratio is the share of pixels that differ, from 0 to 1.
func (r Result) Ratio() float64 {
	if r.Total == 0 {
		return 0
	}
	return float64(r.Different) / float64(r.Total)
}

// SameSize reports whether both pictures have the same width and height.
func (r Result) SameSize() bool { return r.Baseline == r.Actual }

// Compare compares two pictures. Where their sizes differ, the area that both
// have is compared, and each pixel that only one of them has is a difference.
func Compare(baseline, actual png.Picture, o Options) Result {
	size, other := baseline.Rect.Size(), actual.Rect.Size()
	canvas := image.Rect(0, 0, max(size.X, other.X), max(size.Y, other.Y))
	common := image.Pt(min(size.X, other.X), min(size.Y, other.Y))
	r := Result{Baseline: size, Actual: other}
	c := comparison{
		a:      plane{pix: baseline.Pix, stride: baseline.Stride, w: common.X, h: common.Y},
		b:      plane{pix: actual.Pix, stride: actual.Stride, w: common.X, h: common.Y},
		opaque: baseline.Opaque && actual.Opaque, limit: float64(35215*o.Threshold) * o.Threshold,
		edges: o.IncludeAntialiased, ignore: newMask(canvas, o.Ignore),
	}
	if o.Draw {
		r.Picture = image.NewPaletted(canvas, palette)
		if size.X != other.X && size.Y != other.Y {
			for i := range r.Picture.Pix {
				r.Picture.Pix[i] = indexNothing
			}
		}
		c.out = r.Picture
	}
	all := c.strips()
	all = append(all, c.beyond(c.a, size, common), c.beyond(c.b, other, common))
	for _, s := range all {
		r.Different += s.different
		r.Antialiased += s.antialiased
		r.Ignored += s.ignored
		r.Area = r.Area.Union(s.area)
	}
	r.Total = size.X*size.Y + other.X*other.Y - common.X*common.Y - r.Ignored
	return r
}

// comparison is one under way.
type comparison struct {
	a, b   plane
	opaque bool
	limit  float64 // largest distance of colours that count as the same
	edges  bool
	ignore mask
	out    *image.Paletted
}

// found is what a strip of rows holds.
type found struct {
	different, antialiased, ignored int
	area                            image.Rectangle
}

// stripRows is how many rows are worth a goroutine.
const stripRows = 64

func (c *comparison) strips() []found {
	n := max(1, min(runtime.GOMAXPROCS(0), c.a.h/stripRows))
	out := make([]found, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			s := strip{comparison: c}
			for y := c.a.h * i / n; y < c.a.h*(i+1)/n; y++ {
				s.row(y)
			}
			out[i] = s.found
		})
	}
	wg.Wait()
	return out
}
