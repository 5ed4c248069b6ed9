package reel

import (
	"slices"
	"sort"
	"time"
)

// Frame is a picture and since when it was shown.
type Frame struct {
	At   time.Time
	JPEG []byte
	Of   any // what it shows, for whoever adds it; nothing looks at it here
}

// Reel keeps frames in the order of their times. It is not safe for concurrent
// use.
type Reel struct {
	maxFrames, maxBytes int

	frames []Frame
	marks  []time.Time
	bytes  int
}

// New returns a reel of at most so many frames and bytes.
func New(maxFrames, maxBytes int) *Reel {
	return &Reel{maxFrames: max(maxFrames, 2), maxBytes: maxBytes}
}

// Add keeps a frame. What was kept is thinned out when there is no room: the
// first frame, the newest one, and those that were shown at a mark stay longest.
func (r *Reel) Add(f Frame) {
	if len(f.JPEG) == 0 || len(f.JPEG) > r.maxBytes/2 {
		return
	}
	at, _ := slices.BinarySearchFunc(r.frames, f, func(a, b Frame) int {
		if a.At.After(b.At) {
			return 1
		}
		return -1 // the same time goes behind
	})
	r.frames = slices.Insert(r.frames, at, f)
	r.bytes += len(f.JPEG)
	for len(r.frames) > r.maxFrames || r.bytes > r.maxBytes {
		if !r.thin(false) && !r.thin(true) {
			r.drop(0)
		}
	}
}

// Mark says that what is shown at a time matters more than what comes between.
func (r *Reel) Mark(at time.Time) { r.marks = append(r.marks, at) }

// Shown is the frame that was shown at a time, and false where none was yet.
func (r *Reel) Shown(at time.Time) (Frame, bool) {
	i := r.index(at)
	if i < 0 {
		return Frame{}, false
	}
	return r.frames[i], true
}

// Frames lists what is kept.
func (r *Reel) Frames() []Frame { return slices.Clone(r.frames) }

// index is the frame that was shown at a time, -1 for none.
func (r *Reel) index(at time.Time) int {
	return sort.Search(len(r.frames), func(i int) bool { return r.frames[i].At.After(at) }) - 1
}

// thin drops every other frame between the first and the last one, with those
// at marks or without, and reports whether there were any.
func (r *Reel) thin(marked bool) bool {
	matters := map[int]bool{0: true, len(r.frames) - 1: true}
	if !marked {
		for _, m := range r.marks {
			matters[r.index(m)] = true
		}
	}
	kept, second, bytes := make([]Frame, 0, len(r.frames)), false, 0
	for i, f := range r.frames {
		if !matters[i] {
			if second = !second; second {
				continue
			}
		}
		kept, bytes = append(kept, f), bytes+len(f.JPEG)
	}
	thinner := len(kept) < len(r.frames)
	r.frames, r.bytes = kept, bytes
	return thinner
}

func (r *Reel) drop(i int) {
	r.bytes -= len(r.frames[i].JPEG)
	r.frames = slices.Delete(r.frames, i, i+1)
}
