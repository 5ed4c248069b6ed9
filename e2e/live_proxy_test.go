package e2e

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestClientSurvivesCutConnections(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	s.worker(t, 4)
	const cases = 100
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", cases))
	through := clientOf(t, cutting(t, api.URL), api.Token)
	events := startFollowing(t, through, id)
	for n := 10; n <= cases; n += 10 { // keeps the run going over many cuts
		app.open("/door", 10)
		waitFor(t, "ten more cases have finished", func() bool { return events.count("CASE_FINISHED") >= n })
	}
	assertEvents(t, events.finish(t), cases)
}

// cutEvery is how often the proxy cuts all connections.
const cutEvery = 100 * time.Millisecond

// cutting returns the address of a proxy in front of a server that cuts all its
// connections again and again, in the middle of whatever they carry.
func cutting(t testing.TB, target string) string {
	t.Helper()
	p := switchable(t, target)
	done := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		tick := time.NewTicker(cutEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				p.cut()
			}
		}
	})
	t.Cleanup(func() { close(done); loop.Wait() })
	return p.URL
}

// proxy is an address behind which the server can change, like that of a load
// balancer.
type proxy struct {
	URL   string
	loops sync.WaitGroup

	mu      sync.Mutex
	targets []string
	open    map[net.Conn]bool
	closed  bool
}

func switchable(t testing.TB, targets ...string) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{URL: "http://" + ln.Addr().String(), open: map[net.Conn]bool{}}
	p.to(targets...)
	p.loops.Go(func() { p.accept(ln) })
	t.Cleanup(func() {
		_ = ln.Close()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.cut()
		p.loops.Wait()
	})
	return p
}

// to sends the connections that come from now on to servers in turn, but not to
// one that refuses them.
func (p *proxy) to(targets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets = nil
	for _, target := range targets {
		p.targets = append(p.targets, strings.TrimPrefix(target, "http://"))
	}
}

func (p *proxy) dial() (far net.Conn, err error) {
	p.mu.Lock()
	targets := slices.Clone(p.targets)
	p.targets = append(p.targets[1:], p.targets[0])
	p.mu.Unlock()
	for _, target := range targets {
		if far, err = net.Dial("tcp", target); err == nil {
			break
		}
	}
	return far, err
}

func (p *proxy) accept(ln net.Listener) {
	for {
		near, err := ln.Accept()
		if err != nil {
			return // closed
		}
		far, err := p.dial()
		if err != nil {
			_ = near.Close()
			continue
		}
		p.mu.Lock()
		p.open[near], p.open[far] = true, true
		closed := p.closed
		p.mu.Unlock()
		if closed {
			p.cut()
		}
		p.loops.Go(func() { p.pump(near, far) })
		p.loops.Go(func() { p.pump(far, near) })
	}
}

func (p *proxy) pump(to, from net.Conn) {
	_, _ = io.Copy(to, from) // ends with the cut
	_, _ = to.Close(), from.Close()
}

// cut resets every connection, so that nothing that waits arrives.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.(*net.TCPConn).SetLinger(0) // it may be closed already
		_ = c.Close()
	}
	clear(p.open)
}
