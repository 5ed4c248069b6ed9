package browser

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/playwright"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of what an album holds.
const (
	maxSnapshot  = 4 << 20  // characters of what one place shows
	maxSnapshots = 24 << 20 // bytes of all, when what they have in common is told once
	maxAttached  = 6 << 20  // bytes of the pictures that steps have attached
	maxTaken     = 8 << 20  // bytes of pictures that were taken since the engine shows none

	// snapshotLimit is how long a page is waited for to tell what it shows.
	snapshotLimit = 800 * time.Millisecond

	takenQuality = 55 // of JPEG
)

//go:embed snapshot.js
var snapshotScript string

// album is what is gathered for a trace of Playwright's viewer beside what other
// artifacts need anyway. A nil one gathers nothing.
type album struct {
	full     bool // with what each step shows; else only with what is there at the end
	steps    []chapter
	open     *chapter // of the step that is under way; nil between steps
	pages    []*page  // in the order in which they were acted on
	closed   map[*page]time.Time
	folder   *playwright.Folder
	attached int // bytes
	taken    []playwright.Frame
	agent    string
}

// chapter is what an album tells of a step.
type chapter struct {
	step         spec.BrowserStep // as the plan has it: variables stay unexpanded
	page         *page
	report       *executors.Report
	began, ended time.Time
	err          error
	attachments  []playwright.Attachment

	before, during, after *playwright.Snapshot
}

func newAlbum(full bool) *album {
	return &album{full: full, closed: map[*page]time.Time{}, folder: playwright.NewFolder(maxSnapshots)}
}

// tell begins to tell of a step. What it returns is called with the step's error
// when it is over.
func (r *run) tell(ctx context.Context, step spec.BrowserStep, report *executors.Report) func(error) {
	a := r.album
	if a == nil {
		return func(error) {}
	}
	c := chapter{step: step, page: r.page, report: report}
	a.number(r.page)
	if len(a.steps) == 0 {
		c.before = r.snapshot(ctx, c.page, len(a.steps), nil)
	}
	c.began = time.Now()
	a.open = &c
	return func(err error) {
		a.open = nil
		c.ended, c.err = time.Now(), err
		if err == nil {
			c.err = report.Failure()
		}
		if c.err == nil && !a.full {
			c.attachments = nil // of what passed nobody asks
		}
		for _, f := range c.attachments {
			a.attached += len(f.Body)
		}
		a.number(r.page)
		if !cancelled(ctx) {
			c.after = r.snapshot(ctx, r.page, len(a.steps), nil)
			r.takePicture(ctx)
		}
		a.steps = append(a.steps, c)
	}
}

// number gives a page its place among those of the trace.
func (a *album) number(pg *page) string {
	for i, known := range a.pages {
		if known == pg {
			return fmt.Sprintf("page@%d", i+1)
		}
	}
	a.pages = append(a.pages, pg)
	return fmt.Sprintf("page@%d", len(a.pages))
}

// close notes that a page is no more.
func (a *album) close(pg *page) {
	if a != nil {
		a.closed[pg] = time.Now()
	}
}

// aim keeps what is shown at the moment in which a step is about to act, with
// what it points at.
func (st *step) aim(p prepared) {
	a := st.album
	if a == nil || a.open == nil || !a.full || a.open.during != nil {
		return // a click that is tried again was aimed before
	}
	at := &playwright.Point{X: p.X, Y: p.Y}
	if len(p.frames) > 0 {
		at = nil // the element is in another document
	}
	a.open.during = st.snapshot(st.ctx, st.page, len(a.steps), at)
}

// snapshot is what a page shows, where steps are told in full; nil where it
// cannot be had.
func (r *run) snapshot(ctx context.Context, pg *page, step int, target *playwright.Point) *playwright.Snapshot {
	if !r.album.full {
		return nil
	}
	return r.shown(ctx, pg, step, target)
}

// shown is what a page shows, as elements.
func (r *run) shown(ctx context.Context, pg *page, step int, target *playwright.Point) *playwright.Snapshot {
	if pg.gone.Err() != nil || look(pg, func(s *state) string { return s.url }) == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotLimit)
	defer cancel()
	a := r.album
	id := a.number(pg)
	var aimed any
	if target != nil {
		aimed = map[string]any{"x": target.X, "y": target.Y, "id": playwright.CallID(step)}
	}
	raw, err := pg.Evaluate(ctx, driver.WorldAgent, snapshotScript, playwright.FrameID(id, ""), maxSnapshot, aimed)
	if errors.Is(err, driver.ErrNavigated) {
		raw, err = pg.Evaluate(ctx, driver.WorldAgent, snapshotScript, playwright.FrameID(id, ""), maxSnapshot, aimed)
	}
	if err != nil {
		return nil // a page that is busy or too large; the pictures are there yet
	}
	return a.fold(raw, id, r.task.Scope.Mask)
}

// toldPage is what the page has told of itself.
type toldPage struct {
	Agent     string
	Documents []struct {
		Path, URL, Doctype string
		Width, Height      int
		HTML               []any
	}
}

// fold takes what a page has told, without the secrets that it shows. What it
// returns must come into the trace, as later ones refer to it.
func (a *album) fold(raw json.RawMessage, id string, mask func(string) string) *playwright.Snapshot {
	var text string
	var got toldPage
	if json.Unmarshal(raw, &text) != nil || json.Unmarshal([]byte(text), &got) != nil {
		return nil
	}
	if a.agent == "" {
		a.agent = short(got.Agent, 500)
	}
	s := &playwright.Snapshot{Page: id, At: time.Now()}
	for _, d := range got.Documents {
		html, _ := playwright.Masked(d.HTML, mask).([]any)
		frame := playwright.FrameID(id, d.Path)
		folded, ok := a.folder.Fold(frame, html)
		if !ok {
			break
		}
		s.Documents = append(s.Documents, playwright.Document{Frame: frame, URL: short(d.URL, 2000), Doctype: d.Doctype,
			Viewport: playwright.Size{Width: d.Width, Height: d.Height}, HTML: folded})
	}
	if len(s.Documents) == 0 {
		return nil
	}
	return s
}

// takePicture keeps what an engine that shows nothing by itself shows now.
func (r *run) takePicture(ctx context.Context) {
	a := r.album
	if _, ok := driver.Power[driver.Screencast](r.page.Page); ok || !a.full || r.page.gone.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	drawn, err := r.page.Capture(ctx, driver.Picture{})
	if err != nil {
		return // the step has its own evidence
	}
	if small, ok := asJPEG(drawn); ok {
		a.taken = append(a.taken, playwright.Frame{Page: a.number(r.page), At: time.Now(), Picture: small})
	}
	bytes := 0
	for i := len(a.taken) - 1; i >= 0; i-- {
		if bytes += len(a.taken[i].Picture); bytes > maxTaken || len(a.taken)-i > maxSteps {
			a.taken = a.taken[i+1:]
			return
		}
	}
}

func asJPEG(picture []byte) ([]byte, bool) {
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, false
	}
	var out bytes.Buffer
	if jpeg.Encode(&out, img, &jpeg.Options{Quality: takenQuality}) != nil {
		return nil, false
	}
	return out.Bytes(), true
}

// keep keeps a picture that the step under way attaches.
func (a *album) keep(att *executors.Attachment) error {
	if a == nil || a.open == nil || att.Kind != executors.AttachmentScreenshot {
		return nil
	}
	body, err := io.ReadAll(att.Body)
	if err != nil {
		return err
	}
	att.Body = io.NopCloser(bytes.NewReader(body))
	size := a.attached + len(body)
	for _, f := range a.open.attachments {
		size += len(f.Body)
	}
	if size <= maxAttached && strings.HasPrefix(att.ContentType, "image/") {
		a.open.attachments = append(a.open.attachments, playwright.Attachment{Name: att.Name, ContentType: att.ContentType, Body: body})
	}
	return nil
}
