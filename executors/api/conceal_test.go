package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/semantest/semantest/internal/spec"
)

// planted is what the target below gives out and echoes wherever it can.
const (
	plantedAccess  = "acc-7Qx2/9vB+planted"
	plantedRefresh = "ref-8Ty4=planted"
	plantedLogin   = "sid-1Zk5planted"
)

// telltale gives out tokens and echoes all that it is sent, in the body, in a
// header and in the reason of its failure.
func telltale(t *testing.T) string {
	t.Helper()
	var asked atomic.Int64
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/token":
			asked.Add(1)
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": plantedAccess, "refresh_token": plantedRefresh, "token_type": "Bearer"})
			return
		case "/login":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: plantedLogin, Path: "/"})
			w.Header().Set("X-Session", plantedLogin)
			_ = json.NewEncoder(w).Encode(map[string]any{"session": map[string]any{"id": plantedLogin, "n": 81726354}})
			return
		case "/long": // a secret at the place where texts are cut
			_, _ = fmt.Fprintf(w, `{"pad":%q,"id":%q}`, strings.Repeat("x", 4080), plantedLogin)
			return
		case "/live":
			conn, err := up.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer conn.Close()
			_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"ticket":"`+plantedLogin+`"}`))
			for {
				kind, data, err := conn.ReadMessage()
				if err != nil {
					return
				}
				_ = conn.WriteMessage(kind, append(data, ' '))
			}
		}
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("X-Echo", token+" "+r.Header.Get("X-Send")+" "+r.Header.Get("Cookie"))
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprintf(w, `{"you":%q,"all":%q,"sent":%q,"refresh":%q}`, token, r.Header, body, plantedRefresh)
	})
	return server.URL
}

// TestSecretsThatComeToLife plants what becomes secret only while the case runs,
// and looks for it in everything that the case tells.
func TestSecretsThatComeToLife(t *testing.T) {
	t.Parallel()
	base := telltale(t)
	oauth := `auth: {oauth2: {tokenUrl: /token, clientId: shop, clientSecret: planted-client-secret}}`
	tests := []struct {
		name, steps string
		planted     []string
	}{
		{"access token", `- {http: {url: /echo, ` + oauth + `}, check: [{status: 200}, {body: no}, {jsonpath: $.you, equals: no}, {header: X-Echo, equals: no}, {schema: {properties: {you: {const: no}}}}]}`,
			[]string{plantedAccess, plantedRefresh, "planted-client-secret"}},
		{"refresh token", `- {http: {url: /echo, headers: {X-Send: planted-old-refresh}, auth: {oauth2: {tokenUrl: /token, clientId: shop, refreshToken: planted-old-refresh}}}, check: [{status: 200}, {body: no}]}`,
			[]string{plantedAccess, plantedRefresh, "planted-old-refresh"}},
		{"bearer", `- {http: {url: /echo, auth: {bearer: planted-bearer}}, check: [{body: no}]}`, []string{"planted-bearer"}},
		{"header of its own", `- {http: {url: /echo, headers: {Authorization: Token planted-header}}, check: [{body: no}]}`, []string{"planted-header"}},
		{"basic", `- {http: {url: /echo, headers: {X-Send: planted-password}, auth: {basic: {username: ada, password: planted-password}}}, check: [{body: no}]}`, []string{"planted-password"}},
		{"digest", `- {http: {url: /echo, headers: {X-Send: planted-digest}, auth: {digest: {username: ada, password: planted-digest}}}, check: [{body: no}]}`, []string{"planted-digest"}},
		{"hmac", `- {http: {url: /echo, headers: {X-Send: planted-key}, auth: {hmac: {secret: planted-key}}}, check: [{body: no}]}`, []string{"planted-key"}},
		{"captured from a cookie", `
- {http: /login, capture: {sid: {cookie: sid, secret: true}}}
- {http: {url: "/echo?sid=${{ sid }}", method: POST, json: {sid: "${{ sid }}"}}, check: [{body: no}, {header: X-Echo, equals: no}]}
- {http: "http://127.0.0.1:1/${{ sid }}"}`, []string{plantedLogin}},
		{"captured from a body that is cut", `
- {http: /long, capture: {id: {jsonpath: $.id, secret: true}}, check: [{body: no}]}`, []string{plantedLogin, plantedLogin[:6]}},
		{"captured from an object", `
- {http: /login, capture: {s: {jsonpath: $.session, secret: true}}, check: [{body: no}]}`, []string{plantedLogin, "81726354"}},
		{"captured from a message", `
- websocket:
    url: /live
    messages:
      - expect: {check: [{jsonpath: $.ticket, equals: no}], capture: {ticket: {jsonpath: $.ticket, secret: true}}}`, []string{plantedLogin}},
		{"captured from a message and sent", `
- websocket:
    url: /live
    messages:
      - expect: {capture: {ticket: {jsonpath: $.ticket, secret: true}}}
      - send: "my ticket is ${{ ticket }}"
      - expect: {check: [{body: no}]}`, []string{plantedLogin}},
		{"captured beside another", `
- group:
    parallel: true
    steps:
      - {http: /login, capture: {sid: {cookie: sid, secret: true}}, check: [{body: no}]}
      - {http: {url: /echo, ` + oauth + `}, check: [{body: no}]}`, []string{plantedAccess, plantedLogin}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := planTask(t, base, tt.steps, nil)
			task.Use.HAR = "always"
			r := perform(t, newExecutor(t), task)
			if r.outcome == spec.OutcomePassed {
				t.Fatal("it passed")
			}
			told := r.Text() + r.text()
			for _, a := range r.Attachments() {
				told += string(a.Data)
			}
			if !strings.Contains(told, "***") {
				t.Errorf("nothing is hidden in %s", told)
			}
			for _, secret := range tt.planted {
				if i := strings.Index(told, secret); i >= 0 {
					t.Errorf("%s shows: %.200s", secret, told[max(0, i-100):])
				}
			}
		})
	}
}

// TestSecretThatIsTooLarge is not shown at all.
func TestSecretThatIsTooLarge(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("planted-", 10_000)
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, large) })
	task := planTask(t, server.URL, `- {http: /, capture: {all: {regex: "(?s).*", secret: true}}}`, nil)
	task.Use.HAR = "always"
	r := perform(t, newExecutor(t), task)
	told := r.Text() + r.text()
	for _, a := range r.Attachments() {
		told += string(a.Data)
	}
	if r.outcome != spec.OutcomeFailed || !strings.Contains(r.text(), "what is captured as all cannot be kept secret: it is larger than 64 KiB") || strings.Contains(told, "planted") {
		t.Errorf("%s: %.500s", r.outcome, told)
	}
}
