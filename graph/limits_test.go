package graph_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/alicebob/miniredis/v2"
	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store/storetest"
)

func limited(t *testing.T, g config.Graph) *apptest.Server {
	t.Helper()
	return apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}, NoWorkers: true, Graph: g})
}

// ask sends an operation and returns the answer with its headers.
func ask(t *testing.T, s *apptest.Server, token, method string, header http.Header, fields map[string]any) (*http.Response, map[string]any) {
	t.Helper()
	address, body := s.App.URL()+"/graphql", io.Reader(nil)
	if method == http.MethodGet {
		q := url.Values{}
		for k, v := range fields {
			q.Set(k, v.(string))
		}
		address += "?" + q.Encode()
	} else {
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		body = strings.NewReader(string(text))
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		t.Fatalf("status %d: %v", res.StatusCode, err)
	}
	return res, out
}

func query(text string) map[string]any { return map[string]any{"query": text} }

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s := limited(t, config.Graph{RateMinute: 4, RateHour: 100})
	res, out := ask(t, s, s.Token, http.MethodPost, nil, query(`{a:rateLimit{limit per remaining resetAt cost} b:rateLimit{limit}}`))
	data, _ := out["data"].(map[string]any)
	state, _ := data["a"].(map[string]any)
	if state["limit"] != 4.0 || state["per"] != 60.0 || state["remaining"] != 3.0 || state["cost"] != 2.0 {
		t.Errorf("state %v", out)
	}
	if at, err := time.Parse(time.RFC3339, fmt.Sprint(state["resetAt"])); err != nil || time.Until(at) <= 0 || time.Until(at) > 66*time.Second {
		t.Errorf("resetAt %v (%v)", state["resetAt"], err)
	}
	h := res.Header
	if reset, err := strconv.Atoi(h.Get("RateLimit-Reset")); err != nil || reset < 1 || reset > 66 || h.Get("RateLimit-Limit") != "4" || h.Get("RateLimit-Remaining") != "3" {
		t.Errorf("headers %v", h)
	}
	if ext, _ := out["extensions"].(map[string]any); ext["cost"] != 2.0 {
		t.Errorf("extensions %v", out["extensions"])
	}
	// Whatever way it comes, and whatever comes of it, it counts.
	if code := queryOverSocket(t, s, `{viewer{permissions}}`); code != "" {
		t.Errorf("over a socket: %s", code)
	}
	if res, out := ask(t, s, s.Token, http.MethodPost, http.Header{"Accept": {"text/event-stream"}}, query(`{`)); res.Header.Get("Retry-After") != "" {
		t.Errorf("a stream: %v", out)
	}
	_, _ = ask(t, s, s.Token, http.MethodPost, nil, query(`{nope}`))
	res, out = ask(t, s, s.Token, http.MethodPost, nil, query(`{__typename}`))
	ext := first(out)
	if res.StatusCode != http.StatusTooManyRequests || ext["code"] != "RATE_LIMITED" || ext["limit"] != "requests" || ext["max"] != 4.0 {
		t.Errorf("the fifth: %d %v", res.StatusCode, out)
	}
	if after, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || ext["retryAfter"] != float64(after) || after < 1 {
		t.Errorf("Retry-After %q, %v", res.Header.Get("Retry-After"), ext)
	}
	if code := queryOverSocket(t, s, `{viewer{permissions}}`); code != "RATE_LIMITED" {
		t.Errorf("over a socket: %q", code)
	}
	// Who is not signed in is counted by address, apart.
	if res, out := ask(t, s, "", http.MethodPost, nil, query(`{__typename}`)); res.StatusCode != http.StatusOK || res.Header.Get("RateLimit-Remaining") != "3" {
		t.Errorf("unsigned: %d %v %v", res.StatusCode, out, res.Header)
	}
}

// queryOverSocket performs a query and returns the code of its error.
func queryOverSocket(t *testing.T, s *apptest.Server, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.App.URL()+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + s.Token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	for _, m := range []map[string]any{{"type": "connection_init"}, {"id": "1", "type": "subscribe", "payload": query(text)}} {
		if err := wsjson.Write(ctx, conn, m); err != nil {
			t.Fatal(err)
		}
	}
	for {
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			t.Fatal(err)
		}
		var errs []struct{ Extensions struct{ Code string } }
		switch m.Type {
		case "complete":
			return ""
		case "error":
			if err := json.Unmarshal(m.Payload, &errs); err != nil || len(errs) == 0 {
				t.Fatalf("error %s", m.Payload)
			}
			return errs[0].Extensions.Code
		}
	}
}

func TestStartsAreCountedByAlias(t *testing.T) {
	t.Parallel()
	database, redis := storetest.URL(t), miniredis.RunT(t)
	start := func() *apptest.Server {
		return apptest.Start(t, apptest.Options{
			Executors: []executors.Executor{fake.New(spec.KindAPI)}, NoWorkers: true, Graph: config.Graph{RateStarts: 5},
			DatabaseURL: database, RedisURL: "redis://" + redis.Addr(),
		})
	}
	a, b := start(), start()
	variables := map[string]any{"input": map[string]any{"source": source}}
	aliases := func(n int) string {
		var text strings.Builder
		text.WriteString("mutation($input:StartRunInput!){")
		for i := range n {
			fmt.Fprintf(&text, "s%d:startRun(input:$input){run{id}} ", i)
		}
		return text.String() + "}"
	}
	for _, tt := range []struct {
		s       *apptest.Server
		n, want int
	}{{a, 3, 3}, {b, 3, 2}, {a, 1, 0}} {
		_, out := ask(t, tt.s, a.Token, http.MethodPost, nil, map[string]any{"query": aliases(tt.n), "variables": variables})
		errs, _ := out["errors"].([]any)
		refused := 0
		for _, e := range errs {
			if ext := e.(map[string]any)["extensions"].(map[string]any); ext["code"] == "RATE_LIMITED" && ext["limit"] == "runs started" {
				refused++
			}
		}
		// A payload is never null, so one that is refused takes the answer along:
		// the others have started all the same.
		if (tt.want < tt.n) != (refused > 0) {
			t.Errorf("%d at once: %d refused in %v", tt.n, refused, out)
		}
	}
	var data struct{ Runs struct{ TotalCount int } }
	if err := a.Client.Do(t.Context(), `{runs{totalCount}}`, nil, &data); err != nil || data.Runs.TotalCount != 5 {
		t.Errorf("%d runs were started (%v), want 5", data.Runs.TotalCount, err)
	}
}

func TestOwnDocumentsFit(t *testing.T) {
	t.Parallel()
	s := limited(t, config.Graph{})
	if res, out := ask(t, s, s.Token, http.MethodPost, nil, query(introspection.Query)); res.StatusCode != http.StatusOK || out["errors"] != nil {
		t.Errorf("the query of GraphiQL: %d %v", res.StatusCode, out["errors"])
	}
	id := s.Run(t, source)
	if _, err := s.Client.FetchRun(t.Context(), id); err != nil {
		t.Errorf("a report: %v", err)
	}
}

func TestWhoMayReadTheSchema(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		who              string
		signed, unsigned bool
	}{{"", true, false}, {"signed-in", true, false}, {"on", true, true}, {"off", false, false}} {
		t.Run(tt.who, func(t *testing.T) {
			t.Parallel()
			s := limited(t, config.Graph{Introspection: tt.who})
			for _, text := range []string{`{__schema{queryType{name}}}`, `{...{__type(name:"Run"){name}}}`, `{...F} fragment F on Query{x:__schema{queryType{name}}}`} {
				for token, may := range map[string]bool{s.Token: tt.signed, "": tt.unsigned} {
					_, out := ask(t, s, token, http.MethodPost, nil, query(text))
					if may != (out["errors"] == nil) || !may && (first(out)["code"] != "FORBIDDEN" || strings.Contains(fmt.Sprint(out), "queryType")) {
						t.Errorf("%s, signed in %v: %v", text, token != "", out)
					}
				}
			}
			if _, out := ask(t, s, "", http.MethodPost, nil, query(`{__typename}`)); out["errors"] != nil {
				t.Errorf("__typename: %v", out)
			}
			_, out := ask(t, s, "", http.MethodPost, nil, query(`query($a:StartRunInpt!){viewr rateLimit(frst:1){limt}}`))
			if text := strings.ToLower(fmt.Sprint(out)); strings.Contains(text, "did you mean") || strings.Contains(text, "startruninput!") {
				t.Errorf("it suggests: %v", out)
			}
		})
	}
}

func TestPersistedQueries(t *testing.T) {
	t.Parallel()
	s := limited(t, config.Graph{})
	named := func(text string) map[string]any {
		sum := sha256.Sum256([]byte(text))
		return map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(sum[:])}}}
	}
	with := func(fields map[string]any, text string) map[string]any { fields["query"] = text; return fields }
	const good, bad, costly = `{viewer{permissions}}`, `{nope}`, `{plans(first:100){nodes{runs(first:100){nodes{id}}}}}`
	for _, tt := range []struct {
		name, token string
		fields      map[string]any
		code        string
	}{
		{"unknown", s.Token, named(good), "PERSISTED_QUERY_NOT_FOUND"},
		{"from a stranger", "", with(named(`{__typename}`), `{__typename}`), ""},
		{"is not kept", s.Token, named(`{__typename}`), "PERSISTED_QUERY_NOT_FOUND"},
		{"with its text", s.Token, with(named(good), good), ""},
		{"by its hash", s.Token, named(good), ""},
		{"with another text", s.Token, with(named(good), bad), "INVALID_INPUT"},
		{"of an invalid document", s.Token, with(named(bad), bad), "GRAPHQL_VALIDATION_FAILED"},
		{"is not kept either", s.Token, named(bad), "PERSISTED_QUERY_NOT_FOUND"},
		{"of a costly document", s.Token, with(named(costly), costly), "INVALID_INPUT"},
		{"nor is that", s.Token, named(costly), "PERSISTED_QUERY_NOT_FOUND"},
		{"of no hash", s.Token, map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": "*"}}}, "INVALID_INPUT"},
		{"of another version", s.Token, map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 2}}}, "INVALID_INPUT"},
		{"of a wrong type", s.Token, map[string]any{"extensions": map[string]any{"persistedQuery": []any{1}}}, "INVALID_INPUT"},
	} {
		_, out := ask(t, s, tt.token, http.MethodPost, nil, tt.fields)
		if code, _ := first(out)["code"].(string); code != tt.code {
			t.Errorf("%s: %v, want code %q", tt.name, out, tt.code)
		}
	}
}

func TestByGet(t *testing.T) {
	t.Parallel()
	s := limited(t, config.Graph{})
	for _, tt := range []struct {
		name, token, text string
		status            int
	}{
		{"a query", s.Token, `{viewer{permissions}}`, 200},
		{"a query without a header that pages can't send", "", `{__typename}`, 405},
		{"a mutation", s.Token, `mutation{stopRun(input:{id:"run_1"}){run{id}}}`, 405},
		{"nothing", s.Token, ``, 400},
	} {
		if res, out := ask(t, s, tt.token, http.MethodGet, nil, query(tt.text)); res.StatusCode != tt.status || (out["errors"] == nil) != (tt.status == 200) {
			t.Errorf("%s: %d %v, want %d", tt.name, res.StatusCode, out, tt.status)
		}
	}
}

func TestLargeRequests(t *testing.T) {
	t.Parallel()
	s := limited(t, config.Graph{})
	file := base64.StdEncoding.EncodeToString(make([]byte, 1<<20))
	input := map[string]any{"source": source, "files": []any{map[string]any{"path": "a.bin", "content": file}}}
	for _, tt := range []struct {
		name, token, text string
		status            int
		limit             any
	}{
		{"a plan with files", s.Token, `mutation($input:CreatePlanInput!){createPlan(input:$input){plan{id}}}`, 200, nil},
		{"from a stranger", "", `mutation($input:CreatePlanInput!){createPlan(input:$input){plan{id}}}`, 413, "body"},
		{"for what takes no files", s.Token, `query($id:ID!){node(id:$id){id}}`, 413, "body"},
		{"for that among others", s.Token, `mutation($input:CreatePlanInput!){createPlan(input:$input){plan{id}} stopRun(input:{id:"run_1"}){run{id}}}`, 413, "body"},
	} {
		res, out := ask(t, s, tt.token, http.MethodPost, nil, map[string]any{"query": tt.text, "variables": map[string]any{"input": input, "id": "run_1"}})
		if tt.limit != nil && (res.StatusCode != tt.status || first(out)["limit"] != tt.limit) ||
			tt.limit == nil && (res.StatusCode != tt.status || first(out)["limit"] != nil) {
			t.Errorf("%s: %d %.300v, want %d by %v", tt.name, res.StatusCode, out, tt.status, tt.limit)
		}
	}
}
