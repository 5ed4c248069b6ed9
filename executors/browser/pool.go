package browser

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress/proxy"
)

var errClosed = errors.New("the browser executor is closed")

// disposeLimit is how long a browser may take to throw a context away before
// it is no longer trusted.
const disposeLimit = 5 * time.Second

// pool holds the browser that serves cases now, and those that are ending.
type pool struct {
	engine driver.Engine
	path   string // of the browser; empty for the one that is installed
	opts   Options
	room   room

	ctx  context.Context // ends with the pool
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu       sync.Mutex
	current  *instance
	starting *start
	way      *proxy.Proxy           // out, of all browsers; nil without a policy, or before the first
	live     map[*instance]struct{} // with those that are ending
	cleaned  bool
	closed   bool
	errs     []error // of ending browsers
}

// start is a browser that is being started; several cases may wait for it.
type start struct {
	done chan struct{}
	inst *instance
	err  error
}

// instance is one browser process. What follows end is guarded by pool.mu.
type instance struct {
	engine  string // its name
	browser driver.Browser
	way     *proxy.Proxy  // out; nil where nothing is held back
	end     chan struct{} // closed when nobody needs it any more
	bare    int64         // bytes of memory that it had before it had pages; 0 where that is not known

	users   int
	served  int
	retired bool
	spare   *page
	warming bool

	mu    sync.Mutex
	pages map[*page]struct{} // guarded by mu
}

func newPool(engine driver.Engine, path string, opts Options) *pool {
	ctx, stop := context.WithCancel(context.Background())
	return &pool{engine: engine, path: path, opts: opts, room: room{meter: opts.Memory}, ctx: ctx, stop: stop, live: map[*instance]struct{}{}}
}

// acquire returns a page in a fresh context. The caller releases it.
func (p *pool) acquire(ctx context.Context) (*page, error) {
	for attempt := 0; ; attempt++ {
		inst, spare, err := p.enter(ctx)
		if err != nil {
			return nil, err
		}
		pg := spare
		if pg == nil {
			if pg, err = openPage(ctx, inst); err != nil {
				p.leave(inst)
			}
		}
		if err == nil {
			p.prewarm(inst, pg)
			return pg, nil
		}
		// A browser that died unnoticed between two cases is no reason to
		// fail: the next one is tried once.
		if attempt > 0 || ctx.Err() != nil || !errors.Is(err, driver.ErrLost) {
			return nil, err
		}
		p.retire(inst)
	}
}

// acquireWatched returns a page in a fresh context whose events watch hears from
// the first on. The caller releases it.
func (p *pool) acquireWatched(ctx context.Context, watch func(*page)) (*page, error) {
	for attempt := 0; ; attempt++ {
		inst, spare, err := p.enter(ctx)
		if err != nil {
			return nil, err
		}
		p.giveBack(inst, spare)
		pg, err := openPage(ctx, inst, watch)
		if err == nil {
			return pg, nil
		}
		p.leave(inst)
		if attempt > 0 || ctx.Err() != nil || !errors.Is(err, driver.ErrLost) {
			return nil, err
		}
		p.retire(inst)
	}
}

// giveBack keeps a spare page for the next case. One that came too many goes with
// the browser.
func (p *pool) giveBack(inst *instance, spare *page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if inst.spare == nil {
		inst.spare = spare
	}
}

// release throws the page's context away in the background.
func (p *pool) release(pg *page) {
	p.wg.Go(func() {
		defer p.leave(pg.inst)
		p.room.weigh(pg.inst.browser.PID(), pg.inst.bare, pg.inst.open(), time.Now())
		ctx, cancel := context.WithTimeout(p.ctx, disposeLimit)
		defer cancel()
		if err := pg.dispose(ctx); err != nil && p.ctx.Err() == nil {
			p.retire(pg.inst)
		}
	})
}

// enter counts the caller in and hands it the spare page, if there is one.
func (p *pool) enter(ctx context.Context) (*instance, *page, error) {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, nil, errClosed
		}
		if inst := p.current; inst != nil && inst.browser.Life().Err() != nil {
			p.retireLocked(inst) // watch is about to find out
		}
		if inst := p.current; inst != nil {
			spare := inst.spare
			inst.spare = nil
			inst.users++
			inst.served++
			if inst.served >= p.opts.CasesPerBrowser {
				p.retireLocked(inst)
			}
			p.mu.Unlock()
			return inst, spare, nil
		}
		s := p.startLocked()
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-s.done:
			if s.err != nil {
				return nil, nil, s.err
			}
		}
	}
}

// startLocked lets a browser start, unless one does, and returns that start.
func (p *pool) startLocked() *start {
	if p.starting == nil {
		s := &start{done: make(chan struct{})}
		p.starting = s
		p.wg.Go(func() { p.start(s) })
	}
	return p.starting
}

// start is bound to the pool and not to a case: others may wait for it too.
func (p *pool) start(s *start) {
	defer close(s.done)
	path, err := p.engine.Find(p.path)
	if err == nil {
		p.mu.Lock()
		first := !p.cleaned
		p.cleaned = true
		p.mu.Unlock()
		if first {
			p.engine.RemoveLeftovers()
		}
		s.inst, err = p.launch(path)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starting = nil
	if err != nil {
		s.err = err
		if p.closed {
			s.err = errClosed
		}
		return
	}
	p.live[s.inst] = struct{}{}
	if !p.closed {
		p.current = s.inst
	}
	p.wg.Go(func() { p.watch(s.inst) })
}

// launch starts a browser.
func (p *pool) launch(path string) (*instance, error) {
	way, err := p.wayOut()
	if err != nil {
		return nil, err
	}
	options := driver.Options{Path: path, Log: p.opts.Log}
	if way != nil {
		options.Proxy, options.Deny = way.URL(), p.opts.Egress.Deny
	}
	b, err := p.engine.Start(p.ctx, options)
	if err != nil {
		return nil, err
	}
	return &instance{engine: p.engine.Name(), browser: b, way: way, bare: p.room.bare(b.PID()), end: make(chan struct{}), pages: map[*page]struct{}{}}, nil
}

// watch waits for the end of a browser and cleans up behind it.
func (p *pool) watch(inst *instance) {
	select {
	case <-inst.browser.Life().Done():
		if p.ctx.Err() == nil {
			p.opts.Log.Warn("the browser ended unexpectedly", "reason", inst.browser.Reason())
		}
		p.retire(inst)
		p.replace(inst)
	case <-inst.end:
	case <-p.ctx.Done():
	}
	err := inst.browser.Close()
	inst.shut()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.live, inst)
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

// replace starts another browser for one that has ended by itself, so that the
// next case need not wait for it. One that has served nobody may end at once again.
func (p *pool) replace(inst *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if inst.served > 0 && p.current == nil && !p.closed {
		p.startLocked()
	}
}

// instances lists the browsers that run now.
func (p *pool) instances() []*instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.live))
}

// loading is how long at most the next case's page waits for the first document
// of this one.
const loading = 300 * time.Millisecond

// prewarm opens the next case's page while this one works, once its first document
// has come: both at the same time would make the case slower where cores are few,
// and it leaves them idle later on.
func (p *pool) prewarm(inst *instance, busy *page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || inst.retired || inst.warming || inst.spare != nil {
		return
	}
	inst.warming = true
	inst.users++
	p.wg.Go(func() {
		defer p.leave(inst)
		quiet, cancel := context.WithTimeout(p.ctx, loading)
		_ = busy.await(quiet, (*state).loaded) // or it takes too long, or is over
		cancel()
		ctx, cancel := context.WithTimeout(p.ctx, disposeLimit)
		defer cancel()
		pg, err := openPage(ctx, inst)
		p.mu.Lock()
		defer p.mu.Unlock()
		inst.warming = false
		if err == nil {
			// It goes with the browser should nobody come for it.
			inst.spare = pg
		}
	})
}

func (p *pool) leave(inst *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	inst.users--
	p.endIfIdle(inst)
}

// retire lets a browser finish its cases and take no more.
func (p *pool) retire(inst *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retireLocked(inst)
	p.endIfIdle(inst)
}

func (p *pool) retireLocked(inst *instance) {
	inst.retired = true
	if p.current == inst {
		p.current = nil
	}
}

func (p *pool) endIfIdle(inst *instance) {
	if inst.retired && inst.users == 0 {
		select {
		case <-inst.end:
		default:
			close(inst.end)
		}
	}
}

func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	p.current = nil
	p.mu.Unlock()
	p.stop()
	p.wg.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way != nil {
		p.errs = append(p.errs, p.way.Close())
		p.way = nil
	}
	if err := errors.Join(p.errs...); err != nil {
		return apperr.Wrap(err, apperr.Internal, "the browser did not end cleanly")
	}
	return nil
}

// keep and drop count the pages that have a way out.
func (i *instance) keep(pg *page) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.pages[pg] = struct{}{}
}

func (i *instance) drop(pg *page) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.pages, pg)
}
