package api_test

import (
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

func TestConformance(t *testing.T) {
	for _, tls := range []bool{false, true} {
		t.Run(map[bool]string{false: "http", true: "http2"}[tls], func(t *testing.T) { conformance(t, tls) })
	}
}

func conformance(t *testing.T, tls bool) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/echo":
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Echo", r.Header.Get("X-Token"))
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(`{"token":"` + r.Header.Get("X-Token") + `","query":"` + r.URL.RawQuery + `"}`))
		default:
			_, _ = w.Write([]byte(`{"ok":true}`))
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes are broken off on purpose
	var pool *x509.CertPool
	if tls {
		server.EnableHTTP2 = true
		server.StartTLS()
		pool = x509.NewCertPool()
		pool.AddCert(server.Certificate())
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	unused := closedPort(t)

	tasks := func(base string, steps ...spec.APIStep) func(testing.TB) executors.Task {
		return func(testing.TB) executors.Task { return task(base, steps...) }
	}
	executortest.Run(t, executortest.Harness{
		New: func(tb testing.TB) executors.Executor {
			tb.Helper()
			policy, err := egress.New(egress.Dev)
			if err != nil {
				tb.Fatal(err)
			}
			return api.New(policy, api.WithRootCAs(pool))
		},
		Passing:   tasks(server.URL, get("/", status(int64(200))), get("/", status(int64(200)))),
		Failing:   tasks(server.URL, get("/", status(int64(404))), get("/")),
		Slow:      tasks(server.URL, get("/slow"), get("/")),
		Erroring:  tasks("http://"+unused, get("/"), get("/")),
		Attaching: tasks(server.URL, get("/", status(int64(404))), get("/")),
		Secret: func(testing.TB) executors.Task {
			step := spec.APIStep{
				HTTP: &spec.HTTPRequest{
					URL: "/echo?a=${{ TOKEN }}", Method: "POST",
					Headers: map[string]string{"X-Token": "${{ TOKEN }}", "Authorization": "Bearer ${{ TOKEN }}"},
					Query:   map[string]spec.StringList{"b": {"${{ TOKEN }}"}},
					JSON:    val(map[string]any{"token": "${{ TOKEN }}"}),
				},
				Capture: map[string]spec.Capture{"t": {JSONPath: "$.token"}, "missing": {Regex: "never ${{ TOKEN }}"}},
				Checks: []spec.Check{
					{JSONPath: "$.token", Matcher: equals("other")},
					{Header: "X-Echo", Matcher: equals("${{ TOKEN }}!")},
					{Body: ptr(spec.Matcher{NotContains: val("${{ TOKEN }}")})},
				},
			}
			task := task(server.URL, step)
			task.Scope = spec.NewScope(map[string]any{"BASE_URL": server.URL}, map[string]string{"TOKEN": executortest.SecretValue})
			return task
		},
	})
}

// closedPort returns an address at which nothing listens.
func closedPort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
