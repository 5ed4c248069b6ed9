package browser

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	maxUnderWay  = 10_000 // requests whose end is waited for
	maxResources = 500    // that are told one by one
	maxFilm      = 400    // frames that are kept
	everyFrame   = 200    // of them that are kept however close they are

	// farApart is how far apart the frames behind those are: a page that moves for
	// ever must not fill the memory.
	farApart = 100 * time.Millisecond
)

// resource is something that a page has loaded.
type resource struct {
	Type   string `json:"type"`
	URL    string `json:"url"`
	Status int    `json:"status,omitempty"`
	Bytes  int64  `json:"bytes"`
	Error  string `json:"error,omitempty"`
}

// tally is how much of one type was loaded.
type tally struct {
	Requests int   `json:"requests"`
	Bytes    int64 `json:"bytes"`
}

// meter takes what a page tells while it is measured. It is safe for concurrent
// use.
type meter struct {
	mu       sync.Mutex
	closed   bool
	open     map[string]*resource // under way, by their ids
	waited   map[string]bool      // those of them that must end before the page has settled
	list     []*resource          // the first ones
	byType   map[string]tally
	total    tally
	lastURL  string    // of the last request
	changed  time.Time // when something was asked for or came
	film     []driver.FrameDrawn
	lastSeen *driver.FrameDrawn // that was too close to the one before
}

func newMeter() *meter {
	return &meter{open: map[string]*resource{}, waited: map[string]bool{}, byType: map[string]tally{}, changed: time.Now()}
}

// on takes an event of the driver, under the rules of driver.PageOptions.
func (m *meter) on(e driver.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	switch e := e.(type) {
	case driver.RequestSent:
		m.sent(e.Request)
	case driver.ResponseCame:
		if r := m.open[e.ID]; r != nil {
			r.Status = e.Status
		}
	case driver.RequestEnded:
		m.ended(e)
	case driver.FrameDrawn:
		m.drawn(e)
	}
}

func (m *meter) sent(r driver.Request) {
	if !strings.HasPrefix(r.URL, "http") || len(m.open) >= maxUnderWay {
		return
	}
	one := &resource{Type: resourceType(r.Type), URL: r.URL}
	m.open[r.ID] = one
	count := m.byType[one.Type]
	count.Requests++
	m.byType[one.Type] = count
	m.total.Requests++
	if len(m.list) < maxResources {
		m.list = append(m.list, one)
	}
	if !lasting(r.Type) {
		m.waited[r.ID] = true
		m.lastURL, m.changed = r.URL, time.Now()
	}
}

func (m *meter) ended(e driver.RequestEnded) {
	r := m.open[e.ID]
	if r == nil {
		return
	}
	delete(m.open, e.ID)
	r.Bytes, r.Error = e.Bytes, e.Err
	count := m.byType[r.Type]
	count.Bytes += e.Bytes
	m.byType[r.Type] = count
	m.total.Bytes += e.Bytes
	if m.waited[e.ID] {
		delete(m.waited, e.ID)
		m.changed = time.Now()
	}
}

func (m *meter) drawn(f driver.FrameDrawn) {
	n := len(m.film)
	if n >= maxFilm || n >= everyFrame && f.At.Sub(m.film[n-1].At) < farApart {
		m.lastSeen = &f // the last frame says how the page looks in the end
		return
	}
	m.film, m.lastSeen = append(m.film, f), nil
}

// idle is how long nothing was under way; 0 while something is.
func (m *meter) idle() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waited) > 0 {
		return 0
	}
	return time.Since(m.changed)
}

// busy lists some of what is under way, and the last thing that was asked for.
func (m *meter) busy() (underWay []string, last string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.waited {
		underWay = append(underWay, m.open[id].URL)
	}
	slices.Sort(underWay)
	return underWay, m.lastURL
}

// loaded is what was loaded so far.
type loaded struct {
	Total     tally            `json:"total"`
	ByType    map[string]tally `json:"byType"`
	Resources []*resource      `json:"resources"`
}

// close ends the measuring, and returns what it has found.
func (m *meter) close() (loaded, []driver.FrameDrawn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.lastSeen != nil {
		m.film = append(m.film, *m.lastSeen)
	}
	return loaded{m.total, m.byType, m.list}, m.film
}

// resourceType is the plan's word for a type of the browser's.
func resourceType(of string) string {
	switch of {
	case "Document", "Stylesheet", "Script", "Image", "Font", "Media":
		return strings.ToLower(of)
	case "XHR", "Fetch", "EventSource":
		return "fetch"
	}
	return "other"
}

// lasting reports whether a type of request may stay open for as long as a page
// does, so that nobody waits for its end.
func lasting(of string) bool {
	return of == "EventSource" || of == "Media" || of == "Ping" || of == "WebSocket"
}
