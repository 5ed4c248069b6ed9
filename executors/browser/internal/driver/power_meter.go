package driver

import (
	"context"
	"time"
)

// Meters tell what is needed to measure how a page loads. What it asks for is
// told by Traffic.
type Meters interface {
	// Observe runs a script in the agent's world of the documents that come, with
	// those in frames, before any script of theirs.
	Observe(ctx context.Context, script string) error

	// Film makes the page tell by FrameDrawn what is shown, no larger than so many
	// pixels on each side, or stops doing so.
	Film(ctx context.Context, on bool, side int) error
}

// FrameDrawn is what is shown from a moment on, as JPEG.
type FrameDrawn struct {
	At      time.Time // by the clock of this machine
	Picture []byte
	Next    func() // lets the next one come, and does not wait; nil where it comes by itself
}

func (FrameDrawn) event() {}
