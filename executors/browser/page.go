package browser

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/egress/proxy"
)

// page is one tab that shares nothing with others, for one case: what the driver
// does, and what its events have told.
type page struct {
	driver.Page

	inst *instance
	out  wayOut
	id   string // of a tab; empty for a case's first page

	// spy hears of what happens before anybody else; nil where nobody records.
	// byHand leaves dialogs to a person.
	spy    func(*page, driver.Event)
	byHand bool

	// gone ends, with a cause, when the page cannot be used any more: it has
	// crashed, it was closed, or the browser is gone.
	gone   context.Context
	vanish context.CancelCauseFunc

	inputs atomic.Int64 // so far, and what else may have set things going

	mu    sync.Mutex
	state state
	woken chan struct{} // closed and replaced whenever state changes
}

// openPage makes a blank page that is ready for a case. What prepares it runs
// before anything can happen in it.
func openPage(ctx context.Context, inst *instance, prepare ...func(*page)) (*page, error) {
	pg := &page{inst: inst, out: openWay(inst.way), woken: make(chan struct{})}
	for _, p := range prepare {
		p(pg)
	}
	pg.gone, pg.vanish = context.WithCancelCause(inst.browser.Life())
	options := driver.PageOptions{Life: pg.gone, On: pg.onEvent}
	if s := pg.out.session; s != nil {
		options.Door = s.Door
		options.Proxy = &driver.Credentials{User: s.User, Password: s.Password, Greeting: "http://" + proxy.Greeting + "/"}
	}
	inst.keep(pg)
	opened, err := inst.browser.Open(ctx, options)
	if err != nil {
		pg.vanish(driver.ErrClosed)
		inst.drop(pg)
		pg.out.close()
		return nil, err
	}
	pg.Page = opened
	return pg, nil
}

// dispose closes everything that the case has opened.
func (pg *page) dispose(ctx context.Context) error {
	defer pg.out.close()
	defer pg.vanish(driver.ErrClosed)
	defer pg.inst.drop(pg)
	return pg.Close(ctx)
}

// touch notes that something was done to the page.
func (pg *page) touch() { pg.inputs.Add(1) }

// Mouse, Keys and InsertText count what they do.
func (pg *page) Mouse(ctx context.Context, events ...driver.MouseEvent) error {
	pg.touch()
	return pg.Page.Mouse(ctx, events...)
}

func (pg *page) Keys(ctx context.Context, events ...driver.KeyEvent) error {
	pg.touch()
	return pg.Page.Keys(ctx, events...)
}

func (pg *page) InsertText(ctx context.Context, text string) error {
	pg.touch()
	return pg.Page.InsertText(ctx, text)
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
