package browser

import (
	"slices"
	"strings"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxDialogs = 20   // told per step
	maxLoads   = 1000 // documents remembered during one goto
)

// state is what the page's events have told. It is guarded by page.mu.
type state struct {
	url     string
	load    string          // of the document that is shown
	reached map[string]bool // lifecycle of the current document: DOMContentLoaded, load, networkIdle
	seen    map[string]bool // documents that were shown since the last goto

	leaving bool // the page has asked for another document, which is not there yet

	dialogs     []string
	moreDialogs int
	traffic     *traffic      // of the case; nil before it begins
	meter       *meter        // of what is measured; nil where nothing is
	film        *film         // of the case; nil where nobody watches
	routed      bool          // the page asks what becomes of its requests
	armed       []spec.Dialog // how the next ones are answered
	answers     []answer      // to those that were told how

	origins   map[string]bool       // whose documents were shown
	chooser   *driver.ChooserOpened // the last one
	downloads []*download           // under way, or done, in order; nil while none is wanted
	console   console
	popups    map[string]bool // that are open
	windows   []string        // those of them that can be chosen, and other tabs, in order
	opened    int             // popups so far
}

// onEvent takes what the driver tells, under the rules of driver.PageOptions.
func (pg *page) onEvent(p driver.Page, e driver.Event) {
	if pg.spy != nil {
		pg.spy(pg, e)
	}
	switch e := e.(type) {
	case driver.Shown:
		pg.guard(p, e.URL)
	case driver.Blocked:
		pg.forbid(p, "an address that is not of the web")
	case driver.Navigated:
		pg.update(func(s *state) {
			s.noteOrigin(e.URL)
			s.url, s.leaving = e.URL, false
			s.enter(e.Load)
		})
	case driver.MovedWithin:
		pg.update(func(s *state) { s.url, s.leaving = e.URL, false })
	case driver.Reached:
		pg.onReached(e)
	case driver.Leaving:
		pg.update(func(s *state) { s.leaving = e.On })
	case driver.DialogOpened:
		pg.onDialog(e)
	case driver.PopupOpened:
		pg.onPopup(p, e)
	case driver.PopupClosed:
		pg.update(func(s *state) {
			delete(s.popups, e.ID)
			s.windows = slices.DeleteFunc(s.windows, func(id string) bool { return id == e.ID })
		})
	case driver.ChooserOpened:
		pg.update(func(s *state) { s.chooser = &e })
	case driver.RequestPaused:
		if t := look(pg, func(s *state) *traffic { return s.traffic }); t != nil {
			t.on(p, e)
		} else {
			e.Decide(driver.Decision{})
		}
	case driver.FrameDrawn:
		if m := look(pg, func(s *state) *meter { return s.meter }); m != nil {
			m.on(e)
		}
		if f := look(pg, func(s *state) *film { return s.film }); f != nil {
			f.on(pg, e)
		}
	case driver.RequestSent, driver.ResponseCame, driver.RequestEnded:
		if m := look(pg, func(s *state) *meter { return s.meter }); m != nil {
			m.on(e)
		}
		if t := look(pg, func(s *state) *traffic { return s.traffic }); t != nil {
			t.on(p, e)
		}
	case driver.DownloadChanged:
		pg.onDownload(p, e)
	case driver.ConsoleWritten, driver.ConsoleDropped, driver.ExceptionRevoked:
		pg.onConsole(p, e)
	case driver.Gone:
		pg.vanish(e.Err)
	}
}

func (pg *page) onReached(e driver.Reached) {
	pg.update(func(s *state) {
		if e.State == "init" {
			s.enter(e.Load)
		}
		if e.Load == s.load && s.reached != nil {
			s.reached[e.State] = true
		}
	})
}

// loaded reports whether a document of the web has come.
func (s *state) loaded() bool { return strings.HasPrefix(s.url, "http") && s.reached["load"] }

// enter notes that another document is shown.
func (s *state) enter(load string) {
	if load != s.load {
		s.load, s.reached = load, map[string]bool{}
		s.console.document++
	}
	if s.seen == nil || len(s.seen) > maxLoads {
		s.seen = map[string]bool{}
	}
	s.seen[load] = true
}
