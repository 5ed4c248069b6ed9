package imagediff

import (
	"bytes"
	"fmt"
	"image"
	"sync"

	"github.com/semantest/semantest/internal/imagediff/png"
)

// CompareFiles compares two PNG files. Files of the same bytes are not read
// further, and have no picture. The error is one sentence that says which of
// the two cannot be read, and why.
func CompareFiles(baseline, actual []byte, o Options) (Result, error) {
	if bytes.Equal(baseline, actual) {
		return same(baseline, o)
	}
	var before, after png.Picture
	var wrong, wrongToo error
	var wg sync.WaitGroup
	wg.Go(func() { after, wrongToo = png.Decode(actual) })
	before, wrong = png.Decode(baseline)
	wg.Wait()
	if wrong != nil {
		return Result{}, fmt.Errorf("the baseline cannot be read: %w", wrong)
	}
	if wrongToo != nil {
		return Result{}, fmt.Errorf("the new picture cannot be read: %w", wrongToo)
	}
	return Compare(before, after, o), nil
}

// same is the result of a comparison of a file with itself.
func same(file []byte, o Options) (Result, error) {
	size, err := png.Size(file)
	if err != nil {
		return Result{}, fmt.Errorf("the picture cannot be read: %w", err)
	}
	r := Result{Baseline: size, Actual: size}
	m := newMask(image.Rectangle{Max: size}, o.Ignore)
	top := 0
	for _, b := range m.bands {
		r.Ignored += (b.to - top) * length(b.closed)
		top = b.to
	}
	r.Total = size.X*size.Y - r.Ignored
	return r, nil
}
