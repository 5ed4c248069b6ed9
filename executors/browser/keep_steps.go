package browser

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/reel"
)

// still is a picture of a step.
type still struct {
	name  string
	step  int
	frame reel.Frame
}

// storeSteps attaches what was shown before and after each step. What did not
// change is attached once: the picture after a step is the one before the next.
func (r *run) storeSteps(ctx context.Context) {
	if r.film == nil {
		return
	}
	for _, s := range r.film.stills(r.moments, time.Now()) {
		r.give(ctx, executors.Attachment{Name: s.name, Kind: executors.AttachmentFrame, ContentType: "image/jpeg", Step: s.step}, s.frame.JPEG)
	}
}

// settled is when a step had begun, and what the one before it has made of the
// page was drawn.
func (m moment) settled() time.Time {
	return m.began.Add(min(drawing, m.ended.Sub(m.began)/2))
}

// drawing is how long pages mostly take to be drawn.
const drawing = 40 * time.Millisecond

// stills chooses the pictures of steps, the last ones where there is no room for
// all, in the order of their times.
func (f *film) stills(steps []moment, end time.Time) []still {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []still
	var last time.Time
	add := func(name string, step int, at time.Time) {
		if frame, ok := f.reel.Shown(at); ok && !frame.At.Equal(last) {
			all = append(all, still{name, step, frame})
			last = frame.At
		}
	}
	for i, m := range steps {
		add(fmt.Sprintf("step-%d-before.jpg", m.index+1), m.index, m.settled())
		after := end
		if i+1 < len(steps) {
			after = steps[i+1].settled()
		}
		add(fmt.Sprintf("step-%d-after.jpg", m.index+1), m.index, after)
	}
	bytes := 0
	for i, s := range slices.Backward(all) {
		if bytes += len(s.frame.JPEG); bytes > maxPictures || len(all)-i > maxSteps {
			return all[i+1:]
		}
	}
	return all
}
