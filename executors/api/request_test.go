package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// TestRequest asks a server what it has received.
func TestRequest(t *testing.T) {
	t.Parallel()
	type seen struct {
		Method, Path, Query, ContentType, Body, Header, Agent, Host string
		Parts                                                       []string
	}
	handler := func(got chan seen) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s := seen{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, ContentType: r.Header.Get("Content-Type"),
				Header: r.Header.Get("X-A"), Agent: r.UserAgent()}
			if strings.HasPrefix(s.ContentType, "multipart/") {
				mr, err := r.MultipartReader()
				if err != nil {
					t.Error(err)
					return
				}
				s.ContentType = "multipart"
				for {
					p, err := mr.NextPart()
					if err != nil {
						break
					}
					data, _ := io.ReadAll(p)
					s.Parts = append(s.Parts, strings.Join([]string{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(data)}, "|"))
				}
			} else {
				data, _ := io.ReadAll(r.Body)
				s.Body = string(data)
			}
			if r.Host == "other.test" {
				s.Host = r.Host
			}
			got <- s
		}
	}
	tests := []struct {
		name    string
		request spec.HTTPRequest
		want    seen
	}{
		{"plain", spec.HTTPRequest{URL: "/a"}, seen{Method: "GET", Path: "/a"}},
		{"method is upper case", spec.HTTPRequest{URL: "/", Method: "patch"}, seen{Method: "PATCH", Path: "/"}},
		{"query is added", spec.HTTPRequest{URL: "/?z=1", Query: map[string]spec.StringList{"b": {"x y", "${{ id }}"}, "a": {"&"}}},
			seen{Method: "GET", Path: "/", Query: "z=1&a=%26&b=x+y&b=7"}},
		{"json keeps types", spec.HTTPRequest{URL: "/${{ id }}", Method: "POST", JSON: val(map[string]any{"id": "${{ id }}", "s": "n ${{ id }}", "h": "<b>", "n": nil})},
			seen{Method: "POST", Path: "/7", ContentType: "application/json", Body: `{"h":"<b>","id":7,"n":null,"s":"n 7"}`}},
		{"json null", spec.HTTPRequest{URL: "/", Method: "POST", JSON: val(nil)}, seen{Method: "POST", Path: "/", ContentType: "application/json", Body: "null"}},
		{"form", spec.HTTPRequest{URL: "/", Method: "POST", Form: map[string]spec.StringList{"a": {"1", "2"}, "b": {"ä"}}},
			seen{Method: "POST", Path: "/", ContentType: "application/x-www-form-urlencoded", Body: "a=1&a=2&b=%C3%A4"}},
		{"text", spec.HTTPRequest{URL: "/", Method: "PUT", Body: ptr("hello")}, seen{Method: "PUT", Path: "/", ContentType: "text/plain; charset=utf-8", Body: "hello"}},
		{"own content type", spec.HTTPRequest{URL: "/", Method: "PUT", Body: ptr("<a/>"), Headers: map[string]string{"content-type": "application/xml"}},
			seen{Method: "PUT", Path: "/", ContentType: "application/xml", Body: "<a/>"}},
		{"headers of the step win", spec.HTTPRequest{URL: "/", Headers: map[string]string{"x-a": "step", "User-Agent": "me", "Host": "other.test"}},
			seen{Method: "GET", Path: "/", Header: "step", Agent: "me", Host: "other.test"}},
		{"multipart", spec.HTTPRequest{URL: "/", Method: "POST", Multipart: []spec.Part{
			{Name: "note", Value: "hi ${{ id }}"},
			{Name: "doc", File: "file://files/a.txt"},
			{Name: "img", File: "file://./files/a.txt", Filename: `x".png`, ContentType: "image/png"},
		}}, seen{Method: "POST", Path: "/", ContentType: "multipart",
			Parts: []string{"note|||hi 7", "doc|a.txt|application/octet-stream|content of a", `img|x%22.png|image/png|content of a`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := make(chan seen, 1)
			server := serve(t, handler(got))
			task := task(server.URL, spec.APIStep{HTTP: &tt.request})
			task.Scope.Set("id", int64(7))
			task.Use.Headers = map[string]string{"X-A": "plan ${{ id }}"}
			task.Files = fstest.MapFS{"files/a.txt": {Data: []byte("content of a")}}
			if r := execute(t, newExecutor(t), task); r.outcome != spec.OutcomePassed {
				t.Fatal(r.outcome, r.err)
			}
			want := tt.want
			if want.Header == "" {
				want.Header = "plan 7"
			}
			if want.Agent == "" {
				want.Agent = "Semantest"
			}
			if diff := cmp.Diff(want, <-got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRequestsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		step spec.APIStep
		want string
	}{
		{"unknown variable", get("/${{ nothing }}"), "variable nothing"},
		{"no base", get("/a"), "BASE_URL"},
		{"scheme", get("ftp://x.test/"), "only http and https"},
		{"missing file", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "http://127.0.0.1/", Multipart: []spec.Part{{Name: "f", File: "file://no.txt"}}}}, "there is no file no.txt beside the plan"},
		{"file outside", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "http://127.0.0.1/", Multipart: []spec.Part{{Name: "f", File: "file://../../etc/passwd"}}}}, "leaves the folder of the plan"},
		{"method", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "http://127.0.0.1/", Method: "G T"}}, "invalid method"},
		{"header", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "http://127.0.0.1/", Headers: map[string]string{"a b": "c"}}}, "invalid header field name"},
		{"header value", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "http://127.0.0.1/", Headers: map[string]string{"a": "b\r\nX: y"}}}, "invalid header field value"},
		{"no action", spec.APIStep{Name: "empty"}, "the step has no action"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, newExecutor(t), task("", tt.step))
			if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), tt.want) {
				t.Errorf("got %s: %s; want %q", r.outcome, r.text(), tt.want)
			}
		})
	}
}

func TestCookiesBelongToTheAttempt(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s-1", Path: "/", HttpOnly: true})
			http.Redirect(w, r, "/home", http.StatusSeeOther)
			return
		}
		if c, err := r.Cookie("sid"); err != nil || c.Value != "s-1" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	e := newExecutor(t)
	login := get("/login", status(int64(200)))
	login.Capture = map[string]spec.Capture{"sid": {Cookie: "sid"}}
	first := task(server.URL, login, get("/home", status(int64(200))))
	if r := execute(t, e, first); r.outcome != spec.OutcomePassed {
		t.Errorf("with a login: %s %v", r.outcome, r.err)
	}
	if v, _ := first.Scope.Get("sid"); v != "s-1" {
		t.Errorf("captured %v", v)
	}
	if r := execute(t, e, task(server.URL, get("/home", status(int64(401))))); r.outcome != spec.OutcomePassed {
		t.Errorf("another attempt has the cookie of the first: %s %v", r.outcome, r.err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/once":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/keep":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/away":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		default:
			data, _ := io.ReadAll(r.Body)
			_, _ = w.Write([]byte(r.Method + " " + string(data)))
		}
	})
	post := func(url string, checks ...spec.Check) spec.APIStep {
		return spec.APIStep{HTTP: &spec.HTTPRequest{URL: url, Method: "POST", Body: ptr("data")}, Checks: checks}
	}
	body := func(text string) spec.Check { return spec.Check{Body: ptr(equals(text))} }
	stay := get("/once", status(int64(302)), spec.Check{Header: "Location", Matcher: equals("/end")})
	stay.HTTP.FollowRedirects = ptr(false)
	tests := []struct {
		name    string
		step    spec.APIStep
		outcome spec.Outcome
		err     string
	}{
		{"followed", get("/once", status(int64(200)), body("GET ")), spec.OutcomePassed, ""},
		{"not followed", stay, spec.OutcomePassed, ""},
		{"302 turns POST into GET", post("/once", body("GET ")), spec.OutcomePassed, ""},
		{"307 sends the body again", post("/keep", body("POST data")), spec.OutcomePassed, ""},
		{"loop", get("/loop"), spec.OutcomeFailed, "redirected more than 10 times"},
		{"to a file", get("/away"), spec.OutcomeFailed, "redirected to an address that cannot be followed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, newExecutor(t), task(server.URL, tt.step))
			if r.outcome != tt.outcome || !strings.Contains(r.text(), tt.err) {
				t.Errorf("got %s: %s", r.outcome, r.text())
			}
		})
	}
}

func TestHTTP2AndDetail(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "very-private"})
		_, _ = w.Write([]byte(`{"proto":"` + r.Proto + `"}`))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	step := get("/p?q=1", spec.Check{JSONPath: "$.proto", Matcher: equals("HTTP/2.0")})
	step.HTTP.Headers = map[string]string{"Authorization": "Bearer very-private"}
	r := execute(t, newExecutor(t, trusting(server)), task(server.URL, step))
	if r.outcome != spec.OutcomePassed {
		t.Fatal(r.outcome, r.err)
	}
	detail := asJSON(t, r.Steps()[0].Detail)
	timings := detail["response"].(map[string]any)["timings"].(map[string]any)
	for _, name := range []string{"connect", "tls", "duration", "total"} {
		if v, _ := timings[name].(float64); v <= 0 {
			t.Errorf("the timing %s is %v", name, timings[name])
		}
	}
	delete(detail["response"].(map[string]any), "timings")
	headers := detail["response"].(map[string]any)["headers"].(map[string]any)
	delete(headers, "Date")
	want := map[string]any{
		"request": map[string]any{"method": "GET", "url": server.URL + "/p?q=1",
			"headers": map[string]any{"Accept": "*/*", "Accept-Encoding": "gzip, br, zstd", "Authorization": "***", "User-Agent": "Semantest"}},
		"response": map[string]any{"status": 200.0, "protocol": "HTTP/2.0", "url": server.URL + "/p?q=1", "body": `{"proto":"HTTP/2.0"}`, "bodyBytes": 20.0,
			"headers": map[string]any{"Content-Type": "application/json", "Content-Length": "20", "Set-Cookie": "***"}},
	}
	if diff := cmp.Diff(want, detail); diff != "" {
		t.Errorf("detail (-want +got)\n%s", diff)
	}
	if strings.Contains(r.Text(), "very-private") {
		t.Error("a sensitive header shows")
	}
	names := map[string]float64{}
	for _, m := range r.Metrics() {
		names[m.Name] = m.Value
		if diff := cmp.Diff(map[string]string{"method": "GET", "status": "200", "name": "GET /p?q=1"}, m.Tags); diff != "" {
			t.Errorf("tags of %s (-want +got)\n%s", m.Name, diff)
		}
	}
	if names["http_reqs"] != 1 || names["http_req_failed"] != 0 || names["http_req_duration"] <= 0 || names["http_req_waiting"] <= 0 {
		t.Errorf("metrics: %v", names)
	}
}

func asJSON(t *testing.T, v any) map[string]any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
