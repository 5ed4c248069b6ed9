package transport_test

import (
	"bytes"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/semantest/semantest/graph/transport"
)

const hello = `{"type":"connection_init"}`

// answers are what the protocol asks for, message by message.
var answers = []struct {
	name   string
	sends  []string
	raw    []byte // bytes after what is sent
	gets   []string
	code   int // 0 where the connection goes on
	reason string
}{
	{name: "init", sends: []string{hello}, gets: []string{`{"type":"connection_ack"}`}},
	{name: "init with null", sends: []string{`{"type":"connection_init","payload":null}`}, gets: []string{`{"type":"connection_ack"}`}},
	{name: "init with a list", sends: []string{`{"type":"connection_init","payload":[1]}`}, code: 4400, reason: "payload of connection_init"},
	{name: "init with a text", sends: []string{`{"type":"connection_init","payload":"x"}`}, code: 4400},
	{name: "init with a bad token", sends: []string{`{"type":"connection_init","payload":{"authorization":"bad"}}`}, code: 4403, reason: "the token is bad"},
	{name: "init twice", sends: []string{hello, hello}, gets: []string{`{"type":"connection_ack"}`}, code: 4429, reason: "Too many initialisation requests"},
	{name: "ping before init", sends: []string{`{"type":"ping"}`, hello}, gets: []string{`{"type":"pong"}`, `{"type":"connection_ack"}`}},
	{name: "ping with a payload", sends: []string{`{"type":"ping","payload":{"x":1}}`}, gets: []string{`{"type":"pong"}`}},
	{name: "ping with a list", sends: []string{`{"type":"ping","payload":[]}`}, code: 4400},
	{name: "pong", sends: []string{`{"type":"pong"}`, hello}, gets: []string{`{"type":"connection_ack"}`}},
	{name: "subscribe before init", sends: []string{subscribe("1", "subscription { own { seq } }")}, code: 4401, reason: "Unauthorized"},
	{name: "complete before init", sends: []string{`{"id":"1","type":"complete"}`, hello}, gets: []string{`{"type":"connection_ack"}`}},
	{name: "no JSON", sends: []string{`hello`}, code: 4400, reason: "Invalid message"},
	{name: "a list", sends: []string{`[]`}, code: 4400},
	{name: "null", sends: []string{`null`}, code: 4400},
	{name: "nothing", sends: []string{``}, code: 4400},
	{name: "two objects", sends: []string{`{"type":"ping"}{"type":"ping"}`}, code: 4400},
	{name: "no type", sends: []string{`{}`}, code: 4400},
	{name: "unknown type", sends: []string{`{"type":"start","id":"1"}`}, code: 4400},
	{name: "type of the server", sends: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "type that is a number", sends: []string{`{"type":1}`}, code: 4400},
	{name: "no id", sends: []string{hello, `{"type":"subscribe","payload":{"query":"{ name }"}}`}, gets: []string{`{"type":"connection_ack"}`}, code: 4400, reason: "no id"},
	{name: "empty id", sends: []string{hello, subscribe("", "{ name }")}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "id that is a number", sends: []string{hello, `{"id":1,"type":"subscribe","payload":{"query":"{ name }"}}`}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "endless id", sends: []string{hello, subscribe(strings.Repeat("x", 5000), "{ name }")}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "complete without id", sends: []string{hello, `{"type":"complete"}`}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "subscribe without payload", sends: []string{hello, `{"id":"1","type":"subscribe"}`}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "subscribe without query", sends: []string{hello, `{"id":"1","type":"subscribe","payload":{}}`}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "query that is a list", sends: []string{hello, `{"id":"1","type":"subscribe","payload":{"query":[]}}`}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "variables that are a list", sends: []string{hello, `{"id":"1","type":"subscribe","payload":{"query":"{name}","variables":[]}}`}, gets: []string{`{"type":"connection_ack"}`}, code: 4400},
	{name: "duplicate id", sends: []string{hello, subscribe("1", "subscription { own { seq } }"), subscribe("1", "subscription { own { seq } }")}, gets: []string{`{"type":"connection_ack"}`}, code: 4409, reason: "Subscriber for 1 already exists"},
	{name: "too many subscriptions", sends: []string{hello, subscribe("1", "subscription { own { seq } }"), subscribe("2", "subscription { own { seq } }"), subscribe("3", "subscription { own { seq } }"), subscribe("4", "subscription { own { seq } }")}, gets: []string{`{"type":"connection_ack"}`}, code: 4429, reason: "Too many subscriptions"},
	{name: "id again after its end", sends: []string{hello, subscribe("1", "subscription { own { seq } }"), `{"id":"1","type":"complete"}`, subscribe("1", `{ name(of: "x") }`)}, gets: []string{`{"type":"connection_ack"}`, `{"id":"1","type":"next","payload":{"data":{"name":"x"}}}`, `{"id":"1","type":"complete"}`}},
	{name: "complete of nothing", sends: []string{hello, `{"id":"9","type":"complete"}`, `{"type":"ping"}`}, gets: []string{`{"type":"connection_ack"}`, `{"type":"pong"}`}},
	{name: "query", sends: []string{hello, subscribe("q\"1\n<", `{ name(of: "x") }`)}, gets: []string{`{"type":"connection_ack"}`, `{"id":"q\"1\n<","type":"next","payload":{"data":{"name":"x"}}}`, `{"id":"q\"1\n<","type":"complete"}`}},
	{name: "mutation", sends: []string{hello, subscribe("1", `mutation { count }`)}, gets: []string{`{"type":"connection_ack"}`, `{"id":"1","type":"next","payload":{"data":{"count":1}}}`, `{"id":"1","type":"complete"}`}},
	{name: "no GraphQL, and no complete after its error", sends: []string{hello, subscribe("1", `{`), `{"type":"ping"}`}, gets: []string{`{"type":"connection_ack"}`, `{"id":"1","type":"error","payload":[{"message":"Expected Name, found <EOF>","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`, `{"type":"pong"}`}},
	{name: "a subscription that cannot begin", sends: []string{hello, subscribe("1", `subscription { failing { seq } }`)}, gets: []string{`{"type":"connection_ack"}`, `{"id":"1","type":"error","payload":[{"message":"there is none"}]}`}},
	{name: "a subscription that panics", sends: []string{hello, subscribe("1", `subscription { panicking { seq } }`)}, gets: []string{`{"type":"connection_ack"}`, `{"id":"1","type":"error","payload":[{"message":"internal"}]}`}},
	{name: "an id is free after its error", sends: []string{hello, subscribe("1", `subscription { failing { seq } }`)}, gets: []string{`{"type":"connection_ack"}`, `{"id":"1","type":"error","payload":[{"message":"there is none"}]}`}},

	{name: "binary", raw: frame(0x82, "x"), code: 4400, reason: "binary"},
	{name: "reserved opcode", raw: frame(0x83, "x"), code: 1002},
	{name: "reserved bit", raw: frame(0xb1, "x"), code: 1002},
	{name: "no mask", raw: []byte{0x81, 1, 'x'}, code: 1002},
	{name: "fragment of nothing", raw: frame(0x80, "x"), code: 1002},
	{name: "message inside a message", raw: append(frame(0x01, "x"), frame(0x81, "x")...), code: 1002},
	{name: "ping in pieces", raw: frame(0x09, "x"), code: 1002},
	{name: "long ping", raw: frame(0x89, strings.Repeat("x", 126)), code: 1002},
	{name: "not UTF-8", raw: frame(0x81, "\xff"), code: 1007},
	{name: "close with half a code", raw: frame(0x88, "\x03"), code: 1002},
	{name: "close with a code of nobody", raw: frame(0x88, "\x03\xed"), code: 1002},
	{name: "close", raw: frame(0x88, "\x03\xe8bye"), code: 1000},
	{name: "close without a code", raw: frame(0x88, ""), code: 1000},
	{name: "message in pieces, a ping among them", raw: bytes.Join([][]byte{frame(0x01, `{"type":`), frame(0x89, "x"), frame(0x80, `"ping"}`)}, nil), gets: []string{`{"type":"pong"}`}},
	{name: "2 MiB", sends: []string{`{"type":"ping","payload":{"x":"` + strings.Repeat("x", 2<<20) + `"}}`}, code: 1009},
	{name: "2 MiB of one who is known", sends: []string{hello, `{"type":"ping","payload":{"x":"` + strings.Repeat("x", 2<<20) + `"}}`}, gets: []string{`{"type":"connection_ack"}`}, code: 1009},
	{name: "100 KiB of one who is known", sends: []string{hello, `{"type":"ping","payload":{"x":"` + strings.Repeat("x", 100<<10) + `"}}`}, gets: []string{`{"type":"connection_ack"}`, `{"type":"pong"}`}},
	{name: "2 MiB that are only announced", raw: []byte{0x81, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4}, code: 1009},
	{name: "length beyond all", raw: []byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, code: 1002},
	{name: "2 MiB in pieces", raw: bytes.Join([][]byte{frame(0x01, strings.Repeat(" ", 700<<10)), frame(0x00, strings.Repeat(" ", 700<<10))}, nil), code: 1009},
}

// frame makes a masked frame; the mask is of zeros.
func frame(first byte, payload string) []byte {
	n := len(payload)
	switch {
	case n < 126:
		return append([]byte{first, 0x80 | byte(n), 0, 0, 0, 0}, payload...)
	case n < 1<<16:
		return append([]byte{first, 0xfe, byte(n >> 8), byte(n), 0, 0, 0, 0}, payload...)
	}
	return append([]byte{first, 0xff, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 0, 0, 0, 0}, payload...)
}

func TestProtocol(t *testing.T) { // one after the other: one counts mutations
	w := newWorld(t, func(o *transport.Options) { o.Subscriptions = 3 })
	for _, tt := range answers {
		t.Run(tt.name, func(t *testing.T) {
			c := w.dial(t)
			go func() { // the server may close while it is still sent to
				for _, m := range tt.sends {
					if c.WriteMessage(websocket.TextMessage, []byte(m)) != nil {
						return
					}
				}
				_, _ = c.NetConn().Write(tt.raw)
			}()
			if tt.code == 0 {
				c.expect(tt.gets...)
				return
			}
			code, reason, before := c.closing()
			if code != tt.code || !strings.Contains(reason, tt.reason) {
				t.Errorf("closed with %d %q, want %d %q", code, reason, tt.code, tt.reason)
			}
			if got, want := strings.Join(before, "\n"), strings.Join(tt.gets, "\n"); got != want {
				t.Errorf("before that came\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestNothingIsLeftOfAnybody runs alone: it counts what the process holds.
func TestNothingIsLeftOfAnybody(t *testing.T) {
	w := newWorld(t, func(o *transport.Options) { o.Subscriptions = 3 })
	w.server.Config.SetKeepAlivesEnabled(false)
	round := func() {
		for _, tt := range answers {
			c := w.dial(t)
			for _, m := range tt.sends {
				_ = c.WriteMessage(websocket.TextMessage, []byte(m)) // it may be closed already
			}
			_, _ = c.NetConn().Write(tt.raw)
			if tt.code != 0 {
				for err := error(nil); err == nil; { // broken where more was sent than is read
					_, _, err = c.ReadMessage()
				}
			}
			_ = c.Close()
		}
		waitFor(t, "all are gone", func() bool {
			s := w.live.Stats()
			return s.Connections == 0 && s.Groups == 0
		})
	}
	round()
	fds, routines := held(t), runtime.NumGoroutine()
	for range 3 {
		round()
	}
	waitFor(t, "descriptors and goroutines are as many as before", func() bool {
		return held(t) <= fds && runtime.NumGoroutine() <= routines
	})
}

func held(t testing.TB) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors cannot be counted here")
	}
	return len(files)
}

func TestHandshake(t *testing.T) { // one after the other: there is one place
	w := newWorld(t, func(o *transport.Options) { o.Connections = 1 })
	const good = "graphql-transport-ws"
	for _, tt := range []struct {
		name, protocol, origin string
		status                 int
	}{
		{name: "without subprotocol", status: 400},
		{name: "legacy subprotocol", protocol: "graphql-ws", status: 400},
		{name: "page of another origin", protocol: good, origin: "https://evil.example", status: 403},
		{name: "page without an origin to show", protocol: good, origin: "null", status: 403},
		{name: "page that is listed", protocol: good, origin: "https://other.example", status: 101},
		{name: "page of the server", protocol: good, origin: w.server.URL, status: 101},
		{name: "several subprotocols", protocol: "graphql-ws, " + good, status: 101},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			if tt.origin != "" {
				h.Set("Origin", tt.origin)
			}
			if tt.protocol != "" {
				h.Set("Sec-Websocket-Protocol", tt.protocol)
			}
			c, res, err := websocket.DefaultDialer.Dial(w.url(), h)
			if res == nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			if err != nil {
				return
			}
			if c.Subprotocol() != good {
				t.Errorf("the server chose %q", c.Subprotocol())
			}
			_, res, err = websocket.DefaultDialer.Dial(w.url(), h)
			if err == nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
				t.Errorf("above the limit the answer is %v", err)
			}
			_ = res.Body.Close()
			_ = c.Close()
			waitFor(t, "the place is free", func() bool { return w.live.Stats().Connections == 0 })
		})
	}
}

func TestWhoSaysNothingIsClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) {
		o.InitWithin, o.IdleWithin, o.PingEvery = time.Second, 300*time.Millisecond, 20*time.Millisecond
	})
	if code, reason, _ := w.dial(t).closing(); code != 4408 || reason != "Connection initialisation timeout" {
		t.Errorf("without init closed with %d %q", code, reason)
	}
	deaf := w.open(t, "a1")
	deaf.SetPingHandler(func(string) error { return nil }) // no pong
	if code, _, _ := deaf.closing(); code != 4499 {
		t.Errorf("without pong closed with %d", code)
	}
	good := w.open(t, "a1")
	pings := 0
	answer := good.PingHandler()
	good.SetPingHandler(func(data string) error {
		if pings++; pings == 40 { // more than twice the time that idle ones have
			good.send(`{"type":"ping"}`)
		}
		return answer(data)
	})
	good.expect(`{"type":"pong"}`)
}

func TestTokenEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) { o.StallWithin, o.CheckEvery = 40*time.Millisecond, time.Nanosecond })
	t.Run("by its expiry", func(t *testing.T) {
		t.Parallel()
		if code, reason, _ := w.open(t, "a-short").closing(); code != 4403 || !strings.Contains(reason, "expired") {
			t.Errorf("closed with %d %q", code, reason)
		}
	})
	t.Run("not when it is renewed in time", func(t *testing.T) {
		t.Parallel()
		c := w.dial(t)
		c.send(`{"type":"connection_init","payload":{"authorization":"a-short"}}`, `{"type":"ping","payload":{"authorization":"a-long"}}`)
		c.expect(`{"type":"connection_ack"}`, `{"type":"pong"}`)
		waitFor(t, "the first token has expired", after(100*time.Millisecond))
		c.send(`{"type":"ping"}`)
		c.expect(`{"type":"pong"}`)
	})
	t.Run("by one that may do something else", func(t *testing.T) {
		t.Parallel()
		c := w.open(t, "a1")
		c.send(`{"type":"ping","payload":{"authorization":"b1"}}`)
		if code, _, _ := c.closing(); code != 4403 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("by one that is bad", func(t *testing.T) {
		t.Parallel()
		c := w.open(t, "a1")
		c.send(`{"type":"ping","payload":{"authorization":"bad"}}`)
		if code, _, _ := c.closing(); code != 4403 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("by being revoked, before the next query", func(t *testing.T) {
		t.Parallel()
		c := w.open(t, "a-revoked")
		w.revoked.Store("a-revoked", true)
		c.send(subscribe("1", `{ name(of: "x") }`))
		if code, _, before := c.closing(); code != 4403 || len(before) != 0 {
			t.Errorf("closed with %d after %v", code, before)
		}
	})
}

// after returns a condition that holds once a time has passed.
func after(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return time.Now().After(end) }
}

func TestTokenThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.away.Store(true)
	c := w.dial(t)
	c.send(`{"type":"connection_init","payload":{"authorization":"a1"}}`)
	if code, _, _ := c.closing(); code != 1013 {
		t.Errorf("closed with %d", code)
	}
}
