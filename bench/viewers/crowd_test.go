//go:build linux

package viewers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/bench/viewers"
)

// within is how long anything may take here.
const within = time.Minute

// script is what a server does with a connection once it is asked for the events
// after a number.
type script func(ctx context.Context, conn *websocket.Conn, id string, after int64) error

// serve speaks just enough of graphql-transport-ws and returns its address.
func serve(t *testing.T, then script) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{string(viewers.GraphQL)}})
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		ctx := r.Context()
		for {
			var m struct {
				ID, Type string
				Payload  struct{ Variables struct{ After int64 } }
			}
			if wsjson.Read(ctx, conn, &m) != nil {
				return
			}
			switch m.Type {
			case "connection_init":
				if wsjson.Write(ctx, conn, map[string]any{"type": "connection_ack"}) != nil {
					return
				}
			case "subscribe":
				if then(ctx, conn, m.ID, m.Payload.Variables.After) != nil {
					return
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func next(ctx context.Context, conn *websocket.Conn, id string, number int64) error {
	return wsjson.Write(ctx, conn, json.RawMessage(fmt.Sprintf(`{"id":%q,"type":"next","payload":{"data":{"e":{"seq":%d}}}}`, id, number)))
}

func open(t *testing.T, o viewers.Options) (*viewers.Crowd, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	o.Protocol, o.Path = viewers.GraphQL, "/"
	c, err := viewers.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, ctx
}

func TestEachViewerGetsEachEvent(t *testing.T) {
	t.Parallel()
	const n, events = 50, 20
	start := make(chan struct{})
	address := serve(t, func(ctx context.Context, conn *websocket.Conn, id string, after int64) error {
		<-start
		for i := range int64(events) {
			if err := next(ctx, conn, id, after+1+i); err != nil {
				return err
			}
		}
		return nil
	})
	c, ctx := open(t, viewers.Options{Address: address, Number: n, After: 100})
	c.Record(n * events)
	for i := range int64(events) {
		c.Stamp(101 + i)
	}
	close(start)
	if err := c.Await(ctx, n*events); err != nil {
		t.Fatal(err)
	}
	if times := c.Recorded(); len(times) != n*events {
		t.Errorf("%d times were taken of %d", len(times), n*events)
	}
	if s := c.State(); s.Reading != n || s.Lowest != 100+events || len(s.Closed) != 0 {
		t.Errorf("the crowd stands at %+v", s)
	}
}

func TestWhatAViewerMustNotGet(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		then script
		want string
	}{
		"a hole": {func(ctx context.Context, conn *websocket.Conn, id string, after int64) error {
			return next(ctx, conn, id, after+2)
		}, "event 2 followed event 0"},
		"a repeat": {func(ctx context.Context, conn *websocket.Conn, id string, after int64) error {
			_ = next(ctx, conn, id, after+1)
			return next(ctx, conn, id, after+1)
		}, "event 1 followed event 1"},
		"another id": {func(ctx context.Context, conn *websocket.Conn, _ string, after int64) error {
			return next(ctx, conn, "somebody", after+1)
		}, "another id"},
		"no number": {func(ctx context.Context, conn *websocket.Conn, id string, _ int64) error {
			return wsjson.Write(ctx, conn, map[string]any{"id": id, "type": "next"})
		}, "no number"},
		"an error": {func(ctx context.Context, conn *websocket.Conn, id string, _ int64) error {
			return wsjson.Write(ctx, conn, map[string]any{"id": id, "type": "error"})
		}, "the server sent"},
		"the end": {func(_ context.Context, conn *websocket.Conn, _ string, _ int64) error {
			return conn.CloseNow()
		}, "ended the connection"},
		"a close": {func(_ context.Context, conn *websocket.Conn, _ string, _ int64) error {
			return conn.Close(4403, "no more")
		}, "closed with 4403: no more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, ctx := open(t, viewers.Options{Address: serve(t, tt.then), Number: 1})
			if err := c.Await(ctx, 10); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ended with %v, want %q", err, tt.want)
			}
		})
	}
}

func TestPingsAreAnswered(t *testing.T) {
	t.Parallel()
	address := serve(t, func(ctx context.Context, conn *websocket.Conn, id string, after int64) error {
		if err := wsjson.Write(ctx, conn, map[string]any{"type": "ping"}); err != nil {
			return err
		}
		var m struct{ Type string }
		if err := wsjson.Read(ctx, conn, &m); err != nil || m.Type != "pong" {
			return fmt.Errorf("%q: %w", m.Type, err)
		}
		// Ping returns when the pong has come, which somebody must read.
		reading := conn.CloseRead(ctx)
		if err := conn.Ping(reading); err != nil {
			return err
		}
		return next(ctx, conn, id, after+1)
	})
	c, ctx := open(t, viewers.Options{Address: address, Number: 1})
	if err := c.Await(ctx, 1); err != nil {
		t.Fatal(err)
	}
}

// A stalled viewer reads nothing until it is woken, learns then how it was
// closed, and goes on from its last event.
func TestStalledViewers(t *testing.T) {
	t.Parallel()
	address := serve(t, func(ctx context.Context, conn *websocket.Conn, id string, after int64) error {
		if err := next(ctx, conn, id, after+1); err != nil {
			return err
		}
		if after > 0 {
			return nil
		}
		return conn.Close(4499, "too slow")
	})
	c, ctx := open(t, viewers.Options{Address: address, Number: 1, Stalled: 1})
	if s := c.State(); s.Stalled != 1 {
		t.Errorf("the crowd stands at %+v", s)
	}
	if err := c.Wake(0); err != nil {
		t.Fatal(err)
	}
	await(ctx, t, "it is closed", func() bool { return c.State().Closed[4499] == 1 })
	if n := c.Events(); n != 0 {
		t.Errorf("%d events of a stalled viewer count", n)
	}
	for _, i := range c.Ended() {
		if err := c.Resume(ctx, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Await(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if s := c.State(); s.Reading != 1 || s.Lowest != 2 {
		t.Errorf("the crowd stands at %+v", s)
	}
}

func TestServersThatRefuse(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	_, err := viewers.Open(t.Context(), viewers.Options{
		Protocol: viewers.GraphQL, Address: strings.TrimPrefix(s.URL, "http://"), Path: "/", Number: 3,
	})
	if err == nil || !strings.Contains(err.Error(), `upgrade: the server answered "HTTP/1.1 404 Not Found"`) {
		t.Errorf("ended with %v", err)
	}
}

func await(ctx context.Context, t *testing.T, what string, holds func() bool) {
	t.Helper()
	for tick := time.NewTicker(5 * time.Millisecond); !holds(); {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
