package transport_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// client speaks the protocol by hand.
type client struct {
	t testing.TB
	*websocket.Conn
}

func (w *world) dial(t testing.TB) *client {
	t.Helper()
	return w.dialWith(t, websocket.Dialer{})
}

func (w *world) dialWith(t testing.TB, d websocket.Dialer) *client {
	t.Helper()
	d.Subprotocols = []string{"graphql-transport-ws"}
	conn, res, err := d.Dial(w.url(), http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	return &client{t, conn}
}

// open dials and introduces itself with a token.
func (w *world) open(t testing.TB, token string) *client {
	t.Helper()
	c := w.dial(t)
	c.introduce(token)
	return c
}

func (c *client) introduce(token string) {
	c.t.Helper()
	c.send(`{"type":"connection_init","payload":{"authorization":"` + token + `"}}`)
	c.expect(`{"type":"connection_ack"}`)
}

func (c *client) send(messages ...string) {
	c.t.Helper()
	for _, m := range messages {
		if err := c.WriteMessage(websocket.TextMessage, []byte(m)); err != nil {
			c.t.Fatalf("send %.100s: %v", m, err)
		}
	}
}

// read returns the next message as it came.
func (c *client) read() string {
	c.t.Helper()
	_, b, err := c.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return string(b)
}

func (c *client) expect(messages ...string) {
	c.t.Helper()
	for _, want := range messages {
		if got := c.read(); got != want {
			c.t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

// closing reads until the server closes and returns how, and what came before.
func (c *client) closing() (code int, reason string, before []string) {
	c.t.Helper()
	for {
		_, b, err := c.ReadMessage()
		if err == nil {
			before = append(before, string(b))
			continue
		}
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			return closed.Code, closed.Text, before
		}
		c.t.Fatalf("not closed: %v, after %v", err, before)
	}
}

// item is a message of the server.
type item struct {
	ID, Type string
	Payload  struct {
		Data map[string]struct {
			Seq int64
			Who string
			Pad string
		}
	}
}

func (c *client) item() item {
	c.t.Helper()
	var out item
	text := c.read()
	if err := json.Unmarshal([]byte(text), &out); err != nil && !strings.Contains(text, `"error"`) {
		c.t.Fatalf("%s: %v", text, err)
	}
	return out
}

// numbers reads until the numbers of a subscription reach one.
func (c *client) numbers(id string, until int64) (out []int64) {
	c.t.Helper()
	for len(out) == 0 || out[len(out)-1] < until {
		m := c.item()
		if m.Type != "next" {
			c.t.Fatalf("after %v came %+v", out, m)
		}
		if m.ID == id {
			out = append(out, m.Payload.Data["events"].Seq)
		}
	}
	return out
}

// consecutive checks that numbers are from … to without hole or repeat.
func consecutive(t testing.TB, got []int64, from, to int64) {
	t.Helper()
	for i, n := range got {
		if n != from+int64(i) {
			t.Fatalf("number %d came after %v", n, got[:i])
		}
	}
	if int64(len(got)) != to-from+1 {
		t.Fatalf("%d numbers came, want %d to %d", len(got), from, to)
	}
}
