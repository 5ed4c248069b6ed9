package chromium

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"

	"github.com/semantest/semantest/executors/browser/internal/child"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/internal/apperr"
)

// startLimit is how long a browser may take to answer for the first time.
const startLimit = 20 * time.Second

// Process is a running browser. Conn is its connection.
type Process struct {
	*child.Process
	Conn    *devtools.Conn
	Version string // "HeadlessChrome/156.0.0.0"
	Sandbox bool   // whether pages run in the browser's sandbox
}

// way is one way to start the browser.
type way struct {
	uid     int // -1: as ourselves
	sandbox bool
}

// ways lists how to start, best first. What works depends on the machine: a
// container may forbid user namespaces, and nobody may not be able to read the
// browser's file.
func ways() []way {
	if os.Getuid() == 0 {
		return []way{{child.Unprivileged, true}, {child.Unprivileged, false}, {child.AsOurselves, false}}
	}
	return []way{{child.AsOurselves, true}, {child.AsOurselves, false}}
}

// Options say what to start.
type Options struct {
	Path    string
	Proxy   string // by which alone the browser reaches anything; empty for none
	Log     *slog.Logger
	OnEvent func(devtools.Event) // as in devtools.NewConn

	// IsolateSites gives each site a process of its own, as browsers with windows
	// do by themselves.
	IsolateSites bool

	Windows bool // people see it
	Port    int  // of this machine alone, at which others can drive it, too; 0 for none
}

// Start starts the browser, in its sandbox where the machine lets it. It dies
// when this process does.
func Start(ctx context.Context, o Options) (*Process, error) {
	var first error
	for _, w := range ways() {
		p, err := start(ctx, o, w)
		if err == nil {
			if !w.sandbox {
				o.Log.WarnContext(ctx, "the browser runs without its sandbox, because it did not start with it",
					"cause", first)
			}
			return p, nil
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

func start(ctx context.Context, o Options, w way) (_ *Process, err error) {
	p := &Process{Sandbox: w.sandbox}
	toBrowser, fromBrowser, err := p.spawn(o, w)
	if err != nil {
		return nil, err
	}
	p.Conn = devtools.NewConn(fromBrowser, toBrowser, o.OnEvent)

	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	version, err := devtools.Call(ctx, p.Conn.Root(), browser.GetVersion, cdp.Empty{})
	if err != nil {
		return nil, errors.Join(p.mute(ctx, err), p.Close())
	}
	p.Version = version.Product
	return p, nil
}

// mute explains why a browser gave no first answer.
func (p *Process) mute(ctx context.Context, err error) error {
	if !errors.Is(err, devtools.ErrLost) {
		return fmt.Errorf("it did not answer within %s: %w", startLimit, context.Cause(ctx))
	}
	reason := p.Reason() // first, since its output is complete only when it has ended
	return fmt.Errorf("it ended at once (%s) and printed %q", reason, p.LastLine())
}

// spawn starts the process with its pipes on the file descriptors 3 and 4.
//
// chromedp's ExecAllocator could carry the flags, the user, the death signal
// and the environment, but not our connection: it opens its own on the pipes
// and reads messages of any size. The only connection that it lets in is a
// websocket, for which the browser would have to listen on a port.
func (p *Process) spawn(o Options, w way) (toBrowser *os.File, fromBrowser *os.File, err error) {
	childR, toBrowser, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("making a pipe: %w", err)
	}
	fromBrowser, childW, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("making a pipe: %w", err), childR.Close(), toBrowser.Close())
	}
	p.Process, err = child.Start(child.Spec{
		Path:  o.Path,
		Args:  func(folder string) []string { return flags(o, folder, w.sandbox) },
		UID:   w.uid,
		Files: []*os.File{childR, childW},
		Env:   screen(o),
	})
	if err != nil {
		return nil, nil, errors.Join(err, toBrowser.Close(), fromBrowser.Close())
	}
	return toBrowser, fromBrowser, nil
}

// Close kills the browser, waits for its end and deletes its folder.
func (p *Process) Close() error { return errors.Join(p.Process.Close(), p.Conn.Close()) }

// RemoveLeftovers deletes the folders of browsers whose owner was killed.
func RemoveLeftovers() { child.RemoveLeftovers() }
