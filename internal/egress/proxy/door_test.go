package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/egress/proxy"
)

func through(t *testing.T, door string, user *url.Userinfo) *http.Client {
	t.Helper()
	u, err := url.Parse(door)
	if err != nil {
		t.Fatal(err)
	}
	u.User = user
	transport := &http.Transport{Proxy: http.ProxyURL(u)}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestDoors: each is for its own session alone, is denied to all sessions, and
// ends with its own.
func TestDoors(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	t.Cleanup(site.Close)
	p, _ := start(t, egress.Dev, proxy.Options{})
	ours, theirs := p.Open(), p.Open()
	locked, err := ours.Door(false)
	if err != nil {
		t.Fatal(err)
	}
	open, err := ours.Door(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		client *http.Client
		to     string
		status int
	}{
		{"with credentials", through(t, locked, url.UserPassword(ours.User, ours.Password)), site.URL, http.StatusTeapot},
		{"without", through(t, locked, nil), site.URL, http.StatusProxyAuthRequired},
		{"with those of another session", through(t, locked, url.UserPassword(theirs.User, theirs.Password)), site.URL, http.StatusProxyAuthRequired},
		{"by an open one", through(t, open, nil), site.URL, http.StatusTeapot},
		{"from door to door", through(t, open, nil), locked, http.StatusForbidden},
		{"from another session to the open one", client(t, p, theirs.User, theirs.Password), open, http.StatusForbidden},
	} {
		res, err := tt.client.Get(tt.to)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, res.StatusCode, tt.status)
		}
	}
	if n := theirs.Count(); n != 1 {
		t.Errorf("the other session has %d problems, want 1", n)
	}
	ours.Close()
	for _, door := range []string{locked, open} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(door, "http://"))
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s is open after its session has ended", door)
		}
	}
	if _, err := ours.Door(true); err == nil {
		t.Error("a closed session opened a door")
	}
}

// TestWebSocketWithoutATunnel asks for one as WebKit does.
func TestWebSocketWithoutATunnel(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		_ = c.Write(r.Context(), websocket.MessageText, []byte("hello"))
		_ = c.Close(websocket.StatusNormalClosure, "")
	}))
	t.Cleanup(site.Close)
	p, _ := start(t, egress.Dev, proxy.Options{})
	door, err := p.Open().Door(true)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(door, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	host := strings.TrimPrefix(site.URL, "http://")
	_, err = fmt.Fprintf(conn, "GET ws://%s/ HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host, host)
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	status, err := r.ReadString('\n')
	if err != nil || !strings.Contains(status, "101") {
		t.Fatalf("%q, %v, want 101", status, err)
	}
	rest, err := io.ReadAll(r)
	if err != nil || !strings.Contains(string(rest), "hello") {
		t.Errorf("%q, %v", rest, err)
	}
}

// TestDoorsAreReleased: what the policy denies does not grow with the sessions.
func TestDoorsAreReleased(t *testing.T) {
	t.Parallel()
	p, policy := start(t, egress.Dev, proxy.Options{})
	s := p.Open()
	door, err := s.Door(true)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	l, err := net.Listen("tcp4", strings.TrimPrefix(door, "http://"))
	if err != nil {
		t.Skip("somebody else has taken the port")
	}
	defer func() { _ = l.Close() }()
	conn, err := policy.Dialer(0).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
