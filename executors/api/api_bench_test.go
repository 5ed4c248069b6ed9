package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

type discardSink struct{}

func (discardSink) Emit(executors.Event) {}

func (discardSink) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }

// BenchmarkExchange compares a case of one request and three checks with the
// bare client of net/http on the same server.
func BenchmarkExchange(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, orders)
	}))
	b.Cleanup(server.Close)
	b.Run("bare client", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
		b.Cleanup(client.CloseIdleConnections)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				resp, err := client.Get(server.URL + "/orders/42")
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	})
	policy, err := egress.New(egress.Dev)
	if err != nil {
		b.Fatal(err)
	}
	e := api.New(policy)
	b.Cleanup(func() { _ = e.Close() })
	run := func(b *testing.B, steps ...spec.APIStep) {
		b.Helper()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if outcome, err := e.Execute(b.Context(), task(server.URL, steps...), discardSink{}); outcome != spec.OutcomePassed {
					b.Error(err)
					return
				}
			}
		})
	}
	b.Run("case without checks", func(b *testing.B) { run(b, get("/orders/42")) })
	step := get("/orders/42", status(int64(200)),
		spec.Check{Header: "Content-Type", Matcher: spec.Matcher{Contains: val("json")}},
		spec.Check{JSONPath: "$.state", Matcher: equals("PENDING")})
	b.Run("case with three checks", func(b *testing.B) { run(b, step) })
}
