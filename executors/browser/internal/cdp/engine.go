package cdp

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/chromium"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Engine is Chromium.
type Engine struct {
	// IsolateSites gives frames of other sites processes of their own.
	IsolateSites bool

	// Windows lets people see it, and use it.
	Windows bool

	// Port is one of this machine alone at which the browser can be driven by
	// others, too; 0 for none.
	Port int
}

var _ driver.Engine = Engine{}

// Name implements driver.Engine.
func (Engine) Name() string { return "chromium" }

// Capabilities implements driver.Engine.
func (Engine) Capabilities() driver.Set {
	return driver.SetOf(
		driver.IsolatedWorld, driver.StopScript, driver.NoteDialogs, driver.AnswerDialogs, driver.CatchPopups,
		driver.ReadConsole, driver.CatchCrash, driver.HoldBack, driver.ManyPages, driver.WaitForIdle, driver.EmulateScale, driver.ReachFrames,
		driver.SwitchTabs, driver.UploadFiles, driver.KeepDownloads, driver.UseClipboard, driver.GrantPermissions,
		driver.RouteRequests, driver.WatchRequests, driver.EmulateTouch, driver.EmulateUserAgent, driver.EmulateColorScheme,
		driver.EmulateReducedMotion, driver.EmulateForcedColors, driver.EmulateLocale, driver.EmulateTimeZone, driver.EmulateOffline,
		driver.ThrottleNetwork, driver.ThrottleCPU, driver.ControlClock, driver.SetGeolocation, driver.SetCookies, driver.SaveStorage,
		driver.MeasurePages,
		driver.ShowFrames, driver.RecordVideo, driver.TraceItself,
	)
}

// Find implements driver.Engine.
func (e Engine) Find(path string) (string, error) {
	if e.Windows {
		return chromium.FindWithWindows(path)
	}
	return chromium.Find(path)
}

// RemoveLeftovers implements driver.Engine.
func (Engine) RemoveLeftovers() { chromium.RemoveLeftovers() }

// Start implements driver.Engine.
func (e Engine) Start(ctx context.Context, o driver.Options) (driver.Browser, error) {
	b := &Browser{proxy: o.Proxy, pages: map[cdp.BrowserContextID]*Page{}, downloads: map[string]*Page{}, clipboard: make(chan struct{}, 1), tracing: make(chan struct{}, 1)}
	proc, err := chromium.Start(ctx, chromium.Options{Path: o.Path, Proxy: o.Proxy, Log: o.Log, OnEvent: b.onEvent, IsolateSites: e.IsolateSites, Windows: e.Windows, Port: e.Port})
	if err != nil {
		return nil, err
	}
	b.proc = proc
	_, err = devtools.Call(ctx, proc.Conn.Root(), target.SetDiscoverTargets,
		target.SetDiscoverTargetsParams{Discover: true, Filter: target.Filter{{Type: "page"}}})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the browser: %w", err), proc.Close())
	}
	return b, nil
}

// Browser is a running Chromium.
type Browser struct {
	proc  *chromium.Process
	proxy string

	mu        sync.Mutex
	pages     map[cdp.BrowserContextID]*Page // guarded by mu, as what follows
	downloads map[string]*Page               // under way, by their ids

	clipboard chan struct{} // full while a page holds it
	tracing   chan struct{} // full while a page is traced
}

var _ driver.Browser = (*Browser)(nil)

// Conn is the connection to the browser.
func (b *Browser) Conn() *devtools.Conn { return b.proc.Conn }

// Life implements driver.Browser.
func (b *Browser) Life() context.Context { return b.proc.Conn.Life() }

// Reason implements driver.Browser.
func (b *Browser) Reason() string { return b.proc.Reason() }

// Version implements driver.Browser.
func (b *Browser) Version() string { return b.proc.Version }

// PID implements driver.Browser.
func (b *Browser) PID() int { return b.proc.PID() }

// Folder implements driver.Browser.
func (b *Browser) Folder() string { return b.proc.Folder() }

// Close implements driver.Browser.
func (b *Browser) Close() error { return b.proc.Close() }
