package api_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/spec"
)

func trusting(s *httptest.Server) api.Option {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return api.WithRootCAs(pool)
}

const orders = `{"id": 42, "state": "PENDING", "big": 9007199254740993, "none": null,
 "items": [{"sku": "A1", "n": 2, "tags": ["x"]}, {"sku": "B2", "n": 1, "tags": []}], "by": {"b": 2, "a": 1}}`

func TestChecks(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/html" {
			_, _ = w.Write([]byte("<h1>hello</h1>"))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("X-Many", "a")
		w.Header().Add("X-Many", "b")
		w.Header().Set("X-Count", "5")
		w.Header().Set("Set-Cookie", "sid=private-cookie")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(orders))
	})
	files := fstest.MapFS{
		"order.schema.json": {Data: []byte(`{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"state":{"enum":["PENDING","PAID"]}}}`)},
		"strict.json":       {Data: []byte(`{"properties":{"id":{"type":"string"},"state":{"const":"PAID"}}}`)},
		"ref.json":          {Data: []byte(`{"properties":{"items":{"items":{"$ref":"#/$defs/item"}}},"$defs":{"item":{"required":["sku","price"]}}}`)},
		"remote.json":       {Data: []byte(`{"$ref":"https://example.com/schema.json"}`)},
		"secret.json":       {Data: []byte(`{"$ref":"file:///etc/passwd"}`)},
		"broken.json":       {Data: []byte(`{"type":`)},
		"wrong.json":        {Data: []byte(`{"type":"text"}`)},
		"loop.json":         {Data: []byte(`{"$ref":"#"}`)},
	}
	jp := func(path string, m spec.Matcher) spec.Check { return spec.Check{JSONPath: path, Matcher: m} }
	schema := func(file string) spec.Check { return spec.Check{Schema: &spec.Schema{File: "file://" + file}} }
	inline := func(v any) spec.Check { return spec.Check{Schema: &spec.Schema{Inline: v}} }
	tests := []struct {
		name    string
		url     string
		check   spec.Check
		passed  bool
		message string // a part of it
	}{
		{"status", "/", status(int64(201)), true, ""},
		{"status class", "/", status(spec.StatusClass(2)), true, ""},
		{"wrong status", "/", status(int64(200)), false, "status should equal 200, but is 201"},
		{"header", "/", spec.Check{Header: "content-type", Matcher: spec.Matcher{Contains: val("json")}}, true, ""},
		{"header number", "/", spec.Check{Header: "X-Count", Matcher: equals(int64(5))}, true, ""},
		{"header of many values", "/", spec.Check{Header: "X-Many", Matcher: equals("a, b")}, true, ""},
		{"header exists", "/", spec.Check{Header: "X-Count"}, true, ""},
		{"no header", "/", spec.Check{Header: "X-No"}, false, "header x-no should exist, but there is no such value"},
		{"header absent as asked", "/", spec.Check{Header: "X-No", Matcher: spec.Matcher{Exists: ptr(false)}}, true, ""},
		{"sensitive header is judged", "/", spec.Check{Header: "Set-Cookie", Matcher: spec.Matcher{Contains: val("private")}}, true, ""},
		{"sensitive header is not shown", "/", spec.Check{Header: "Set-Cookie", Matcher: equals("x")}, false, "the value of this header is not shown"},
		{"body", "/html", spec.Check{Body: ptr(spec.Matcher{Matches: "h.llo"})}, true, ""},
		{"wrong body", "/html", spec.Check{Body: ptr(equals("bye"))}, false, `body should equal "bye", but is "<h1>hello</h1>"`},
		{"jsonpath", "/", jp("$.state", equals("PENDING")), true, ""},
		{"jsonpath keeps large numbers", "/", jp("$.big", equals(int64(9007199254740993))), true, ""},
		{"jsonpath tells large numbers apart", "/", jp("$.big", equals(int64(9007199254740992))), false, "should equal 9007199254740992"},
		{"jsonpath null exists", "/", jp("$.none", spec.Matcher{}), true, ""},
		{"jsonpath null", "/", jp("$.none", equals(nil)), true, ""},
		{"jsonpath wrong", "/", jp("$.state", equals("PAID")), false, `jsonpath $.state should equal "PAID", but is "PENDING"`},
		{"jsonpath missing", "/", jp("$.total", spec.Matcher{GT: val(int64(1))}), false, "jsonpath $.total should be greater than 1, but there is no such value"},
		{"jsonpath missing as asked", "/", jp("$.total", spec.Matcher{Exists: ptr(false)}), true, ""},
		{"jsonpath one of a filter", "/", jp("$.items[?@.sku=='B2'].n", equals(int64(1))), true, ""},
		{"jsonpath several are a list", "/", jp("$.items[*].sku", equals([]any{"A1", "B2"})), true, ""},
		{"jsonpath list of one contains", "/", jp("$.items[*].tags[*]", spec.Matcher{Contains: val("x")}), true, ""},
		{"jsonpath length of nodes", "/", jp("$.items[*].tags[*]", spec.Matcher{Length: ptr(1)}), true, ""},
		{"jsonpath members by name", "/", jp("$.by.*", equals([]any{int64(1), int64(2)})), true, ""},
		{"jsonpath keeps a reversed slice", "/", jp("$.items[::-1].sku", equals([]any{"B2", "A1"})), true, ""},
		{"jsonpath keeps a list of selectors", "/", jp("$.by['b','a']", equals([]any{int64(2), int64(1)})), true, ""},
		{"jsonpath that is wrong", "/", jp("$[", equals(int64(1))), false, "the expression is wrong"},
		{"jsonpath without JSON", "/html", jp("$.a", spec.Matcher{Exists: ptr(false)}), false, "jsonpath $.a cannot be read: the body is not JSON"},
		{"duration", "/", spec.Check{Duration: ptr(spec.Matcher{LTE: val("30s")})}, true, ""},
		{"too slow", "/", spec.Check{Duration: ptr(spec.Matcher{LT: val("1ns")})}, false, "duration should be less than"},
		{"schema", "/", schema("order.schema.json"), true, ""},
		{"schema twice from the cache", "/", schema("order.schema.json"), true, ""},
		{"schema inline", "/", inline(map[string]any{"type": "object", "minProperties": int64(2)}), true, ""},
		{"schema inline with draft 7", "/", inline(map[string]any{"$schema": "http://json-schema.org/draft-07/schema#", "type": "array"}), false, "at the top: got object, want array"},
		{"schema asserts formats", "/", inline(map[string]any{"properties": map[string]any{"state": map[string]any{"format": "email"}}}), false, "at /state: 'PENDING' is not valid email"},
		{"schema deviates", "/", schema("strict.json"), false, "the body does not match the schema strict.json: at /id: got number, want string (and 1 more)"},
		{"schema with a reference into itself", "/", schema("ref.json"), false, "at /items/0: missing property 'price' (and 1 more)"},
		{"schema with a remote reference", "/", schema("remote.json"), false, "a schema can only refer to itself"},
		{"schema with a reference to the machine", "/", schema("secret.json"), false, "a schema can only refer to itself"},
		{"schema that is not JSON", "/", schema("broken.json"), false, "schema broken.json cannot be used: it is not JSON"},
		{"schema that is none", "/", schema("wrong.json"), false, "schema wrong.json cannot be used"},
		{"schema that refers to itself", "/", schema("loop.json"), false, "loop.json"},
		{"schema that is not there", "/", schema("no.json"), false, "there is no file no.json beside the plan"},
		{"schema without JSON", "/html", schema("order.schema.json"), false, "schema order.schema.json cannot be checked: the body is not JSON"},
		{"no subject", "/", spec.Check{}, false, "the check has no subject"},
	}
	e := newExecutor(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := task(server.URL, get(tt.url, tt.check))
			task.Files = files
			r := execute(t, e, task)
			checks := r.Steps()[0].Checks
			if len(checks) != 1 {
				t.Fatalf("%d checks: %+v", len(checks), checks)
			}
			c := checks[0]
			if c.Passed != tt.passed || !strings.Contains(c.Message, tt.message) {
				t.Errorf("passed %t, message %q", c.Passed, c.Message)
			}
			if c.Expected == "" || c.Actual == "" {
				t.Errorf("expected %q, actual %q: one is empty", c.Expected, c.Actual)
			}
			if want := map[bool]spec.Outcome{true: spec.OutcomePassed, false: spec.OutcomeFailed}[tt.passed]; r.outcome != want {
				t.Errorf("outcome %s", r.outcome)
			}
			if !tt.passed && r.text() != "step 1 (GET "+tt.url+"): "+c.Message {
				t.Errorf("the error is %q", r.text())
			}
			if strings.Contains(r.Text(), "private-cookie") {
				t.Error("the cookie shows")
			}
		})
	}
}

func TestEveryCheckIsEvaluated(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"a":1}`))
	})
	step := get("/", status(int64(500)), status(int64(200)),
		spec.Check{JSONPath: "$.a", Matcher: spec.Matcher{GT: val(int64(0)), LT: val(int64(1))}})
	step.Capture = map[string]spec.Capture{"b": {JSONPath: "$.b"}}
	r := execute(t, newExecutor(t), task(server.URL, step, get("/next")))
	got := []executors.Check{}
	for _, c := range r.Steps()[0].Checks {
		c.Expected, c.Actual = "", ""
		got = append(got, c)
	}
	want := []executors.Check{
		{Name: "status equals 500", Message: "status should equal 500, but is 200"},
		{Name: "status equals 200", Passed: true},
		{Name: "jsonpath $.a less than 1", Message: "jsonpath $.a should be less than 1, but is 1"},
		{Name: "jsonpath $.a greater than 0", Passed: true},
		{Name: "capture b", Message: "the variable b could not be captured from jsonpath $.b: there is no such value in the body"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-want +got)\n%s", diff)
	}
	if want := "step 1 (GET /): status should equal 500, but is 200 (and 2 more checks failed)"; r.text() != want {
		t.Errorf("got %q, want %q", r.text(), want)
	}
	if r.outcome != spec.OutcomeFailed || r.Steps()[1].Outcome != spec.OutcomeSkipped {
		t.Errorf("outcome %s, next step %s", r.outcome, r.Steps()[1].Outcome)
	}
	attachments := r.Attachments()
	if len(attachments) != 2 || attachments[1].Name != "exchanges.har" || string(attachments[0].Data) != `{"a":1}` || attachments[0].Name != "step-1-body.json" || attachments[0].Step != 0 {
		t.Errorf("attachments %+v", attachments)
	}
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Id", "h-1")
		http.SetCookie(w, &http.Cookie{Name: "deep", Value: "d-1", Path: "/elsewhere"})
		http.SetCookie(w, &http.Cookie{Name: "gone", Value: "x", MaxAge: -1})
		_, _ = w.Write([]byte(orders))
	})
	tests := []struct {
		name    string
		capture spec.Capture
		want    any
		message string
	}{
		{"jsonpath integer", spec.Capture{JSONPath: "$.id"}, int64(42), ""},
		{"jsonpath large integer", spec.Capture{JSONPath: "$.big"}, int64(9007199254740993), ""},
		{"jsonpath text", spec.Capture{JSONPath: "$.state"}, "PENDING", ""},
		{"jsonpath null", spec.Capture{JSONPath: "$.none"}, nil, ""},
		{"jsonpath object", spec.Capture{JSONPath: "$.items[0]"}, map[string]any{"sku": "A1", "n": int64(2), "tags": []any{"x"}}, ""},
		{"jsonpath first of many", spec.Capture{JSONPath: "$.items[*].sku"}, "A1", ""},
		{"jsonpath first member by name", spec.Capture{JSONPath: "$.by.*"}, int64(1), ""},
		{"jsonpath nothing", spec.Capture{JSONPath: "$.no"}, nil, "the variable v could not be captured from jsonpath $.no: there is no such value in the body"},
		{"jsonpath wrong", spec.Capture{JSONPath: "id"}, nil, "the expression is wrong"},
		{"header", spec.Capture{Header: "x-id"}, "h-1", ""},
		{"header nothing", spec.Capture{Header: "x-no"}, nil, "the answer has no such header"},
		{"regex group", spec.Capture{Regex: `"sku": "(B\d)"`}, "B2", ""},
		{"regex whole", spec.Capture{Regex: `PEND\w+`}, "PENDING", ""},
		{"regex nothing", spec.Capture{Regex: `PAID`}, nil, "the body does not match"},
		{"regex wrong", spec.Capture{Regex: `(`}, nil, "the expression is wrong"},
		{"cookie of another path", spec.Capture{Cookie: "deep"}, "d-1", ""},
		{"cookie that is deleted", spec.Capture{Cookie: "gone"}, nil, "no such cookie is held"},
		{"status", spec.Capture{Status: true}, int64(200), ""},
		{"no place", spec.Capture{}, nil, "the capture says no place"},
	}
	e := newExecutor(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			step := get("/")
			step.Capture = map[string]spec.Capture{"v": tt.capture}
			task := task(server.URL, step)
			r := execute(t, e, task)
			got, found := task.Scope.Get("v")
			if found == (tt.message != "") || !cmp.Equal(tt.want, got) {
				t.Errorf("captured %#v (%t), want %#v", got, found, tt.want)
			}
			if !strings.Contains(r.text(), tt.message) || (tt.message == "") != (r.outcome == spec.OutcomePassed) {
				t.Errorf("%s: %s", r.outcome, r.text())
			}
		})
	}
}

func TestCapturedValuesReachLaterSteps(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			_, _ = w.Write([]byte(orders))
			return
		}
		_, _ = w.Write([]byte(r.URL.Path))
	})
	first := get("/")
	first.Capture = map[string]spec.Capture{"id": {JSONPath: "$.id"}}
	second := get("/orders/${{ id }}", spec.Check{Body: ptr(equals("/orders/${{ id }}"))})
	r := execute(t, newExecutor(t), task(server.URL, first, second))
	if r.outcome != spec.OutcomePassed {
		t.Fatal(r.outcome, r.err)
	}
	if name := r.Steps()[1].Name; name != "GET /orders/${{ id }}" {
		t.Errorf("the step is called %q: a name must not change from run to run", name)
	}
	if d := r.Steps()[1].Duration; d <= 0 || d > time.Minute {
		t.Errorf("duration %s", d)
	}
}
