package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/child"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/apperr"
)

// Engine is Firefox.
type Engine struct{}

var _ driver.Engine = Engine{}

// Name implements driver.Engine.
func (Engine) Name() string { return "firefox" }

// Capabilities implements driver.Engine.
func (Engine) Capabilities() driver.Set {
	return driver.SetOf(
		driver.IsolatedWorld, driver.NoteDialogs, driver.AnswerDialogs, driver.CatchPopups, driver.ReadConsole,
		driver.HoldBack, driver.ManyPages, driver.WaitForIdle,
		driver.ReachFrames, driver.SwitchTabs, driver.UploadFiles, driver.KeepDownloads, driver.GrantPermissions, driver.SetGeolocation,
		driver.SetCookies, driver.SaveStorage, driver.RouteRequests, driver.WatchRequests, driver.EmulateUserAgent,
		driver.EmulateLocale, driver.EmulateTimeZone, driver.EmulateOffline, driver.ControlClock,
	)
}

// candidates are tried in this order: the binaries before the scripts that wrap
// them, because a wrapped browser's end is noticed late.
var candidates = []string{"/usr/lib/firefox-esr/firefox-esr", "/usr/lib/firefox/firefox", "firefox-esr", "firefox"}

// Find implements driver.Engine.
func (Engine) Find(path string) (string, error) {
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", apperr.Wrap(err, apperr.Unavailable,
				"the browser %q cannot be run: correct SEMANTEST_FIREFOX or leave it out", path)
		}
		return found, nil
	}
	for _, name := range candidates {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", apperr.New(apperr.Unavailable, "firefox is not installed here: run `apt-get install firefox-esr`, or name it in SEMANTEST_FIREFOX")
}

// RemoveLeftovers implements driver.Engine.
func (Engine) RemoveLeftovers() { child.RemoveLeftovers() }

// startLimit is how long a browser may take to answer for the first time.
const startLimit = 60 * time.Second

// accounts lists as whom to start, best first: nobody may not be able to read
// the browser's files.
func accounts() []int {
	if os.Getuid() == 0 {
		return []int{child.Unprivileged, child.AsOurselves}
	}
	return []int{child.AsOurselves}
}

// Start implements driver.Engine.
func (Engine) Start(ctx context.Context, o driver.Options) (driver.Browser, error) {
	var first error
	for _, uid := range accounts() {
		b, err := start(ctx, o, uid)
		if err == nil {
			if first != nil {
				o.Log.WarnContext(ctx, "firefox runs with our own account, because it did not start as nobody", "cause", first)
			}
			return b, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, apperr.Wrap(first, apperr.Unavailable, "the browser %s does not start", o.Path)
}

// Browser is a running Firefox.
type Browser struct {
	*child.Process
	conn    *conn
	version string

	numbered atomic.Int64 // downloads and exceptions

	mu       sync.Mutex
	users    map[string]*Page           // by user context
	contexts map[string]browsingContext // browsing contexts: windows, tabs and frames
}

var _ driver.Browser = (*Browser)(nil)

func start(ctx context.Context, o driver.Options, uid int) (_ *Browser, err error) {
	address := make(chan string, 1)
	b := &Browser{users: map[string]*Page{}, contexts: map[string]browsingContext{}}
	b.Process, err = child.Start(child.Spec{
		Path: o.Path,
		Args: func(folder string) []string {
			return []string{"--headless", "--no-remote", "--profile", folder, "--remote-debugging-port", "0", "about:blank"}
		},
		Env:     []string{"MOZ_CRASHREPORTER_DISABLE=1", "MOZ_REMOTE_SETTINGS_DEVTOOLS=1"},
		UID:     uid,
		Prepare: func(folder string) error { return writePrefs(folder, o.Proxy) },
		OnLine: func(line string) {
			if _, rest, ok := strings.Cut(line, "WebDriver BiDi listening on "); ok {
				select {
				case address <- strings.TrimSpace(rest):
				default:
				}
			}
		},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := b.prepare(ctx, address, o.Deny); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// prepare leads the first talk with the browser.
func (b *Browser) prepare(ctx context.Context, address <-chan string, deny func(...netip.AddrPort)) error {
	var at string
	select {
	case at = <-address:
	case <-b.Exited():
		return fmt.Errorf("it ended at once (%s) and printed %q", b.Reason(), b.LastLine())
	case <-ctx.Done():
		return fmt.Errorf("it did not say within %s where it listens, and printed %q", startLimit, b.LastLine())
	}
	own, err := netip.ParseAddrPort(strings.TrimPrefix(at, "ws://"))
	if err != nil {
		return fmt.Errorf("reading where the browser listens: %w", err)
	}
	if deny != nil {
		deny(own)
	}
	if b.conn, err = dial(ctx, "ws://"+own.String()+"/session", b.onEvent); err != nil {
		return err
	}
	var session struct {
		Capabilities struct {
			Version string `json:"browserVersion"`
		} `json:"capabilities"`
	}
	err = b.conn.call(ctx, "session.new", object{"capabilities": object{"alwaysMatch": object{
		"unhandledPromptBehavior": object{"default": "ignore"},
	}}}, &session)
	if err != nil {
		return fmt.Errorf("opening a session: %w", err)
	}
	b.version = "Firefox/" + session.Capabilities.Version
	for _, p := range []*pending{
		b.conn.start("session.subscribe", object{"events": []string{
			"browsingContext", "log", "script.realmCreated", "script.realmDestroyed", "input.fileDialogOpened",
			"network.beforeRequestSent", "network.responseCompleted", "network.fetchError", "network.authRequired",
		}}),
		b.conn.start("script.addPreloadScript", object{"functionDeclaration": "() => { " + agent.Source() + " }", "sandbox": agent.Name}),
		b.conn.start("network.addIntercept", object{"phases": []string{"authRequired"}}),
	} {
		if err := p.wait(ctx, nil); err != nil {
			return fmt.Errorf("preparing the browser (%s): %w", p.method, err)
		}
	}
	return nil
}

// object is a JSON object.
type object = map[string]any

// Life implements driver.Browser.
func (b *Browser) Life() context.Context { return b.conn.life }

// Version implements driver.Browser.
func (b *Browser) Version() string { return b.version }

// Close implements driver.Browser.
func (b *Browser) Close() error {
	err := b.Process.Close()
	if b.conn != nil {
		b.conn.close()
	}
	return err
}

// decode reads an event's parameters, and tells whether they have its shape.
func decode[T any](params json.RawMessage) (T, bool) {
	var v T
	err := json.Unmarshal(params, &v)
	return v, err == nil
}
