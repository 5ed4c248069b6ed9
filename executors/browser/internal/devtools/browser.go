package devtools

import (
	"context"
	"errors"

	"github.com/chromedp/cdproto"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/chromedp"
)

// Browser is the conversation with the browser itself, which chromedp leads.
// It is safe for concurrent use.
type Browser struct {
	conn     *Conn
	chromedp *chromedp.Browser
	released chan struct{} // closed when chromedp has let the transport go
}

func newBrowser(c *Conn) *Browser {
	b := &Browser{conn: c, released: make(chan struct{})}
	// What chromedp would log, the callers get as errors.
	quiet := func(string, ...any) {}
	cb, err := chromedp.NewBrowserTransport(c.life, transport{b},
		chromedp.WithBrowserLogf(quiet), chromedp.WithBrowserErrorf(quiet))
	if err != nil {
		c.fail(err)
		return b
	}
	b.chromedp = cb
	return b
}

// wait waits for chromedp's goroutines after the connection has ended.
func (b *Browser) wait() {
	if b.chromedp != nil {
		<-b.chromedp.LostConnection
		<-b.released
	}
}

// Call runs a command, as Session.Call does.
func (b *Browser) Call(ctx context.Context, method string, params, result any) error {
	if err := b.conn.lost(); err != nil {
		return err
	}
	// chromedp forgets a call whose connection was lost only when its context ends.
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	err := b.chromedp.Call(bound, method, params, result)
	// chromedp tells a loss as a cancel, which could be mistaken for the user's.
	if lost := b.conn.lost(); lost != nil && errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return lost
	}
	return err
}

// Start sends a command without waiting. Unlike those of a session, commands
// that were started together may be carried out in any order.
func (b *Browser) Start(method string, params any) *Pending {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pending{method: method, answer: make(chan answer, 1), forget: cancel}
	p.err = b.conn.spawn(func() {
		defer cancel()
		var a answer
		a.err = b.Call(ctx, method, params, &a.result)
		p.answer <- a
	})
	return p
}

func (b *Browser) post(method string, params any) {
	// An error means that the browser refuses or is gone; nobody waits for it.
	_ = b.conn.spawn(func() { _ = b.Call(b.conn.life, method, params, new(jsonv2.Value)) })
}

// transport is what chromedp sees of a connection: its own commands and their
// answers, and nothing of the pages.
type transport struct{ browser *Browser }

var _ chromedp.Transport = transport{}

// Read implements chromedp.Transport.
func (t transport) Read(_ context.Context, msg *cdproto.Message) error {
	m, err := t.browser.conn.next()
	if err != nil {
		t.browser.conn.fail(err)
		return err
	}
	*msg = *m
	return nil
}

// Write implements chromedp.Transport. It never blocks.
func (t transport) Write(_ context.Context, msg *cdproto.Message) error {
	c := t.browser.conn
	c.mu.Lock()
	err := c.err
	if err == nil {
		err = c.enqueue(msg)
	}
	c.mu.Unlock()
	if err != nil {
		// chromedp would let its caller wait for an answer that cannot come.
		c.fail(err)
	}
	return err
}

// Close implements chromedp.Transport.
func (t transport) Close() error {
	t.browser.conn.fail(errors.New("it was closed"))
	close(t.browser.released)
	return nil
}
