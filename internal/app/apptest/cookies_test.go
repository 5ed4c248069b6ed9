package apptest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/semantest/semantest/internal/app/apptest"
)

const cookieLogin = `mutation { login(input: {email: "` + email + `", password: "` + pass + `", cookies: true}) {
	accessToken refreshToken accessTokenExpiresAt user { email } } }`

// page sends a query as a page of the server does.
func page(t *testing.T, s *apptest.Server, query string, cookies []*http.Cookie) answer {
	t.Helper()
	return call{server: s, query: query, cookies: cookies, headers: map[string]string{"Origin": s.App.URL()}}.do(t)
}

func signedIn(t *testing.T, s *apptest.Server) []*http.Cookie {
	t.Helper()
	a := page(t, s, cookieLogin, nil)
	if a.code != "" || field(t, a.data, "login", "accessToken") != nil || field(t, a.data, "login", "refreshToken") != nil {
		t.Fatalf("login: %+v", a)
	}
	if len(a.cookies) != 2 {
		t.Fatalf("cookies %v", a.cookies)
	}
	return a.cookies
}

func TestCookies(t *testing.T) {
	t.Parallel()
	s := people(t)
	cookies := signedIn(t, s)
	for _, c := range cookies {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || c.Domain != "" || c.MaxAge <= 0 {
			t.Errorf("cookie %+v", c)
		}
	}
	if a := page(t, s, viewer, cookies); field(t, a.data, "viewer", "user", "email") != email {
		t.Fatalf("viewer: %+v", a)
	}
	a := page(t, s, `mutation { refreshToken(input: {}) { accessToken refreshToken user { email } } }`, cookies[1:])
	if a.code != "" || field(t, a.data, "refreshToken", "accessToken") != nil || len(a.cookies) != 2 || a.cookies[1].Value == cookies[1].Value {
		t.Fatalf("refresh: %+v", a)
	}
	fresh := a.cookies
	a = page(t, s, `mutation { logout(input: {}) { clientMutationId } }`, fresh)
	if a.code != "" || len(a.cookies) != 2 || a.cookies[0].MaxAge >= 0 || a.cookies[1].MaxAge >= 0 {
		t.Fatalf("logout: %+v", a)
	}
	// A page whose session has ended is like one that nobody has signed in to.
	if a := page(t, s, viewer, fresh); a.status != http.StatusOK || a.code != "UNAUTHENTICATED" {
		t.Errorf("after the logout: %+v", a)
	}
	if a := page(t, s, `{ signInMethods { password oidc } }`, fresh); a.code != "" {
		t.Errorf("the page cannot ask how to sign in: %+v", a)
	}
}

func TestCookiesByHTTPS(t *testing.T) {
	t.Parallel()
	s := people(t, func(o *apptest.Options) { o.PublicURL = "https://tests.example" })
	a := call{server: s, query: cookieLogin, headers: map[string]string{"Origin": "https://tests.example"}}.do(t)
	if a.code != "" || len(a.cookies) != 2 {
		t.Fatalf("login: %+v", a)
	}
	for _, c := range a.cookies {
		if !strings.HasPrefix(c.Name, "__Host-semantest-") || !c.Secure || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %+v", c)
		}
	}
	plain := call{server: s, query: viewer, cookies: a.cookies, headers: map[string]string{"Origin": "http://tests.example"}}.do(t)
	if plain.code != "FORBIDDEN" {
		t.Errorf("a page that came without encryption: %+v", plain)
	}
}

// TestOtherPagesCannotUseCookies sends what a page of somebody else can make a
// browser send.
func TestOtherPagesCannotUseCookies(t *testing.T) {
	t.Parallel()
	s := people(t)
	cookies := signedIn(t, s)
	own := s.App.URL()
	for name, tt := range map[string]struct {
		headers map[string]string
		allowed bool
	}{
		"our page":                   {map[string]string{"Origin": own}, true},
		"our page, by fetch":         {map[string]string{"Sec-Fetch-Site": "same-origin"}, true},
		"another page":               {map[string]string{"Origin": "https://evil.example"}, false},
		"another port":               {map[string]string{"Origin": "http://127.0.0.1:1"}, false},
		"a host that begins as ours": {map[string]string{"Origin": own + ".evil.example"}, false},
		"a sandboxed page":           {map[string]string{"Origin": "null"}, false},
		"no origin":                  {nil, false},
		"another site, by fetch":     {map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"another page and a claim":   {map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, false},
		"a form":                     {map[string]string{"Origin": own, "Content-Type": "text/plain"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !tt.allowed && tt.headers["Content-Type"] == "" {
				login := call{server: s, query: cookieLogin, headers: tt.headers}.do(t)
				if len(login.cookies) != 0 || login.code == "" {
					t.Errorf("it could sign the browser in: %+v", login)
				}
			}
			a := call{server: s, query: viewer, cookies: cookies, headers: tt.headers}.do(t)
			if tt.allowed != (a.code == "") || !tt.allowed && a.data["viewer"] != nil {
				t.Errorf("got %+v", a)
			}
		})
	}
	// A token in a header is nobody's by accident.
	token := login(t, s).access
	a := call{server: s, query: viewer, cookies: cookies, headers: map[string]string{"Authorization": "Bearer " + token}}.do(t)
	if a.code != "" {
		t.Errorf("a program with cookies: %+v", a)
	}
}

func TestSocketsWithCookies(t *testing.T) {
	t.Parallel()
	s := people(t)
	cookies := signedIn(t, s)
	header := func(origin string) http.Header {
		h := http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}}
		if origin != "" {
			h.Set("Origin", origin)
		}
		return h
	}
	dial(t, s, header(s.App.URL()), map[string]any{"project": "default"})
	for name, origin := range map[string]string{"another page": "https://evil.example", "no origin": ""} {
		_, res, err := websocket.Dial(t.Context(), s.App.URL()+"/graphql", &websocket.DialOptions{
			Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header(origin),
		})
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestArtifactsWithCookies: an <img> of our page has no Origin, and the address
// of an artifact that is not there is looked up rather than refused.
func TestArtifactsWithCookies(t *testing.T) {
	t.Parallel()
	s := people(t)
	cookies := signedIn(t, s)
	get := func(cookies []*http.Cookie) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.App.URL()+"/artifacts/art_01h455vb4pex5vsknk084sn02q", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			req.AddCookie(c)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if with, without := get(cookies), get(nil); with != http.StatusNotFound || without != http.StatusUnauthorized {
		t.Errorf("with cookies %d, without %d", with, without)
	}
}
