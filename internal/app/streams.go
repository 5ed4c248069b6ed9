package app

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// streams are the sockets and event streams under way. They live until they are
// told to end: the HTTP server does not know the sockets, and would wait for
// the others.
type streams struct {
	ending context.Context //nolint:containedctx // done when the server ends
	end    context.CancelFunc
	open   sync.WaitGroup
}

func newStreams() *streams {
	s := &streams{}
	s.ending, s.end = context.WithCancel(context.Background())
	return s
}

// handler ends the context of those requests with the server. All others may
// finish.
func (s *streams) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" && !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			next.ServeHTTP(w, r)
			return
		}
		s.open.Add(1)
		defer s.open.Done()
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(s.ending, cancel)()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// wait returns when all have ended, so that each client has been told, or when
// ctx is done.
func (s *streams) wait(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		s.open.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}
