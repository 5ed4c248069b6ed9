package browser

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

const (
	maxDialogs = 20   // told per step
	maxLoaders = 1000 // documents remembered during one goto
)

// state is what the page's events have told. It is guarded by page.mu.
type state struct {
	world   string // the agent's world in the main frame; empty between documents
	url     string
	loader  cdp.LoaderID
	reached map[string]bool       // lifecycle of the current document: DOMContentLoaded, load, networkIdle
	seen    map[cdp.LoaderID]bool // documents that were shown since the last goto

	leaving bool // the page has asked for another document, which is not there yet

	dialogs     []string
	moreDialogs int
	console     console
	popups      map[target.ID]bool // that are open
	opened      int                // popups so far
}

// onEvent runs on the connection's reading goroutine.
func (pg *page) onEvent(e devtools.Event) {
	switch e.Method {
	case runtime.ExecutionContextCreated.Method:
		pg.onWorld(e)
	case runtime.ExecutionContextDestroyed.Method:
		if ev, ok := devtools.Decode(e, runtime.ExecutionContextDestroyed); ok {
			pg.update(func(s *state) {
				if s.world == ev.ExecutionContextUniqueID {
					s.world = ""
				}
			})
		}
	case runtime.ExecutionContextsCleared.Method:
		pg.update(func(s *state) { s.world = "" })
	case cdppage.FrameNavigated.Method:
		pg.onNavigated(e)
	case cdppage.NavigatedWithinDocument.Method:
		if ev, ok := devtools.Decode(e, cdppage.NavigatedWithinDocument); ok && pg.isMain(ev.FrameID) {
			pg.update(func(s *state) { s.url, s.leaving = ev.URL, false })
		}
	case cdppage.LifecycleEvent.Method:
		if ev, ok := devtools.Decode(e, cdppage.LifecycleEvent); ok && pg.isMain(ev.FrameID) {
			pg.onLifecycle(ev)
		}
	case cdppage.FrameRequestedNavigation.Method:
		if ev, ok := devtools.Decode(e, cdppage.FrameRequestedNavigation); ok && pg.isMain(ev.FrameID) &&
			ev.Disposition == cdppage.ClientNavigationDispositionCurrentTab {
			pg.update(func(s *state) { s.leaving = true })
		}
	case cdppage.FrameStoppedLoading.Method:
		if ev, ok := devtools.Decode(e, cdppage.FrameStoppedLoading); ok && pg.isMain(ev.FrameID) {
			pg.update(func(s *state) { s.leaving = false })
		}
	case cdppage.JavascriptDialogOpening.Method:
		pg.onDialog(e, pg.session)
	case runtime.ConsoleAPICalled.Method, runtime.ExceptionThrown.Method, runtime.ExceptionRevoked.Method, log.EntryAdded.Method:
		pg.onConsole(e)
	case fetch.AuthRequired.Method, fetch.RequestPaused.Method:
		pg.onIntroduction(e)
	case inspector.TargetCrashed.Method:
		pg.vanish(errRendererCrashed)
	case inspector.Detached.Method:
		pg.vanish(errPageClosed)
	}
}

func (pg *page) isMain(frame cdp.FrameID) bool { return string(frame) == string(pg.targetID) }

func (pg *page) onWorld(e devtools.Event) {
	ev, ok := devtools.Decode(e, runtime.ExecutionContextCreated)
	if !ok || ev.Context.Name != agentWorld {
		return
	}
	var aux struct {
		FrameID cdp.FrameID `json:"frameId"`
	}
	if unmarshal(ev.Context.AuxData, &aux) != nil || !pg.isMain(aux.FrameID) {
		return
	}
	pg.update(func(s *state) { s.world = ev.Context.UniqueID })
}

func (pg *page) onNavigated(e devtools.Event) {
	ev, ok := devtools.Decode(e, cdppage.FrameNavigated)
	if !ok {
		return
	}
	pg.guard(ev.Frame.URL)
	pg.guard(ev.Frame.UnreachableURL)
	if !pg.isMain(ev.Frame.ID) {
		return
	}
	url := ev.Frame.URL + ev.Frame.URLFragment
	if ev.Frame.UnreachableURL != "" {
		url = ev.Frame.UnreachableURL
	}
	if url == "about:blank#blocked" { // what the browser shows instead
		pg.forbid("an address that is not of the web")
	}
	pg.update(func(s *state) {
		s.url, s.leaving = url, false
		s.enter(ev.Frame.LoaderID)
	})
}

func (pg *page) onLifecycle(ev cdppage.EventLifecycleEvent) {
	pg.update(func(s *state) {
		if ev.Name == "init" {
			s.enter(ev.LoaderID)
		}
		if ev.LoaderID == s.loader && s.reached != nil {
			s.reached[ev.Name] = true
		}
	})
}

// enter notes that another document is shown.
func (s *state) enter(loader cdp.LoaderID) {
	if loader != s.loader {
		s.loader, s.reached = loader, map[string]bool{}
	}
	if s.seen == nil || len(s.seen) > maxLoaders {
		s.seen = map[cdp.LoaderID]bool{}
	}
	s.seen[loader] = true
}

// onDialog answers a dialog at once: nobody is there to do it, and the page
// stands still meanwhile. Leaving a page is what the plan asked for.
func (pg *page) onDialog(e devtools.Event, s *devtools.Session) {
	ev, ok := devtools.Decode(e, cdppage.JavascriptDialogOpening)
	if !ok {
		return
	}
	leave := ev.Type == cdppage.DialogTypeBeforeunload
	devtools.Post(s, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{Accept: leave})
	pg.update(func(s *state) {
		if len(s.dialogs) < maxDialogs {
			s.dialogs = append(s.dialogs, string(ev.Type)+": "+short(ev.Message, 200))
		} else {
			s.moreDialogs++
		}
	})
}
