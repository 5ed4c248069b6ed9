package imagediff_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	stdpng "image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/imagediff"
	"github.com/semantest/semantest/internal/imagediff/png"
)

var (
	white  = color.NRGBA{255, 255, 255, 255}
	black  = color.NRGBA{0, 0, 0, 255}
	red    = color.NRGBA{255, 0, 0, 255}
	faded  = color.NRGBA{229, 229, 229, 255} // black
	blue   = color.NRGBA{160, 210, 251, 255} // white, ignored
	violet = color.NRGBA{230, 150, 247, 255} // white, in one picture only
)

// sheet is a white picture with black areas.
func sheet(w, h int, areas ...image.Rectangle) png.Picture {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, a := range areas {
		for y := a.Min.Y; y < a.Max.Y; y++ {
			for x := a.Min.X; x < a.Max.X; x++ {
				img.SetNRGBA(x, y, black)
			}
		}
	}
	return png.FromImage(img)
}

// numbers is a result without its picture.
func numbers(r imagediff.Result) imagediff.Result {
	r.Picture = nil
	return r
}

func TestCompare(t *testing.T) {
	t.Parallel()
	options := imagediff.Options{Threshold: imagediff.DefaultThreshold, Draw: true}
	ignoring := func(rects ...image.Rectangle) imagediff.Options {
		o := options
		o.Ignore = rects
		return o
	}
	size := image.Pt(100, 200)
	for name, c := range map[string]struct {
		baseline, actual png.Picture
		o                imagediff.Options
		want             imagediff.Result
		pixels           map[image.Point]color.NRGBA
	}{
		"the same": {sheet(100, 200, image.Rect(3, 3, 50, 50)), sheet(100, 200, image.Rect(3, 3, 50, 50)), options,
			imagediff.Result{Baseline: size, Actual: size, Total: 20000},
			map[image.Point]color.NRGBA{{0, 0}: white, {10, 10}: faded}},
		"an area moved": {sheet(100, 200, image.Rect(10, 10, 20, 20)), sheet(100, 200, image.Rect(12, 10, 22, 20)), options,
			imagediff.Result{Baseline: size, Actual: size, Total: 20000, Different: 40, Area: image.Rect(10, 10, 22, 20)},
			map[image.Point]color.NRGBA{{10, 10}: red, {11, 19}: red, {15, 15}: faded, {21, 12}: red, {50, 50}: white}},
		"within what is ignored": {sheet(100, 200), sheet(100, 200, image.Rect(10, 10, 20, 20)), ignoring(image.Rect(5, 5, 30, 30)),
			imagediff.Result{Baseline: size, Actual: size, Total: 20000 - 625, Ignored: 625},
			map[image.Point]color.NRGBA{{12, 12}: blue, {29, 29}: blue, {30, 30}: white}},
		"half within what is ignored twice": {sheet(100, 200), sheet(100, 200, image.Rect(10, 10, 20, 20)),
			ignoring(image.Rect(0, 0, 15, 300), image.Rect(-50, 0, 15, 12), image.Rect(500, 500, 600, 600), image.Rect(90, 0, 100, 1)),
			imagediff.Result{Baseline: size, Actual: size, Total: 20000 - 3010, Ignored: 3010, Different: 50, Area: image.Rect(15, 10, 20, 20)},
			map[image.Point]color.NRGBA{{14, 12}: blue, {15, 12}: red, {89, 0}: white, {99, 0}: blue, {99, 1}: white}},
		"higher than before": {sheet(100, 200), sheet(100, 210), options,
			imagediff.Result{Baseline: size, Actual: image.Pt(100, 210), Total: 21000, Different: 1000, Area: image.Rect(0, 200, 100, 210)},
			map[image.Point]color.NRGBA{{0, 199}: white, {0, 200}: violet, {99, 209}: violet}},
		"narrower and higher": {sheet(100, 200), sheet(90, 210), options,
			imagediff.Result{Baseline: size, Actual: image.Pt(90, 210), Total: 20900, Different: 2900, Area: image.Rect(0, 0, 100, 210)},
			map[image.Point]color.NRGBA{{0, 0}: white, {95, 0}: violet, {0, 205}: violet, {95, 205}: white}},
		"higher where it is ignored": {sheet(100, 200), sheet(100, 210), ignoring(image.Rect(0, 150, 100, 400)),
			imagediff.Result{Baseline: size, Actual: image.Pt(100, 210), Total: 15000, Ignored: 6000},
			map[image.Point]color.NRGBA{{0, 149}: white, {0, 150}: blue, {0, 209}: blue}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := imagediff.Compare(c.baseline, c.actual, c.o)
			if diff := cmp.Diff(c.want, numbers(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			for at, want := range c.pixels {
				if have := color.NRGBAModel.Convert(got.Picture.At(at.X, at.Y)); have != want {
					t.Errorf("the pixel at %v is %v, want %v", at, have, want)
				}
			}
		})
	}
}

func TestRatio(t *testing.T) {
	t.Parallel()
	r := imagediff.Compare(sheet(100, 200), sheet(100, 200, image.Rect(0, 0, 10, 20)), imagediff.Options{Threshold: 0.2})
	if r.Ratio() != 0.01 || r.Picture != nil {
		t.Errorf("the ratio is %g, want 0.01; picture drawn: %t", r.Ratio(), r.Picture != nil)
	}
	all := imagediff.Compare(sheet(10, 10), sheet(10, 10), imagediff.Options{Ignore: []image.Rectangle{{Max: image.Pt(10, 10)}}})
	if all.Ratio() != 0 || all.Total != 0 {
		t.Errorf("with everything ignored: %+v", numbers(all))
	}
}

func TestCompareFiles(t *testing.T) {
	t.Parallel()
	file := func(p png.Picture) []byte {
		var b bytes.Buffer
		if err := stdpng.Encode(&b, p.NRGBA); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	plain, spotted := file(sheet(100, 200)), file(sheet(100, 200, image.Rect(0, 0, 10, 20)))
	o := imagediff.Options{Threshold: 0.2, Draw: true, Ignore: []image.Rectangle{image.Rect(0, 0, 100, 5)}}
	for name, c := range map[string]struct {
		baseline, actual []byte
		want             imagediff.Result
	}{
		"the same bytes": {plain, plain, imagediff.Result{Ignored: 500, Total: 19500}},
		"others":         {plain, spotted, imagediff.Result{Ignored: 500, Total: 19500, Different: 150, Area: image.Rect(0, 5, 10, 20)}},
	} {
		got, err := imagediff.CompareFiles(c.baseline, c.actual, o)
		if err != nil {
			t.Fatal(err)
		}
		c.want.Baseline, c.want.Actual = image.Pt(100, 200), image.Pt(100, 200)
		if diff := cmp.Diff(c.want, numbers(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, c := range map[string]struct {
		baseline, actual []byte
		want             string
	}{
		"no baseline": {[]byte("x"), plain, "the baseline cannot be read: not a valid PNG picture: it does not begin like one"},
		"no picture":  {plain, plain[:100], "the new picture cannot be read: not a valid PNG picture: it ends"},
		"neither":     {nil, nil, "the picture cannot be read"},
	} {
		if _, err := imagediff.CompareFiles(c.baseline, c.actual, o); err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.Is(err, png.ErrFormat) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
