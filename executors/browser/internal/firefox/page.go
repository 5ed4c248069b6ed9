package firefox

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Page is one window in a user context of its own, or a tab beside it.
type Page struct {
	browser *Browser
	opener  *Page           // to which a tab belongs; nil for a page of its own
	user    string          // context: cookies, storage and cache
	life    context.Context //nolint:containedctx // the page's own
	access  *driver.Credentials
	on      func(driver.Page, driver.Event)
	worlds  *worlds // of all windows of the user context

	mu       sync.Mutex
	id       string // of the browsing context; empty until it is there
	url      string
	started  string                   // navigation that is under way; empty for none
	download bool                     // whether one has begun since the last Navigate
	arrival  chan<- driver.Navigation // gets the next document; nil when nobody waits for it
	idle     idle

	opening  int                // windows that we open ourselves just now
	visited  map[string]bool    // browsing contexts of empty documents of ours
	granted  []grant            // what pages are allowed, or refused
	asked    map[string]bool    // origins that know of it
	choosing bool               // files are ours to choose
	traffic  traffic            // what is told of requests
	loads    map[string]string  // downloads under way: their ids by navigation or address
	folder   string             // that gets downloads; empty where they are refused
	unfollow context.CancelFunc // ends the watching of the folder

	around map[driver.Document]driver.Document // of frames: the documents that they lie in
}

var _ driver.Page = (*Page)(nil)

// Open implements driver.Browser.
func (b *Browser) Open(ctx context.Context, o driver.PageOptions) (_ driver.Page, err error) {
	params := object{"unhandledPromptBehavior": object{"default": "ignore", "file": "dismiss"}}
	if o.Door != nil {
		// The browser keeps one set of credentials for a proxy, whatever user
		// context asks, so each gets a proxy of its own.
		door, err := o.Door(false)
		if err != nil {
			return nil, err
		}
		host := strings.TrimPrefix(door, "http://")
		params["proxy"] = object{"proxyType": "manual", "httpProxy": host, "sslProxy": host}
	}
	var made struct {
		UserContext string `json:"userContext"`
	}
	if err := b.conn.call(ctx, "browser.createUserContext", params, &made); err != nil {
		return nil, fmt.Errorf("opening a user context: %w", err)
	}
	pg := &Page{browser: b, user: made.UserContext, life: o.Life, access: o.Proxy, on: o.On, worlds: newWorlds()}
	b.watch(pg)
	defer func() {
		if err != nil {
			b.unwatch(pg)
			b.conn.post("browser.removeUserContext", object{"userContext": pg.user})
		}
	}()
	deny := b.conn.start("browser.setDownloadBehavior", object{"downloadBehavior": object{"type": "denied"}, "userContexts": []string{pg.user}})
	var window struct {
		Context string `json:"context"`
	}
	// A window of its own is drawn; a tab behind another is not.
	err = b.conn.call(ctx, "browsingContext.create", object{"type": "window", "userContext": pg.user}, &window)
	if err != nil {
		return nil, fmt.Errorf("opening a page: %w", err)
	}
	if err = deny.wait(ctx, nil); err != nil {
		return nil, fmt.Errorf("denying downloads: %w", err)
	}
	if pg.context() != window.Context {
		return nil, fmt.Errorf("opening a page: the window %s is not the one that was told", window.Context)
	}
	if err = pg.introduce(ctx); err != nil {
		return nil, fmt.Errorf("letting the page out: %w", err)
	}
	return pg, nil
}

// introduce makes the browser show the page's credentials to the proxy once. It
// remembers them for all that belongs to the user context. The proxy answers
// with no content, so the page stays as it is.
func (pg *Page) introduce(ctx context.Context) error {
	if pg.access == nil {
		return nil
	}
	err := pg.browser.conn.call(ctx, "browsingContext.navigate",
		object{"context": pg.context(), "url": pg.access.Greeting, "wait": "none"}, nil)
	if e, ok := asRefusal(err); !ok || e.Message != "Error: "+noContent {
		return fmt.Errorf("the proxy did not let the page in: %w", err)
	}
	return nil
}

func (pg *Page) context() string {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	return pg.id
}

// SetViewport implements driver.Page.
func (pg *Page) SetViewport(ctx context.Context, v driver.Viewport) error {
	scale := v.Scale
	if scale == 0 {
		scale = 1
	}
	return pg.call(ctx, "browsingContext.setViewport", object{
		"viewport": object{"width": v.Width, "height": v.Height}, "devicePixelRatio": scale,
	}, nil)
}

// Capture implements driver.Page.
func (pg *Page) Capture(ctx context.Context, p driver.Picture) ([]byte, error) {
	params := object{"origin": "viewport"}
	if p.FullPage {
		params["origin"] = "document"
	}
	if c := p.Clip; c != nil {
		params["origin"] = "document"
		params["clip"] = object{"type": "box", "x": c.X, "y": c.Y,
			"width": min(c.Width, driver.MaxSide), "height": min(c.Height, driver.MaxSide)}
	}
	var res struct {
		Data []byte `json:"data"`
	}
	if err := pg.call(ctx, "browsingContext.captureScreenshot", params, &res); err != nil {
		return nil, err
	}
	return res.Data, nil
}

// Interrupt implements driver.Page. This browser stops no script from outside.
func (pg *Page) Interrupt() {}

// Abandon implements driver.Page.
func (pg *Page) Abandon() {
	pg.browser.conn.post("browser.removeUserContext", object{"userContext": pg.user})
}

// Close implements driver.Page.
func (pg *Page) Close(ctx context.Context) error {
	if pg.opener != nil {
		return pg.closeTab(ctx)
	}
	defer pg.browser.unwatch(pg)
	defer pg.stopIdle()
	defer pg.follow("")
	err := pg.browser.conn.call(ctx, "browser.removeUserContext", object{"userContext": pg.user}, nil)
	if refused(err, "no such user context") { // it was abandoned
		return nil
	}
	return err
}

// call runs a command on the page's browsing context.
func (pg *Page) call(ctx context.Context, method string, params object, result any) error {
	params["context"] = pg.context()
	return pg.wait(ctx, pg.browser.conn.start(method, params), result)
}

// wait waits for the answer to a command, but not beyond the end of the page.
func (pg *Page) wait(ctx context.Context, p *pending, result any) error {
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(pg.life, cancel)()
	err := p.wait(bound, result)
	if cause := context.Cause(pg.life); err != nil && cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}
