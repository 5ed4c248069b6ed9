package webkit

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/semantest/semantest/executors/browser/internal/child"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/apperr"
)

// Engine is WebKitGTK.
type Engine struct{}

var _ driver.Engine = Engine{}

// Name implements driver.Engine.
func (Engine) Name() string { return "webkit" }

// Capabilities implements driver.Engine.
func (Engine) Capabilities() driver.Set {
	return driver.SetOf(
		driver.NoteDialogs, driver.AnswerDialogs, driver.HoldBack, driver.ReadConsole, driver.UploadFiles, driver.SetCookies,
		driver.WaitForIdle, driver.RouteRequests, driver.WatchRequests, driver.EmulateUserAgent, driver.EmulateColorScheme,
		driver.EmulateReducedMotion, driver.ControlClock,
	)
}

// Find implements driver.Engine: it finds WebKit's driver.
func (Engine) Find(path string) (string, error) {
	if path == "" {
		path = "WebKitWebDriver"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return "", apperr.Wrap(err, apperr.Unavailable,
			"webkit is not installed here: run `apt-get install webkit2gtk-driver xvfb`, or name its driver in SEMANTEST_WEBKIT")
	}
	if _, err := browserPath(); err != nil {
		return "", err
	}
	if _, err := exec.LookPath("Xvfb"); err != nil {
		return "", apperr.Wrap(err, apperr.Unavailable, "webkit draws on a display of its own, and Xvfb, which makes one, is not installed: run `apt-get install xvfb`")
	}
	return found, nil
}

// browserPath is the browser that WebKit's driver starts.
func browserPath() (string, error) {
	for _, pattern := range []string{"/usr/lib/*/webkit2gtk-4.1/MiniBrowser", "/usr/lib/*/webkitgtk-6.0/MiniBrowser", "/usr/libexec/webkit2gtk-4.1/MiniBrowser"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0], nil
		}
	}
	return "", apperr.New(apperr.Unavailable, "webkit's own browser is not installed here: run `apt-get install webkit2gtk-driver`")
}

// RemoveLeftovers implements driver.Engine.
func (Engine) RemoveLeftovers() { child.RemoveLeftovers() }

// Start implements driver.Engine: it opens the display, on which each page starts
// a browser of its own.
func (Engine) Start(ctx context.Context, o driver.Options) (driver.Browser, error) {
	binary, err := browserPath()
	if err != nil {
		return nil, err
	}
	display, err := openDisplay(ctx)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "the display for webkit does not start")
	}
	b := &Browser{path: o.Path, binary: binary, display: display, deny: o.Deny, version: "WebKitGTK", pages: map[*Page]struct{}{}}
	b.life, b.end = context.WithCancelCause(context.Background())
	b.watching = make(chan struct{})
	go func() {
		defer close(b.watching)
		select {
		case <-display.Exited():
			b.end(errors.Join(driver.ErrLost, errors.New("its display has ended")))
		case <-b.life.Done():
		}
	}()
	return b, nil
}

// Browser is a display with the browsers on it.
type Browser struct {
	path, binary string
	display      *display
	deny         func(...netip.AddrPort)
	version      string
	thrown       atomic.Int64 // exceptions, which are numbered

	life     context.Context //nolint:containedctx // the browser's own
	end      context.CancelCauseFunc
	watching chan struct{}

	mu     sync.Mutex
	pages  map[*Page]struct{} // that are open
	closed bool
}

var _ driver.Browser = (*Browser)(nil)

// Life implements driver.Browser.
func (b *Browser) Life() context.Context { return b.life }

// Reason implements driver.Browser.
func (b *Browser) Reason() string { return b.display.Reason() }

// Version implements driver.Browser.
func (b *Browser) Version() string { return b.version }

// PID implements driver.Browser.
func (b *Browser) PID() int { return b.display.PID() }

// Folder implements driver.Browser.
func (b *Browser) Folder() string { return b.display.Folder() }

// Close implements driver.Browser.
func (b *Browser) Close() error {
	b.end(errors.Join(driver.ErrLost, errors.New("it was closed")))
	<-b.watching
	b.mu.Lock()
	b.closed = true
	left := slices.Collect(maps.Keys(b.pages))
	b.mu.Unlock()
	var errs []error
	for _, pg := range left { // such as one that was kept ready
		errs = append(errs, pg.Close(context.Background()))
	}
	return errors.Join(append(errs, b.display.Close())...)
}

// keep counts a page among those that end with the browser, unless that has ended.
func (b *Browser) keep(pg *Page) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.pages[pg] = struct{}{}
	}
	return !b.closed
}

func (b *Browser) drop(pg *Page) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pages, pg)
}

// account is as whom all of it runs.
func account() int {
	if os.Getuid() == 0 {
		return child.Unprivileged
	}
	return child.AsOurselves
}
