package proxy

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/semantest/semantest/internal/egress"
)

// Options bound a Proxy. Zero values stand for the defaults in brackets.
type Options struct {
	Connections int           // of all sessions together (4096)
	PerSession  int           // requests and tunnels of one session at once (512)
	Connect     time.Duration // for one connection to a target (20 s)
	Idle        time.Duration // without a byte in either direction of a tunnel (5 min)
}

const (
	// Greeting is a host that the proxy itself answers, with 204: whoever asks for
	// http://Greeting/ has shown its credentials once, and need not be asked again.
	Greeting = "semantest-proxy.invalid"

	headerWithin  = 10 * time.Second
	keepAlive     = time.Minute
	maxHeader     = 256 << 10 // bytes, of a request and of an answer
	credentialLen = 18        // bytes
)

// Proxy is a running proxy. It is safe for concurrent use.
type Proxy struct {
	o        Options
	policy   *egress.Policy
	listener net.Listener
	server   *http.Server
	serving  sync.WaitGroup

	mu       sync.Mutex
	sessions map[string]*Session // by user
	closed   bool
}

// Start opens a proxy on a free port of 127.0.0.1. Close ends it.
func Start(policy *egress.Policy, o Options) (*Proxy, error) {
	set(&o.Connections, 4096)
	set(&o.PerSession, 512)
	set(&o.Connect, 20*time.Second)
	set(&o.Idle, 5*time.Minute)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the egress proxy: %w", err)
	}
	own, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the address of the egress proxy: %w", err), l.Close())
	}
	policy.Deny(own)
	p := &Proxy{o: o, policy: policy, listener: l, sessions: map[string]*Session{}}
	p.server = &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: headerWithin,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0), // what clients do wrong is theirs
	}
	p.serving.Go(func() { _ = p.server.Serve(netutil.LimitListener(l, o.Connections)) }) // ends with Close
	return p, nil
}

// URL is the address of the proxy, such as http://127.0.0.1:34567.
func (p *Proxy) URL() string { return "http://" + p.listener.Addr().String() }

// Open begins a session. Its Close must be called.
func (p *Proxy) Open() *Session {
	ctx, end := context.WithCancel(context.Background())
	s := &Session{User: credential(), Password: credential(), proxy: p, ctx: ctx, end: end, places: make(chan struct{}, p.o.PerSession)}
	s.transport = s.newTransport()
	s.forward = s.newForward()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		end()
		return s
	}
	p.sessions[s.User] = s
	return s
}

// Close ends the sessions and the proxy, and waits for their connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	open := p.sessions
	p.sessions = map[string]*Session{}
	p.mu.Unlock()
	err := p.server.Close()
	for _, s := range open {
		s.Close()
	}
	p.serving.Wait()
	return err
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	s := p.sessionOf(r.Header.Get("Proxy-Authorization"))
	if s == nil {
		p.ask(w)
		return
	}
	s.serve(w, r)
}

// ask asks for the credentials of a session.
func (p *Proxy) ask(w http.ResponseWriter) {
	w.Header().Set("Proxy-Authenticate", `Basic realm="semantest"`)
	http.Error(w, "this proxy is not for you", http.StatusProxyAuthRequired)
}

// serve answers a request of the session's own.
func (s *Session) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Scheme == "ws" { // as some browsers ask for it, instead of with CONNECT
		r.URL.Scheme = "http"
	}
	if !s.enter() {
		s.refuse(w, r, errBusy)
		return
	}
	defer s.leave()
	switch {
	case r.Method == http.MethodConnect:
		s.tunnel(w, r)
	case r.URL.Scheme == "http" && r.URL.Host == Greeting:
		w.Header().Set("Connection", "close") // the next request may be long in coming
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Scheme == "http" && r.URL.Host != "":
		s.pass(w, r)
	default:
		http.Error(w, "this is a proxy: ask with CONNECT, or for a whole http:// address", http.StatusBadRequest)
	}
}

func (p *Proxy) sessionOf(header string) *Session {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "basic") {
		return nil
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	user, password, _ := strings.Cut(string(text), ":")
	p.mu.Lock()
	s := p.sessions[user]
	p.mu.Unlock()
	if s == nil || subtle.ConstantTimeCompare([]byte(password), []byte(s.Password)) != 1 {
		return nil
	}
	return s
}

func credential() string {
	var b [credentialLen]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func set[T int | time.Duration](v *T, byDefault T) {
	if *v <= 0 {
		*v = byDefault
	}
}
