package contract_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/icholy/digest"

	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

// guarded puts another way to say who one is before the orders API.
func guarded(o *orders, tokens *atomic.Int64) http.Handler {
	challenge := &digest.Challenge{Realm: "shop", Nonce: "n1", Algorithm: "SHA-256", QOP: []string{"auth"}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":"at%d","token_type":"Bearer","expires_in":1}`, tokens.Add(1)) // used up at once
			return
		}
		kind, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		known := false
		switch kind {
		case "Basic":
			name, password, _ := r.BasicAuth()
			known = name == "ada" && password == token
		case "Bearer":
			known = rest == fmt.Sprintf("at%d", tokens.Load()) || rest == token
		case "Digest":
			c, err := digest.ParseCredentials(r.Header.Get("Authorization"))
			if err != nil {
				break
			}
			want, err := digest.Digest(challenge, digest.Options{Method: r.Method, URI: c.URI, Username: "ada", Password: token, Cnonce: c.Cnonce, Count: c.Nc})
			known = err == nil && want.Response == c.Response
		}
		if signature := r.Header.Get("X-Signature"); signature != "" {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			mac := hmac.New(sha256.New, []byte(token))
			_, _ = mac.Write(body)
			known = signature == hex.EncodeToString(mac.Sum(nil))
		}
		r.Header.Del("Authorization")
		if known {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w.Header().Set("WWW-Authenticate", challenge.String())
		o.ServeHTTP(w, r)
	})
}

func TestThePlansOwnWayToSayWhoOneIs(t *testing.T) {
	t.Parallel()
	ada := &spec.Credentials{Username: "ada", Password: "${{ TOKEN }}"}
	for _, tt := range []struct {
		name string
		auth *spec.Auth
	}{
		{"basic", &spec.Auth{Basic: ada}},
		{"bearer", &spec.Auth{Bearer: "${{ TOKEN }}"}},
		{"digest", &spec.Auth{Digest: ada}},
		{"hmac", &spec.Auth{HMAC: &spec.HMAC{Secret: "${{ TOKEN }}"}}},
		{"oauth2", &spec.Auth{OAuth2: &spec.OAuth2{TokenURL: "/token", ClientID: "shop", ClientSecret: "s"}}},
	} {
		for _, fault := range []string{"", "open-door"} {
			t.Run(tt.name+" "+fault, func(t *testing.T) {
				t.Parallel()
				tokens := &atomic.Int64{}
				o := &orders{fault: fault, kept: map[string]map[string]any{}}
				server := httptest.NewServer(guarded(o, tokens))
				t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
				// One after the other, since each token of this issuer ends the one before.
				k := spec.ContractCase{Include: []spec.OperationFilter{{Path: "/orders", Method: "GET"}}, Checks: []string{spec.IgnoredAuth, spec.NotAServerError}, MaxRequests: new(60)}
				k.Auth = map[string]string{}
				work := task(t, server.URL, k)
				work.Use.Auth = tt.auth
				r := &executortest.Recorder{Independent: true}
				outcome, err := executor(t).Execute(t.Context(), work, r)
				found := findings(t, r)
				if fault == "" {
					if outcome != spec.OutcomePassed {
						t.Errorf("outcome %s: %v %s", outcome, err, summary(found))
					}
					if statuses, _ := r.Steps()[0].Detail["statuses"].(map[string]any); statuses["200"] == nil {
						t.Errorf("nobody was let in: %v", statuses)
					}
					if tt.auth.OAuth2 != nil && tokens.Load() < 5 {
						t.Errorf("%d tokens were asked for, though each ends at once", tokens.Load())
					}
					return
				}
				if len(found) == 0 || found[0].Check != spec.IgnoredAuth {
					t.Fatalf("outcome %s: %v %s", outcome, err, summary(found))
				}
				if strings.Contains(found[0].Curl, token) || !replay(t, found[0], server.URL).Still {
					t.Errorf("the replay does not show it, or the curl line tells: %s", found[0].Curl)
				}
			})
		}
	}
}

func TestThePlansCertificatesAreTrusted(t *testing.T) {
	t.Parallel()
	o := &orders{fault: "wrong-type", kept: map[string]map[string]any{}}
	server := httptest.NewUnstartedServer(o)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of those who do not trust it
	server.StartTLS()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for _, tt := range []struct {
		name string
		tls  *spec.TLS
		want spec.Outcome
	}{
		{"of the plan", &spec.TLS{CA: "file://ca.pem"}, spec.OutcomeFailed},
		{"any", &spec.TLS{Insecure: true}, spec.OutcomeFailed},
		{"of the system", nil, spec.OutcomeErrored},
		{"another name", &spec.TLS{CA: "file://ca.pem", ServerName: "other.test"}, spec.OutcomeErrored},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			work := task(t, server.URL, spec.ContractCase{Checks: []string{spec.ResponseSchemaConformance}})
			work.Files.(fstest.MapFS)["ca.pem"] = &fstest.MapFile{Data: ca}
			work.Use.TLS = tt.tls
			r := &executortest.Recorder{Independent: true}
			outcome, err := executor(t).Execute(t.Context(), work, r)
			if outcome != tt.want {
				t.Fatalf("outcome %s: %v", outcome, err)
			}
			if tt.want == spec.OutcomeErrored {
				return
			}
			if again := replay(t, findings(t, r)[0], server.URL); !again.Still {
				t.Errorf("the replay does not show it: %s", again.Message)
			}
		})
	}
}
