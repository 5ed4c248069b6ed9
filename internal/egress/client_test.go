package egress_test

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/egress"
)

func TestClientRedirects(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/end":
			_, _ = io.WriteString(w, "end")
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		default:
			http.Redirect(w, r, "/end", http.StatusFound)
		}
	}))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/end", http.StatusFound))
	t.Cleanup(secure.Close)
	for _, tt := range []struct{ name, address, want string }{
		{"to another path", plain.URL + "/begin", ""},
		{"without end", plain.URL + "/loop", "it redirects more than 5 times"},
		{"to a file", plain.URL + "/file", `a redirect to an address of the scheme "file" is not followed`},
		{"away from HTTPS", secure.URL, "a redirect from https to http is not followed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client := policy(t, egress.Dev).Client(egress.Timeouts{})
			defer client.CloseIdleConnections()
			roots := x509.NewCertPool()
			roots.AddCert(secure.Certificate())
			client.Transport.(*http.Transport).TLSClientConfig.RootCAs = roots
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.address, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := client.Do(req)
			if err == nil {
				_ = res.Body.Close()
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestClientIsHeldByThePolicy reaches nothing inside, also by a redirect.
func TestClientIsHeldByThePolicy(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer inside.Close()
	outside := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusFound))
	defer outside.Close()
	client := policy(t, egress.Dev, strings.TrimPrefix(inside.URL, "http://")).Client(egress.Timeouts{})
	defer client.CloseIdleConnections()
	for _, address := range []string{inside.URL, outside.URL} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		if !errors.Is(err, egress.ErrDenied) || reached.Load() {
			t.Errorf("%s: %v, reached %t; want ErrDenied", address, err, reached.Load())
		}
	}
}

// TestClientGivesUp meets a server that accepts and never answers.
func TestClientGivesUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer silent.Close()
	defer close(release)
	client := policy(t, egress.Dev).Client(egress.Timeouts{Header: 50 * time.Millisecond})
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, silent.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err == nil {
		_ = res.Body.Close()
		t.Error("a server that never answers was waited for")
	}
}

// TestClientAsksNoProxy runs itself anew, since net/http reads the environment
// once. The proxies that the environment names would take everything.
func TestClientAsksNoProxy(t *testing.T) {
	target := os.Getenv("EGRESS_TEST_TARGET")
	if target != "" {
		client := policy(t, egress.Dev).Client(egress.Timeouts{})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return
	}
	var proxied, reached atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { proxied.Add(1); w.WriteHeader(http.StatusBadGateway) }))
	defer proxy.Close()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	// net/http asks no proxy for loopback, but for any other address.
	l, err := net.Listen("tcp", net.JoinHostPort(interfaceAddress(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestClientAsksNoProxy$", "-test.v")
	cmd.Env = append(os.Environ(), "EGRESS_TEST_TARGET="+server.URL,
		"HTTP_PROXY="+proxy.URL, "HTTPS_PROXY="+proxy.URL, "ALL_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if proxied.Load() != 0 || reached.Load() != 1 {
		t.Errorf("the proxy of the environment was asked %d times and the target %d times, want 0 and 1", proxied.Load(), reached.Load())
	}
}
