package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/cli/client"
)

func TestComesAgainWhenToldTo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		extensions string
		asked      int64
		code       apperr.Code
	}{
		{"in a second", `"code":"RATE_LIMITED","retryAfter":1`, 3, ""},
		{"in an hour", `"code":"RATE_LIMITED","retryAfter":3600`, 1, apperr.RateLimited},
		{"at no time", `"code":"RATE_LIMITED"`, 1, apperr.RateLimited},
		{"in no time", `"code":"RATE_LIMITED","retryAfter":-1`, 1, apperr.RateLimited},
		{"another error", `"code":"CONFLICT","retryAfter":1`, 1, apperr.Conflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) <= 2 {
					w.WriteHeader(http.StatusTooManyRequests)
					_, _ = fmt.Fprintf(w, `{"errors":[{"message":"later","extensions":{%s}}]}`, tt.extensions)
					return
				}
				_, _ = w.Write([]byte(`{"data":{"a":1}}`))
			}))
			defer server.Close()
			c, err := client.New(server.URL, "")
			if err != nil {
				t.Fatal(err)
			}
			var out struct{ A int }
			if err := c.Do(t.Context(), "{a}", nil, &out); apperr.CodeOf(err) != tt.code {
				t.Errorf("error %v, want code %q", err, tt.code)
			}
			if asked.Load() != tt.asked || tt.code == "" && out.A != 1 {
				t.Errorf("asked %d times and got %d, want %d times", asked.Load(), out.A, tt.asked)
			}
		})
	}
}
