package spoil_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/spoil"
)

func TestEveryAnswerIsSpoiled(t *testing.T) {
	t.Parallel()
	const page = "<h1>Tea</h1><script>let a = 1</script><p>Buy <b>it</b></p>"
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, page)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"a":[1,"b",true,null]}`)
	}))
	t.Cleanup(target.Close)
	base, err := url.Parse(target.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path   string
		fault  accept.Fault
		status int
		body   string
	}{
		{"/page", accept.Sound, 200, page},
		{"/", accept.ServerError, 500, `{"a":[1,"b",true,null]}`},
		{"/", accept.EmptyAnswer, 201, "{}"},
		{"/page", accept.EmptyAnswer, 200, ""},
		{"/", accept.OtherValues, 201, `{"a":[-2.5,"spoiled b",false,null]}`},
		{"/page", accept.OtherValues, 200, "<h1>spoiled</h1><script>let a = 1</script><p>spoiled<b>spoiled</b></p>"},
	} {
		t.Run(string(tt.fault)+tt.path, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(spoil.Handler(base, http.DefaultTransport, tt.fault))
			t.Cleanup(server.Close)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode != tt.status || string(body) != tt.body {
				t.Errorf("%d %s (%v), want %d %s", answer.StatusCode, body, err, tt.status, tt.body)
			}
		})
	}
}
