package proxy_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/egress/egresstest"
	"github.com/semantest/semantest/internal/egress/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, mode egress.Mode, o proxy.Options) (*proxy.Proxy, *egress.Policy) {
	t.Helper()
	policy, err := egress.New(mode)
	if err != nil {
		t.Fatal(err)
	}
	p, err := proxy.Start(policy, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, policy
}

// client goes out by a session.
func client(t *testing.T, p *proxy.Proxy, user, password string) *http.Client {
	t.Helper()
	u, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	transport := &http.Transport{Proxy: http.ProxyURL(u), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, c *http.Client, address string, header http.Header) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func TestPassesWhatIsAllowed(t *testing.T) {
	t.Parallel()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %s|%s|%s", r.Method, r.Host, r.RequestURI, r.Header.Get("X-Forwarded-For"), r.Header.Get("Proxy-Authorization"))
	})
	plain, secure := httptest.NewServer(echo), httptest.NewTLSServer(echo)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	p, _ := start(t, egress.Dev, proxy.Options{})
	s := p.Open()
	t.Cleanup(s.Close)
	c := client(t, p, s.User, s.Password)
	for _, server := range []*httptest.Server{plain, secure} {
		status, text, err := get(t, c, server.URL+"/a%2Fb;c?d;e=f&g", http.Header{"X-Forwarded-For": {"made up"}})
		want := fmt.Sprintf("GET %s /a%%2Fb;c?d;e=f&g|made up|", server.Listener.Addr())
		if err != nil || status != http.StatusOK || text != want {
			t.Errorf("%s: %d %q %v, want %q", server.URL, status, text, err, want)
		}
	}
	if problems := s.Problems(0); len(problems) > 0 {
		t.Errorf("problems without one: %+v", problems)
	}
}

func TestSaysWhatWasNotReached(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := closed.Addr().String()
	_ = closed.Close()
	rude := listener(t, func(c net.Conn) { _ = c.Close() })
	garbled := listener(t, func(c net.Conn) {
		_, _ = bufio.NewReader(c).ReadString('\n')
		_, _ = io.WriteString(c, "220 smtp ready\r\n\r\n")
		_ = c.Close()
	})
	p, policy := start(t, egress.Dev, proxy.Options{})
	policy.ResolveWith(egresstest.Resolver(t))
	for _, tt := range []struct {
		address  string
		status   int
		reason   proxy.Reason
		sentence string
	}{
		{"http://169.254.169.254/x", http.StatusForbidden, proxy.Denied, "the egress policy (dev) does not allow 169.254.169.254:80"},
		{"https://169.254.169.254/x", http.StatusForbidden, proxy.Denied, "the egress policy (dev) does not allow 169.254.169.254:443"},
		{p.URL() + "/", http.StatusForbidden, proxy.Denied, "it is an endpoint of this server itself"},
		{"http://" + dead + "/", http.StatusBadGateway, proxy.Refused, "nothing listens at " + dead},
		{"https://" + dead + "/", http.StatusBadGateway, proxy.Refused, "nothing listens at " + dead},
		{"http://nowhere.test./", http.StatusBadGateway, proxy.NoHost, "there is no host of the name nowhere.test."},
		{"http://" + rude + "/", http.StatusBadGateway, proxy.Broken, rude + " closed the connection without an answer"},
		{"http://" + garbled + "/", http.StatusBadGateway, proxy.Invalid, "the answer of " + garbled + " is not valid HTTP"},
	} {
		s := p.Open()
		status, text, err := get(t, client(t, p, s.User, s.Password), tt.address, nil)
		if strings.HasPrefix(tt.address, "https:") { // a client sees no page
			if err == nil || !strings.Contains(err.Error(), http.StatusText(tt.status)) {
				t.Errorf("%s: %d %v, want %s", tt.address, status, err, http.StatusText(tt.status))
			}
		} else if err != nil || status != tt.status || !strings.Contains(text, tt.sentence) {
			t.Errorf("%s: %d %q %v, want %d and %q", tt.address, status, text, err, tt.status, tt.sentence)
		}
		problems := s.Problems(0)
		if len(problems) != 1 || problems[0].Reason != tt.reason || !strings.Contains(problems[0].Sentence, tt.sentence) || s.Count() != 1 {
			t.Errorf("%s: problems %+v, want one that is %s", tt.address, problems, tt.reason)
		}
		if len(s.Problems(s.Count())) != 0 {
			t.Error("a problem is told twice")
		}
		s.Close()
	}
}

func listener(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 10)
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	t.Cleanup(target.Close)
	p, _ := start(t, egress.Dev, proxy.Options{})
	s, ended := p.Open(), p.Open()
	ended.Close()
	t.Cleanup(s.Close)
	for name, header := range map[string]string{
		"none":             "",
		"another scheme":   "Bearer " + s.Password,
		"no base64":        "Basic ???",
		"no password":      basic(s.User, ""),
		"a wrong password": basic(s.User, s.Password+"x"),
		"another's":        basic(ended.User, s.Password),
		"an ended session": basic(ended.User, ended.Password),
		"an unknown user":  basic("", ""),
		"the right ones":   basic(s.User, s.Password),
	} {
		for _, line := range []string{"GET " + target.URL + "/ HTTP/1.1", "CONNECT " + target.Listener.Addr().String() + " HTTP/1.1"} {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL(), "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprintf(conn, "%s\r\nHost: x\r\nProxy-Authorization: %s\r\n\r\n", line, header)
			res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: strings.Fields(line)[0]})
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			want := http.StatusProxyAuthRequired
			if name == "the right ones" {
				want = http.StatusOK
			}
			if res.StatusCode != want {
				t.Errorf("%s, %s: %s, want %d", name, line, res.Status, want)
			}
			_ = conn.Close()
		}
	}
	if n := len(reached); n != 1 {
		t.Errorf("the target was asked %d times, want once", n)
	}
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// TestWebSocket goes through as a request and as a tunnel.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		kind, text, err := c.Read(r.Context())
		if err == nil {
			_ = c.Write(r.Context(), kind, text)
		}
	})
	plain, secure := httptest.NewServer(echo), httptest.NewTLSServer(echo)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	p, _ := start(t, egress.Dev, proxy.Options{})
	s := p.Open()
	t.Cleanup(s.Close)
	for _, address := range []string{plain.URL, secure.URL} {
		c, _, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPClient: client(t, p, s.User, s.Password)})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, text, err := c.Read(t.Context()); err != nil || string(text) != "hello" {
			t.Errorf("%s answered %q, %v", address, text, err)
		}
		_ = c.CloseNow()
	}
}

// tunnel opens one to a target that stays silent.
func tunnel(t *testing.T, p *proxy.Proxy, s *proxy.Session, target string) (conn net.Conn, status int) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: x\r\nProxy-Authorization: %s\r\n\r\n", target, basic(s.User, s.Password))
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodConnect})
	if err != nil {
		t.Fatal(err)
	}
	return conn, res.StatusCode
}

// silent accepts connections and tells when they have ended.
func silent(t *testing.T) (address string, ended <-chan error) {
	t.Helper()
	out := make(chan error, 10)
	return listener(t, func(c net.Conn) {
		go func() {
			_, err := io.Copy(io.Discard, c)
			out <- errors.Join(err, c.Close())
		}()
	}), out
}

func TestTunnelsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*proxy.Proxy, *proxy.Session, net.Conn){
		"with their session": func(_ *proxy.Proxy, s *proxy.Session, _ net.Conn) { s.Close() },
		"with the proxy":     func(p *proxy.Proxy, _ *proxy.Session, _ net.Conn) { _ = p.Close() },
		"with the client":    func(_ *proxy.Proxy, _ *proxy.Session, c net.Conn) { _ = c.Close() },
		"when idle":          func(*proxy.Proxy, *proxy.Session, net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			idle := time.Hour
			if name == "when idle" {
				idle = 50 * time.Millisecond
			}
			p, _ := start(t, egress.Dev, proxy.Options{Idle: idle})
			s := p.Open()
			target, ended := silent(t)
			conn, status := tunnel(t, p, s, target)
			if status != http.StatusOK {
				t.Fatalf("the tunnel: %d", status)
			}
			end(p, s, conn)
			select {
			case <-ended:
			case <-time.After(time.Minute):
				t.Error("the connection to the target is still open after a minute")
			}
		})
	}
}

func TestPlacesOfASession(t *testing.T) {
	t.Parallel()
	p, _ := start(t, egress.Dev, proxy.Options{PerSession: 2})
	s, other := p.Open(), p.Open()
	t.Cleanup(s.Close)
	t.Cleanup(other.Close)
	target, _ := silent(t)
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusServiceUnavailable} {
		if _, status := tunnel(t, p, s, target); status != want {
			t.Errorf("tunnel %d: %d, want %d", i+1, status, want)
		}
	}
	if _, status := tunnel(t, p, other, target); status != http.StatusOK {
		t.Errorf("another session suffers: %d", status)
	}
	if problems := s.Problems(0); len(problems) != 1 || problems[0].Reason != proxy.Busy {
		t.Errorf("problems %+v, want one that is busy", problems)
	}
}
