package browser

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/chromium"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

var (
	errRendererCrashed = errors.New("the page crashed")
	errPageClosed      = errors.New("the page was closed")
)

//go:embed agent/*.js
var agentFiles embed.FS

// agentWorld is the isolated world in which the agent runs.
const agentWorld = "semantest"

// agentSource is the script of every document: its parts in one scope, once.
var agentSource = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString("globalThis.semantest ??= (() => {\n'use strict';\n")
	for _, name := range []string{"tree", "roles", "locate", "act"} {
		part, err := agentFiles.ReadFile("agent/" + name + ".js")
		if err != nil {
			panic(err) // the file is compiled in
		}
		b.Write(part)
	}
	b.WriteString("return api;\n})();")
	return b.String()
})

// page is one tab in a browser context of its own, for one case.
type page struct {
	inst      *instance
	contextID cdp.BrowserContextID
	targetID  target.ID
	session   *devtools.Session
	out       wayOut

	// gone ends, with a cause, when the page cannot be used any more: it has
	// crashed, it was closed, or the browser is gone.
	gone   context.Context
	vanish context.CancelCauseFunc

	mu    sync.Mutex
	state state
	woken chan struct{} // closed and replaced whenever state changes
}

// openPage makes a context with one blank page that is ready for a case.
func openPage(ctx context.Context, inst *instance) (_ *page, err error) {
	root := inst.proc.Conn.Root()
	params := target.CreateBrowserContextParams{DisposeOnDetach: new(true)}
	if inst.way != nil {
		params.ProxyServer, params.ProxyBypassList = inst.way.URL(), chromium.BypassNothing
	}
	made, err := devtools.Call(ctx, root, target.CreateBrowserContext, params)
	if err != nil {
		return nil, fmt.Errorf("opening a browser context: %w", err)
	}
	pg := &page{inst: inst, contextID: made.BrowserContextID, out: openWay(inst.way), woken: make(chan struct{})}
	inst.watch(pg)
	pg.gone, pg.vanish = context.WithCancelCause(inst.proc.Conn.Life())
	defer func() {
		if err != nil {
			inst.unwatch(pg)
			pg.out.close()
			devtools.Post(root, target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: made.BrowserContextID}) //nolint:staticcheck // an answer is no request, though they look alike
		}
	}()

	deny := root.Start(cdpbrowser.SetDownloadBehavior.Method, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: made.BrowserContextID,
	})
	tab, err := devtools.Call(ctx, root, target.CreateTarget, target.CreateTargetParams{
		// A tab in a window of its own is drawn; one behind another is not.
		URL: "about:blank", BrowserContextID: made.BrowserContextID, NewWindow: new(true),
	})
	if err = errors.Join(err, deny.Wait(ctx, nil)); err != nil {
		return nil, fmt.Errorf("opening a page: %w", err)
	}
	pg.targetID = tab.TargetID
	attached, err := devtools.Call(ctx, root, target.AttachToTarget, target.AttachToTargetParams{TargetID: tab.TargetID, Flatten: new(true)})
	if err != nil {
		return nil, fmt.Errorf("attaching to the page: %w", err)
	}
	pg.session = inst.proc.Conn.Attach(attached.SessionID, pg.onEvent)
	if err := pg.introduce(ctx); err != nil {
		return nil, fmt.Errorf("letting the page out: %w", err)
	}
	if err := pg.enable(ctx); err != nil {
		return nil, fmt.Errorf("preparing the page: %w", err)
	}
	return pg, nil
}

// enable sends what a page needs in one go.
func (pg *page) enable(ctx context.Context) error {
	s := pg.session
	pending := []*devtools.Pending{
		s.Start(inspector.Enable.Method, cdp.Empty{}),
		s.Start(cdppage.Enable.Method, cdppage.EnableParams{}),
		s.Start(cdppage.SetLifecycleEventsEnabled.Method, cdppage.SetLifecycleEventsEnabledParams{Enabled: true}),
		s.Start(runtime.Enable.Method, cdp.Empty{}),
		s.Start(log.Enable.Method, cdp.Empty{}),
		s.Start(cdppage.AddScriptToEvaluateOnNewDocument.Method, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: agentSource(), WorldName: agentWorld, RunImmediately: new(true),
		}),
		s.Start(emulation.SetFocusEmulationEnabled.Method, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
	}
	return waitAll(ctx, pending)
}

func waitAll(ctx context.Context, pending []*devtools.Pending) error {
	for _, p := range pending {
		if err := p.Wait(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// update changes the state and wakes those who wait for it.
func (pg *page) update(change func(*state)) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	change(&pg.state)
	close(pg.woken)
	pg.woken = make(chan struct{})
}

// look reads the state.
func look[T any](pg *page, read func(*state) T) T {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	return read(&pg.state)
}

// await waits until the state is as asked.
func (pg *page) await(ctx context.Context, holds func(*state) bool) error {
	for {
		pg.mu.Lock()
		ok, woken := holds(&pg.state), pg.woken
		pg.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return ctx.Err()
		case <-pg.gone.Done():
			return context.Cause(pg.gone)
		}
	}
}
