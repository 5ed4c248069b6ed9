package graph

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
)

// conn is a connection whose client does not read: a message that is written
// waits until the connection is closed.
type conn struct {
	transport.WebsocketConn
	closed chan struct{}
	code   int
	reason string
}

var errClosed = errors.New("closed")

func (c *conn) WriteJSON(any) error { <-c.closed; return errClosed }
func (c *conn) Close() error        { close(c.closed); return nil }
func (c *conn) WriteClose(code int, reason string) error {
	c.code, c.reason = code, reason
	return nil
}

func TestSocketOfAClientThatDoesNotReadIsClosed(t *testing.T) {
	t.Parallel()
	s := &socket{WebsocketConn: &conn{closed: make(chan struct{})}, server: t.Context(), within: time.Millisecond}
	if err := s.WriteJSON("x"); !errors.Is(err, errClosed) {
		t.Errorf("writing ended with %v", err)
	}
}

func TestSocketOfAServerThatEnds(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for _, tt := range []struct {
		name       string
		ended      bool
		code, want int
	}{
		{name: "closed while the server runs", code: 1000, want: 1000},
		{name: "closed with the server", ended: true, code: 1000, want: 1012},
		{name: "refused while the server ends", ended: true, code: 4403, want: 4403},
	} {
		if tt.ended {
			end()
		}
		c := &conn{}
		s := &socket{WebsocketConn: c, server: ctx, within: time.Minute}
		if err := s.WriteClose(tt.code, "terminated"); err != nil || c.code != tt.want {
			t.Errorf("%s: closed with %d, want %d (%v)", tt.name, c.code, tt.want, err)
		}
	}
	s := &socket{WebsocketConn: &conn{}, server: ctx, within: time.Minute}
	if err := s.WriteJSON("complete"); !errors.Is(err, context.Canceled) {
		t.Errorf("a server that ends still writes: %v", err)
	}
}

func TestStreamOfAClientThatDoesNotReadIsClosed(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &stream{ResponseWriter: w, server: r.Context(), within: 10 * time.Millisecond}
		for {
			if _, err := s.Write(make([]byte, 1<<20)); err != nil {
				ended <- err
				return
			}
			s.Flush()
		}
	}))
	defer server.Close()
	client, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the stream ended without an error")
	}
}
