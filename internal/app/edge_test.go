package app_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/edge"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// open boots a server with TLS, behind a trusted proxy on loopback.
func open(t *testing.T, bodies edge.BodyLimits) (a *app.App, token string, client *http.Client) {
	t.Helper()
	cert, key, roots := pair(t)
	a, err := app.New(t.Context(), app.Config{
		Server: config.Server{DatabaseURL: storetest.URL(t), DataDir: t.TempDir(), DrainTimeout: time.Second},
		Edge:   config.Edge{TLSCert: cert, TLSKey: key, TrustedProxies: []string{"127.0.0.1"}, CORSOrigins: []string{"https://dashboard.example"}},
		Bodies: bodies, Listen: "127.0.0.1:0", Egress: egress.Dev, Version: "test", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeApp(t, a) })
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if token, err = a.NewLocalToken(t.Context(), "test", 0, "admin"); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return a, token, &http.Client{Transport: transport}
}

func closeApp(t *testing.T, a *app.App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Error(err)
	}
}

func pair(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "tls.crt"), filepath.Join(t.TempDir(), "tls.key")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return certFile, keyFile, roots
}

func send(t *testing.T, c *http.Client, method, address string, header http.Header, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestEdge(t *testing.T) {
	t.Parallel()
	a, token, client := open(t, edge.BodyLimits{})
	if !strings.HasPrefix(a.URL(), "https://127.0.0.1:") {
		t.Errorf("the server is at %s", a.URL())
	}
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/healthz", http.StatusOK},
		{http.MethodGet, "/readyz", http.StatusOK},
		{http.MethodGet, "/", http.StatusOK},
		{http.MethodHead, "/", http.StatusOK},
		{http.MethodGet, "/runs/run_1", http.StatusOK}, // the page finds its way
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodPost, "/api/login", http.StatusMethodNotAllowed},
		{http.MethodPut, "/graphqll", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/runs/run_1", http.StatusMethodNotAllowed},
		{http.MethodPost, "/readyz", http.StatusMethodNotAllowed},
	} {
		res, text := send(t, client, tt.method, a.URL()+tt.path, nil, "")
		if res.StatusCode != tt.status {
			t.Errorf("%s %s: %s %.100q, want %d", tt.method, tt.path, res.Status, text, tt.status)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, name, got, want)
			}
		}
	}
	res, text := send(t, client, http.MethodPost, a.URL()+"/graphql", http.Header{
		"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Origin": {"https://dashboard.example"},
	}, `{"query":"{ __typename }"}`)
	if !strings.Contains(text, `"Query"`) || res.Header.Get("Access-Control-Allow-Origin") != "https://dashboard.example" || res.ProtoMajor != 2 {
		t.Errorf("the graph answers %s %s %v", res.Proto, text, res.Header)
	}
}

// TestOriginIsRecorded makes a change over HTTP and one over a socket, both
// behind a proxy, and reads the audit log.
func TestOriginIsRecorded(t *testing.T) {
	t.Parallel()
	a, token, client := open(t, edge.BodyLimits{})
	const create = `mutation { createPlan(input: {source: "version: \"1\"\nname: NAME\ncases: [{id: a, kind: api, steps: [{http: {url: http://127.0.0.1:1/}}]}]"}) { plan { id } } }`
	header := func(address string) http.Header {
		return http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "X-Forwarded-For": {"1.2.3.4, " + address}, "User-Agent": {"agent of " + address}}
	}
	ask := func(query string) string {
		body, err := json.Marshal(map[string]any{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		_, text := send(t, client, http.MethodPost, a.URL()+"/graphql", header("203.0.113.5"), string(body))
		return text
	}
	if text := ask(strings.ReplaceAll(create, "NAME", "http")); !strings.Contains(text, "pln_") && !strings.Contains(text, "plan_") {
		t.Fatalf("createPlan answered %s", text)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, a.URL()+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: client, HTTPHeader: header("203.0.113.9"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	for _, m := range []any{
		map[string]any{"type": "connection_init"},
		map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": strings.ReplaceAll(create, "NAME", "socket")}},
	} {
		if err := wsjson.Write(ctx, conn, m); err != nil {
			t.Fatal(err)
		}
	}
	for answer := []byte(nil); !bytes.Contains(answer, []byte(`"complete"`)); {
		if _, answer, err = conn.Read(ctx); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(answer, []byte("errors")) {
			t.Fatalf("createPlan answered %s", answer)
		}
	}

	log := ask(`{ auditLog(first: 20) { edges { node { action objectName address userAgent } } } }`)
	for name, address := range map[string]string{"http": "203.0.113.5", "socket": "203.0.113.9"} {
		if want := `"objectName":"` + name + `","address":"` + address + `","userAgent":"agent of ` + address + `"`; !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
}

// TestSocketsUnderTLS sends more than fits into one write of a connection that
// has no descriptor of its own.
func TestSocketsUnderTLS(t *testing.T) {
	t.Parallel()
	a, token, client := open(t, edge.BodyLimits{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, tt := range []struct {
		origin string
		status int
	}{
		{"https://evil.example", http.StatusForbidden},
		{"https://dashboard.example", http.StatusSwitchingProtocols},
		{a.URL(), http.StatusSwitchingProtocols},
		{"", http.StatusSwitchingProtocols},
	} {
		header := http.Header{}
		if tt.origin != "" {
			header.Set("Origin", tt.origin)
		}
		conn, res, err := websocket.Dial(ctx, a.URL()+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: client, HTTPHeader: header})
		if res == nil || res.StatusCode != tt.status {
			t.Errorf("from %q: %v %v, want %d", tt.origin, res, err, tt.status)
		}
		if err == nil {
			_ = conn.CloseNow()
		}
	}
	conn, _, err := websocket.Dial(ctx, a.URL()+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(32 << 20)
	if err := wsjson.Write(ctx, conn, map[string]any{"type": "connection_init", "payload": map[string]any{"Authorization": "Bearer " + token}}); err != nil {
		t.Fatal(err)
	}
	const many = 200
	for i := range many {
		if err := wsjson.Write(ctx, conn, map[string]any{"type": "subscribe", "id": "q" + string(rune('a'+i%26)) + string(rune('a'+i/26)), "payload": map[string]any{
			"query": `{ __schema { types { name } } }`,
		}}); err != nil {
			t.Fatal(err)
		}
		for complete := false; !complete; {
			var answer struct{ Type string }
			if err := wsjson.Read(ctx, conn, &answer); err != nil {
				t.Fatal(err)
			}
			complete = answer.Type == "complete"
			if answer.Type == "error" {
				t.Fatal("the query was refused")
			}
		}
	}
}

// TestSlowBodyOfTheAPI is cut off by the server as it is put together.
func TestSlowBodyOfTheAPI(t *testing.T) {
	t.Parallel()
	a, token, client := open(t, edge.BodyLimits{Grace: 100 * time.Millisecond, Rate: 1 << 20})
	roots := client.Transport.(*http.Transport).TLSClientConfig
	conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: roots.RootCAs}}).DialContext(t.Context(), "tcp", strings.TrimPrefix(a.URL(), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "+token+"\r\nContent-Length: 100000\r\n\r\n{")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "i/o timeout") {
		t.Error("the server still waits after a minute")
	}
}
