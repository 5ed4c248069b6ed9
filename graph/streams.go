package graph

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
)

// What gqlgen's transports lack: when the server ends, they complete each
// subscription, and clients take the run for ended; and they wait for ever for
// a client that does not read. The request's context ends with the server here.

// writeWithin is how long a client may take to read before its connection is
// closed. It resumes by the number of its last event.
const writeWithin = 10 * time.Second

// sockets accepts WebSocket connections.
type sockets struct {
	transport.CoderWebsocketImplementation
}

func (s sockets) Accept(w http.ResponseWriter, r *http.Request, o transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	conn, err := s.CoderWebsocketImplementation.Accept(w, r, o)
	if err != nil {
		return nil, err
	}
	return &socket{WebsocketConn: conn, server: r.Context(), within: writeWithin}, nil
}

type socket struct {
	transport.WebsocketConn
	server context.Context //nolint:containedctx // tells whether the server is ending
	within time.Duration
}

// WriteJSON implements transport.WebsocketConn.
func (s *socket) WriteJSON(v any) error {
	if err := s.server.Err(); err != nil {
		return err // only the close frame is left to send
	}
	late := time.AfterFunc(s.within, func() { _ = s.Close() })
	defer late.Stop()
	return s.WebsocketConn.WriteJSON(v)
}

// WriteClose implements transport.WebsocketConn.
func (s *socket) WriteClose(code int, reason string) error {
	if s.server.Err() != nil && code == transport.WebsocketCloseNormalClosure {
		code, reason = closeServiceRestart, "the server is shutting down; connect again"
	}
	return s.WebsocketConn.WriteClose(code, reason)
}

// SetReadLimit implements transport.WebsocketReadLimiter.
func (s *socket) SetReadLimit(limit int64) {
	if l, ok := s.WebsocketConn.(transport.WebsocketReadLimiter); ok {
		l.SetReadLimit(limit)
	}
}

// SetReadDeadline implements transport.WebsocketReadDeadliner.
func (s *socket) SetReadDeadline(t time.Time) error {
	if d, ok := s.WebsocketConn.(transport.WebsocketReadDeadliner); ok {
		return d.SetReadDeadline(t)
	}
	return nil
}

// streaming guards server-sent events in the same way.
func streaming(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			next.ServeHTTP(w, r)
			return
		}
		s := &stream{ResponseWriter: w, server: r.Context(), within: writeWithin}
		next.ServeHTTP(s, r)
		s.deadline(time.Time{}) // the connection may serve other requests
	})
}

type stream struct {
	http.ResponseWriter
	server context.Context //nolint:containedctx // tells whether the server is ending
	within time.Duration
}

// Write implements http.ResponseWriter.
func (s *stream) Write(b []byte) (int, error) {
	if err := s.server.Err(); err != nil {
		return 0, err
	}
	s.deadline(time.Now().Add(s.within))
	return s.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (s *stream) Flush() { _ = http.NewResponseController(s.ResponseWriter).Flush() } // it fails only with the connection

func (s *stream) deadline(t time.Time) {
	_ = http.NewResponseController(s.ResponseWriter).SetWriteDeadline(t) // a recorder in a test has none
}
