package proxy

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync"
	"time"
)

// maxProblems is how many problems of a session are remembered.
const maxProblems = 200

// Session is one user of the proxy.
type Session struct {
	User, Password string

	proxy     *Proxy
	ctx       context.Context //nolint:containedctx // the life of the session
	end       context.CancelFunc
	transport *http.Transport // of its own, since a server may know a connection
	forward   *httputil.ReverseProxy
	places    chan struct{}
	working   sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	doors    []*door
	problems []Problem
	count    int // of all problems so far
}

// Close ends the session: its connections are cut, and its credentials are
// worth nothing any more.
func (s *Session) Close() {
	s.proxy.mu.Lock()
	delete(s.proxy.sessions, s.User)
	s.proxy.mu.Unlock()
	s.mu.Lock()
	s.closed = true
	doors := s.doors
	s.doors = nil
	s.mu.Unlock()
	s.end()
	for _, d := range doors {
		d.close()
	}
	s.working.Wait()
	s.transport.CloseIdleConnections()
}

// Count is how many problems there have been, for Problems to begin after.
func (s *Session) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Problems returns what could not be reached since there were so many problems,
// oldest first. Something that could be reached later is not among them.
func (s *Session) Problems(after int) []Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Problem
	for _, p := range s.problems {
		if p.number > after {
			out = append(out, p)
		}
	}
	return out
}

// enter takes one of the session's places.
func (s *Session) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	select {
	case s.places <- struct{}{}:
		s.working.Add(1)
		return true
	default:
		return false
	}
}

func (s *Session) leave() {
	<-s.places
	s.working.Done()
}

func (s *Session) note(p Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	p.number = s.count
	if len(s.problems) >= maxProblems {
		s.problems = slices.Delete(s.problems, 0, 1)
	}
	s.problems = append(s.problems, p)
}

// reached forgets what was wrong with an address.
func (s *Session) reached(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = slices.DeleteFunc(s.problems, func(p Problem) bool { return p.Address == address })
}

// during returns a context that ends with the session too.
func (s *Session) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

func (s *Session) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := s.during(ctx)
	defer cancel()
	return s.proxy.policy.Dialer(s.proxy.o.Connect).DialContext(ctx, network, address)
}

func (s *Session) newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // one from the environment would dial past the policy
		DialContext:            s.dial,
		DisableCompression:     true, // what the client asks for goes through as it is
		MaxIdleConnsPerHost:    32,
		MaxIdleConns:           64,
		IdleConnTimeout:        4 * time.Second, // common servers hang up after 5
		MaxResponseHeaderBytes: maxHeader,
	}
}

// forwarding are headers of a request that a page may set, and that
// httputil.ReverseProxy would take away.
var forwarding = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

func (s *Session) newForward() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport:     s.transport,
		FlushInterval: -1,
		BufferPool:    buffers{},
		ErrorLog:      log.New(io.Discard, "", 0), // what a target does wrong is told in its answer
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			for _, name := range forwarding {
				if v := r.In.Header.Values(name); v != nil {
					r.Out.Header[name] = v
				}
			}
		},
		ModifyResponse: func(res *http.Response) error {
			s.reached(addressOf(res.Request.Context()))
			return nil
		},
		ErrorHandler: s.refuse,
	}
}

type addressKey struct{}

func addressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// pass sends a request on and its answer back, also a WebSocket's.
func (s *Session) pass(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.during(context.WithValue(r.Context(), addressKey{}, r.RequestURI))
	defer cancel()
	// A client that takes nothing must not hold the session.
	defer context.AfterFunc(s.ctx, func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Now()) })()
	s.forward.ServeHTTP(w, r.WithContext(ctx))
}
