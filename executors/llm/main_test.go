package llm_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	executor "github.com/semantest/semantest/executors/llm"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
	"github.com/semantest/semantest/internal/spec"
)

func newExecutor(tb testing.TB, models *llm.Client) *executor.Executor {
	tb.Helper()
	policy, err := egress.New(egress.Dev)
	if err != nil {
		tb.Fatal(err)
	}
	prices, err := llm.BuiltInPrices().With(strings.NewReader("asOf: \"2026-01-01\"\nmodels: {" + llmtest.Model + ": {input: 1000, output: 1000}}"))
	if err != nil {
		tb.Fatal(err)
	}
	return executor.New(policy, models, prices)
}

// taskOf is a case with these keys, aimed at an address.
func taskOf(tb testing.TB, base, keys string, files fstest.MapFS) executors.Task {
	tb.Helper()
	plan, err := spec.Parse([]byte("version: \"1\"\nname: LLM\nsecrets: [TOKEN]\nenv: {BASE_URL: \"" + base + "\"}\ncases:\n  - id: a\n    kind: llm\n" + indent(keys)))
	if err != nil {
		tb.Fatal(err)
	}
	secrets := map[string]string{"TOKEN": executortest.SecretValue}
	vars, err := plan.Variables(nil, secrets)
	if err != nil {
		tb.Fatal(err)
	}
	return executors.Task{
		RunID: "run_1", ProjectID: "prj_1", ResultID: "res_1", Attempt: 1, Case: plan.Expand()[0].Case, Use: plan.Use,
		Scope: spec.NewScope(vars, secrets), Files: files,
	}
}

func indent(keys string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(keys), "\n", "\n    ") + "\n"
}

// result is what an attempt left behind; its events have kept the contract.
type result struct {
	*executortest.Recorder
	outcome spec.Outcome
	err     error
}

func execute(tb testing.TB, e executors.Executor, t executors.Task) result {
	tb.Helper()
	sink := &executortest.Recorder{}
	outcome, err := e.Execute(tb.Context(), t, sink)
	sink.Seal()
	if err := sink.Verify(-1, outcome, err); err != nil {
		tb.Errorf("the contract was broken: %v", err)
	}
	return result{sink, outcome, err}
}

func (r result) says() string {
	if r.err == nil {
		return ""
	}
	return r.err.Error()
}

// chat is an application that answers {"reply": …} by what it is told.
func chat(tb testing.TB, reply func(message string, n int64) string) *httptest.Server {
	tb.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Message string }
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"reply": reply(asked.Message, n.Add(1))})
	}))
	tb.Cleanup(s.Close)
	return s
}

const chatTarget = `target: {url: /chat, body: {message: "${{ prompt }}"}, answer: {jsonpath: $.reply}}` + "\n"

func TestConformance(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/echo":
			_, _ = io.Copy(w, r.Body)
		default:
			_, _ = io.WriteString(w, "Refunds take five days.")
		}
	}))
	t.Cleanup(server.Close)
	tasks := func(base, keys string) func(testing.TB) executors.Task {
		return func(tb testing.TB) executors.Task {
			tb.Helper()
			return taskOf(tb, base, keys+"\nprompt: How long? {{n}}\nrows: [{n: 1}, {n: 2}]", fstest.MapFS{})
		}
	}
	const passing = "assert: [{type: contains, value: five days}]\n"
	executortest.Run(t, executortest.Harness{
		New:       func(tb testing.TB) executors.Executor { tb.Helper(); return newExecutor(tb, nil) },
		Passing:   tasks(server.URL, passing+"target: {url: /}"),
		Failing:   tasks(server.URL, "assert: [{type: contains, value: six days}]\ntarget: {url: /}"),
		Slow:      tasks(server.URL, passing+"target: {url: /slow}"),
		Erroring:  tasks("http://"+closedPort(t), passing+"target: {url: /}"),
		Attaching: tasks(server.URL, passing+"target: {url: /}"),
		Secret: tasks(server.URL, `assert: [{type: equals, value: "not ${{ TOKEN }}"}]
target: {url: "/echo?k=${{ TOKEN }}", headers: {X-Token: "${{ TOKEN }}"}, body: "${{ TOKEN }}"}`),
		Steps:       func(executors.Task) int { return 2 },
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
