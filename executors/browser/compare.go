package browser

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"io"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/imagediff"
	"github.com/semantest/semantest/internal/imagediff/png"
	"github.com/semantest/semantest/internal/spec"
)

// maxVariants bounds how many accepted pictures one is compared with.
const maxVariants = 20

// compare takes a picture and holds it against those that people have accepted.
func (st *step) compare(s spec.Screenshot) error {
	keeper := st.task.Baselines
	if keeper == nil {
		return executors.Errorf("the screenshot %s cannot be compared: nobody keeps accepted pictures here", s.Name)
	}
	c := &comparison{step: st, shot: s, how: s.Comparing.Under(st.task.Use.Screenshot)}
	if err := c.look(keeper); err != nil {
		return err
	}
	return c.tell(keeper)
}

// comparison is one under way.
type comparison struct {
	*step
	shot spec.Screenshot
	how  spec.Comparing

	key      executors.BaselineKey
	variants []variant
	ignore   []image.Rectangle // in pixels of the picture
	scale    float64           // pixels of one CSS pixel

	actual []byte
	result imagediff.Result // with the nearest variant
	near   *variant         // nil while there is none
	same   bool             // with the nearest variant, as far as the plan bears
}

// variant is an accepted picture.
type variant struct {
	executors.Baseline
	file []byte // read once it is needed
}

func (v *variant) read(ctx context.Context) error {
	if v.file != nil {
		return nil
	}
	body, err := v.Open(ctx)
	if err != nil {
		return executors.Errorf("the accepted picture cannot be opened: %w", err)
	}
	defer body.Close() //nolint:errcheck // it was read
	if v.file, err = io.ReadAll(io.LimitReader(body, png.MaxBytes+1)); err != nil {
		return executors.Errorf("the accepted picture cannot be read: %w", err)
	}
	return nil
}

// accepted asks for what people have accepted.
func (c *comparison) accepted(keeper executors.Baselines, viewport string) error {
	c.key = executors.BaselineKey{Name: c.shot.Name, Kind: spec.BaselineScreenshot, Browser: cmp.Or(c.task.Case.Browser, c.task.Use.Browser, "chromium"), Viewport: viewport}
	found, err := keeper.Accepted(c.ctx, c.key)
	if err != nil {
		return executors.Errorf("the accepted pictures cannot be asked for: %w", err)
	}
	for _, b := range found[:min(len(found), maxVariants)] {
		c.variants = append(c.variants, variant{Baseline: b})
	}
	return nil
}

// judge compares a picture with all variants, until it is like one of them.
func (c *comparison) judge(file []byte) (bool, error) {
	c.actual, c.near, c.same = file, nil, false
	sum := sha256.Sum256(file)
	digest := hex.EncodeToString(sum[:])
	for i := range c.variants {
		v := &c.variants[i]
		known := v.SHA256 == digest
		if known {
			v.file = file
		} else if err := v.read(c.ctx); err != nil {
			return false, err
		}
		r, err := imagediff.CompareFiles(v.file, file, c.options(false))
		if err != nil {
			return false, executors.Errorf("the screenshot %s cannot be compared: %w", c.shot.Name, err)
		}
		if c.near == nil || r.Different < c.result.Different {
			c.near, c.result, c.same = v, r, c.bears(r)
		}
		if c.same {
			return true, nil
		}
	}
	return false, nil
}

// bears reports whether the plan bears a difference.
func (c *comparison) bears(r imagediff.Result) bool {
	pixels, ratio := c.how.MaxDiffPixels, c.how.MaxDiffRatio
	switch {
	case pixels == nil && ratio == nil:
		return r.Different == 0
	case pixels != nil && r.Different > *pixels:
		return false
	}
	return ratio == nil || r.Ratio() <= *ratio
}

func (c *comparison) options(draw bool) imagediff.Options {
	o := imagediff.Options{Threshold: imagediff.DefaultThreshold, Ignore: c.ignore, Draw: draw}
	if c.how.Threshold != nil {
		o.Threshold = *c.how.Threshold
	}
	if c.how.IncludeAA != nil {
		o.IncludeAntialiased = *c.how.IncludeAA
	}
	return o
}

// tell attaches what was seen, proposes it, and reports the check.
func (c *comparison) tell(keeper executors.Baselines) error {
	told := executors.Comparison{Key: c.key, Status: spec.ComparisonSame}
	told.Actual = c.attach(c.ctx, c.report, picture(pictureName(c.shot.Name, ""), c.report.Index, c.actual))
	check := executors.Check{Name: "screenshot " + c.shot.Name + " is as accepted", Expected: c.borne(), Passed: true}
	shown := map[string]any{"name": c.shot.Name, "actual": told.Actual, "viewport": c.key.Viewport, "browser": c.key.Browser}
	switch {
	case c.near == nil:
		told.Status = spec.ComparisonNew
		told.Reason = fmt.Sprintf("nobody has accepted a picture for the screenshot %s in %s at %s yet", c.shot.Name, c.key.Browser, c.key.Viewport)
		check.Actual = "nothing is accepted yet"
	default:
		r := c.result
		told.DiffPixels, told.DiffRatio, told.Against = r.Different, r.Ratio(), c.near.SHA256
		check.Actual = differing(r)
		shown["differentPixels"], shown["ratio"], shown["comparedPixels"] = r.Different, r.Ratio(), r.Total
		shown["smoothedPixels"], shown["ignoredPixels"] = r.Antialiased, r.Ignored
		shown["size"] = fmt.Sprintf("%dx%d", r.Actual.X, r.Actual.Y)
		if !r.SameSize() {
			shown["acceptedSize"] = fmt.Sprintf("%dx%d", r.Baseline.X, r.Baseline.Y)
		}
		if !c.same {
			told.Status, told.Reason = spec.ComparisonChanged, c.sentence()
			if err := c.show(&told, shown); err != nil {
				return err
			}
		}
	}
	shown["status"] = string(told.Status)
	c.report.Set("visual", shown)
	if err := keeper.Propose(c.ctx, told); err != nil {
		return executors.Errorf("the comparison of the screenshot %s cannot be kept: %w", c.shot.Name, err)
	}
	borne := told.Status == spec.ComparisonSame || c.task.AcceptBaselines || told.Status == spec.ComparisonNew && c.how.Missing == "pass"
	if !borne {
		check.Passed = false
		check.Message = told.Reason + "; look at it and accept it with semantest review, or let a run accept what it sees with --update-baselines"
	}
	return c.step.judge(check)
}

// show attaches the accepted picture and that of the differences.
func (c *comparison) show(told *executors.Comparison, shown map[string]any) error {
	r, err := imagediff.CompareFiles(c.near.file, c.actual, c.options(true))
	if err != nil {
		return executors.Errorf("the screenshot %s cannot be compared: %w", c.shot.Name, err)
	}
	keep := func(suffix string, file []byte) string {
		return c.attach(c.ctx, c.report, picture(pictureName(c.shot.Name, suffix), c.report.Index, file))
	}
	shown["baseline"] = keep("-baseline", c.near.file)
	if r.Picture != nil {
		told.Diff = keep("-diff", png.Encode(r.Picture))
		shown["diff"] = told.Diff
	}
	if a := r.Area; !a.Empty() {
		shown["area"] = map[string]int{"x": a.Min.X, "y": a.Min.Y, "width": a.Dx(), "height": a.Dy()}
	}
	return nil
}
