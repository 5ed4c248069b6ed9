package webkit

import (
	"context"
	"errors"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	// pollEvery is how often the page is asked what it shows.
	pollEvery = 50 * time.Millisecond

	// leavingFor is how long a page that has said that it leaves is waited for: a
	// download leaves nothing.
	leavingFor = 5 * time.Second
)

// seen is what the page showed when it was asked last. It is guarded by Page.mu.
type seen struct {
	Mark    string  `json:"mark"` // of the document
	URL     string  `json:"url"`
	State   string  `json:"state"`   // document.readyState
	Loaded  bool    `json:"loaded"`  // the load event is over
	Text    string  `json:"text"`    // of a page that the browser itself may have made
	Leaving float64 `json:"leaving"` // milliseconds since the page said that it leaves; 0 for none
	Chooser *bool   `json:"chooser"` // whether the field that would have asked for files takes several; nil for none
}

// look tells what the page shows. The mark is one of the document itself, which
// begins with a time that no two documents have in common.
const look = `const [name] = arguments, page = window[name], nav = performance.getEntriesByType('navigation')[0];
	return {
		mark: performance.timeOrigin + ' ' + (nav?.type ?? ''), url: location.href, state: document.readyState,
		loaded: document.readyState === 'complete' && (!nav || nav.loadEventEnd > 0),
		text: location.href === 'about:blank' ? (document.body?.innerText ?? '').slice(0, 300) : '',
		leaving: page?.leaving ? performance.now() - page.leaving + 1 : 0,
		chooser: page?.chooser ? page.chooser.multiple : null,
	};`

// watch begins to ask the page what it shows.
func (pg *Page) watch() {
	pg.polling.Do(func() {
		pg.wg.Go(func() {
			tick := time.NewTicker(pollEvery)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
				case <-pg.stopped.Done():
					return
				case <-pg.life.Done():
					return
				}
				// An error says that the page is busy, or between two documents.
				_ = pg.poll(pg.stopped)
			}
		})
	})
}

// poll asks once, and tells what has changed.
func (pg *Page) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var now seen
	if err := pg.script(ctx, "sync", look, []any{pg.name}, &now); err != nil {
		if errors.Is(err, driver.ErrClosed) {
			pg.tell(driver.Gone{Err: driver.ErrClosed})
		}
		return err
	}
	pg.mu.Lock()
	before := pg.seen
	pg.seen = now
	close(pg.woken)
	pg.woken = make(chan struct{})
	pg.mu.Unlock()

	if now.Mark != before.Mark {
		pg.tell(driver.Shown{URL: now.URL})
		pg.tell(driver.Navigated{URL: now.URL, Load: now.Mark})
		before = seen{Mark: now.Mark, URL: now.URL}
	}
	if now.URL != before.URL {
		pg.tell(driver.Shown{URL: now.URL})
		pg.tell(driver.MovedWithin{URL: now.URL})
	}
	if now.State != "loading" && (before.State == "loading" || before.State == "") {
		pg.tell(driver.Reached{Load: now.Mark, State: "DOMContentLoaded"})
	}
	if now.Loaded && !before.Loaded {
		pg.tell(driver.Reached{Load: now.Mark, State: "load"})
		pg.loaded(now.Mark)
	}
	if now.Chooser != nil {
		pg.onChooser(*now.Chooser)
	}
	if leaves, left := now.leaves(), before.leaves(); leaves != left {
		pg.tell(driver.Leaving{On: leaves})
	}
	return nil
}

func (s seen) leaves() bool {
	return s.Leaving > 0 && s.Leaving < float64(leavingFor.Milliseconds())
}

// showing is what the page showed last.
func (pg *Page) showing() seen {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	return pg.seen
}

// awaitSeen waits until the page shows what is asked for.
func (pg *Page) awaitSeen(ctx context.Context, holds func(seen) bool) (seen, error) {
	for {
		pg.mu.Lock()
		now, woken := pg.seen, pg.woken
		pg.mu.Unlock()
		if holds(now) {
			return now, nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return now, ctx.Err()
		case <-pg.life.Done():
			return now, context.Cause(pg.life)
		}
	}
}
