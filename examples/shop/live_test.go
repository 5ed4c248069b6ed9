package shop_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"github.com/semantest/semantest/examples/shop"
)

// serve answers one request in the background.
func serve(h http.Handler, r *http.Request) (*httptest.ResponseRecorder, <-chan struct{}) {
	rec, done := httptest.NewRecorder(), make(chan struct{})
	go func() { defer close(done); h.ServeHTTP(rec, r) }()
	return rec, done
}

func (v *visitor) dial() *websocket.Conn {
	v.t.Helper()
	h := http.Header{}
	if c := v.cookie(); c != "" {
		h.Set("Cookie", "shop_session="+c)
	}
	conn, res, err := websocket.DefaultDialer.DialContext(v.t.Context(), "ws"+strings.TrimPrefix(v.base, "http")+"/live", h)
	if err != nil {
		v.t.Fatal(err)
	}
	res.Body.Close()
	v.t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		v.t.Fatal(err)
	}
	return conn
}

func tell(t *testing.T, conn *websocket.Conn, v any) {
	t.Helper()
	if err := conn.WriteJSON(v); err != nil {
		t.Fatal(err)
	}
}

// hear reads n messages and returns their types and states.
func hear(t *testing.T, conn *websocket.Conn, n int) []string {
	t.Helper()
	var out []string
	for range n {
		var m map[string]any
		if err := conn.ReadJSON(&m); err != nil {
			t.Fatalf("after %v: %v", out, err)
		}
		text := m["type"].(string)
		if s, ok := m["state"].(string); ok {
			text += " " + s
		}
		out = append(out, text)
	}
	return out
}

func TestOneOrderIsFollowed(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	id := v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))["id"]
	conn := newVisitor(t, v.base).dial()
	tell(t, conn, map[string]any{"watch": "order", "id": id})
	if diff := cmp.Diff([]string{"order.snapshot PENDING"}, hear(t, conn, 1)); diff != "" {
		t.Fatal(diff)
	}
	v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1)) // another order is not told
	v.want(200, "POST", "/api/orders/"+id.(string)+"/pay", nil)
	if diff := cmp.Diff([]string{"order.paid PAID"}, hear(t, conn, 1)); diff != "" {
		t.Error(diff)
	}
}

func TestOrdersOfTheSessionAreFollowed(t *testing.T) {
	t.Parallel()
	base := open(t)
	mine, other, crowd := newVisitor(t, base), newVisitor(t, base), newVisitor(t, base)
	mine.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))
	own, all := mine.dial(), crowd.dial()
	for _, conn := range []*websocket.Conn{own, all} {
		tell(t, conn, map[string]any{"watch": "orders"})
	}
	if diff := cmp.Diff([]string{"watching", "order.snapshot PENDING"}, hear(t, own, 2)); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"watching"}, hear(t, all, 1)); diff != "" {
		t.Fatal(diff)
	}
	cancelled := other.want(201, "POST", "/api/orders", orderOf("TEA-01", 1))["id"].(string)
	other.want(200, "POST", "/api/orders/"+cancelled+"/cancel", nil)
	mine.want(201, "POST", "/api/orders", orderOf("TEA-01", 1))
	if diff := cmp.Diff([]string{"order.created PENDING"}, hear(t, own, 1)); diff != "" {
		t.Errorf("own: %s", diff)
	}
	if diff := cmp.Diff([]string{"order.created PENDING", "order.cancelled CANCELLED", "order.created PENDING"}, hear(t, all, 3)); diff != "" {
		t.Errorf("all: %s", diff)
	}
}

func TestWrongWatchesAreTold(t *testing.T) {
	t.Parallel()
	conn := newVisitor(t, open(t)).dial()
	for _, text := range []string{"no json", `{"watch":"weather"}`, `{"watch":"order","id":"ord_x"}`, `[]`} {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"error"}, hear(t, conn, 1)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	if err := conn.WriteMessage(websocket.TextMessage, make([]byte, 5<<10)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("a message that is too long was taken")
	}
}

func TestWatchesHaveALimit(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	conn := v.dial()
	for i := range 17 {
		id := v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))["id"]
		tell(t, conn, map[string]any{"watch": "order", "id": id})
		want := "order.snapshot PENDING"
		if i == 16 {
			want = "error"
		}
		if diff := cmp.Diff([]string{want}, hear(t, conn, 1)); diff != "" {
			t.Errorf("watch %d: %s", i, diff)
		}
	}
}

func TestForeignPagesCannotWatch(t *testing.T) {
	t.Parallel()
	base := open(t)
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(base, "http")+"/live", http.Header{"Origin": {"http://evil.test"}})
	if err == nil {
		conn.Close()
	} else if res != nil {
		defer res.Body.Close()
	}
	if res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("got %v, %v", res, err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- shop.Serve(ctx, ln, shop.WithPaymentDelay(0)) }()
	v := newVisitor(t, "http://"+ln.Addr().String())
	v.want(200, "GET", "/healthz", nil)
	conn := v.dial()
	tell(t, conn, map[string]any{"watch": "orders"})
	hear(t, conn, 1)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("the live connection is still open")
	}
}

func TestServeTellsALostListener(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := shop.Serve(t.Context(), ln); err == nil {
		t.Error("no error")
	}
}
