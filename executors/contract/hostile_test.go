package contract_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func TestHostileAnswersAreFindings(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 64 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, want string
		handler    http.HandlerFunc
	}{
		{"gzip bomb", "larger than 4 MiB", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}},
		{"endless body", "larger than 4 MiB", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(zeros); err != nil {
					return
				}
			}
		}},
		{"body that never ends", "did not end within 1.5s", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("{"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}},
		{"no answer", "no answer within 1.5s", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/a" {
				<-r.Context().Done()
			}
		}},
		{"endless headers", "broke without a whole answer", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			_, err = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n")
			for err == nil {
				_, err = fmt.Fprintf(conn, "X-A: %s\r\n", strings.Repeat("a", 1000))
			}
		}},
		{"no gzip", "is gzip and is not", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("plain"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := time.Minute // of what ends by its size
			if strings.Contains(tt.want, "within") {
				limit = 1500 * time.Millisecond
			}
			var reached atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/a" && reached.CompareAndSwap(false, true) { // one good answer: the target is there
					return
				}
				tt.handler(w, r)
			}))
			t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
			work := task(t, server.URL, spec.ContractCase{Schema: "file://small.json", RequestTimeout: spec.Duration(limit), Include: []spec.OperationFilter{{Path: "/a"}}})
			work.Files = fstest.MapFS{"small.json": {Data: []byte(small)}}
			r := &executortest.Recorder{Independent: true}
			outcome, err := executor(t).Execute(t.Context(), work, r)
			if verr := r.Verify(-1, outcome, err); verr != nil {
				t.Error(verr)
			}
			if outcome != spec.OutcomeFailed || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("outcome %s: %v, want %q", outcome, err, tt.want)
			}
		})
	}
}

func TestDocumentsThatCannotBeUsedSayWhy(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	bomb := "openapi: 3.1.0\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i, c := range "bcdefghi" {
		prev := string("abcdefgh"[i])
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+prev+",", 10), ","))
	}
	for _, tt := range []struct{ name, document, want string }{
		{"empty", "", "it is empty"},
		{"not YAML", "a: [", "it is not YAML"},
		{"not JSON", `{"openapi": `, "it is not JSON"},
		{"no document", "a: b", "has no key openapi"},
		{"swagger", `swagger: "2.0"`, "Swagger 2.0"},
		{"new version", `openapi: 4.0.0`, "3.0 and 3.1 can be read"},
		{"no operations", "openapi: 3.1.0\npaths: {}", "no operations"},
		{"other files", "openapi: 3.1.0\npaths: {/a: {$ref: 'other.yaml#/a'}}", "only references within the document"},
		{"lost reference", "openapi: 3.1.0\npaths: {/a: {get: {parameters: [{$ref: '#/components/parameters/X'}]}}}", "leads nowhere"},
		{"circle", "openapi: 3.1.0\npaths: {/a: {$ref: '#/paths/~1a'}}", "in a circle"},
		{"deep", `{"openapi":"3.1.0","a":` + deep + `}`, "nested deeper"},
		{"alias bomb", bomb, "more than 1000000 values"},
		{"50 MB", "openapi: 3.1.0\n#" + strings.Repeat("x", 50<<20), "more than 10 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			work := task(t, "http://127.0.0.1:1", spec.ContractCase{})
			work.Case.Contract.Auth = nil
			work.Files = fstest.MapFS{"orders.yaml": {Data: []byte(tt.document)}}
			outcome, err := executor(t).Execute(t.Context(), work, &executortest.Recorder{})
			if outcome != spec.OutcomeErrored || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("outcome %s: %v, want %q", outcome, err, tt.want)
			}
		})
	}
}

func TestRecursiveAndCostlySchemas(t *testing.T) {
	t.Parallel()
	costly := ""
	for i := range 40 {
		costly += fmt.Sprintf(",\"s%d\":{\"allOf\":[{\"$ref\":\"#/components/schemas/s%d\"},{\"$ref\":\"#/components/schemas/s%d\"}]}", i, i+1, i+1)
	}
	costly += `,"s40":{"type":"object"}`
	for _, tt := range []struct{ name, schema, want string }{
		{"a tree", `{"$ref":"#/components/schemas/tree"}`, ""},
		{"a tree that never ends", `{"$ref":"#/components/schemas/endless"}`, "no value was found for the body"},
		{"itself", `{"$ref":"#/components/schemas/self"}`, "no value was found for the body"},
		{"exponential", `{"$ref":"#/components/schemas/s0"}`, "no value was found for the body"},
		{"no pattern of ours", `{"type":"string","pattern":"(?=a)b"}`, "no value was found for the body: the schema cannot be used"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			document := `{"openapi":"3.1.0","paths":{"/a":{"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":` + tt.schema + `}}},
				"responses":{"200":{"description":"ok"},"400":{"description":"no"}}}}},"components":{"schemas":{
				"tree":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/components/schemas/tree"}}}},
				"endless":{"type":"object","required":["next"],"properties":{"next":{"$ref":"#/components/schemas/endless"}}},
				"self":{"allOf":[{"$ref":"#/components/schemas/self"}]}` + costly + `}}}`
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost {
					w.WriteHeader(http.StatusMethodNotAllowed)
				}
			}))
			t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
			work := task(t, server.URL, spec.ContractCase{Schema: "file://d.json", Checks: []string{spec.NotAServerError, spec.StatusCodeConformance}, MaxRequests: new(100)})
			work.Files = fstest.MapFS{"d.json": {Data: []byte(document)}}
			outcome, err := executor(t).Execute(t.Context(), work, &executortest.Recorder{Independent: true})
			switch {
			case tt.want == "" && outcome != spec.OutcomePassed:
				t.Errorf("outcome %s: %v", outcome, err)
			case tt.want != "" && (outcome != spec.OutcomeFailed || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("outcome %s: %v, want %q", outcome, err, tt.want)
			}
		})
	}
}
