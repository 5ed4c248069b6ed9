package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/egress/egresstest"
	"github.com/semantest/semantest/internal/spec"
)

// TestAProxyOfTheEnvironmentIsNotUsed runs a case in a process whose
// environment names proxies, since net/http reads it once. The target has a
// name, because net/http asks no proxy for loopback addresses.
func TestAProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	if target := os.Getenv("API_TEST_TARGET"); target != "" {
		policy, err := egress.New(egress.Dev)
		if err != nil {
			t.Fatal(err)
		}
		policy.ResolveWith(egresstest.Resolver(t, [4]byte{127, 0, 0, 1}))
		e := api.New(policy)
		r := execute(t, e, task(target, spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/"}}))
		if err := e.Close(); err != nil || r.outcome != spec.OutcomePassed {
			t.Fatalf("%s, %v, %v", r.outcome, r.err, err)
		}
		return
	}
	var proxied, reached atomic.Int64
	count := func(n *atomic.Int64) http.HandlerFunc {
		return func(http.ResponseWriter, *http.Request) { n.Add(1) }
	}
	proxy, target := httptest.NewServer(count(&proxied)), httptest.NewServer(count(&reached))
	defer proxy.Close()
	defer target.Close()
	u, err := url.Parse(target.URL)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "API_TEST_TARGET=http://shop.test.:"+u.Port(),
		"HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "ALL_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if proxied.Load() != 0 || reached.Load() != 1 {
		t.Errorf("the proxy was asked %d times and the target %d times, want 0 and 1", proxied.Load(), reached.Load())
	}
}
