package app_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
)

const finding = `{"format": "semantest-finding/1", "fingerprint": "370487ba0988feda", "operation": "GET /a", "check": "not_a_server_error",
  "baseUrl": "http://127.0.0.1:1", "headers": {"Authorization": "Bearer ${{ TOKEN }}"}, "purpose": "positive", "differs": "500",
  "requests": [{"method": "GET", "path": "/a", "auth": "given"}],
  "document": {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}}}`

func TestReplay(t *testing.T) {
	t.Parallel()
	status := map[string]int{"Bearer broken": 500, "Bearer sound": 200}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status[r.Header.Get("Authorization")])
	}))
	t.Cleanup(server.Close)
	for _, tt := range []struct {
		name, file string
		vars       map[string]string
		still      bool
		message    string
		code       apperr.Code
	}{
		{"still there", finding, map[string]string{"TOKEN": "broken", "BASE_URL": server.URL}, true, "answered 500", ""},
		{"mended", finding, map[string]string{"TOKEN": "sound", "BASE_URL": server.URL}, false, "not_a_server_error holds now", ""},
		{"not reached", finding, map[string]string{"TOKEN": "sound"}, false, "cannot be reached", apperr.Unavailable},
		{"without its secret", finding, nil, false, "TOKEN", apperr.InvalidInput},
		{"no finding", `{}`, nil, false, "no finding", apperr.InvalidInput},
		{"not JSON", `x`, nil, false, "not JSON", apperr.InvalidInput},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := app.Replay(t.Context(), app.Config{Egress: egress.Dev}, []byte(tt.file), func(name string) (string, bool) {
				v, ok := tt.vars[name]
				return v, ok
			})
			if tt.code != "" {
				e, ok := errors.AsType[*apperr.Error](err)
				if !ok || e.Code != tt.code || !strings.Contains(e.Message, tt.message) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if out.Still != tt.still || !strings.Contains(out.Message, tt.message) || len(out.Lines) != 1 {
				t.Errorf("got %+v", out)
			}
		})
	}
}
