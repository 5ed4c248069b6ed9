package driver

import (
	"context"
	"log/slog"
	"net/netip"
)

// Engine starts browsers of one kind. It is safe for concurrent use.
type Engine interface {
	// Name is the plan's word: "chromium".
	Name() string

	// Capabilities tells what its pages can do beyond what all can.
	Capabilities() Set

	// Find returns the path of the browser: the given one, where it is not empty
	// and can be run, else the first that this machine has. Its error says what
	// to do when there is none.
	Find(path string) (string, error)

	// RemoveLeftovers deletes what browsers of killed processes have left.
	RemoveLeftovers()

	// Start starts a browser, in its sandbox where the machine lets it. It dies
	// when this process does.
	Start(ctx context.Context, o Options) (Browser, error)
}

// Options say what to start.
type Options struct {
	Path  string
	Proxy string // URL by which alone the browser reaches anything; empty for none
	Log   *slog.Logger

	// Deny is told the addresses at which the browser itself listens: no page
	// may reach them. Nil where nothing is held back.
	Deny func(...netip.AddrPort)
}

// Browser is a browser that runs. It is safe for concurrent use.
type Browser interface {
	// Open makes a page that shares nothing with the other ones: no cookies, no
	// storage, no cache.
	Open(ctx context.Context, o PageOptions) (Page, error)

	// Life ends when the browser does, with a cause that wraps ErrLost.
	Life() context.Context

	// Reason says how the browser ended, such as "signal: killed". It may wait a
	// moment for the end.
	Reason() string

	Version() string // "HeadlessChrome/156.0.0.0"
	PID() int        // of the main process
	Folder() string  // of its own, which ends with it

	// Close ends the browser, waits for its end and deletes its folder.
	Close() error
}

// PageOptions say how a page is opened.
type PageOptions struct {
	// Life ends, with a cause, when the page is of no use any more; its calls end
	// with that cause then. It ends no later than the browser's.
	Life context.Context //nolint:containedctx // it is the page's own, not a call's

	// Proxy has the credentials for the browser's proxy; nil when it has none.
	Proxy *Credentials

	// Door opens an address of the proxy that is this page's own, for engines that
	// cannot tell the pages of one address apart. An open one asks for no
	// credentials. Nil when there is no proxy.
	Door func(open bool) (url string, err error)

	// On gets what happens in the page, in the order in which it happened, from
	// before Open returns. It runs on the goroutine that reads from the browser,
	// so it must not block and must not wait for the browser.
	On func(Page, Event)
}

// Credentials let a page through the proxy of the browser.
type Credentials struct {
	User, Password string

	// Greeting is an address that the proxy itself answers with no content:
	// whoever asks for it has shown the credentials once.
	Greeting string
}
