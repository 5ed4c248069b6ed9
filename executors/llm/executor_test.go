package llm_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors/llm/internal/assertion"
	"github.com/semantest/semantest/internal/llm/llmtest"
	"github.com/semantest/semantest/internal/spec"
)

// TestTypesAreThoseOfThePlan keeps the language and what performs it together.
func TestTypesAreThoseOfThePlan(t *testing.T) {
	t.Parallel()
	known := append(append(assertion.Types(), "webhook"), spec.LLMGraded()...)
	slices.Sort(known)
	planned := spec.LLMAssertions()
	slices.Sort(planned)
	if !slices.Equal(known, planned) {
		t.Errorf("performed are %v, and a plan may name %v", known, planned)
	}
}

func TestAnswersOfAnApplication(t *testing.T) {
	t.Parallel()
	app := chat(t, func(message string, _ int64) string {
		if strings.Contains(message, "43") {
			return "Sold out."
		}
		return "The order " + strings.TrimPrefix(message, "Refund order ") + " is refunded within five days."
	})
	for _, tt := range []struct {
		name, keys string
		outcome    spec.Outcome
		says       string
	}{
		{"variables", `
prompt: Refund order {{id}}
vars: {id: "42"}
assert: [{type: icontains, value: "Order {{id}}"}, {type: latency, threshold: 60000}, {type: not-is-refusal}]`, spec.OutcomePassed, ""},
		{"rows", `
prompt: Refund order ${{ id }}
rows: [{id: 42, want: five days}, {id: 43, want: sold out}]
assert: [{type: icontains, value: "{{want}}"}]`, spec.OutcomePassed, ""},
		{"a row fails", `
prompt: Refund order {{id}}
rowsFile: file://orders.csv
assert: [{type: contains, value: refunded}]`, spec.OutcomeFailed, `step 2 (row 2: Refund order 43): contains: "refunded" does not stand in the output "Sold out."`},
		{"a threshold of the weighted score", `
prompt: Refund order 42
threshold: 0.75
assert: [{type: contains, value: refunded, weight: 3}, {type: contains, value: sorry}]`, spec.OutcomePassed, ""},
		{"below the threshold", `
prompt: Refund order 42
threshold: 0.8
assert: [{type: contains, value: refunded, weight: 3}, {type: contains, value: sorry}]`, spec.OutcomeFailed, `"sorry" does not stand`},
		{"what has no weight only tells", `
prompt: Refund order 42
assert: [{type: contains, value: refunded}, {type: contains, value: sorry, weight: 0}]`, spec.OutcomePassed, ""},
		{"what cannot be judged", `
prompt: Refund order 42
assert: [{type: cost, threshold: 1}]`, spec.OutcomeErrored, "could not be judged: cost: the cost of the answer is not known"},
		{"what cannot be judged and does not matter", `
prompt: Refund order 42
assert: [{type: cost, threshold: 1}, {type: equals, value: no}]`, spec.OutcomeFailed, "equals"},
		{"a mistake in an assertion", `
prompt: Refund order 42
assert: [{type: regex, value: "("}]`, spec.OutcomeErrored, `"(" is no regular expression`},
		{"a judging model is missing", `
prompt: Refund order 42
assert: [{type: llm-rubric, value: Is polite}]`, spec.OutcomeErrored, "llm-rubric is judged by a model: no language model is configured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{"orders.csv": {Data: []byte("id\n42\n43\n")}}
			r := execute(t, newExecutor(t, nil), taskOf(t, app.URL, chatTarget+tt.keys, files))
			if r.outcome != tt.outcome || !strings.Contains(r.says(), tt.says) {
				t.Errorf("%s: %s, want %s: %s", r.outcome, r.says(), tt.outcome, tt.says)
			}
		})
	}
}

// TestWhatIsTold reads the step, the metrics and the attachment of a case.
func TestWhatIsTold(t *testing.T) {
	t.Parallel()
	app := chat(t, func(_ string, n int64) string { return fmt.Sprintf("answer %d", n) })
	r := execute(t, newExecutor(t, nil), taskOf(t, app.URL, chatTarget+`
prompt: Vary
repeat: 4
passRate: 0.5
atOnce: 1
assert: [{type: regex, value: "answer [12]", metric: early}]`, fstest.MapFS{}))
	if r.outcome != spec.OutcomePassed {
		t.Fatal(r.outcome, r.err)
	}
	step := r.Steps()[0]
	if len(step.Checks) != 2 || step.Checks[0].Actual != "2 of 4 (50 %)" || step.Checks[1].Name != "regex (early)" || step.Checks[1].Actual != "2 of 4" ||
		!strings.Contains(step.Checks[1].Message, "does not match") {
		t.Errorf("the checks are %+v", step.Checks)
	}
	if told := step.Detail["answers"].([]any); len(told) != 4 || told[0].(map[string]any)["passed"] != true || told[3].(map[string]any)["passed"] != false {
		t.Errorf("the answers are told as %v", step.Detail)
	}
	count := map[string]int{}
	for _, m := range r.Metrics() {
		count[m.Name]++
		if m.Name == "llm_pass_rate" && m.Value != 0.5 {
			t.Errorf("the pass rate is told as %v", m.Value)
		}
	}
	if count["llm_latency"] != 4 || count["early"] != 4 || count["llm_score"] != 4 || count["llm_pass_rate"] != 1 {
		t.Errorf("the metrics are %v", count)
	}
	kept := r.Attachments()
	if len(kept) != 1 || kept[0].Name != "answers.jsonl" || strings.Count(string(kept[0].Data), "\n") != 4 {
		t.Fatalf("kept is %+v", kept)
	}
	for line := range strings.Lines(string(kept[0].Data)) {
		var one struct{ Turns []struct{ Answer string } }
		if err := json.Unmarshal([]byte(line), &one); err != nil || !strings.HasPrefix(one.Turns[0].Answer, "answer ") {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// TestPassRate fails a case of which too few answers pass, by the first of them.
func TestPassRate(t *testing.T) {
	t.Parallel()
	app := chat(t, func(_ string, n int64) string { return fmt.Sprintf("answer %d", n) })
	r := execute(t, newExecutor(t, nil), taskOf(t, app.URL, chatTarget+`
prompt: Vary
repeat: 4
passRate: 0.75
atOnce: 1
assert: [{type: regex, value: "answer [12]"}]`, fstest.MapFS{}))
	const says = `2 of 4 answers pass, and 75 % should: regex: /answer [12]/ does not match the output "answer 3"`
	if r.outcome != spec.OutcomeFailed || !strings.Contains(r.says(), says) {
		t.Errorf("%s: %s, want %s", r.outcome, r.says(), says)
	}
}

// TestConversation keeps the cookies and the id of a conversation, and shows each
// turn what was said before.
func TestConversation(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Messages []struct{ Role, Content string }
			ID       string
		}
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &asked)
		cookie, err := r.Cookie("talk")
		if err != nil {
			cookie = &http.Cookie{Name: "talk", Value: asked.ID, Path: "/"}
			http.SetCookie(w, cookie)
		}
		_, _ = fmt.Fprintf(w, "%d of %d, %s said %q, same talk: %t", len(asked.Messages), 3, asked.Messages[len(asked.Messages)-1].Role,
			asked.Messages[0].Content, cookie.Value == asked.ID && asked.ID != "")
	}))
	t.Cleanup(app.Close)
	r := execute(t, newExecutor(t, nil), taskOf(t, app.URL, `
target: {url: /, body: {messages: "${{ messages }}", id: "${{ conversation }}"}}
repeat: 2
turns:
  - {prompt: My order is 42, assert: [{type: equals, value: '1 of 3, user said "My order is 42", same talk: true'}]}
  - When does it come
assert: [{type: equals, value: '3 of 3, user said "My order is 42", same talk: true'}]`, fstest.MapFS{}))
	if r.outcome != spec.OutcomePassed {
		t.Errorf("%s: %v", r.outcome, r.err)
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	streams := map[string]string{
		"/sse":    "event: x\ndata: {\"d\": \"Five \"}\n\ndata: {\"other\": 1}\n\n: ping\n\ndata: {\"d\":\ndata: \"days\"}\n\ndata: [DONE]\n\ndata: {\"d\": \"!\"}\n\n",
		"/lines":  "{\"d\": \"Five \"}\n\n{\"d\": \"days\"}\n{}\n",
		"/broken": "data: {\"d\": \n\n",
		"/long":   "data: " + strings.Repeat("x", 2<<20) + "\n\n",
	}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, streams[r.URL.Path]) }))
	t.Cleanup(app.Close)
	for _, tt := range []struct {
		path, stream string
		outcome      spec.Outcome
		says         string
	}{
		{"/sse", "sse", spec.OutcomePassed, ""},
		{"/lines", "lines", spec.OutcomePassed, ""},
		{"/broken", "sse", spec.OutcomeFailed, "a piece of the stream cannot be read: it is no JSON"},
		{"/long", "sse", spec.OutcomeFailed, "larger than the limit of 1 MiB"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			r := execute(t, newExecutor(t, nil), taskOf(t, app.URL, `
target: {url: `+tt.path+`, stream: `+tt.stream+`, answer: $.d}
prompt: How long
assert: [{type: equals, value: Five days}]`, fstest.MapFS{}))
			if r.outcome != tt.outcome || !strings.Contains(r.says(), tt.says) {
				t.Errorf("%s: %s", r.outcome, r.says())
			}
		})
	}
}

// TestWrongTargets fails a case for what its target does, in a sentence that says
// what came.
func TestWrongTargets(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/html":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><h1>Welcome</h1></html>")
		case "/error":
			http.Error(w, "out of order", http.StatusInternalServerError)
		case "/other":
			_, _ = io.WriteString(w, `{"answer": "x"}`)
		case "/huge":
			for range 10 {
				_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
			}
		case "/silent":
			<-r.Context().Done()
		case "/hangup":
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(app.Close)
	for path, says := range map[string]string{
		"/html":   "there is no answer in the response (text/html): it is no JSON",
		"/error":  "the target answered 500 Internal Server Error: out of order",
		"/other":  `$.reply finds nothing in {"answer": "x"}`,
		"/huge":   "larger than the limit of 8 MiB",
		"/silent": "there was no whole answer within 300ms",
		"/hangup": "the target gave no answer: EOF",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			timeout := "30s"
			if path == "/silent" {
				timeout = "300ms"
			}
			r := execute(t, newExecutor(t, nil), taskOf(t, app.URL, `
target: {url: `+path+`, answer: $.reply, timeout: `+timeout+`}
prompt: Hello
assert: [{type: contains, value: x}]`, fstest.MapFS{}))
			if r.outcome != spec.OutcomeFailed || !strings.Contains(r.says(), says) {
				t.Errorf("%s: %s, want %s", r.outcome, r.says(), says)
			}
		})
	}
}

// TestModels asks a model behind OpenAI's API, as the plan says and with what it
// misdoes.
func TestModels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		next    llmtest.Behaviour
		keys    string
		outcome spec.Outcome
		says    string
	}{
		{"an answer", llmtest.OK, `assert: [{type: equals, value: ok}, {type: finish-reason, value: stop}, {type: cost, threshold: 10}]`, spec.OutcomePassed, ""},
		{"within its budget", llmtest.OK, "maxCost: 10\nassert: [{type: equals, value: ok}]", spec.OutcomePassed, ""},
		{"beyond its budget", llmtest.OK, "maxCost: 0.000001\nassert: [{type: equals, value: ok}]", spec.OutcomeFailed, "beyond the $1e-06 of maxCost"},
		{"cut off", llmtest.Length, `assert: [{type: finish-reason, value: length}]`, spec.OutcomePassed, ""},
		{"a refusal", llmtest.Refusal, `assert: [{type: is-refusal}]`, spec.OutcomePassed, ""},
		{"no choices", llmtest.NoChoices, `assert: [{type: equals, value: ok}]`, spec.OutcomeFailed, "the response has no choices"},
		{"a page", llmtest.HTML, `assert: [{type: equals, value: ok}]`, spec.OutcomeFailed, "is none of OpenAI's API"},
		{"an error", llmtest.ServerError, `assert: [{type: equals, value: ok}]`, spec.OutcomeFailed, "the target answered 500"},
		{"a limit", llmtest.RateLimited, `assert: [{type: equals, value: ok}]`, spec.OutcomeFailed, "the target answered 429"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := llmtest.New(t)
			server.Next(tt.next)
			r := execute(t, newExecutor(t, nil), taskOf(t, "", `
target: {model: `+llmtest.Model+`, baseUrl: "`+server.URL()+`", key: `+llmtest.Key+`, system: You help, temperature: 0, seed: 3, maxTokens: 77}
prompt: Hello
`+tt.keys, fstest.MapFS{}))
			if r.outcome != tt.outcome || !strings.Contains(r.says(), tt.says) {
				t.Errorf("%s: %s, want %s: %s", r.outcome, r.says(), tt.outcome, tt.says)
			}
			body := server.Asked()[0].Body
			if body["temperature"] != 0.0 || body["seed"] != 3.0 || body["max_tokens"] != 77.0 || server.Asked()[0].Messages[0].Role != "system" {
				t.Errorf("asked was %v", body)
			}
		})
	}
}
