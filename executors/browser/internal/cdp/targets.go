package cdp

import (
	"maps"
	"slices"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// watch lets a page have the events about its popups.
func (b *Browser) watch(pg *Page) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pages[pg.contextID] = pg
}

func (b *Browser) unwatch(pg *Page) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pages, pg.contextID)
	maps.DeleteFunc(b.downloads, func(_ string, of *Page) bool { return of == pg })
}

// openerOf returns the page in whose context a window is, unless it is the
// page's own.
func (b *Browser) openerOf(info *target.Info) *Page {
	if info == nil || info.Type != "page" || info.OpenerID == "" {
		return nil
	}
	return b.pageIn(info.BrowserContextID)
}

func (b *Browser) pageIn(id cdp.BrowserContextID) *Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages[id]
}

// onEvent runs on the connection's reading goroutine.
func (b *Browser) onEvent(e devtools.Event) {
	switch e.Method {
	case target.TargetCreated.Method:
		if ev, ok := devtools.Decode(e, target.TargetCreated); ok {
			if pg := b.openerOf(ev.TargetInfo); pg != nil {
				pg.onPopup(ev.TargetInfo.TargetID)
			}
		}
	case target.AttachedToTarget.Method:
		if ev, ok := devtools.Decode(e, target.AttachedToTarget); ok {
			if pg := b.openerOf(ev.TargetInfo); pg != nil {
				pg.onPopupAttached(ev.SessionID, ev.TargetInfo.TargetID)
			}
		}
	case target.TargetInfoChanged.Method:
		if ev, ok := devtools.Decode(e, target.TargetInfoChanged); ok {
			if pg := b.pageIn(ev.TargetInfo.BrowserContextID); pg != nil {
				pg.tell(driver.Shown{URL: ev.TargetInfo.URL})
			}
		}
	case cdpbrowser.DownloadWillBegin.Method, cdpbrowser.DownloadProgress.Method:
		b.onDownload(e)
	case target.TargetDestroyed.Method:
		if ev, ok := devtools.Decode(e, target.TargetDestroyed); ok {
			b.mu.Lock()
			pages := slices.Collect(maps.Values(b.pages))
			b.mu.Unlock()
			for _, pg := range pages {
				pg.mu.Lock()
				delete(pg.popups, string(ev.TargetID))
				own := ev.TargetID == pg.targetID
				pg.mu.Unlock()
				pg.tell(driver.PopupClosed{ID: string(ev.TargetID)})
				if own { // a person has closed its window
					pg.tell(driver.Gone{Err: driver.ErrClosed})
				}
			}
		}
	}
}

// onPopup tells of a window that the page has opened. It is attached to when it
// is kept, because a dialog in it holds up its opener.
func (pg *Page) onPopup(id target.ID) {
	root := pg.browser.proc.Conn.Root()
	pg.mu.Lock()
	pg.popups[string(id)] = true
	pg.mu.Unlock()
	pg.tell(driver.PopupOpened{
		ID: string(id),
		Keep: func() {
			devtools.Post(root, target.AttachToTarget, target.AttachToTargetParams{TargetID: id, Flatten: new(true)})
		},
		Close: func() { devtools.Post(root, target.CloseTarget, target.CloseTargetParams{TargetID: id}) },
	})
}

func (pg *Page) onPopupAttached(id target.SessionID, popupID target.ID) {
	var popup *devtools.Session
	popup = pg.browser.proc.Conn.Attach(id, func(e devtools.Event) {
		if e.Method == cdppage.JavascriptDialogOpening.Method {
			pg.onDialog(e, popup, string(popupID))
		}
	})
	devtools.Post(popup, cdppage.Enable, cdppage.EnableParams{})
}
