package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/icholy/digest"

	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	challenge := &digest.Challenge{Realm: "shop", Nonce: "n1", Algorithm: "SHA-256", QOP: []string{"auth"}}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/token":
			id, secret, _ := r.BasicAuth()
			form, _ := parseForm(string(body))
			w.Header().Set("Content-Type", "application/json")
			switch {
			case form["grant_type"] == "refresh_token" && form["refresh_token"] == "r1", id == "shop" && secret == "t0ken-Of-ada" && form["scope"] == "orders.read" && form["audience"] == "x":
				_, _ = fmt.Fprintf(w, `{"access_token":"at%d","token_type":"Bearer","expires_in":3600}`, asked.Add(1))
			default:
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
			}
		case "/digest":
			credentials, err := digest.ParseCredentials(r.Header.Get("Authorization"))
			if err != nil {
				w.Header().Set("WWW-Authenticate", challenge.String())
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			want, err := digest.Digest(challenge, digest.Options{Method: r.Method, URI: credentials.URI, Username: "ada", Password: "t0ken-Of-ada", Cnonce: credentials.Cnonce, Count: credentials.Nc})
			if err != nil || want.Response != credentials.Response {
				w.WriteHeader(http.StatusForbidden)
			}
		case "/nochallenge":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "go away")
		case "/signed":
			mac := hmac.New(sha256.New, []byte("t0ken-Of-ada"))
			_, _ = io.WriteString(mac, r.Header.Get("X-Timestamp")+"."+r.Method+"."+string(body))
			if r.Header.Get("X-Hub") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
				w.WriteHeader(http.StatusForbidden)
			}
		default:
			_, _ = io.WriteString(w, r.Header.Get("Authorization"))
		}
	})
	tests := []struct{ name, step, err string }{
		{"basic", `{http: {url: /, auth: {basic: {username: ada, password: pw}}}, check: [{body: "Basic YWRhOnB3"}]}`, ""},
		{"bearer", `{http: {url: /, auth: {bearer: abc}}, check: [{body: Bearer abc}]}`, ""},
		{"own header", `{http: {url: /, headers: {Authorization: mine}, auth: {bearer: abc}}, check: [{body: mine}]}`, ""},
		{"oauth2", `{http: {url: /, auth: {oauth2: {tokenUrl: /token, clientId: shop, clientSecret: "${{ TOKEN }}", scopes: [orders.read], params: {audience: x}}}}, check: [{body: {matches: "^Bearer at[0-9]+$"}}]}`, ""},
		{"oauth2 refresh", `{http: {url: /, auth: {oauth2: {tokenUrl: /token, clientId: shop, refreshToken: r1}}}, check: [{body: {matches: "^Bearer at[0-9]+$"}}]}`, ""},
		{"oauth2 that is refused", `{http: {url: /, auth: {oauth2: {tokenUrl: /token, clientId: shop, clientSecret: wrong}}}}`, server.URL + " gave no access token: it answered 401 Unauthorized (invalid_client)"},
		{"digest", `{http: {url: "/digest?a=1", auth: {digest: {username: ada, password: "${{ TOKEN }}"}}}, check: [{status: 200}]}`, ""},
		{"digest with a body", `{http: {url: /digest, method: POST, json: {a: 1}, auth: {digest: {username: ada, password: "${{ TOKEN }}"}}}, check: [{status: 200}]}`, ""},
		{"digest that is wrong", `{http: {url: /digest, auth: {digest: {username: ada, password: x}}}, check: [{status: 403}]}`, ""},
		{"digest without a challenge", `{http: {url: /nochallenge, auth: {digest: {username: ada, password: x}}}, check: [{status: 401}, {body: go away}]}`, ""},
		{"hmac", `{http: {url: /signed, method: POST, body: hello, auth: {hmac: {secret: "${{ TOKEN }}", header: X-Hub, prefix: "sha256=", over: "{timestamp}.{method}.{body}"}}}, check: [{status: 200}]}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, server.URL, "- "+tt.step, nil)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
		})
	}
}

func parseForm(body string) (map[string]string, error) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	err := r.ParseForm()
	form := map[string]string{}
	for name, values := range r.Form {
		form[name] = values[0]
	}
	return form, err
}

// TestAccessTokenIsAskedForOnce uses one token for all requests of an attempt.
func TestAccessTokenIsAskedForOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			asked.Add(1)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"once","token_type":"Bearer"}`)
		}
	})
	task := planTask(t, server.URL, "- http: /a\n- http: /b\n- websocket: /none", nil)
	task.Use.Auth = &spec.Auth{OAuth2: &spec.OAuth2{TokenURL: "/token", ClientID: "c"}}
	perform(t, newExecutor(t), task)
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// mutual is a server that wants a certificate of its own authority.
func mutual(t *testing.T) (server *httptest.Server, ca, cert, key string) {
	t.Helper()
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	root, err := x509.CreateCertificate(rand.Reader, template, template, authority.Public(), authority)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "ada"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{"shop.test"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, template, own.Public(), authority)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, data []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
	}
	ca, cert, key = text("CERTIFICATE", root), text("CERTIFICATE", signed), text("PRIVATE KEY", der)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca))
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) > 0 {
			_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
		}
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.VerifyClientCertIfGiven}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, ca, cert, key
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server, ca, cert, key := mutual(t)
	files := fstest.MapFS{"ca.pem": {Data: []byte(ca)}, "client.pem": {Data: []byte(cert)}, "client.key": {Data: []byte(key)}, "none.pem": {Data: []byte("nothing")}}
	tests := []struct {
		name string
		tls  spec.TLS
		mode egress.Mode
		body string
		err  string
	}{
		{"unknown authority", spec.TLS{ServerName: "shop.test"}, egress.Dev, "", "signed by an authority that is not trusted here"},
		{"authority from a file", spec.TLS{CA: "file://ca.pem", ServerName: "shop.test"}, egress.Dev, "", ""},
		{"another name", spec.TLS{CA: "file://ca.pem"}, egress.Dev, "", "certificate"},
		{"client certificate", spec.TLS{CA: "file://ca.pem", ServerName: "shop.test", Certificate: "file://client.pem", Key: "${{ KEY }}"}, egress.Dev, "ada", ""},
		{"key of another", spec.TLS{CA: "file://ca.pem", Certificate: "file://client.pem", Key: "nonsense"}, egress.Dev, "", "use.tls.certificate and use.tls.key cannot be used"},
		{"no authority in the file", spec.TLS{CA: "file://none.pem"}, egress.Dev, "", "use.tls.ca holds no certificate in PEM form"},
		{"insecure", spec.TLS{Insecure: true}, egress.Dev, "", ""},
		{"insecure on a server", spec.TLS{Insecure: true}, egress.Public, "", "use.tls.insecure is refused here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			policy, err := egress.New(tt.mode)
			if err != nil {
				t.Fatal(err)
			}
			e := api.New(policy)
			t.Cleanup(func() { _ = e.Close() })
			task := planTask(t, server.URL, `- {http: /, check: [{body: "`+tt.body+`"}]}`, files)
			task.Use.TLS = &tt.tls
			task.Scope.Set("KEY", key)
			r := perform(t, e, task)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
		})
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "sid=private")
		_, _ = io.WriteString(w, `{"token":"`+r.Header.Get("X-Token")+`"}`)
	})
	steps := `
- http: {url: "/a?q=1", method: POST, json: {pw: "${{ TOKEN }}"}, headers: {X-Token: "${{ TOKEN }}", Authorization: Bearer abc}}
- {http: /b, check: [{status: 404}]}`
	for _, when := range []string{"", "always", "never"} {
		task := planTask(t, server.URL, steps, nil)
		task.Use.HAR = when
		r := perform(t, newExecutor(t), task)
		var data []byte
		for _, a := range r.Attachments() {
			if a.Name == "exchanges.har" {
				data = a.Data
			}
		}
		if when == "never" {
			if data != nil {
				t.Error("an archive was kept although none was wanted")
			}
			continue
		}
		var har struct {
			Log struct {
				Version string
				Entries []struct {
					Request  struct{ Method, URL string }
					Response struct {
						Status  int
						Content struct{ Text string }
					}
				}
			}
		}
		if err := json.Unmarshal(data, &har); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if len(har.Log.Entries) != 2 || har.Log.Entries[0].Request.Method != http.MethodPost || har.Log.Entries[1].Response.Status != 200 ||
			har.Log.Entries[0].Response.Content.Text != `{"token":"***"}` {
			t.Errorf("%+v", har)
		}
		for _, secret := range []string{"t0ken-Of-ada", "private", "Bearer abc"} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s shows", secret)
			}
		}
	}
}

// TestArchiveOfAPassingCase is kept only when it is asked for.
func TestArchiveOfAPassingCase(t *testing.T) {
	t.Parallel()
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	for when, want := range map[string]int{"": 0, "failed": 0, "always": 1} {
		task := planTask(t, server.URL, "- http: /", nil)
		task.Use.HAR = when
		if got := len(perform(t, newExecutor(t), task).Attachments()); got != want {
			t.Errorf("%q: %d archives, want %d", when, got, want)
		}
	}
}
