package firefox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// quiet is how long nothing may be under way until the network counts as idle.
const quiet = 500 * time.Millisecond

// maxRequests bounds the requests whose end is waited for.
const maxRequests = 10_000

// idle watches for a network that is. It is guarded by Page.mu.
type idle struct {
	load    string // the document that it is about
	loaded  bool
	open    map[string]bool // requests under way
	timer   *time.Timer
	stopped bool
}

func (pg *Page) resetIdle(load string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.idle.load, pg.idle.loaded = load, false
}

func (pg *Page) onLoaded(load string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	if pg.idle.load == load {
		pg.idle.loaded = true
		pg.watchIdle()
	}
}

func (pg *Page) stopIdle() {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.idle.stopped = true
	if pg.idle.timer != nil {
		pg.idle.timer.Stop()
	}
}

// watchIdle begins to wait anew. The caller holds pg.mu.
func (pg *Page) watchIdle() {
	i := &pg.idle
	if i.timer != nil {
		i.timer.Stop()
		i.timer = nil
	}
	if i.stopped || !i.loaded || len(i.open) > 0 {
		return
	}
	load := i.load
	i.timer = time.AfterFunc(quiet, func() {
		pg.mu.Lock()
		holds := !i.stopped && i.load == load && i.loaded && len(i.open) == 0
		pg.mu.Unlock()
		if holds {
			pg.tell(driver.Reached{Load: load, State: "networkIdle"})
		}
	})
}

// onNetwork follows the requests of the page's windows and frames.
func (pg *Page) onNetwork(method string, params json.RawMessage, where string, main bool) {
	ev, ok := decode[networkEvent](params)
	if !ok || pg.root().answerVisit(where, method, ev) {
		return
	}
	pg.onTraffic(method, ev)
	if method == "network.responseStarted" {
		return
	}
	pg.mu.Lock()
	if pg.idle.open == nil {
		pg.idle.open = map[string]bool{}
	}
	if method == "network.beforeRequestSent" && len(pg.idle.open) < maxRequests {
		pg.idle.open[ev.Request.ID] = true
	} else {
		delete(pg.idle.open, ev.Request.ID)
	}
	pg.watchIdle()
	pg.mu.Unlock()

	if main && ev.Navigation != "" && (ev.Response.Status == http.StatusNoContent || ev.Response.Status == http.StatusResetContent) {
		pg.stay(ev.Navigation)
	}
	pg.noteFailure(method, ev.Request.URL, ev.Response.Status, ev.ErrorText)
}

// noteFailure tells of a file that is not there, as the console of other
// browsers does by itself. The browser asks for an icon on its own; that there
// is none is no mistake of the page.
func (pg *Page) noteFailure(method, url string, status int, text string) {
	if !strings.HasPrefix(url, "http") || strings.HasSuffix(url, "/favicon.ico") || pg.access != nil && url == pg.access.Greeting {
		return
	}
	var why string
	switch {
	case method == "network.responseCompleted" && status >= http.StatusBadRequest && status != http.StatusProxyAuthRequired:
		why = fmt.Sprintf("the server responded with a status of %d (%s)", status, http.StatusText(status))
	case method == "network.fetchError" && text != noContent && text != "NS_ERROR_ABORT":
		why = text
	default:
		return
	}
	pg.tell(driver.ConsoleWritten{At: time.Now(), Level: "error", Text: "Failed to load resource: " + why, Where: url})
}
