package proxy

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"golang.org/x/net/netutil"
)

// door is a listener by which one session alone goes out.
type door struct {
	session *Session
	own     netip.AddrPort
	server  *http.Server
	serving sync.WaitGroup
}

// Door opens an address of the session's own, until the session is closed. It is
// for browsers that keep one set of credentials for each proxy, whatever case
// they belong to: each case gets a proxy of its own then.
//
// An open door asks for no credentials: it is for browsers that can show none.
// Whoever runs programs on this machine can use it while the case lasts, and
// reaches by it what the policy allows. Pages and executors cannot: the policy
// denies it as an endpoint of ours.
func (s *Session) Door(open bool) (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("open a door of the egress proxy: %w", err)
	}
	own, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return "", errors.Join(fmt.Errorf("read the address of a door of the egress proxy: %w", err), l.Close())
	}
	d := &door{session: s, own: own}
	d.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !open && s.proxy.sessionOf(r.Header.Get("Proxy-Authorization")) != s {
				s.proxy.ask(w)
				return
			}
			s.serve(w, r)
		}),
		ReadHeaderTimeout: headerWithin,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0), // what clients do wrong is theirs
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", errors.Join(errors.New("open a door of the egress proxy: the session is closed"), l.Close())
	}
	s.proxy.policy.Deny(own)
	s.doors = append(s.doors, d)
	d.serving.Go(func() { _ = d.server.Serve(netutil.LimitListener(l, s.proxy.o.PerSession)) }) // ends with close
	return "http://" + own.String(), nil
}

func (d *door) close() {
	_ = d.server.Close() // its connections are cut; nothing is left to lose
	d.serving.Wait()
	d.session.proxy.policy.Release(d.own)
}
