package webkit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Page is one window of a browser of its own.
type Page struct {
	browser *Browser
	session *session
	life    context.Context //nolint:containedctx // the page's own
	on      func(driver.Page, driver.Event)
	name    string // of the agent in the page

	inspector *inspector

	// Polling begins with the first document and ends with the page.
	polling sync.Once
	stop    context.CancelFunc
	stopped context.Context //nolint:containedctx // ends with the polling
	wg      sync.WaitGroup

	mu       sync.Mutex
	seen     seen
	woken    chan struct{}         // closed and replaced whenever seen changes
	written  driver.ConsoleWritten // last
	traffic  traffic
	preloads string
	chooses  bool // a field that asks for files is waited for
}

var _ driver.Page = (*Page)(nil)

// Open implements driver.Browser.
func (b *Browser) Open(ctx context.Context, o driver.PageOptions) (driver.Page, error) {
	var proxy string
	if o.Door != nil {
		var err error
		if proxy, err = o.Door(true); err != nil { // it can show no credentials
			return nil, err
		}
	}
	s, err := b.newSession(ctx, proxy)
	if err != nil {
		return nil, fmt.Errorf("opening a page: %w", err)
	}
	pg := &Page{browser: b, session: s, life: o.Life, on: o.On, name: secretName(), woken: make(chan struct{})}
	pg.stopped, pg.stop = context.WithCancel(context.Background())
	pg.wg.Go(func() {
		select {
		case <-s.Exited():
			pg.tell(driver.Gone{Err: driver.ErrCrashed})
		case <-pg.stopped.Done():
		}
	})
	if !b.keep(pg) {
		return nil, errors.Join(driver.ErrLost, pg.Close(ctx))
	}
	conn, err := b.attach(ctx, s)
	if err == nil {
		err = pg.listen(ctx, conn)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening a page: %w", err), pg.Close(ctx))
	}
	return pg, nil
}

// listen begins to hear of what goes on in the page, unless that was closed meanwhile,
// as with its browser.
func (pg *Page) listen(ctx context.Context, conn net.Conn) error {
	made, err := inspect(ctx, conn, begins(), pg.onInspector)
	if err != nil {
		return err
	}
	pg.mu.Lock()
	closed := pg.stopped.Err() != nil
	if !closed {
		pg.inspector = made
	}
	pg.mu.Unlock()
	if closed {
		made.close()
		return driver.ErrLost
	}
	return nil
}

func (pg *Page) tell(e driver.Event) { pg.on(pg, e) }

// SetViewport implements driver.Page: the window gets what its frame takes, too.
func (pg *Page) SetViewport(ctx context.Context, v driver.Viewport) error {
	var around struct{ Width, Height, InnerWidth, InnerHeight int }
	for try := 0; ; try++ { // the frame may show only once the window is drawn
		if err := pg.script(ctx, "sync", "return {width: outerWidth, height: outerHeight, innerWidth, innerHeight}", nil, &around); err != nil {
			return err
		}
		if around.InnerWidth == v.Width && around.InnerHeight == v.Height {
			return nil
		}
		if try == 3 {
			return &driver.CannotError{What: fmt.Sprintf("show %d x %d pixels: its window comes to %d x %d",
				v.Width, v.Height, around.InnerWidth, around.InnerHeight)}
		}
		if err := pg.do(ctx, http.MethodPost, "/window/rect", object{"x": 0, "y": 0,
			"width":  v.Width + around.Width - around.InnerWidth,
			"height": v.Height + around.Height - around.InnerHeight,
		}, nil); err != nil {
			return err
		}
		// The size is there with the next frames.
		if err := pg.script(ctx, "async", settled, nil, nil); err != nil {
			return err
		}
	}
}

// settled is over when the page has been drawn as it is now.
const settled = `const done = arguments[arguments.length - 1];
	const late = setTimeout(() => done(null), 1000);
	requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { clearTimeout(late); done(null); }, 100)));`

// Capture implements driver.Page. A picture can be older than the page, so it is
// waited for what was changed last to be drawn.
func (pg *Page) Capture(ctx context.Context, p driver.Picture) ([]byte, error) {
	if p.FullPage || p.Clip != nil {
		return pg.captureBeyond(ctx, p)
	}
	if err := pg.script(ctx, "async", settled, nil, nil); err != nil {
		return nil, err
	}
	return pg.screenshot(ctx)
}

func (pg *Page) screenshot(ctx context.Context) ([]byte, error) {
	var text string
	if err := pg.do(ctx, http.MethodGet, "/screenshot", nil, &text); err != nil {
		return nil, err
	}
	png, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("decoding the picture: %w", err)
	}
	return png, nil
}

// Interrupt implements driver.Page. This browser stops no script from outside.
func (pg *Page) Interrupt() {}

// Abandon implements driver.Page.
func (pg *Page) Abandon() { pg.stop() }

// Close implements driver.Page.
func (pg *Page) Close(context.Context) error {
	pg.browser.drop(pg)
	pg.stop()
	pg.stopIdle()
	err := pg.session.Close()
	pg.mu.Lock()
	listening := pg.inspector
	pg.mu.Unlock()
	if listening != nil {
		listening.close()
	}
	pg.wg.Wait()
	return err
}

// do runs a command, but not beyond the end of the page. A dialog is told of and
// answered, and the command is tried again.
func (pg *Page) do(ctx context.Context, method, path string, body, value any) error {
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(pg.life, cancel)()
	for {
		err := pg.session.do(bound, method, path, body, value)
		if refused(err, "unexpected alert open") {
			if err := pg.answerDialog(bound); err != nil {
				return pg.ended(ctx, err)
			}
			continue
		}
		return pg.ended(ctx, err)
	}
}

func (pg *Page) ended(ctx context.Context, err error) error {
	if cause := context.Cause(pg.life); err != nil && cause != nil && ctx.Err() == nil {
		return cause
	}
	if refused(err, "no such window", "invalid session id") {
		return driver.ErrClosed
	}
	return err
}

// answerDialog tells of the dialog that is open, if there still is one.
func (pg *Page) answerDialog(ctx context.Context) error {
	pg.mu.Lock()
	defer pg.mu.Unlock() // one at a time: two would answer two dialogs, of which one was told
	var text string
	err := pg.session.do(ctx, http.MethodGet, "/alert/text", nil, &text)
	if refused(err, "no such alert") {
		return nil
	}
	if err != nil {
		return err
	}
	var chosen *driver.DialogAnswer
	pg.tell(driver.DialogOpened{Kind: "dialog", Message: text, Answer: func(a driver.DialogAnswer) { chosen = &a }})
	if chosen == nil {
		chosen = &driver.DialogAnswer{}
	}
	verb := "dismiss"
	if chosen.Accept {
		verb = "accept"
		if chosen.Text != "" {
			if err := pg.session.do(ctx, http.MethodPost, "/alert/text", object{"text": chosen.Text}, nil); err != nil && !refused(err, "no such alert", "element not interactable") {
				return err
			}
		}
	}
	err = pg.session.do(ctx, http.MethodPost, "/alert/"+verb, nil, nil)
	if refused(err, "no such alert") {
		return nil
	}
	return err
}
