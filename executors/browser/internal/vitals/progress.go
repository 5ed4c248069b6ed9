package vitals

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
)

// slop is how far two colours of a channel may be apart to count as the same:
// JPEG does not keep them exactly.
const slop = 5

// maxSide bounds the pictures that are decoded, in pixels.
const maxSide = 1024

// Frame is what a page shows from a moment on.
type Frame struct {
	At      float64 // ms since the page was opened; less than 0: before
	Picture []byte  // JPEG
}

// Visual is how a page came to look as it does.
type Visual struct {
	// Index is the Speed Index in ms: how long the page looked incomplete, each
	// moment weighed by how much of it was not there yet.
	Index    float64
	Complete float64 // ms until it looked as it does at the end
	Changes  int     // of what was shown
}

// Progress measures how a page came to look as it does. How much of it is there
// is the share of the way that the picture's colours, counted in a histogram,
// have come from the first frame to the last. It reports false where nothing
// changed.
func Progress(frames []Frame) (Visual, bool, error) {
	var out Visual
	var shown []moment
	first := blank()
	for i, f := range frames {
		if i > 0 && bytes.Equal(f.Picture, frames[i-1].Picture) {
			continue
		}
		h, err := histogramOf(f.Picture)
		if err != nil {
			return out, false, err
		}
		if f.At < 0 {
			first = h
			continue
		}
		shown = append(shown, moment{f.At, h})
	}
	if len(shown) == 0 {
		return out, false, nil
	}
	last := shown[len(shown)-1].histogram
	way := distance(first, last)
	if way == 0 {
		return out, false, nil
	}
	before, at := 0.0, 0.0
	for _, m := range shown {
		out.Index += (1 - before) * (m.at - at)
		p := progress(first, m.histogram, last)
		if math.Abs(p-before) > 1e-6 {
			out.Changes++
		}
		if p < 1-1e-3 {
			out.Complete = -1
		} else if out.Complete <= 0 {
			out.Complete = m.at
		}
		before, at = p, m.at
	}
	return out, true, nil
}

type moment struct {
	at float64
	*histogram
}

// histogram counts colours by channel, as shares of the picture.
type histogram [3][256]float64

// blank is that of a white page.
func blank() *histogram {
	var h histogram
	for c := range h {
		h[c][255] = 1
	}
	return &h
}

func histogramOf(picture []byte) (*histogram, error) {
	img, err := decode(picture)
	if err != nil {
		return nil, err
	}
	var h histogram
	area := img.Bounds()
	one := 1 / float64(area.Dx()*area.Dy())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			r, g, b := colourAt(img, x, y)
			h[0][r] += one
			h[1][g] += one
			h[2][b] += one
		}
	}
	return &h, nil
}

// colourAt is fast for what JPEGs are as a rule.
func colourAt(img image.Image, x, y int) (r, g, b uint8) {
	if own, ok := img.(*image.YCbCr); ok {
		c := own.YCbCrAt(x, y)
		return color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
	}
	c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
	return c.R, c.G, c.B
}

func decode(picture []byte) (image.Image, error) {
	size, err := jpeg.DecodeConfig(bytes.NewReader(picture))
	if err == nil && (size.Width > maxSide || size.Height > maxSide || size.Width < 1 || size.Height < 1) {
		err = fmt.Errorf("it is %dx%d", size.Width, size.Height)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a picture of the page: %w", err)
	}
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("reading a picture of the page: %w", err)
	}
	return img, nil
}

// distance is how much of the colours differs between two pictures, but for what
// JPEG makes of them.
func distance(from, to *histogram) float64 {
	total := 0.0
	for c := range from {
		for i := range from[c] {
			total += math.Abs(to[c][i] - from[c][i])
		}
	}
	if total < 1e-4 {
		return 0
	}
	return total
}

// progress is the share of the way from first to last that now has come, from 0
// to 1: what has to be gained and lost of each colour, as far as it is.
func progress(first, now, last *histogram) float64 {
	total, come := 0.0, 0.0
	for c := range first {
		var left [256]float64 // of what has changed, and is not counted yet
		for i := range left {
			left[i] = now[c][i] - first[c][i]
		}
		for i := range left {
			wanted := last[c][i] - first[c][i]
			total += math.Abs(wanted)
			for _, j := range near[i] {
				got := left[j]
				if wanted == 0 || got*wanted <= 0 {
					continue
				}
				part := math.Copysign(min(math.Abs(got), math.Abs(wanted)), wanted)
				come += math.Abs(part)
				wanted -= part
				left[j] -= part
			}
		}
	}
	return min(1, come/total)
}

// near lists the colours that count as the same, the closest first.
var near = func() (out [256][]int) {
	for i := range out {
		out[i] = []int{i}
		for d := 1; d <= slop; d++ {
			for _, j := range []int{i - d, i + d} {
				if j >= 0 && j < 256 {
					out[i] = append(out[i], j)
				}
			}
		}
	}
	return out
}()
