package browser

import (
	"sync"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// maxQueued bounds what a recording has not looked at yet. A person is slower by
// far; a page that makes its browser tell more loses it.
const maxQueued = 2000

// queue takes the events of pages without letting the browser wait.
type queue struct {
	woken chan struct{}

	mu   sync.Mutex
	list []happening
	lost bool
}

// happening is an event and the page in which it happened.
type happening struct {
	page  *page
	event driver.Event
}

func newQueue() *queue { return &queue{woken: make(chan struct{}, 1)} }

// put is a page's spy: it runs on the goroutine that reads from the browser.
func (q *queue) put(pg *page, e driver.Event) {
	switch e.(type) {
	case driver.Told, driver.Pointed, driver.DialogOpened, driver.DialogClosed, driver.PopupOpened, driver.PopupClosed,
		driver.Navigated, driver.MovedWithin, driver.Leaving:
	default:
		return
	}
	q.mu.Lock()
	if q.lost = q.lost || len(q.list) >= maxQueued; len(q.list) < maxQueued {
		q.list = append(q.list, happening{pg, e})
	}
	q.mu.Unlock()
	select {
	case q.woken <- struct{}{}:
	default:
	}
}

// take returns what has happened, and whether more has than there was room for.
func (q *queue) take() ([]happening, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, lost := q.list, q.lost
	q.list, q.lost = nil, false
	return list, lost
}
