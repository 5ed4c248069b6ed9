package frontend_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/semantest/semantest/frontend"
)

func TestScriptsTravelCompressed(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("dist/index.html")
	if err != nil {
		t.Skip("the web pages are not built; make test-pages builds them and performs this test")
	}
	_, rest, _ := strings.Cut(string(index), `src="/assets/`)
	name, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatal("index.html names no script")
	}
	plain, err := os.ReadFile("dist/assets/" + name)
	if err != nil {
		t.Fatal(err)
	}
	handler := frontend.Handler()
	for _, tt := range []struct {
		name, accept, rng, encoding string
		status                      int
	}{
		{"to a browser", "gzip, br", "", "gzip", 200},
		{"but not to those that do not take it", "", "", "", 200},
		{"nor in parts", "gzip", "bytes=0-9", "", 206},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/assets/"+name, nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			if tt.rng != "" {
				r.Header.Set("Range", tt.rng)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.status || w.Header().Get("Content-Encoding") != tt.encoding || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Fatalf("%d with %v", w.Code, w.Header())
			}
			var body io.Reader = w.Body
			if tt.encoding != "" {
				unpacked, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = unpacked
			}
			got, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if tt.status == 200 && string(got) != string(plain) {
				t.Errorf("%d bytes came, want the %d of the file", len(got), len(plain))
			}
		})
	}
}
