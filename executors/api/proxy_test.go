package api_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/egress/egresstest"
	"github.com/semantest/semantest/internal/spec"
)

// forwarder is a proxy that leads every name to one target.
type forwarder struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newForwarder(t *testing.T, target string, secure bool, refuse int) *forwarder {
	t.Helper()
	f := &forwarder{}
	transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse("http://" + target) }}
	t.Cleanup(transport.CloseIdleConnections)
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.asked = append(f.asked, r.Method+" "+r.RequestURI)
		f.mu.Unlock()
		if user, password, ok := parseProxyAuth(r); refuse == http.StatusProxyAuthRequired && (!ok || user != "ada" || password != "planted-pass") {
			w.WriteHeader(refuse)
			return
		}
		if refuse != 0 && refuse != http.StatusProxyAuthRequired {
			w.WriteHeader(refuse)
			return
		}
		if r.Method != http.MethodConnect {
			r.RequestURI = ""
			r.Header.Del("Proxy-Authorization")
			resp, err := transport.RoundTrip(r)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer resp.Body.Close()
			w.Header().Set("Via", "forwarder")
			w.WriteHeader(resp.StatusCode)
			_, _ = io.Copy(w, resp.Body)
			return
		}
		to, err := net.Dial("tcp", target)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer to.Close()
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(to, rw); to.Close() })
		both.Go(func() { _, _ = io.Copy(conn, to); conn.Close() })
		both.Wait()
	}))
	if secure {
		f.StartTLS()
	} else {
		f.Start()
	}
	t.Cleanup(f.Close)
	return f
}

func parseProxyAuth(r *http.Request) (user, password string, ok bool) {
	r = &http.Request{Header: http.Header{"Authorization": r.Header.Values("Proxy-Authorization")}}
	return r.BasicAuth()
}

func (f *forwarder) heard() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// publicExecutor resolves every name to a public address, and may reach this
// machine only at the given ports.
func publicExecutor(t *testing.T, answer [4]byte, allowed []string, opts ...api.Option) *api.Executor {
	t.Helper()
	policy, err := egress.New(egress.Public)
	if err != nil {
		t.Fatal(err)
	}
	list, err := egress.ParseAllowed(allowed)
	if err != nil {
		t.Fatal(err)
	}
	policy.Allow(list)
	policy.ResolveWith(egresstest.Resolver(t, slices.Repeat([][4]byte{answer}, 100)...))
	e := api.New(policy, opts...)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestProxy(t *testing.T) {
	t.Parallel()
	up := websocket.Upgrader{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			conn, err := up.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer conn.Close()
			_ = conn.WriteMessage(websocket.TextMessage, []byte("welcome"))
			_, _, _ = conn.ReadMessage()
			return
		}
		_, _ = fmt.Fprintf(w, "%s %s", r.Host, r.URL.Path)
	})
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(handler)
	t.Cleanup(secure.Close)
	public := [4]byte{93, 184, 216, 34}
	private := [4]byte{10, 1, 2, 3}
	tests := []struct {
		name           string
		target         *httptest.Server
		secureProxy    bool
		refuse         int
		answer         [4]byte
		listed         bool
		use, step, err string
		heard          []string
	}{
		{"plain", plain, false, 0, public, true, `{url: PROXY}`, `{http: "http://example.com/a", check: [{body: example.com /a}]}`, "", []string{"GET http://example.com/a"}},
		{"plain by TLS to the proxy", plain, true, 0, public, true, `{url: PROXY}`, `{http: "http://example.com/a", check: [{body: example.com /a}]}`, "", []string{"GET http://example.com/a"}},
		{"TLS", secure, false, 0, public, true, `{url: PROXY}`, `{http: "https://example.com/a", check: [{body: example.com /a}]}`, "", []string{"CONNECT example.com:443"}},
		{"TLS by TLS to the proxy", secure, true, 0, public, true, `{url: PROXY}`, `{http: "https://example.com/a", check: [{body: example.com /a}]}`, "", []string{"CONNECT example.com:443"}},
		{"of the step", secure, false, 0, public, true, ``, `{http: {url: "https://example.com/a", proxy: PROXY}, check: [{status: 200}]}`, "", []string{"CONNECT example.com:443"}},
		{"WebSocket", plain, false, 0, public, true, `{url: PROXY}`, `{websocket: {url: "ws://example.com/live", messages: [{expect: {check: [{body: welcome}]}}]}}`, "", []string{"CONNECT example.com:80"}},
		{"WebSocket with TLS", secure, false, 0, public, true, `{url: PROXY}`, `{websocket: {url: "wss://example.com/live", messages: [{expect: {check: [{body: welcome}]}}]}}`, "", []string{"CONNECT example.com:443"}},
		{"user", secure, false, 407, public, true, `{url: PROXY, username: ada, password: planted-pass}`, `{http: "https://example.com/planted-pass", check: [{status: 200}]}`, "", []string{"CONNECT example.com:443"}},
		{"user without TLS", plain, false, 407, public, true, `{url: PROXY, username: ada, password: planted-pass}`, `{http: "http://example.com/", check: [{status: 200}]}`, "", []string{"GET http://example.com/"}},
		{"wrong user", secure, false, 407, public, true, `{url: PROXY, username: ada, password: planted-word}`, `{http: "https://example.com/planted-word"}`, "it made no tunnel, but answered 407 Proxy Authentication Required; are username and password of the proxy right?", nil},
		{"refused", secure, false, 403, public, true, `{url: PROXY}`, `{http: "https://example.com/"}`, "was of no help: it made no tunnel, but answered 403 Forbidden", nil},
		{"exempt", plain, false, 0, public, true, `{url: PROXY, noProxy: [.example.com, example.org]}`, `{http: {url: "http://127.0.0.1:1/"}}`, "could not connect to http://127.0.0.1:1", []string{}},
		{"exempt by name", plain, false, 0, [4]byte{127, 0, 0, 1}, true, `{url: PROXY, noProxy: [example.com]}`, `{http: "http://www.example.com:PORT/a", check: [{body: {contains: /a}}]}`, "", []string{}},
		{"proxy that is not allowed", secure, false, 0, public, false, `{url: PROXY}`, `{http: "https://example.com/"}`, "the egress policy (public) does not allow 127.0.0.1:", []string{}},
		{"proxy that is not allowed, without TLS", plain, false, 0, public, false, `{url: PROXY}`, `{http: "http://example.com/"}`, "the egress policy (public) does not allow 127.0.0.1:", []string{}},
		{"target that is not allowed", secure, false, 0, private, true, `{url: PROXY}`, `{http: "https://example.com/"}`, "the egress policy (public) does not allow 10.1.2.3:443", []string{}},
		{"target that is not allowed, without TLS", plain, false, 0, private, true, `{url: PROXY}`, `{http: "http://example.com/"}`, "the egress policy (public) does not allow 10.1.2.3:80", []string{}},
		{"address that is not allowed", plain, false, 0, public, true, `{url: PROXY}`, `{http: "http://169.254.169.254/"}`, "does not allow 169.254.169.254:80", []string{}},
		{"nothing there", plain, false, 0, public, true, `{url: "http://127.0.0.1:1"}`, `{http: "http://example.com/"}`, "could not connect to the proxy http://127.0.0.1:1: connection refused", []string{}},
		{"nothing there, with TLS", plain, false, 0, public, true, `{url: "http://127.0.0.1:1"}`, `{http: "https://example.com/"}`, "could not connect to the proxy http://127.0.0.1:1: connection refused", []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			proxy := newForwarder(t, tt.target.Listener.Addr().String(), tt.secureProxy, tt.refuse)
			var allowed []string
			if tt.listed {
				allowed = []string{"127.0.0.1"}
			}
			e := publicExecutor(t, tt.answer, allowed, trusting(secure))
			fill := strings.NewReplacer("PROXY", proxy.URL, "PORT", tt.target.URL[strings.LastIndex(tt.target.URL, ":")+1:])
			use := ""
			if tt.use != "" {
				use = "use: {proxy: " + fill.Replace(tt.use) + "}\n"
			}
			plan, err := spec.Parse([]byte("version: \"1\"\nname: P\n" + use + "cases: [{id: c, kind: api, steps: [" + fill.Replace(tt.step) + "]}]"))
			if err != nil {
				t.Fatal(err)
			}
			r := perform(t, e, executors.Task{Attempt: 1, Case: plan.Cases[0], Use: plan.Use, Scope: spec.NewScope(nil, nil)})
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
			if tt.err != "" && r.outcome != spec.OutcomeErrored {
				t.Errorf("it is %s", r.outcome)
			}
			if heard := proxy.heard(); tt.heard != nil && !slices.Equal(heard, tt.heard) {
				t.Errorf("the proxy was asked for %q, want %q", heard, tt.heard)
			}
			if strings.Contains(r.Text()+r.text(), "planted") {
				t.Errorf("the password of the proxy shows: %s", r.Text()+r.text())
			}
		})
	}
}

// TestHostileProxies answer CONNECT as they should not.
func TestHostileProxies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ proxy, want string }{
		"endless headers": {"endless", "its answer is larger than 64 KiB"},
		"silence":         {"", "closed the connection without an answer"},
		"not HTTP":        {"hello there\r\n\r\n", "could not connect to the proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := once(tt.proxy)
			if tt.proxy == "endless" {
				answer = forever("HTTP/1.1 200 OK\r\n", "X-#: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
			}
			task := task("", get("https://example.com/"))
			task.Use.Proxy = &spec.Proxy{URL: listen(t, answer)}
			r := execute(t, publicExecutor(t, [4]byte{93, 184, 216, 34}, []string{"127.0.0.1"}), task)
			if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), tt.want) {
				t.Errorf("%s: %s", r.outcome, r.text())
			}
		})
	}
}
