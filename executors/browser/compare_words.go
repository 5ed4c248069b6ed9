package browser

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/imagediff"
)

// borne says which difference the plan bears.
func (c *comparison) borne() string {
	pixels, ratio := c.how.MaxDiffPixels, c.how.MaxDiffRatio
	switch {
	case pixels != nil && ratio != nil:
		return fmt.Sprintf("at most %s and %s differ", pixelCount(*pixels), percent(*ratio))
	case pixels != nil && *pixels > 0:
		return fmt.Sprintf("at most %s differ", pixelCount(*pixels))
	case ratio != nil && *ratio > 0:
		return fmt.Sprintf("at most %s of the pixels differ", percent(*ratio))
	}
	return "no pixel differs"
}

// differing says how much differs: "1,234 pixels differ (0.06 %)".
func differing(r imagediff.Result) string {
	if r.Different == 0 {
		return "no pixel differs"
	}
	verb := "differ"
	if r.Different == 1 {
		verb = "differs"
	}
	return fmt.Sprintf("%s %s (%s)", pixelCount(r.Different), verb, percent(r.Ratio()))
}

// sentence says what is not as it was accepted.
func (c *comparison) sentence() string {
	r := c.result
	var b strings.Builder
	fmt.Fprintf(&b, "the screenshot %s is not as accepted: ", c.shot.Name)
	if !r.SameSize() {
		fmt.Fprintf(&b, "its size is %dx%d, and %dx%d was accepted; ", r.Actual.X, r.Actual.Y, r.Baseline.X, r.Baseline.Y)
	}
	b.WriteString(differing(r))
	if a := r.Area; !a.Empty() {
		fmt.Fprintf(&b, " within %dx%d at %d,%d", a.Dx(), a.Dy(), a.Min.X, a.Min.Y)
	}
	if allowed := c.borne(); allowed != "no pixel differs" {
		b.WriteString(", where " + allowed)
	}
	if n := len(c.variants); n > 1 {
		fmt.Fprintf(&b, " (the nearest of %d accepted variants)", n)
	}
	return b.String()
}

func pixelCount(n int) string {
	if n == 1 {
		return "1 pixel"
	}
	return thousands(n) + " pixels"
}

func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// percent keeps what is small apart from nothing.
func percent(share float64) string {
	p := share * 100
	switch {
	case p == 0:
		return "0 %"
	case p < 0.01:
		return "less than 0.01 %"
	case p < 10:
		return strconv.FormatFloat(p, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + " %"
}
