package contract_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

const small = `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{
 "/a":{"get":{"parameters":[{"name":"q","in":"query","schema":{"type":"string","nullable":true}}],"responses":{"200":{"description":"ok"}}}},
 "/b":{"get":{"responses":{"200":{"description":"ok"}}}}}}`

func TestConformance(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/slow/a":
			<-r.Context().Done()
		case r.URL.Path == "/bad/a":
			w.WriteHeader(http.StatusInternalServerError)
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.URL.Path != "/good/a" && r.URL.Path != "/good/b" && r.URL.Path != "/bad/b":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	tasks := func(base string, headers map[string]string) func(testing.TB) executors.Task {
		return func(testing.TB) executors.Task {
			k := spec.ContractCase{Schema: "file://small.json", URL: base, Headers: headers}
			return executors.Task{
				RunID: "run", ResultID: "res", Attempt: 1, Case: spec.Case{ID: "case", Kind: spec.KindContract, Contract: k},
				Scope: spec.NewScope(nil, map[string]string{"TOKEN": executortest.SecretValue}),
				Files: fstest.MapFS{"small.json": {Data: []byte(small)}},
			}
		}
	}
	executortest.Run(t, executortest.Harness{
		New: func(tb testing.TB) executors.Executor {
			tb.Helper()
			policy, err := egress.New(egress.Dev)
			if err != nil {
				tb.Fatal(err)
			}
			return contract.New(policy)
		},
		Passing:     tasks(server.URL+"/good", nil),
		Failing:     tasks(server.URL+"/bad", nil),
		Slow:        tasks(server.URL+"/slow", nil),
		Erroring:    tasks("http://"+closedPort(t), nil),
		Attaching:   tasks(server.URL+"/bad", nil),
		Secret:      tasks(server.URL+"/bad?k=${{ TOKEN }}", map[string]string{"X-Token": "${{ TOKEN }}"}),
		Steps:       func(executors.Task) int { return 3 },
		Independent: true,
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
