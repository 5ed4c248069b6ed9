package edge_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/edge"
)

func TestClientBehindProxies(t *testing.T) {
	t.Parallel()
	proxies, err := edge.ParseProxies([]string{"10.0.0.0/8", "192.0.2.7", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, peer string
		headers    http.Header
		address    string
		secure     bool
		host       string
	}{
		{"no proxy", "203.0.113.5:1234", nil, "203.0.113.5", false, "api.test"},
		{"a stranger who says otherwise", "203.0.113.5:1234", http.Header{"X-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.test"}}, "203.0.113.5", false, "api.test"},
		{"a proxy", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"203.0.113.5"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"tests.example"}}, "203.0.113.5", true, "tests.example"},
		{"a proxy that says nothing", "10.1.1.1:1", nil, "10.1.1.1", false, "api.test"},
		{"what the client made up comes first", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"1.2.3.4, 203.0.113.5"}}, "203.0.113.5", false, "api.test"},
		{"two proxies", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"1.2.3.4, 203.0.113.5, 192.0.2.7"}}, "203.0.113.5", false, "api.test"},
		{"two lines", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"203.0.113.5", "192.0.2.7"}}, "203.0.113.5", false, "api.test"},
		{"proxies only", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"10.2.2.2, 10.3.3.3"}}, "10.2.2.2", false, "api.test"},
		{"nonsense", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"203.0.113.5, <script>"}}, "10.1.1.1", false, "api.test"},
		{"nonsense beyond a proxy", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"unknown, 192.0.2.7"}}, "192.0.2.7", false, "api.test"},
		{"with a port", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"203.0.113.5:4711"}}, "203.0.113.5", false, "api.test"},
		{"IPv6", "[fd00::1]:1", http.Header{"X-Forwarded-For": {"[2001:db8::5]:4711"}}, "2001:db8::5", false, "api.test"},
		{"mapped to IPv6", "[::ffff:10.1.1.1]:1", http.Header{"X-Forwarded-For": {"::ffff:203.0.113.5"}}, "203.0.113.5", false, "api.test"},
		{"very many", "10.1.1.1:1", http.Header{"X-Forwarded-For": {"203.0.113.5" + strings.Repeat(", 10.2.2.2", 5000)}}, "10.2.2.2", false, "api.test"},
		{"the nearest proxy's scheme", "10.1.1.1:1", http.Header{"X-Forwarded-Proto": {"https, http"}}, "10.1.1.1", false, "api.test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://api.test/", nil)
			r.RemoteAddr = tt.peer
			for name, values := range tt.headers {
				r.Header[name] = values
			}
			seen := false
			edge.Handler(edge.Options{TrustedProxies: proxies}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen = true
				c := edge.ClientOf(r.Context())
				if c.Address.String() != tt.address || c.Secure != tt.secure || r.Host != tt.host {
					t.Errorf("client %s, secure %t, host %s; want %s, %t, %s", c.Address, c.Secure, r.Host, tt.address, tt.secure, tt.host)
				}
				for name := range r.Header {
					if strings.HasPrefix(name, "X-Forwarded") {
						t.Errorf("%s reaches the handler", name)
					}
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
			if !seen {
				t.Error("the handler was not asked")
			}
		})
	}
}

func TestConfigurationThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"", "dashboard.example", "https://", "https://a.example/", "https://a.example/path", "https://A.example", "null", "ftp://a.example", "https://a.example:443", "http://a.example:80", "https://*.example/"} {
		if err := edge.CheckOrigins([]string{origin}); apperr.CodeOf(err) != apperr.InvalidInput {
			t.Errorf("the origin %q: %v, want INVALID_INPUT", origin, err)
		}
	}
	if err := edge.CheckOrigins([]string{"*", "https://a.example"}); err == nil {
		t.Error("* beside another origin is taken")
	}
	if err := edge.CheckOrigins([]string{"https://a.example", "http://localhost:5173"}); err != nil {
		t.Error(err)
	}
	for _, proxy := range []string{"", "proxy.internal", "10.0.0.0/33", "10.0.0.1:80"} {
		if _, err := edge.ParseProxies([]string{proxy}); apperr.CodeOf(err) != apperr.InvalidInput {
			t.Errorf("the proxy %q: %v, want INVALID_INPUT", proxy, err)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	const mine, other = "https://dashboard.example", "https://evil.example"
	for _, tt := range []struct {
		name        string
		origins     []string
		from        string
		allowed     string // Access-Control-Allow-Origin
		credentials string
	}{
		{"none is configured", nil, mine, "", ""},
		{"one that is listed", []string{mine}, mine, mine, "true"},
		{"one that is not", []string{mine}, other, "", ""},
		{"one that begins alike", []string{mine}, mine + ".evil.example", "", ""},
		{"the same host without TLS", []string{mine}, "http://dashboard.example", "", ""},
		{"a sandboxed page", []string{mine}, "null", "", ""},
		{"all", []string{"*"}, other, "*", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			handler := edge.Handler(edge.Options{Origins: tt.origins}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") }))
			for _, preflight := range []bool{true, false} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://api.test/graphql", strings.NewReader("{}"))
				if preflight {
					r = httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "http://api.test/graphql", nil)
					r.Header.Set("Access-Control-Request-Method", http.MethodPost)
					r.Header.Set("Access-Control-Request-Headers", "authorization,content-type,semantest-project")
				}
				r.Header.Set("Origin", tt.from)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				h := w.Header()
				if got := h.Get("Access-Control-Allow-Origin"); got != tt.allowed {
					t.Errorf("preflight %t: allowed is %q, want %q", preflight, got, tt.allowed)
				}
				if got := h.Get("Access-Control-Allow-Credentials"); got != tt.credentials {
					t.Errorf("preflight %t: credentials %q, want %q", preflight, got, tt.credentials)
				}
				if got := h.Get("Access-Control-Allow-Headers"); preflight && tt.allowed != "" && got == "" {
					t.Error("the headers of our clients are not allowed")
				}
			}
		})
	}
	if got := edge.SocketOrigins([]string{"*"}); len(got) != 0 {
		t.Errorf("sockets may be opened by %v, want by no page of others", got)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	ask := func(o edge.Options, host string) http.Header {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://api.test/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		edge.Handler(o, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		return w.Header()
	}
	h := ask(edge.Options{}, "api.test:8080")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	policy := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "media-src blob:;", "frame-ancestors 'none'", "base-uri 'none'", "connect-src 'self' ws://api.test:8080 wss://api.test:8080"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy has no %s: %s", part, policy)
		}
	}
	for _, host := range []string{"evil.test; script-src *", "a b", "x'", "", "a,b"} {
		if got := ask(edge.Options{}, host).Get("Content-Security-Policy"); !strings.HasSuffix(got, "connect-src 'self'") {
			t.Errorf("the host %q is part of the policy: %s", host, got)
		}
	}
	for name, o := range map[string]edge.Options{"TLS": {TLS: true}, "a public address with TLS": {PublicURL: "https://tests.example"}} {
		if got := ask(o, "api.test").Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("with %s: Strict-Transport-Security is %q", name, got)
		}
	}
}

// TestSlowBody sends a byte for each that the server has taken, so that the
// connection is never idle, and never done.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 1)
	server := httptest.NewServer(edge.Handler(edge.Options{Body: edge.BodyLimits{Grace: 200 * time.Millisecond, Rate: 1 << 20}},
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			failed <- err
		})))
	t.Cleanup(server.Close)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	drip := time.NewTicker(10 * time.Millisecond)
	defer drip.Stop()
	for {
		select {
		case err := <-failed:
			if err == nil {
				t.Error("the whole body was read")
			}
			return
		case <-drip.C:
			_, _ = conn.Write([]byte("x")) // refused once the server has hung up
		case <-ctx.Done():
			t.Fatal("the server still reads after a minute")
		}
	}
}

// TestALongAnswer takes longer than its request may: the deadline ends with the
// body.
func TestALongAnswer(t *testing.T) {
	t.Parallel()
	const grace = 50 * time.Millisecond
	server := httptest.NewServer(edge.Handler(edge.Options{Body: edge.BodyLimits{Grace: grace}},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				t.Error(err)
			}
			select {
			case <-r.Context().Done():
				t.Error("the request ended before its answer")
			case <-time.After(6 * grace):
			}
			_, _ = io.WriteString(w, "done")
		})))
	t.Cleanup(server.Close)
	for range 2 { // the second on the same connection
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || string(text) != "done" {
			t.Errorf("answered %q, %v", text, err)
		}
	}
}
