package cdp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/cdproto/tracing"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/chromium"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Page is one tab in a browser context of its own.
type Page struct {
	browser   *Browser
	contextID cdp.BrowserContextID
	targetID  target.ID
	session   *devtools.Session
	life      context.Context //nolint:containedctx // the page's own
	access    *driver.Credentials
	on        func(driver.Page, driver.Event)

	mu              sync.Mutex
	worlds          [2]string                // of the document in the main frame, by driver.World; empty between documents
	woken           chan struct{}            // closed and replaced whenever worlds change
	arrival         chan<- driver.Navigation // gets the next document; nil when nobody waits for it
	frames          map[cdp.FrameID]frameWorld
	remote          map[target.SessionID]*devtools.Session // of frames with processes of their own
	orders          []order                                // that hold for frames to come
	media           []*emulation.MediaFeature              // that are emulated
	agent, language string                                 // that the browser says it is and speaks; empty: its own
	routing         bool                                   // requests wait for decisions
	drag            *input.DragData                        // what the page drags
	paced           bool                                   // pictures of it come when they are asked for
	recorder        *devtools.Session                      // makes a video; nil while there is none
	traced          chan tracing.EventTracingComplete      // gets the end of a trace; nil while there is none
	zero            time.Time                              // when the browser's steady clock began
	popups          map[string]bool                        // windows that it has opened
	tabs            []*Page                                // those of them that are acted on
	places          []driver.Place                         // of recorders, the newest last
	opener          *Page                                  // of a tab; nil for a case's first page
}

var _ driver.Page = (*Page)(nil)

// Open implements driver.Browser.
func (b *Browser) Open(ctx context.Context, o driver.PageOptions) (_ driver.Page, err error) {
	root := b.proc.Conn.Root()
	params := target.CreateBrowserContextParams{DisposeOnDetach: new(true)}
	if b.proxy != "" {
		params.ProxyServer, params.ProxyBypassList = b.proxy, chromium.BypassNothing
	}
	made, err := devtools.Call(ctx, root, target.CreateBrowserContext, params)
	if err != nil {
		return nil, fmt.Errorf("opening a browser context: %w", err)
	}
	pg := &Page{browser: b, contextID: made.BrowserContextID, life: o.Life, access: o.Proxy, on: o.On, woken: make(chan struct{}),
		frames: map[cdp.FrameID]frameWorld{}, remote: map[target.SessionID]*devtools.Session{}, popups: map[string]bool{}}
	b.watch(pg)
	defer func() {
		if err != nil {
			b.unwatch(pg)
			devtools.Post(root, target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: made.BrowserContextID}) //nolint:staticcheck // an answer is no request, though they look alike
		}
	}()

	deny := root.Start(cdpbrowser.SetDownloadBehavior.Method, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: made.BrowserContextID, EventsEnabled: new(true),
	})
	tab, err := devtools.Call(ctx, root, target.CreateTarget, target.CreateTargetParams{
		// A tab in a window of its own is drawn; one behind another is not.
		URL: "about:blank", BrowserContextID: made.BrowserContextID, NewWindow: new(true),
	})
	if err = errors.Join(err, deny.Wait(ctx, nil)); err != nil {
		return nil, fmt.Errorf("opening a page: %w", err)
	}
	pg.mu.Lock() // windows that close meanwhile are compared with it
	pg.targetID = tab.TargetID
	pg.mu.Unlock()
	attached, err := devtools.Call(ctx, root, target.AttachToTarget, target.AttachToTargetParams{TargetID: tab.TargetID, Flatten: new(true)})
	if err != nil {
		return nil, fmt.Errorf("attaching to the page: %w", err)
	}
	pg.session = b.proc.Conn.Attach(attached.SessionID, pg.onEvent)
	if err := pg.introduce(ctx); err != nil {
		return nil, fmt.Errorf("letting the page out: %w", err)
	}
	if err := pg.enable(ctx); err != nil {
		return nil, fmt.Errorf("preparing the page: %w", err)
	}
	return pg, nil
}

// enable sends what a page needs in one go.
func (pg *Page) enable(ctx context.Context) error {
	s := pg.session
	return pg.all(ctx, []*devtools.Pending{
		s.Start(inspector.Enable.Method, cdp.Empty{}),
		s.Start(cdppage.Enable.Method, cdppage.EnableParams{}),
		s.Start(cdppage.SetLifecycleEventsEnabled.Method, cdppage.SetLifecycleEventsEnabledParams{Enabled: true}),
		s.Start(runtime.Enable.Method, cdp.Empty{}),
		s.Start(log.Enable.Method, cdp.Empty{}),
		s.Start(cdppage.AddScriptToEvaluateOnNewDocument.Method, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: agent.Source(), WorldName: agent.Name, RunImmediately: new(true),
		}),
		s.Start(target.SetAutoAttach.Method, attachFrames),
		s.Start(emulation.SetFocusEmulationEnabled.Method, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
	})
}

// introduce makes the browser show the page's credentials to the proxy once. It
// remembers them for all that belongs to the page's context: frames, windows,
// workers. The proxy answers with no content, so the page stays as it is.
func (pg *Page) introduce(ctx context.Context) error {
	if pg.access == nil {
		return nil
	}
	enabled := pg.session.Start(fetch.Enable.Method, fetch.EnableParams{
		Patterns: []*fetch.RequestPattern{{URLPattern: pg.access.Greeting}}, HandleAuthRequests: new(true),
	})
	var res cdppage.NavigateResult
	if err := pg.session.Call(ctx, cdppage.Navigate.Method, cdppage.NavigateParams{URL: pg.access.Greeting}, &res); err != nil {
		return err
	}
	if res.ErrorText != "net::ERR_ABORTED" { // that is what no content is told as
		return fmt.Errorf("the proxy did not let the page in: %q", res.ErrorText)
	}
	return pg.all(ctx, []*devtools.Pending{enabled, pg.session.Start(fetch.Disable.Method, cdp.Empty{})})
}

// onIntroduction answers what the browser asks during introduce.
func (pg *Page) onIntroduction(e devtools.Event) {
	if ev, ok := devtools.Decode(e, fetch.AuthRequired); ok && e.Method == fetch.AuthRequired.Method {
		answer := &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseCancelAuth}
		if a := pg.access; a != nil && ev.AuthChallenge.Source == fetch.AuthChallengeSourceProxy {
			answer = &fetch.AuthChallengeResponse{
				Response: fetch.AuthChallengeResponseResponseProvideCredentials, Username: a.User, Password: a.Password,
			}
		}
		devtools.Post(pg.session, fetch.ContinueWithAuth, fetch.ContinueWithAuthParams{RequestID: ev.RequestID, AuthChallengeResponse: answer})
		return
	}
	if ev, ok := devtools.Decode(e, fetch.RequestPaused); ok {
		devtools.Post(pg.session, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
	}
}

// SetViewport implements driver.Page.
func (pg *Page) SetViewport(ctx context.Context, v driver.Viewport) error {
	scale := v.Scale
	if scale == 0 {
		scale = 1
	}
	return pg.Send(ctx, emulation.SetDeviceMetricsOverride.Method, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(v.Width), Height: int64(v.Height), DeviceScaleFactor: scale,
		ScreenWidth: int64(v.Width), ScreenHeight: int64(v.Height), Mobile: v.Mobile,
	}, nil)
}

// Capture implements driver.Page.
func (pg *Page) Capture(ctx context.Context, p driver.Picture) ([]byte, error) {
	params := cdppage.CaptureScreenshotParams{Format: cdppage.CaptureScreenshotFormatPng, OptimizeForSpeed: new(true)}
	clip := p.Clip
	if p.FullPage {
		var m cdppage.GetLayoutMetricsResult
		if err := pg.Send(ctx, cdppage.GetLayoutMetrics.Method, cdp.Empty{}, &m); err != nil {
			return nil, err
		}
		if size := m.CSSContentSize; size != nil {
			clip = &driver.Rect{Width: size.Width, Height: size.Height}
		}
	}
	if clip != nil {
		params.CaptureBeyondViewport = new(true)
		params.Clip = &cdppage.Viewport{X: clip.X, Y: clip.Y, Scale: 1,
			Width: min(clip.Width, driver.MaxSide), Height: min(clip.Height, driver.MaxSide)}
	}
	var res cdppage.CaptureScreenshotResult
	if err := pg.Send(ctx, cdppage.CaptureScreenshot.Method, params, &res); err != nil {
		return nil, err
	}
	return res.Data, nil
}

// Interrupt implements driver.Page.
func (pg *Page) Interrupt() { devtools.Post(pg.session, runtime.TerminateExecution, cdp.Empty{}) }

// Abandon implements driver.Page: the renderer is made to crash, since one that
// is busy does not close.
func (pg *Page) Abandon() { devtools.Post(pg.session, cdppage.Crash, cdp.Empty{}) }

// Close implements driver.Page.
func (pg *Page) Close(ctx context.Context) error {
	if pg.opener != nil {
		return pg.closeTab(ctx)
	}
	defer pg.session.Close()
	defer pg.endTrace()
	defer pg.endRecording()
	defer pg.browser.unwatch(pg)
	_, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), target.DisposeBrowserContext,
		target.DisposeBrowserContextParams{BrowserContextID: pg.contextID})
	return err
}
