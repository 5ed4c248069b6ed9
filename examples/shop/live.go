package shop

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxWatches   = 16      // of one connection
	maxMessage   = 4 << 10 // bytes
	watchBacklog = 64      // messages; a slower reader is cut off
	pingEvery    = 30 * time.Second
	pongWithin   = 75 * time.Second
	writeWithin  = 10 * time.Second
)

// orderEvent tells watchers about an order.
type orderEvent struct {
	Type     string     `json:"type"`
	ID       string     `json:"id"`
	Number   string     `json:"number"`
	State    orderState `json:"state"`
	Total    money      `json:"total"`
	Currency string     `json:"currency"`

	owner uint64
}

// watchRequest is what a watcher sends: its session's orders (or everybody's
// when it has no session), or one order by its id.
type watchRequest struct {
	Watch string `json:"watch"`
	ID    string `json:"id"`
}

type notice struct {
	Type    string `json:"type"`
	Watch   string `json:"watch,omitempty"`
	Message string `json:"message,omitempty"`
}

// hub knows the live connections.
type hub struct {
	max      int
	mu       sync.Mutex
	watchers map[*watcher]struct{}
	closed   bool
	running  sync.WaitGroup
}

// watcher is one connection. The hub's lock guards what it watches.
type watcher struct {
	conn   *websocket.Conn
	cancel func() // of one without a connection of its own: server-sent events
	out    chan any
	gone   chan struct{}
	owner  uint64 // 0 without a session
	all    bool
	orders map[string]bool
}

var upgrader = websocket.Upgrader{HandshakeTimeout: 10 * time.Second}

func newHub(limit int) *hub { return &hub{max: limit, watchers: map[*watcher]struct{}{}} }

func (s *Shop) watch(w http.ResponseWriter, r *http.Request) {
	c := &watcher{out: make(chan any, watchBacklog), gone: make(chan struct{}), orders: map[string]bool{}}
	sess := visitOf(r).session
	if sess != nil {
		c.owner = sess.owner
	}
	if !s.live.admit(c) {
		s.fail(w, r, &problem{Status: http.StatusServiceUnavailable, Detail: "Too many people are watching. Try again later."})
		return
	}
	defer s.live.dismiss(c)
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		s.fail(w, r, &problem{Status: http.StatusUpgradeRequired, Detail: "Connect with a WebSocket."})
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer func() { _ = conn.Close() }() // the watcher is gone either way
	if !s.live.connect(c, conn) {
		return
	}
	var writing sync.WaitGroup
	writing.Go(c.write)
	s.readWatches(c, sess)
	close(c.gone)
	writing.Wait()
}

// readWatches ends when the connection does.
func (s *Shop) readWatches(c *watcher, sess *session) {
	c.conn.SetReadLimit(maxMessage)
	stay := func() error { return c.conn.SetReadDeadline(time.Now().Add(pongWithin)) }
	c.conn.SetPongHandler(func(string) error { return stay() })
	for stay() == nil {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var req watchRequest
		if json.Unmarshal(text, &req) != nil {
			c.send(notice{Type: "error", Message: `Send JSON such as {"watch":"orders"}.`})
			continue
		}
		s.beginWatch(c, sess, req)
	}
}

// beginWatch sends the state so far and then every change. It holds the
// store's lock, so that nothing is missed or told twice between the two.
func (s *Shop) beginWatch(c *watcher, sess *session, req watchRequest) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	switch req.Watch {
	case "orders":
		if s.live.watchAll(c) {
			c.send(notice{Type: "watching", Watch: req.Watch})
			s.sendOrders(c, sess)
		}
	case "order":
		o, err := s.store.lookUp(req.ID)
		switch {
		case err != nil:
			c.send(notice{Type: "error", Watch: req.Watch, Message: err.Error()})
		case !s.live.watchOne(c, req.ID):
			c.send(notice{Type: "error", Watch: req.Watch, Message: "One connection can watch at most 16 orders."})
		default:
			c.send(o.event("order.snapshot"))
		}
	default:
		c.send(notice{Type: "error", Message: `Watch "orders", or "order" with an id.`})
	}
}

func (s *Shop) sendOrders(c *watcher, sess *session) {
	if sess == nil {
		return
	}
	for _, id := range sess.orders {
		if o, ok := s.store.orders.Peek(id); ok {
			c.send(o.event("order.snapshot"))
		}
	}
}

func (h *hub) publish(e orderEvent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.watchers {
		if c.orders[e.ID] || (c.all && (c.owner == 0 || c.owner == e.owner)) {
			c.send(e)
		}
	}
}

func (h *hub) admit(c *watcher) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.watchers) >= h.max {
		return false
	}
	h.watchers[c] = struct{}{}
	h.running.Add(1)
	return true
}

// connect gives the watcher its connection, unless the hub closed meanwhile.
func (h *hub) connect(c *watcher, conn *websocket.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.conn = conn
	return !h.closed
}

func (h *hub) dismiss(c *watcher) {
	h.mu.Lock()
	delete(h.watchers, c)
	h.mu.Unlock()
	h.running.Done()
}

// watchAll reports whether that is new.
func (h *hub) watchAll(c *watcher) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := c.all
	c.all = true
	return !before
}

// watchOne reports whether there was room.
func (h *hub) watchOne(c *watcher, id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !c.orders[id] && len(c.orders) == maxWatches {
		return false
	}
	c.orders[id] = true
	return true
}

func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	for c := range h.watchers {
		c.end()
	}
	h.mu.Unlock()
	h.running.Wait()
}

// send never blocks: a watcher that does not read is cut off, because a gap in
// its events would be a lie.
func (c *watcher) send(v any) {
	select {
	case c.out <- v:
	default:
		c.end()
	}
}

// end cuts the watcher off.
func (c *watcher) end() {
	if c.conn != nil {
		_ = c.conn.Close() // the watcher is gone either way
	}
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *watcher) write() {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	defer func() { _ = c.conn.Close() }() // ends the reader when writing fails
	for {
		var err error
		select {
		case <-c.gone:
			return
		case v := <-c.out:
			if err = c.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err == nil {
				err = c.conn.WriteJSON(v)
			}
		case <-ping.C:
			err = c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin))
		}
		if err != nil {
			return
		}
	}
}
