package apptest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/go-jose/go-jose/v4"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/spec"
)

const (
	email = "ann@example.com"
	pass  = "correct horse battery"
)

// people starts a server on which people sign in.
func people(t *testing.T, change ...func(*apptest.Options)) *apptest.Server {
	t.Helper()
	o := apptest.Options{
		Executors: []executors.Executor{fake.New(spec.KindAPI)},
		Identity:  &config.Identity{AdminEmail: email, AdminPassword: pass},
	}
	for _, c := range change {
		c(&o)
	}
	return apptest.Start(t, o)
}

// answer is what came of a request.
type answer struct {
	status  int
	data    map[string]any
	code    string // of the first error
	reason  string
	cookies []*http.Cookie
}

// call is one request to the graph.
type call struct {
	server  *apptest.Server
	query   string
	headers map[string]string
	cookies []*http.Cookie
}

func (c call) do(t *testing.T) answer {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": c.query})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.App.URL()+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range c.headers {
		req.Header.Set(k, v)
	}
	for _, k := range c.cookies {
		req.AddCookie(k)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Data   map[string]any
		Errors []struct {
			Message    string
			Extensions struct{ Code, Reason string }
		}
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%d: %s", res.StatusCode, text)
	}
	a := answer{status: res.StatusCode, data: out.Data, cookies: res.Cookies()}
	if len(out.Errors) > 0 {
		a.code, a.reason = out.Errors[0].Extensions.Code, out.Errors[0].Extensions.Reason
	}
	return a
}

// by sends a query with an access token.
func by(t *testing.T, s *apptest.Server, token, query string) answer {
	t.Helper()
	headers := map[string]string{}
	if token != "" {
		headers["Authorization"] = "Bearer " + token
	}
	return call{server: s, query: query, headers: headers}.do(t)
}

func field(t *testing.T, in any, path ...string) any {
	t.Helper()
	for _, name := range path {
		m, ok := in.(map[string]any)
		if !ok {
			t.Fatalf("there is no %s in %v", strings.Join(path, "."), in)
		}
		in = m[name]
	}
	return in
}

type tokens struct{ access, refresh string }

const loginQuery = `mutation { login(input: {email: "` + email + `", password: "` + pass + `"}) {
	accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt user { email instanceAdmin } } }`

func login(t *testing.T, s *apptest.Server) tokens {
	t.Helper()
	a := by(t, s, "", loginQuery)
	if a.code != "" {
		t.Fatalf("login: %+v", a)
	}
	return tokens{field(t, a.data, "login", "accessToken").(string), field(t, a.data, "login", "refreshToken").(string)}
}

func refresh(t *testing.T, s *apptest.Server, secret string) (tokens, answer) {
	t.Helper()
	a := by(t, s, "", `mutation { refreshToken(input: {refreshToken: "`+secret+`"}) { accessToken refreshToken user { email } } }`)
	if a.code != "" {
		return tokens{}, a
	}
	return tokens{field(t, a.data, "refreshToken", "accessToken").(string), field(t, a.data, "refreshToken", "refreshToken").(string)}, a
}

const viewer = `{ viewer { user { email } project { slug } permissions projects { role project { slug } } sessions { id method current } } }`

func TestSigningIn(t *testing.T) {
	t.Parallel()
	s := people(t)
	first := login(t, s)
	a := by(t, s, first.access, viewer)
	if field(t, a.data, "viewer", "user", "email") != email || field(t, a.data, "viewer", "project", "slug") != "default" {
		t.Fatalf("viewer %+v", a)
	}
	sessions := field(t, a.data, "viewer", "sessions").([]any)
	if len(sessions) != 1 || field(t, sessions[0], "current") != true || field(t, sessions[0], "method") != "PASSWORD" {
		t.Errorf("sessions %v", sessions)
	}
	if p := field(t, a.data, "viewer", "projects").([]any); len(p) != 1 || field(t, p[0], "role") != "ADMIN" {
		t.Errorf("projects %v", p)
	}
	second, a := refresh(t, s, first.refresh)
	if a.code != "" || second.refresh == first.refresh {
		t.Fatalf("refresh: %+v", a)
	}
	if a := by(t, s, second.access, viewer); a.code != "" {
		t.Errorf("the new token: %+v", a)
	}
	// Ended by the other session's owner, it stops with the next request.
	other := login(t, s)
	id := field(t, sessions[0], "id").(string)
	if a := by(t, s, other.access, `mutation { revokeSession(input: {id: "`+id+`"}) { session { revokedAt current } } }`); a.code != "" {
		t.Fatalf("revoke: %+v", a)
	}
	if a := by(t, s, second.access, viewer); a.status != http.StatusUnauthorized || a.reason != "SESSION_ENDED" {
		t.Errorf("a revoked session: %+v", a)
	}
	if _, a := refresh(t, s, second.refresh); a.code != "UNAUTHENTICATED" {
		t.Errorf("its refresh token: %+v", a)
	}
	if a := by(t, s, other.access, `mutation { logout(input: {}) { clientMutationId } }`); a.code != "" {
		t.Errorf("logout: %+v", a)
	}
	if a := by(t, s, other.access, viewer); a.status != http.StatusUnauthorized {
		t.Errorf("after the logout: %+v", a)
	}
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	s := people(t)
	admin := login(t, s).access
	a := by(t, s, admin, `mutation { createUser(input: {email: "bob@example.com", password: "`+pass+`"}) { user { id } } }`)
	bob := field(t, a.data, "createUser", "user", "id").(string)
	a = by(t, s, "", `mutation { login(input: {email: "bob@example.com", password: "`+pass+`"}) { accessToken } }`)
	token := field(t, a.data, "login", "accessToken").(string)
	a = by(t, s, token, viewer)
	if a.code != "" || field(t, a.data, "viewer", "project") != nil || len(field(t, a.data, "viewer", "permissions").([]any)) != 0 {
		t.Errorf("who is in no project: %+v", a)
	}
	for name, query := range map[string]string{
		"plans":      `{ plans { totalCount } }`,
		"users":      `{ users { totalCount } }`,
		"createUser": `mutation { createUser(input: {email: "x@example.com"}) { user { id } } }`,
		"updateUser": `mutation { updateUser(input: {id: "` + bob + `", instanceAdmin: true}) { user { id } } }`,
	} {
		if a := by(t, s, token, query); a.code != "FORBIDDEN" {
			t.Errorf("%s: %+v", name, a)
		}
	}
	in := func(project string) answer {
		return call{server: s, query: viewer, headers: map[string]string{"Authorization": "Bearer " + token, "Semantest-Project": project}}.do(t)
	}
	foreign, absent := in("default"), in("nowhere")
	if foreign.status != http.StatusNotFound || absent.status != foreign.status || foreign.code != absent.code {
		t.Errorf("somebody else's project answers %+v, an absent one %+v", foreign, absent)
	}
	if a := by(t, s, admin, `mutation { addMember(input: {email: "bob@example.com", role: VIEWER}) { member { id } } }`); a.code != "" {
		t.Fatalf("addMember: %+v", a)
	}
	if a := in("default"); a.code != "" || field(t, a.data, "viewer", "project", "slug") != "default" {
		t.Errorf("a member: %+v", a)
	}
	if a := by(t, s, admin, `{ users(first: 1) { totalCount nodes { email } pageInfo { hasNextPage } } }`); field(t, a.data, "users", "totalCount") != 2.0 {
		t.Errorf("users: %+v", a)
	}
	if a := by(t, s, s.Token, viewer); a.code != "" || field(t, a.data, "viewer", "user") != nil || len(field(t, a.data, "viewer", "projects").([]any)) != 1 {
		t.Errorf("an API token: %+v", a)
	}
}

func TestAttemptsCountInOneRequest(t *testing.T) {
	t.Parallel()
	s := people(t, func(o *apptest.Options) { o.Identity.LoginAttempts = 5 })
	var q strings.Builder
	for _, alias := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		q.WriteString(alias + `: login(input: {email: "` + email + `", password: "wrong"}) { accessToken } `)
	}
	a := by(t, s, "", "mutation { "+q.String()+" }")
	if a.code != "UNAUTHENTICATED" {
		t.Fatalf("got %+v", a)
	}
	if a := by(t, s, "", loginQuery); a.code != "RATE_LIMITED" {
		t.Errorf("after seven guesses in one request: %+v", a)
	}
}

func TestKeysArePublished(t *testing.T) {
	t.Parallel()
	s := people(t)
	res, err := http.Get(s.App.URL() + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(res.Body).Decode(&set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() {
		t.Fatalf("%d: %+v, %v", res.StatusCode, set, err)
	}
	signed, err := jose.ParseSigned(login(t, s).access, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Verify(set.Key(signed.Signatures[0].Header.KeyID)[0]); err != nil {
		t.Errorf("others cannot verify our tokens: %v", err)
	}
}

// TestTwoProcesses: what one revokes the other refuses, and neither logs out
// whom the other signed in.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	one := people(t, func(o *apptest.Options) { o.SecretKey = key })
	two := people(t, func(o *apptest.Options) { o.SecretKey, o.DatabaseURL = key, one.DatabaseURL })
	mine := login(t, one)
	if a := by(t, two, mine.access, viewer); a.code != "" {
		t.Fatalf("the other process: %+v", a)
	}
	if a := by(t, two, mine.access, `mutation { logout(input: {}) { clientMutationId } }`); a.code != "" {
		t.Fatalf("logout: %+v", a)
	}
	if a := by(t, two, mine.access, viewer); a.code != "UNAUTHENTICATED" {
		t.Errorf("where it was revoked: %+v", a)
	}
	ctx, cancel := context.WithTimeout(t.Context(), auth.Remember+time.Minute)
	defer cancel()
	for by(t, one, mine.access, viewer).code != "UNAUTHENTICATED" {
		select {
		case <-ctx.Done():
			t.Fatal("the other process still takes it")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestSocketOfARevokedSession is closed when there is something to deliver.
func TestSocketOfARevokedSession(t *testing.T) {
	t.Parallel()
	s := people(t, func(o *apptest.Options) { o.NoWorkers = true })
	mine := login(t, s)
	run := s.Run(t, "version: \"1\"\nname: N\ncases:\n  - {id: a, kind: api, steps: [{http: /}]}\n")
	conn := dial(t, s, nil, map[string]any{"authorization": "Bearer " + mine.access, "project": "default"})
	write(t, conn, map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{
		"query": `subscription { runEvents(runId: "` + run + `") { __typename } }`,
	}})
	if m := read(t, conn); m["type"] != "next" {
		t.Fatalf("before: %v", m)
	}
	if a := by(t, s, mine.access, `mutation { logout(input: {}) { clientMutationId } }`); a.code != "" {
		t.Fatalf("logout: %+v", a)
	}
	closed := make(chan error, 1)
	go func() {
		for {
			var m map[string]any
			if err := wsjson.Read(t.Context(), conn, &m); err != nil {
				closed <- err
				return
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for i := 0; ; i++ { // what was looked up within the last second is asked for later
		change := []string{"pauseRun", "resumeRun"}[i%2]
		s.Query(t, `mutation { `+change+`(input: {id: "`+run+`"}) { run { id } } }`, nil)
		select {
		case err := <-closed:
			if code := websocket.CloseStatus(err); code != 4403 {
				t.Errorf("closed with %d: %v", code, err)
			}
			return
		case <-ctx.Done():
			t.Fatal("the socket is not closed")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func TestSocketInAProject(t *testing.T) {
	t.Parallel()
	s := people(t)
	mine := login(t, s)
	conn := connect(t, s, nil)
	write(t, conn, map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": "Bearer " + mine.access, "project": "nowhere"}})
	var m map[string]any
	if err := wsjson.Read(t.Context(), conn, &m); websocket.CloseStatus(err) != 4403 {
		t.Errorf("in a project that is not there: %v, %v", m, err)
	}
}

// connect opens a socket.
func connect(t *testing.T, s *apptest.Server, header http.Header) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), s.App.URL()+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// dial opens a socket and introduces itself.
func dial(t *testing.T, s *apptest.Server, header http.Header, init map[string]any) *websocket.Conn {
	t.Helper()
	conn := connect(t, s, header)
	write(t, conn, map[string]any{"type": "connection_init", "payload": init})
	if m := read(t, conn); m["type"] != "connection_ack" {
		t.Fatalf("not let in: %v", m)
	}
	return conn
}

func write(t *testing.T, conn *websocket.Conn, m map[string]any) {
	t.Helper()
	if err := wsjson.Write(t.Context(), conn, m); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, conn *websocket.Conn) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		var m map[string]any
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			t.Fatal(err)
		}
		if m["type"] != "ping" {
			return m
		}
	}
}
