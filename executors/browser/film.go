package browser

import (
	"context"
	"sync"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/reel"
)

// What is seen of a case, in small pictures. Once a browser gives them, it draws
// more than it would: that is why filming begins late in a case that will
// probably pass. ADR 37 has the measurements.
const (
	filmWidth, filmHeight = 960, 960
	filmFrames            = 200
	filmBytes             = 8 << 20
	filmPause             = 200 * time.Millisecond // from one picture to the next
	filmSlow              = time.Second            // after so long in one step, it is likely to fail
	filmPatience          = 5 * time.Second        // for the first picture of a case that was over before it came
)

// film takes the pictures of what the pages of a case show. It is safe for
// concurrent use; a nil one takes none.
type film struct {
	mu      sync.Mutex
	reel    *reel.Reel
	pages   []*page
	rolling bool
	slow    *time.Timer // starts it
	next    func()      // lets the next picture come; nil while it is waited for
	pause   *time.Timer // calls that
	over    bool
	seen    chan struct{} // closed when the first picture is there
}

// newFilm returns one that begins at once, or when a step takes long.
func newFilm(atOnce bool) *film {
	return &film{reel: reel.New(filmFrames, filmBytes), rolling: atOnce, seen: make(chan struct{})}
}

// watch is told of a page of the case.
func (f *film) watch(pg *page) {
	if f == nil {
		return
	}
	pg.update(func(s *state) { s.film = f })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages = append(f.pages, pg)
	if f.rolling && !f.over {
		roll(pg)
	}
}

func roll(pg *page) {
	if power, ok := driver.Power[driver.Screencast](pg.Page); ok && pg.gone.Err() == nil {
		power.StartScreencast(filmWidth, filmHeight)
	}
}

// begin says that a step begins.
func (f *film) begin() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	f.mark()
	if f.rolling {
		return
	}
	if f.slow == nil {
		f.slow = time.AfterFunc(filmSlow, f.start)
	} else {
		f.slow.Reset(filmSlow)
	}
}

// finish says that a step has ended.
func (f *film) finish() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slow != nil {
		f.slow.Stop()
	}
	f.mark()
}

// mark says that what is shown now matters. The caller holds mu.
func (f *film) mark() {
	f.reel.Mark(time.Now())
	f.proceed()
}

func (f *film) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over || f.rolling {
		return
	}
	f.rolling = true
	for _, pg := range f.pages {
		roll(pg)
	}
}

// on takes a picture, under the rules of driver.PageOptions. The next one may
// come after a pause, or when a step begins or ends.
func (f *film) on(pg *page, e driver.FrameDrawn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	f.reel.Add(reel.Frame{At: e.At, JPEG: e.Picture, Of: pg})
	select {
	case <-f.seen:
	default:
		close(f.seen)
	}
	f.proceed() // of another page
	if f.next = e.Next; f.next == nil {
		return
	}
	if f.pause == nil {
		f.pause = time.AfterFunc(filmPause, f.hurry)
	} else {
		f.pause.Reset(filmPause)
	}
}

func (f *film) hurry() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.proceed()
}

// proceed lets the next picture come. The caller holds mu.
func (f *film) proceed() {
	if f.next != nil && !f.over {
		f.next()
	}
	f.next = nil
}

// last waits for the first picture of a case that was over before it came, and
// ends.
func (f *film) last(ctx context.Context) {
	if f == nil {
		return
	}
	f.mu.Lock()
	rolling := f.rolling
	f.mu.Unlock()
	if rolling {
		ctx, cancel := context.WithTimeout(ctx, filmPatience)
		defer cancel()
		select {
		case <-f.seen:
		case <-ctx.Done():
		}
	}
	f.end()
}

// end stops it. What was seen is there yet.
func (f *film) end() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	f.over = true
	for _, t := range []*time.Timer{f.pause, f.slow} {
		if t != nil {
			t.Stop()
		}
	}
	for _, pg := range f.pages {
		if power, ok := driver.Power[driver.Screencast](pg.Page); ok && f.rolling && pg.gone.Err() == nil {
			power.StopScreencast()
		}
	}
}
