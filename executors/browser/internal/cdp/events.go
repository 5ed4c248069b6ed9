package cdp

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/cdproto/tracing"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

func (pg *Page) tell(e driver.Event) { pg.on(pg, e) }

// onEvent runs on the connection's reading goroutine.
func (pg *Page) onEvent(e devtools.Event) {
	switch e.Method {
	case runtime.ExecutionContextCreated.Method:
		pg.onWorld(e)
	case runtime.ExecutionContextDestroyed.Method:
		if ev, ok := devtools.Decode(e, runtime.ExecutionContextDestroyed); ok && ev.ExecutionContextUniqueID != "" {
			pg.forget(ev.ExecutionContextUniqueID)
			pg.leaveFrame(pg.session, ev.ExecutionContextUniqueID)
		}
	case runtime.ExecutionContextsCleared.Method:
		pg.forget("")
		pg.leaveFrame(pg.session, "")
	case target.AttachedToTarget.Method:
		pg.onRemoteFrame(e)
	case target.DetachedFromTarget.Method:
		pg.onRemoteGone(e)
	case cdppage.FrameNavigated.Method:
		pg.onNavigated(e)
	case cdppage.NavigatedWithinDocument.Method:
		if ev, ok := devtools.Decode(e, cdppage.NavigatedWithinDocument); ok && pg.isMain(ev.FrameID) {
			pg.tell(driver.MovedWithin{URL: ev.URL})
			pg.arrive(driver.Navigation{})
		}
	case cdppage.LifecycleEvent.Method:
		if ev, ok := devtools.Decode(e, cdppage.LifecycleEvent); ok && pg.isMain(ev.FrameID) {
			pg.tell(driver.Reached{Load: string(ev.LoaderID), State: ev.Name})
		}
	case cdppage.FrameRequestedNavigation.Method:
		if ev, ok := devtools.Decode(e, cdppage.FrameRequestedNavigation); ok && pg.isMain(ev.FrameID) &&
			ev.Disposition == cdppage.ClientNavigationDispositionCurrentTab {
			pg.tell(driver.Leaving{On: true})
		}
	case cdppage.FrameStoppedLoading.Method:
		if ev, ok := devtools.Decode(e, cdppage.FrameStoppedLoading); ok && pg.isMain(ev.FrameID) {
			pg.tell(driver.Leaving{})
		}
	case cdppage.JavascriptDialogOpening.Method:
		if pg.opener == nil { // the opener hears of those in its windows
			pg.onDialog(e, pg.session, "")
		}
	case cdppage.FileChooserOpened.Method:
		pg.onChooser(e, pg.session)
	case tracing.TracingComplete.Method:
		pg.onTraced(e)
	case input.DragIntercepted.Method:
		pg.onDrag(e)
	case runtime.ConsoleAPICalled.Method, runtime.ExceptionThrown.Method, runtime.ExceptionRevoked.Method, log.EntryAdded.Method:
		pg.onConsole(e)
	case fetch.AuthRequired.Method:
		pg.onIntroduction(e)
	case fetch.RequestPaused.Method:
		pg.mu.Lock()
		routing := pg.routing
		pg.mu.Unlock()
		if routing {
			pg.onPaused(e, pg.session)
		} else {
			pg.onIntroduction(e)
		}
	case network.RequestWillBeSent.Method, network.ResponseReceived.Method, network.LoadingFinished.Method, network.LoadingFailed.Method:
		pg.onTraffic(e)
	case cdppage.ScreencastFrame.Method:
		pg.onFrameDrawn(e)
	case inspector.TargetCrashed.Method:
		pg.tell(driver.Gone{Err: driver.ErrCrashed})
	case inspector.Detached.Method:
		pg.tell(driver.Gone{Err: driver.ErrClosed})
	default:
		pg.onRecording(e, "")
	}
}

func (pg *Page) isMain(frame cdp.FrameID) bool { return string(frame) == string(pg.targetID) }

func (pg *Page) onWorld(e devtools.Event) {
	ev, frame, isDefault, ok := worldOf(e)
	switch {
	case !ok:
	case !pg.isMain(frame):
		if ev.Context.Name == agent.Name {
			pg.enterFrame(pg.session, "", frame, ev.Context.UniqueID)
		}
	case isDefault:
		pg.enter(driver.WorldPage, ev.Context.UniqueID)
	case ev.Context.Name == agent.Name:
		pg.enter(driver.WorldAgent, ev.Context.UniqueID)
	}
}

func (pg *Page) onNavigated(e devtools.Event) {
	ev, ok := devtools.Decode(e, cdppage.FrameNavigated)
	if !ok {
		return
	}
	pg.tell(driver.Shown{URL: ev.Frame.URL})
	pg.tell(driver.Shown{URL: ev.Frame.UnreachableURL})
	if !pg.isMain(ev.Frame.ID) {
		return
	}
	url := ev.Frame.URL + ev.Frame.URLFragment
	if ev.Frame.UnreachableURL != "" {
		url = ev.Frame.UnreachableURL
	}
	if url == "about:blank#blocked" { // what the browser shows instead
		pg.tell(driver.Blocked{})
	}
	pg.tell(driver.Navigated{URL: url, Load: string(ev.Frame.LoaderID)})
	pg.arrive(driver.Navigation{Load: string(ev.Frame.LoaderID)})
}

func (pg *Page) onDialog(e devtools.Event, s *devtools.Session, popup string) {
	ev, ok := devtools.Decode(e, cdppage.JavascriptDialogOpening)
	if !ok {
		return
	}
	pg.tell(driver.DialogOpened{
		Kind: string(ev.Type), Message: ev.Message, Default: ev.DefaultPrompt, Popup: popup,
		Answer: func(a driver.DialogAnswer) {
			devtools.Post(s, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{Accept: a.Accept, PromptText: a.Text})
		},
	})
}
