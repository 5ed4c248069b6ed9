package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"github.com/semantest/semantest/internal/spec"
)

// chat is a WebSocket server of many manners, one a path.
func chat(tb testing.TB) *httptest.Server {
	tb.Helper()
	up := websocket.Upgrader{Subprotocols: []string{"chat.v2"}, CheckOrigin: func(*http.Request) bool { return true }}
	pushed := make(chan string, 10)
	tb.Cleanup(func() { close(pushed) })
	return serve(tb, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/plain":
			_, _ = io.WriteString(w, "no sockets here")
			return
		case "/push":
			pushed <- r.URL.Query().Get("text")
			return
		}
		header := http.Header{}
		if r.URL.Path == "/cookie" {
			header.Add("Set-Cookie", "room=blue; Path=/")
		}
		conn, err := up.Upgrade(w, r, header)
		if err != nil {
			return
		}
		defer conn.Close()
		text := func(format string, args ...any) {
			_ = conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...))
		}
		switch r.URL.Path {
		case "/hello":
			text(`{"type":"welcome","token":%q,"protocol":%q}`, r.Header.Get("X-Token"), conn.Subprotocol())
		case "/two":
			text("b")
			text("a")
		case "/bye":
			text("last")
			_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "too idle"), time.Now().Add(time.Second))
		case "/pushed":
			for t := range pushed {
				text("%s", t)
			}
		case "/large":
			_ = conn.WriteMessage(websocket.TextMessage, make([]byte, 2<<20))
		case "/abort":
			_ = conn.NetConn().Close()
			return
		case "/garbage":
			_, _ = conn.NetConn().Write([]byte{0xff, 0xff, 0xff, 0xff})
		case "/flood":
			for {
				if conn.WriteMessage(websocket.TextMessage, []byte("more")) != nil {
					return
				}
			}
		case "/bytes":
			_ = conn.WriteMessage(websocket.BinaryMessage, []byte{0, 1, 2})
		}
		for {
			kind, data, err := conn.ReadMessage()
			if err != nil {
				return
			}
			_ = conn.WriteMessage(kind, data)
		}
	})
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	server := chat(t)
	tests := []struct{ name, steps, err string }{
		{"send and expect", `
- websocket:
    url: /hello
    headers: {X-Token: abc}
    messages:
      - expect: {check: [{jsonpath: $.type, equals: welcome}], capture: {token: {jsonpath: $.token}}}
      - send: "hello ${{ token }}"
      - expect: {binary: false, check: [{body: hello abc}]}
      - send: {json: {say: "${{ token }}"}}
      - expect: {check: [{jsonpath: $.say, equals: abc}]}
      - send: {binary: AAEC}
      - expect: {binary: true, check: [{body: {length: 3}}]}
      - close: 1000
      - expectClose: {code: 1000}`, ""},
		{"listening", `
- websocket: {url: /two, messages: [{listen: 50ms}, {expectNone: 1ms}]}`, ""},
		{"listening to the end", `
- websocket: {url: /bye, messages: [{listen: 1m}]}`, "4001 (too idle)"},
		{"subprotocol", `
- websocket: {url: /hello, protocols: [chat.v3, chat.v2], messages: [{expect: {check: [{jsonpath: $.protocol, equals: chat.v2}]}}]}`, ""},
		{"no subprotocol", `
- websocket: {url: /hello, protocols: [chat.v3]}`, "chose none of the subprotocols chat.v3"},
		{"wrong order", `
- websocket: {url: /two, messages: [{expect: {check: [{body: a}]}}]}`, `message 1: body should equal "a", but is "b"`},
		{"any order", `
- websocket: {url: /two, messages: [{expectAll: [{check: [{body: a}]}, {check: [{body: b}]}]}]}`, ""},
		{"none of any order", `
- websocket: {url: /two, messages: [{expectAll: [{check: [{body: c}]}, {check: [{body: b}]}]}]}`, "message 2 fits none of the 1 expectations that are left: message 2: body should equal \"c\""},
		{"skip", `
- websocket: {url: /two, messages: [{expect: {skip: true, check: [{body: a}]}}]}`, ""},
		{"skip to nothing", `
- websocket: {url: /two, messages: [{expect: {skip: true, within: 2s, check: [{body: c}]}}]}`, `no message that fits arrived from ` + server.URL + ` within 2s; of the last one message 2: body should equal "c", but is "a"`},
		{"none within", `
- websocket: {url: /two, messages: [{expect: {}}, {expectNone: {within: 50ms, check: [{body: c}]}}, {expect: {check: [{body: a}]}}, {expectNone: 50ms}]}`, ""},
		{"some where none", `
- websocket: {url: /two, messages: [{expectNone: 30s}]}`, "a message arrived within 30s where none was expected: b"},
		{"nothing arrives", `
- websocket: {url: /silent, messages: [{expect: {within: 50ms}}]}`, "no message arrived from " + server.URL + " within 50ms"},
		{"close code", `
- websocket: {url: /bye, messages: [{expect: {}}, {expectClose: {code: {gte: 4000, lt: 5000}, reason: {contains: idle}}}]}`, ""},
		{"wrong close code", `
- websocket: {url: /bye, messages: [{expect: {}}, {expectClose: 1000}]}`, "close code should equal 1000, but is 4001"},
		{"closed too early", `
- websocket: {url: /bye, messages: [{expect: {}}, {expect: {}}]}`, "the target closed the connection with code 4001 (too idle) before a message arrived"},
		{"not closed", `
- websocket: {url: /two, messages: [{expectClose: {}}]}`, "a message arrived where the target should close the connection"},
		{"binary", `
- websocket: {url: /bytes, messages: [{expect: {binary: false}}]}`, "message 1: should be text, but is binary"},
		{"stays open between steps", `
- websocket: {url: /pushed, as: live}
- http: {url: /push, query: {text: first}}
- websocket: {on: live, messages: [{expect: {check: [{body: first}], capture: {got: {regex: "(.*)"}}}}]}
- http: {url: /push, query: {text: "${{ got }}-again"}}
- websocket: {on: live, messages: [{expect: {check: [{body: first-again}]}}]}`, ""},
		{"cookies are shared", `
- websocket: /cookie
- http: {url: /plain}
  capture: {room: {cookie: room}}
- if: {variable: room, equals: blue, then: [{wait: 1ms}], else: [{http: /plain, check: [{status: 500}]}]}`, ""},
		{"nobody opened it", `
- websocket: {on: live, messages: [{expect: {}}]}`, "no connection named live is open: a step before must open it with as: live"},
		{"opened twice", `
- websocket: {url: /two, as: live}
- websocket: {url: /two, as: live}`, "a connection named live is open already"},
		{"no WebSocket", `
- websocket: /plain`, server.URL + " did not open a WebSocket: it answered 200 OK"},
		{"too large", `
- websocket: {url: /large, messages: [{expect: {}}]}`, "sent a message larger than the limit of 1 MiB before a message arrived"},
		{"broken off", `
- websocket: {url: /abort, messages: [{expect: {}}]}`, "broke the connection off without closing it before a message arrived"},
		{"garbage", `
- websocket: {url: /garbage, messages: [{expect: {}}]}`, "is not valid WebSocket"},
		{"flood", `
- websocket: {url: /flood, as: f, messages: [{expect: {}}]}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, server.URL, tt.steps, nil)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
			if r.err != nil && r.outcome != spec.OutcomeFailed && r.outcome != spec.OutcomeErrored {
				t.Errorf("outcome %s", r.outcome)
			}
		})
	}
}

// TestWrongUpgrades meets targets that do not know the protocol.
func TestWrongUpgrades(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer func(net.Conn)
		err    string
	}{
		{"wrong accept", once("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: nonsense\r\n\r\n"), "answered 101, but not as WebSocket"},
		{"another protocol", once("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), "answered 101, but not as WebSocket"},
		{"endless headers", forever("HTTP/1.1 101 Switching Protocols\r\n", "X-#: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"), "the headers of the answer of http://127.0.0.1:"},
		{"closes", func(c net.Conn) { _ = c.Close() }, "closed the connection without an answer"},
		{"no HTTP", once("hello\r\n\r\n"), "is not valid HTTP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, listen(t, tt.answer), "- websocket: {url: /, messages: [{expect: {}}]}", nil)
			if r.outcome == spec.OutcomePassed || !strings.Contains(r.text(), tt.err) {
				t.Errorf("%s: %q, want %q", r.outcome, r.text(), tt.err)
			}
		})
	}
}

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/json" {
			_, _ = io.WriteString(w, "{}")
			return
		}
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		flush := func(text string) {
			_, _ = io.WriteString(w, text)
			w.(http.Flusher).Flush()
		}
		switch r.URL.Path {
		case "/ticks":
			from := 0
			_, _ = fmt.Sscan(r.Header.Get("Last-Event-ID"), &from)
			flush("\uFEFFretry: 100\r\n: a comment\r\n\r\n")
			for i := from + 1; i <= from+3; i++ {
				flush(fmt.Sprintf("event: tick\rid: %d\rdata: {\"n\":%d,\rdata: \"of\":3}\r\r", i, i))
			}
			flush("data: plain\n\n")
		case "/ask":
			data, _ := io.ReadAll(r.Body)
			flush(fmt.Sprintf("data: %s %s\n\n", r.Method, data))
		case "/open":
			flush("data: now\n\n")
			<-r.Context().Done()
		case "/endless":
			for r.Context().Err() == nil {
				flush("data: " + strings.Repeat("x", 10000) + "\n")
			}
		case "/line":
			for r.Context().Err() == nil {
				flush(strings.Repeat("x", 10000))
			}
		}
	})
	tests := []struct{ name, steps, err string }{
		{"in order", `
- sse:
    url: /ticks
    events:
      - expect: {event: tick, check: [{jsonpath: $.n, equals: 1}, {header: id, equals: "1"}, {header: event, equals: tick}]}
      - expect: {event: tick, capture: {last: {header: id}}}
      - expect: {check: [{jsonpath: $.of, equals: 3}]}
      - expect: {event: message, check: [{body: plain}]}
      - expectClose: {}
- sse: {url: /ticks, lastEventId: "${{ last }}", events: [{expect: {check: [{jsonpath: $.n, equals: 3}]}}]}`, ""},
		{"until one fits", `
- sse: {url: /ticks, events: [{expect: {skip: true, check: [{jsonpath: $.n, gte: 3}]}}]}`, ""},
		{"another event", `
- sse: {url: /ticks, events: [{expect: {event: tock}}]}`, `message 1: event should equal "tock", but is "tick"`},
		{"ends early", `
- sse: {url: /ticks, events: [{expect: {skip: true, within: 5s, check: [{jsonpath: $.n, gte: 9}]}}]}`, "the target ended the stream before a message arrived"},
		{"POST", `
- sse: {url: /ask, json: {q: 1}, events: [{expect: {check: [{body: "POST {\"q\":1}"}]}}]}`, ""},
		{"stays open", `
- sse: {url: /open, as: s}
- wait: 1ms
- sse: {on: s, events: [{expect: {check: [{body: now}]}}, {expectNone: 20ms}]}`, ""},
		{"no events", `
- sse: /json`, `opened no event stream: its content type is "text/plain" instead of text/event-stream`},
		{"refused", `
- sse: /gone`, "opened no event stream: it answered 410 Gone"},
		{"endless event", `
- sse: {url: /endless, events: [{expect: {}}]}`, "sent an event larger than the limit of 1 MiB"},
		{"endless line", `
- sse: {url: /line, events: [{expect: {}}]}`, "sent an event larger than the limit of 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, server.URL, tt.steps, nil)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
		})
	}
}

// TestStreamsAreCancelled leaves nothing behind when an attempt is stopped in
// the middle; the main function of the tests looks for goroutines.
func TestStreamsAreCancelled(t *testing.T) {
	t.Parallel()
	server := chat(t)
	for _, steps := range []string{
		"- websocket: {url: /silent, as: a}\n- websocket: {url: /silent, messages: [{expect: {within: 1m}}]}",
		"- websocket: {url: /flood, as: a}\n- wait: 1m",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		r := performWith(ctx, t, newExecutor(t), planTask(t, server.URL, steps, nil))
		if r.outcome != spec.OutcomeCancelled {
			t.Errorf("%s: %v", r.outcome, r.err)
		}
	}
}

// TestStreamsHideSecrets shows what was said, but no secret.
func TestStreamsHideSecrets(t *testing.T) {
	t.Parallel()
	r := run(t, chat(t).URL, `- websocket: {url: /hello, headers: {X-Token: "${{ TOKEN }}"}, messages: [{expect: {check: [{jsonpath: $.token, equals: x}]}}]}`, nil)
	if r.outcome != spec.OutcomeFailed || strings.Contains(r.Text()+r.text(), "t0ken-Of-ada") {
		t.Errorf("%s: %s\n%s", r.outcome, r.text(), r.Text())
	}
	data, err := json.Marshal(r.Steps()[0].Detail["messages"])
	if err != nil || !strings.Contains(string(data), "***") {
		t.Errorf("%s, %v", data, err)
	}
}

// TestDialogueIsShown keeps what was said in the detail.
func TestDialogueIsShown(t *testing.T) {
	t.Parallel()
	r := run(t, chat(t).URL, `- websocket: {url: /silent, messages: [{send: one}, {expect: {}}]}`, nil)
	var got []string
	for _, m := range r.Steps()[0].Detail["messages"].([]any) {
		one := m.(map[string]any)
		got = append(got, fmt.Sprint(one["direction"], " ", one["kind"], " ", one["text"]))
	}
	if diff := cmp.Diff([]string{"out text one", "in text one"}, got); diff != "" {
		t.Error(diff)
	}
}
