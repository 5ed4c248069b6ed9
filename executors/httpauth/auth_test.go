package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/executors/httpauth"
	"github.com/semantest/semantest/internal/spec"
)

// issuer gives tokens that live for some seconds; one of less than ten counts as
// expired at once.
func issuer(t *testing.T, lifetime int) (httpauth.Via, *atomic.Int64) {
	t.Helper()
	asked := &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"at%d","token_type":"Bearer","expires_in":%d}`, asked.Add(1), lifetime)
	}))
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return httpauth.Via{Scope: spec.NewScope(map[string]any{spec.VarBaseURL: server.URL}, nil), Transport: transport, Timeout: time.Minute}, asked
}

func request() httpauth.Request {
	return httpauth.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "shop.test", Path: "/"}, Header: http.Header{}}
}

var client = &spec.Auth{OAuth2: &spec.OAuth2{TokenURL: "/token", ClientID: "shop", ClientSecret: "s"}}

func TestTokensAreAskedForAgainWhenTheyHaveExpired(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		lifetime int
		want     int64
	}{{"still good", 3600, 1}, {"expired", 1, 5}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			via, asked := issuer(t, tt.lifetime)
			tokens := &httpauth.Tokens{}
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					r := request()
					if err := tokens.Authorize(t.Context(), client, r, via); err != nil || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer at") {
						t.Errorf("%v: %v", r.Header, err)
					}
				})
			}
			wg.Wait()
			if asked.Load() != tt.want {
				t.Errorf("%d tokens were asked for", asked.Load())
			}
		})
	}
}

// TestAskingEndsWithWhoAsks also when somebody else asked first.
func TestAskingEndsWithWhoAsks(t *testing.T) {
	t.Parallel()
	via, _ := issuer(t, 1)
	tokens := &httpauth.Tokens{}
	if err := tokens.Authorize(t.Context(), client, request(), via); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tokens.Authorize(ctx, client, request(), via); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if err := tokens.Authorize(t.Context(), client, request(), via); err != nil {
		t.Errorf("the next one is refused: %v", err)
	}
}
