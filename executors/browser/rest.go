package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/imagediff"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// loadingLimit is how long fonts and images are waited for; some never come.
	loadingLimit = 10 * time.Second

	// restLimit is how long a page may take to come to rest.
	restLimit = 15 * time.Second

	// betweenFrames is the least time between two pictures that should be equal.
	betweenFrames = 50 * time.Millisecond

	// letGoLimit is what giving the page back may take after the step's time.
	letGoLimit = time.Second
)

// look takes the picture: at once where the first one is as accepted, else when
// two in a row are equal.
func (c *comparison) look(keeper executors.Baselines) error {
	defer c.letGo()
	began := time.Now()
	if err := c.hold(keeper, began); err != nil {
		return err
	}
	what, err := c.frameOf(c.shot)
	if err != nil {
		return err
	}
	file, err := c.draw(what)
	if err != nil {
		return err
	}
	for frames := 1; ; frames++ {
		if err := c.cover(what); err != nil {
			return err
		}
		if same, err := c.judge(file); same || err != nil {
			c.report.Set("frames", frames)
			return err
		}
		if err := c.again(betweenFrames); err != nil {
			return err
		}
		next, err := c.draw(what)
		if err != nil {
			return err
		}
		moved, err := c.moved(file, next)
		if err != nil {
			return err
		}
		if c.bears(moved) {
			c.report.Set("frames", frames+1)
			if bytes.Equal(file, next) {
				return nil // it was judged
			}
			_, err := c.judge(next)
			return err
		}
		if c.over() || time.Since(began) > restLimit {
			a := moved.Area
			return c.gaveUp(executors.Failf("the page does not come to rest within %s: %s keep changing within %dx%d at %d,%d; mask what moves",
				time.Since(began).Round(100*time.Millisecond), pixelCount(moved.Different), a.Dx(), a.Dy(), a.Min.X, a.Min.Y))
		}
		file = next
	}
}

// moved compares two pictures that were taken one after the other, by the
// measure of the plan: a browser does not draw the same edge twice in the very
// same way.
func (c *comparison) moved(one, two []byte) (imagediff.Result, error) {
	if bytes.Equal(one, two) {
		return imagediff.Result{}, nil
	}
	r, err := imagediff.CompareFiles(one, two, c.options(false))
	if err != nil {
		return r, executors.Errorf("the screenshot %s cannot be compared: %w", c.shot.Name, err)
	}
	return r, nil
}

// hold brings the page to rest, and asks for what was accepted at its size.
func (c *comparison) hold(keeper executors.Baselines, began time.Time) error {
	for {
		var at struct {
			Images int     `json:"images"`
			Fonts  int     `json:"fonts"`
			Width  int     `json:"width"`
			Height int     `json:"height"`
			Scale  float64 `json:"scale"`
		}
		_, err := c.page.Call(c.ctx, "hold", map[string]any{
			"animations": c.how.Animations != "allow", "caret": c.how.Caret != "initial", "style": c.how.Style,
			"whole": c.shot.FullPage, "budget": c.budget(),
		}, &at)
		if err != nil {
			return c.stuck(err, "the page", "being held still")
		}
		if at.Images+at.Fonts > 0 && !c.over() && time.Since(began) < loadingLimit {
			continue
		}
		if at.Images+at.Fonts > 0 {
			c.report.Set("notLoaded", map[string]int{"images": at.Images, "fonts": at.Fonts})
		}
		c.scale = at.Scale
		return c.accepted(keeper, fmt.Sprintf("%dx%d@%g", at.Width, at.Height, at.Scale))
	}
}

// again stops what has begun to move, and waits for the next frames.
func (c *comparison) again(pause time.Duration) error {
	_, err := c.page.Call(c.ctx, "again", map[string]any{"animations": c.how.Animations != "allow", "pause": pause.Milliseconds()}, &struct{}{})
	if err != nil {
		return c.stuck(err, "the page", "being held still")
	}
	return nil
}

// letGo gives the page back, also when the step's time is over.
func (c *comparison) letGo() {
	if c.page.gone.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), letGoLimit)
	defer cancel()
	if _, err := c.page.Call(ctx, "letGo", nil, &struct{}{}); err != nil && !errors.Is(err, driver.ErrNavigated) {
		c.report.Set("notLetGo", err.Error())
	}
}

// cover finds the areas that are not compared.
func (c *comparison) cover(what driver.Picture) error {
	c.ignore = nil
	var locators []locator
	var meant []spec.Locator
	for _, m := range c.how.Mask {
		if a := m.Rect; a != nil {
			c.ignore = append(c.ignore, c.pixels(float64(a.X), float64(a.Y), float64(a.Width), float64(a.Height)))
			continue
		}
		locators, meant = append(locators, wire(m.Locator)), append(meant, m.Locator)
	}
	if locators == nil {
		return nil
	}
	var got struct {
		Rects   [][]driver.Rect `json:"rects"`
		X       float64         `json:"x"`
		Y       float64         `json:"y"`
		Why     string          `json:"why"`
		Message string          `json:"message"`
	}
	if _, err := c.page.Call(c.ctx, "covered", map[string]any{"locators": locators}, &got); err != nil {
		return c.stuck(err, "the page", "the question for what is masked")
	}
	if got.Why == "invalid" {
		return executors.Errorf("a mask cannot be read: %s", short(got.Message, 300))
	}
	// The corner of the picture, in the document.
	x, y := got.X, got.Y
	switch {
	case what.Clip != nil:
		x, y = what.Clip.X, what.Clip.Y
	case what.FullPage:
		x, y = 0, 0
	}
	var without []string
	for i, rects := range got.Rects {
		for _, r := range rects {
			c.ignore = append(c.ignore, c.pixels(r.X-x, r.Y-y, r.Width, r.Height))
		}
		if len(rects) == 0 {
			without = append(without, meant[i].String())
		}
	}
	if without != nil {
		c.report.Set("maskedNothing", without)
	}
	return nil
}

// pixels are those of the picture that an area touches.
func (c *comparison) pixels(x, y, width, height float64) image.Rectangle {
	return image.Rect(int(math.Floor(x*c.scale)), int(math.Floor(y*c.scale)), int(math.Ceil((x+width)*c.scale)), int(math.Ceil((y+height)*c.scale)))
}
