package apptest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/app/apptest"
)

// withIssuer starts a server that knows an identity provider.
func withIssuer(t *testing.T, i *issuer, change ...func(*apptest.Options)) *apptest.Server {
	t.Helper()
	return people(t, append([]func(*apptest.Options){func(o *apptest.Options) {
		o.Identity.OIDCIssuer, o.Identity.OIDCClientID, o.Identity.OIDCClientSecret = i.URL, clientID, clientSecret
		o.Identity.OIDCAllowedDomains = []string{"example.com"}
	}}, change...)...)
}

// visited is what an address answered.
type visited struct {
	StatusCode int
	Header     http.Header
	cookies    []*http.Cookie
}

func (v visited) Cookies() []*http.Cookie { return v.cookies }

// visit opens an address as a browser does, without going on to another one.
func visit(t *testing.T, address string, cookies []*http.Cookie) (_ visited, code string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal(text, &out) == nil && len(out.Errors) > 0 {
		code = out.Errors[0].Extensions.Code
	}
	return visited{res.StatusCode, res.Header, res.Cookies()}, code
}

// begin goes to the provider and returns the address that it sends the browser
// back to, and what the browser keeps.
func begin(t *testing.T, s *apptest.Server) (back string, cookies []*http.Cookie) {
	t.Helper()
	res, code := visit(t, s.App.URL()+"/auth/oidc/start", nil)
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("start answers %d %s", res.StatusCode, code)
	}
	cookies = res.Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].MaxAge > 600 {
		t.Fatalf("start sets %v", cookies)
	}
	res, _ = visit(t, res.Header.Get("Location"), nil)
	return res.Header.Get("Location"), cookies
}

func TestSigningInByAProvider(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	s := withIssuer(t, i, func(o *apptest.Options) { o.Identity.OIDCDefaultRole = "editor" })
	if a := by(t, s, "", `{ signInMethods { oidc } }`); field(t, a.data, "signInMethods", "oidc") != "/auth/oidc/start" {
		t.Errorf("methods %+v", a)
	}
	back, cookies := begin(t, s)
	if asked := i.last(); !strings.HasPrefix(back, s.App.URL()+"/auth/oidc/callback?") ||
		asked.Get("scope") != "openid email profile" || asked.Get("code_challenge") == "" {
		t.Fatalf("asked for %v, sent back to %s", asked, back)
	}
	res, code := visit(t, back, cookies)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
		t.Fatalf("callback answers %d %s", res.StatusCode, code)
	}
	var mine []*http.Cookie
	for _, c := range res.Cookies() {
		if c.MaxAge > 0 {
			mine = append(mine, c)
		}
	}
	a := page(t, s, viewer, mine)
	if field(t, a.data, "viewer", "user", "email") != "eve@example.com" ||
		field(t, field(t, a.data, "viewer", "projects").([]any)[0], "role") != "EDITOR" ||
		field(t, field(t, a.data, "viewer", "sessions").([]any)[0], "method") != "OIDC" {
		t.Errorf("viewer %+v", a)
	}
	// The same person, who has another address by now.
	i.say(map[string]any{"email": "eve.new@example.com"})
	back, cookies = begin(t, s)
	res, _ = visit(t, back, cookies)
	a = page(t, s, viewer, res.Cookies())
	if field(t, a.data, "viewer", "user", "email") != "eve@example.com" || len(field(t, a.data, "viewer", "sessions").([]any)) != 2 {
		t.Errorf("the second time %+v", a)
	}
	// An account without a password waits for its owner; others are nobody's.
	admin := login(t, s).access
	if a := by(t, s, admin, `mutation { createUser(input: {email: "max@example.com"}) { user { id } } }`); a.code != "" {
		t.Fatalf("createUser: %+v", a)
	}
	i.say(map[string]any{"sub": "person-2", "email": "max@example.com"})
	back, cookies = begin(t, s)
	res, _ = visit(t, back, cookies)
	if a := page(t, s, viewer, res.Cookies()); field(t, a.data, "viewer", "user", "email") != "max@example.com" || field(t, a.data, "viewer", "project") != nil {
		t.Errorf("an invited person: %+v", a)
	}
	for subject, address := range map[string]string{"person-3": email, "person-4": "max@example.com"} {
		i.say(map[string]any{"sub": subject, "email": address})
		back, cookies = begin(t, s)
		if res, code := visit(t, back, cookies); code != "CONFLICT" || len(res.Cookies()) != 1 {
			t.Errorf("the account of %s was given away: %d %s", address, res.StatusCode, code)
		}
	}
}

func TestRefusedAnswersOfAProvider(t *testing.T) {
	t.Parallel()
	with := func(back, name, value string) string {
		address, query, _ := strings.Cut(back, "?")
		q, err := url.ParseQuery(query)
		if err != nil {
			return err.Error() // which is no address
		}
		q.Set(name, value)
		return address + "?" + q.Encode()
	}
	same := func(back string) string { return back }
	for name, tt := range map[string]struct {
		claims map[string]any
		back   func(back string) string
		alone  bool // without the cookie
		code   string
	}{
		"wrong state":        {back: func(b string) string { return with(b, "state", "x") }, code: "UNAUTHENTICATED"},
		"no state":           {back: func(b string) string { return with(b, "state", "") }, code: "UNAUTHENTICATED"},
		"another browser":    {back: same, alone: true, code: "UNAUTHENTICATED"},
		"a made-up code":     {back: func(b string) string { return with(b, "code", "x") }, code: "UNAUTHENTICATED"},
		"no code":            {back: func(b string) string { return with(b, "code", "") }, code: "UNAUTHENTICATED"},
		"the person refused": {back: func(b string) string { return with(b, "error", "access_denied") }, code: "UNAUTHENTICATED"},
		"wrong nonce":        {claims: map[string]any{"nonce": "x"}, back: same, code: "UNAUTHENTICATED"},
		"no nonce":           {claims: map[string]any{"nonce": nil}, back: same, code: "UNAUTHENTICATED"},
		"wrong audience":     {claims: map[string]any{"aud": "somebody-else"}, back: same, code: "UNAUTHENTICATED"},
		"wrong issuer":       {claims: map[string]any{"iss": "https://evil.example"}, back: same, code: "UNAUTHENTICATED"},
		"expired":            {claims: map[string]any{"exp": 1}, back: same, code: "UNAUTHENTICATED"},
		"unverified e-mail":  {claims: map[string]any{"email_verified": false}, back: same, code: "UNAUTHENTICATED"},
		"nothing about it":   {claims: map[string]any{"email_verified": nil}, back: same, code: "UNAUTHENTICATED"},
		"no e-mail":          {claims: map[string]any{"email": nil}, back: same, code: "UNAUTHENTICATED"},
		"no subject":         {claims: map[string]any{"sub": nil}, back: same, code: "UNAUTHENTICATED"},
		"another domain":     {claims: map[string]any{"email": "eve@example.com.evil.example"}, back: same, code: "FORBIDDEN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			i.say(tt.claims)
			s := withIssuer(t, i)
			back, cookies := begin(t, s)
			if tt.alone {
				cookies = nil
			}
			res, code := visit(t, tt.back(back), cookies)
			if code != tt.code {
				t.Errorf("answered %d %s, want %s", res.StatusCode, code, tt.code)
			}
			for _, c := range res.Cookies() {
				if c.MaxAge >= 0 {
					t.Errorf("it sets %v", c)
				}
			}
		})
	}
}

// TestReplayedCode: neither the code nor the way back is good twice.
func TestReplayedCode(t *testing.T) {
	t.Parallel()
	s := withIssuer(t, newIssuer(t))
	back, cookies := begin(t, s)
	if res, code := visit(t, back, cookies); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first time: %d %s", res.StatusCode, code)
	}
	if _, code := visit(t, back, cookies); code != "UNAUTHENTICATED" {
		t.Errorf("the second time: %s", code)
	}
}

func TestProviderIsAway(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	s := withIssuer(t, i)
	i.Close()
	if res, code := visit(t, s.App.URL()+"/auth/oidc/start", nil); res.StatusCode != http.StatusServiceUnavailable || code != "UNAVAILABLE" {
		t.Errorf("answered %d %s", res.StatusCode, code)
	}
	login(t, s) // with the password, as ever
}
