package load_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/semantest/semantest/internal/spec"
)

// talks serves WebSockets.
func talks(t *testing.T, protocol string, talk func(*websocket.Conn)) string {
	t.Helper()
	up := websocket.Upgrader{}
	if protocol != "" {
		up.Subprotocols = []string{protocol}
	}
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, http.Header{"X-Seen": {r.Header.Get("X-Token")}})
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		talk(conn)
	}).URL
}

func echo(conn *websocket.Conn) {
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, data) != nil {
			return
		}
	}
}

func TestWebSocketLoad(t *testing.T) {
	t.Parallel()
	url := talks(t, "chat", func(conn *websocket.Conn) {
		_ = conn.WriteControl(websocket.PingMessage, []byte("a"), time.Now().Add(time.Minute))
		_ = conn.WriteJSON(map[string]any{"type": "welcome", "ticket": "t1"})
		echo(conn)
	})
	r := execute(t, dev(t), taskOf(t, url, `
  - id: l
    kind: load
    steps:
      - name: Chat
        websocket:
          url: /live
          protocols: [chat]
          messages:
            - expect: {check: [{jsonpath: $.type, equals: welcome}], capture: {ticket: {jsonpath: $.ticket}}}
            - send: {json: {ticket: "${{ ticket }}", vu: "${{ vu.id }}"}}
            - expect: {check: [{jsonpath: $.ticket, equals: t1}, {body: {contains: '"vu"'}}]}
            - send: {binary: AAEC}
            - send: last
            - expectAll: [{check: [{body: last}]}, {binary: true}]
            - expectNone: 1ms
            - close: 1001
            - expectClose: 1001
    scenarios: {one: {executor: per-vu-iterations, vus: 3, iterations: 4}}
    thresholds:
      iterations: ["count==12"]
      ws_sessions: ["count==12"]
      ws_session_failed: ["rate==0"]
      ws_msgs_sent: ["count==36"]
      ws_msgs_received: ["count==48"]
      ws_connecting: ["count==12", "max<20000"]
      ws_session_duration: ["count==12"]
      ws_delivery: ["count==48", "p(95)<20000"]
      "ws_sessions{name:Chat,scenario:one}": ["count==12"]
      checks: ["rate==1"]
      http_reqs: ["count==0"]
`))
	if r.outcome != spec.OutcomePassed {
		t.Errorf("%s: %s\n%s", r.outcome, r.text(), notesOf(summaryOf(t, r)))
	}
}

// TestWebSocketFailures meets targets that do not do what is expected.
func TestWebSocketFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		talk     func(*websocket.Conn)
		messages string
		want     string // a note
	}{
		{"another message", func(c *websocket.Conn) { _ = c.WriteMessage(1, []byte("no")); echo(c) }, `[{expect: {check: [{body: yes}]}}]`, "body should equal \"yes\""},
		{"no message", echo, `[{expect: {within: 20ms, check: [{body: yes}]}}]`, "no message that fits arrived within 20ms"},
		{"only others", func(c *websocket.Conn) { _ = c.WriteMessage(1, []byte("no")); echo(c) }, `[{expect: {skip: true, within: 100ms, check: [{body: yes}]}}]`, "no message that fits"},
		{"one where there should be none", func(c *websocket.Conn) { _ = c.WriteMessage(1, []byte("no")); echo(c) }, `[{expectNone: 30s}]`, "no message should arrive within 30s, but one did"},
		{"closed", func(c *websocket.Conn) {
			_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "no"))
			echo(c)
		}, `[{expect: {}}]`, "the target closed the connection with code 4001"},
		{"closed by another code", func(c *websocket.Conn) {
			_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "no"))
			echo(c)
		}, `[{expectClose: 1000}]`, "the target closed the connection with code 4001"},
		{"not closed", echo, `[{expectClose: {within: 10ms}}]`, "did not close the connection in time"},
		{"too large", func(c *websocket.Conn) { _ = c.WriteMessage(1, make([]byte, 1<<20+1)); echo(c) }, `[{expect: {}}]`, "a message is larger than the limit of 1 MiB"},
		{"broken off", func(c *websocket.Conn) { _ = c.NetConn().Close() }, `[{expect: {}}]`, "the connection"},
		{"no WebSocket any more", func(c *websocket.Conn) {
			_, _ = c.NetConn().Write([]byte(strings.Repeat("\xff", 20)))
			echo(c)
		}, `[{expect: {}}]`, "not valid WebSocket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, dev(t), taskOf(t, talks(t, "", tt.talk), `
  - id: l
    kind: load
    steps: [{websocket: {url: /live, messages: `+tt.messages+`}}]
    scenarios: {one: {executor: shared-iterations, vus: 1, iterations: 2}}
    thresholds: {ws_session_failed: ["rate==1"], ws_sessions: ["count==2"], iterations: ["count==2"], checks: ["rate<1"], ws_connecting: ["count==2"]}
`))
			sum := summaryOf(t, r)
			if notes := notesOf(sum); r.outcome != spec.OutcomePassed || !strings.Contains(notes, tt.want) {
				t.Errorf("%s: %s\n%s; want %q\n%+v", r.outcome, r.text(), notes, tt.want, sum.Checks)
			}
		})
	}
}

// TestNoWebSocket meets targets that open none.
func TestNoWebSocket(t *testing.T) {
	t.Parallel()
	raw := func(answer string) string {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		t.Cleanup(func() { _ = l.Close(); all.Wait() })
		all.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				all.Go(func() {
					defer func() { _ = c.Close() }()
					if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						_, _ = c.Write([]byte(answer))
						for strings.HasSuffix(answer, "a: ") { // endless headers
							if _, err := c.Write([]byte(strings.Repeat("b: c\r\n", 100))); err != nil {
								return
							}
						}
					}
				})
			}
		})
		return "http://" + l.Addr().String()
	}
	for name, tt := range map[string]struct{ answer, want string }{
		"refused":         {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "no WebSocket was opened: the answer was 403"},
		"wrong upgrade":   {"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n", "no WebSocket was opened"},
		"endless headers": {"HTTP/1.1 101 Switching\r\na: ", "headers of the answer are larger"},
		"closed":          {"", "the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, dev(t), taskOf(t, raw(tt.answer), `
  - id: l
    kind: load
    steps: [{websocket: /live}]
    scenarios: {one: {executor: shared-iterations, vus: 1, iterations: 2}}
    thresholds: {ws_session_failed: ["rate==1"], "checks{check:connection opens}": ["rate==0"], ws_connecting: [{threshold: "count==0", allowEmpty: true}]}
`))
			if notes := notesOf(summaryOf(t, r)); r.outcome != spec.OutcomePassed || !strings.Contains(notes, tt.want) {
				t.Errorf("%s: %s\n%s; want %q", r.outcome, r.text(), notes, tt.want)
			}
		})
	}
}

// TestHeldConnections holds some hundreds of connections at once, to which the
// target sends the time.
func TestHeldConnections(t *testing.T) {
	t.Parallel()
	const users = 400
	var mu sync.Mutex
	all := map[*websocket.Conn]bool{}
	var most, told atomic.Int64
	together := make(chan struct{})
	url := talks(t, "", func(conn *websocket.Conn) {
		mu.Lock()
		all[conn] = true
		n := len(all)
		mu.Unlock()
		most.Store(max(most.Load(), int64(n)))
		if n == users {
			close(together)
		}
		go func() {
			<-together
			if conn.WriteJSON(map[string]any{"at": time.Now().Add(-2 * time.Second).UnixMilli()}) == nil {
				told.Add(1)
			}
		}()
		_, _, _ = conn.ReadMessage()
		mu.Lock()
		defer mu.Unlock()
		delete(all, conn)
	})
	task := taskOf(t, url, fmt.Sprintf(`
  - id: l
    kind: load
    steps: [{websocket: {url: /, messages: [{expect: {within: 1m, sentAt: $.at}}, {listen: {for: 1h}}]}}]
    scenarios: {one: {executor: constant-vus, vus: %d, duration: 6s}}
    thresholds: {ws_sessions: ["count==%d"], ws_session_failed: ["rate==0"], ws_msgs_received: ["count==%d"], ws_delivery: ["min>=1900", "count==%d"]}
`, users, users, users, users))
	r := execute(t, dev(t), task)
	sum := summaryOf(t, r)
	if r.outcome != spec.OutcomePassed || sum.VusMax != users {
		t.Errorf("%s: %s\n%s", r.outcome, r.text(), notesOf(sum))
	}
}

// TestSubscriptionLoad listens to a GraphQL subscription.
func TestSubscriptionLoad(t *testing.T) {
	t.Parallel()
	url := talks(t, "graphql-transport-ws", func(conn *websocket.Conn) {
		type frame struct {
			ID      string `json:"id,omitempty"`
			Type    string `json:"type"`
			Payload any    `json:"payload,omitempty"`
		}
		var f frame
		if conn.ReadJSON(&f) != nil || f.Type != "connection_init" || fmt.Sprint(f.Payload) != "map[token:abc]" {
			t.Errorf("it began with %+v", f)
		}
		_ = conn.WriteJSON(frame{Type: "ping"})
		_ = conn.WriteJSON(frame{Type: "connection_ack"})
		for conn.ReadJSON(&f) == nil {
			if f.Type != "subscribe" {
				continue
			}
			payload, _ := json.Marshal(f.Payload)
			if string(payload) != `{"query":"subscription($n: Int!) { ticks(n: $n) }","variables":{"n":2}}` {
				t.Errorf("subscribed to %s", payload)
			}
			for i := range 2 {
				_ = conn.WriteJSON(frame{ID: f.ID, Type: "next", Payload: map[string]any{"data": map[string]int{"ticks": i}}})
			}
			_ = conn.WriteJSON(frame{ID: f.ID, Type: "complete"})
		}
	})
	r := execute(t, dev(t), taskOf(t, url, `
  - id: l
    kind: load
    steps:
      - graphql:
          query: "subscription($n: Int!) { ticks(n: $n) }"
          variables: {n: 2}
          init: {token: abc}
          events: [{expect: {check: [{jsonpath: $.data.ticks, equals: 0}]}}, {expect: {check: [{jsonpath: $.data.ticks, equals: 1}]}}]
    scenarios: {one: {executor: shared-iterations, vus: 2, iterations: 6}}
    thresholds: {ws_msgs_received: ["count==12"], ws_session_failed: ["rate==0"], checks: ["rate==1"], ws_delivery: ["count==12"]}
`))
	if r.outcome != spec.OutcomePassed {
		t.Errorf("%s: %s\n%s", r.outcome, r.text(), notesOf(summaryOf(t, r)))
	}
}
