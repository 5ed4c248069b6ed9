package browser

import (
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

const (
	maxPopups = 10 // open at once; what is beyond is closed at once
	maxOpened = 50 // in one case; each costs the browser tens of milliseconds
)

// runawayError ends a case whose page would use the browser up.
type runawayError struct{ what string }

func (e *runawayError) Error() string { return "the page runs away: it " + e.what }

// watch lets a page have the events about its popups.
func (i *instance) watch(pg *page) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.pages[pg.contextID] = pg
}

func (i *instance) unwatch(pg *page) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.pages, pg.contextID)
}

// pageOf returns the page in whose context a window is, unless it is the page's
// own.
func (i *instance) pageOf(info *target.Info) *page {
	if info == nil || info.Type != "page" || info.OpenerID == "" {
		return nil
	}
	return i.pageIn(info.BrowserContextID)
}

// pageIn returns the page of a case by its context.
func (i *instance) pageIn(id cdp.BrowserContextID) *page {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.pages[id]
}

// onEvent runs on the connection's reading goroutine.
func (i *instance) onEvent(e devtools.Event) {
	switch e.Method {
	case target.TargetCreated.Method:
		if ev, ok := devtools.Decode(e, target.TargetCreated); ok {
			if pg := i.pageOf(ev.TargetInfo); pg != nil {
				pg.onPopup(ev.TargetInfo.TargetID)
			}
		}
	case target.AttachedToTarget.Method:
		if ev, ok := devtools.Decode(e, target.AttachedToTarget); ok {
			if pg := i.pageOf(ev.TargetInfo); pg != nil {
				pg.onPopupAttached(ev.SessionID)
			}
		}
	case target.TargetInfoChanged.Method:
		if ev, ok := devtools.Decode(e, target.TargetInfoChanged); ok {
			if pg := i.pageIn(ev.TargetInfo.BrowserContextID); pg != nil {
				pg.guard(ev.TargetInfo.URL)
			}
		}
	case target.TargetDestroyed.Method:
		if ev, ok := devtools.Decode(e, target.TargetDestroyed); ok {
			i.mu.Lock()
			pages := make([]*page, 0, len(i.pages))
			for _, pg := range i.pages {
				pages = append(pages, pg)
			}
			i.mu.Unlock()
			for _, pg := range pages {
				pg.update(func(s *state) { delete(s.popups, ev.TargetID) })
			}
		}
	}
}

// onPopup keeps a window that the page has opened until the case ends, unless
// there are too many. It is attached to because a dialog in it holds up its
// opener.
func (pg *page) onPopup(id target.ID) {
	root := pg.inst.proc.Conn.Root()
	keep, opened := false, 0
	pg.update(func(s *state) {
		s.opened++
		opened = s.opened
		if keep = len(s.popups) < maxPopups; keep {
			if s.popups == nil {
				s.popups = map[target.ID]bool{}
			}
			s.popups[id] = true
		}
	})
	switch {
	case opened > maxOpened:
		pg.runAway(fmt.Sprintf("opened more than %d windows", maxOpened))
	case keep:
		devtools.Post(root, target.AttachToTarget, target.AttachToTargetParams{TargetID: id, Flatten: new(true)})
	default:
		devtools.Post(root, target.CloseTarget, target.CloseTargetParams{TargetID: id})
	}
}

func (pg *page) onPopupAttached(id target.SessionID) {
	var popup *devtools.Session
	popup = pg.inst.proc.Conn.Attach(id, func(e devtools.Event) {
		if e.Method == cdppage.JavascriptDialogOpening.Method {
			pg.onDialog(e, popup)
		}
	})
	devtools.Post(popup, cdppage.Enable, cdppage.EnableParams{})
}

// runAway ends the case, and the page's process, which would go on.
func (pg *page) runAway(what string) {
	if pg.gone.Err() != nil {
		return
	}
	pg.vanish(&runawayError{what: what})
	devtools.Post(pg.session, cdppage.Crash, cdp.Empty{})
}
