package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gorilla/websocket"
)

// TestReadableDiffs looks for a unified diff wherever a long value is not the one
// that was expected.
func TestReadableDiffs(t *testing.T) {
	t.Parallel()
	const message = `{"id":"ord_1","state":"PAID","lines":[{"sku":"A1","n":2},{"sku":"B2","n":1}],"note":"t0ken-Of-ada and more"}`
	const wanted = `{id: ord_1, state: OPEN, lines: [{sku: A1, n: 2}], note: another}`
	up := websocket.Upgrader{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/live":
			conn, err := up.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer conn.Close()
			_ = conn.WriteMessage(websocket.TextMessage, []byte(message))
			_, _, _ = conn.ReadMessage()
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: "+message+"\n\n")
		case "/text":
			_, _ = io.WriteString(w, "begin\none\ntwo\nthree\nend\n")
		case "/xml":
			w.Header().Set("Content-Type", "text/xml")
			_, _ = io.WriteString(w, "<a><p>"+strings.Repeat("a long paragraph, ", 6)+"</p><p>two</p></a>")
		}
	})
	calls := serveGRPC(t, true)
	tests := []struct{ name, step, check, want string }{
		{"WebSocket", `{websocket: {url: /live, messages: [{expect: {check: [{jsonpath: $, equals: ` + wanted + `}]}}]}}`, `message 1 jsonpath $ equals`, `-  "state": "OPEN"`},
		{"WebSocket as text", `{websocket: {url: /live, messages: [{expect: {check: [{body: "` + strings.Repeat("nothing like it ", 5) + `"}]}}]}}`, `message 1 body equals`, `+{"id":"ord_1"`},
		{"WebSocket that is skipped", `{websocket: {url: /live, messages: [{expect: {skip: true, within: 200ms, check: [{jsonpath: $, equals: ` + wanted + `}]}}]}}`, `message 1 jsonpath $ equals`, `+  "state": "PAID"`},
		{"WebSocket in any order", `{websocket: {url: /live, messages: [{expectAll: [{check: [{jsonpath: $, equals: ` + wanted + `}]}]}]}}`, `message 1 jsonpath $ equals`, `+  "state": "PAID"`},
		{"WebSocket and a snapshot", `{websocket: {url: /live, messages: [{expect: {check: [{snapshot: file://old.json}]}}]}}`, `snapshot old.json`, `+  "state": "PAID"`},
		{"events", `{sse: {url: /events, events: [{expect: {check: [{jsonpath: $, equals: ` + wanted + `}]}}]}}`, `message 1 jsonpath $ equals`, `+  "note": "*** and more"`},
		{"gRPC", `{grpc: {target: "` + calls + `", method: grpc.testing.TestService/FullDuplexCall, messages: [{payload: {body: AAAA}}]}, check: [{jsonpath: $, equals: [{payload: {type: COMPRESSABLE, body: BBBB}}]}]}`, `jsonpath $ equals`, `-      "body": "BBBB"`},
		{"expression", `{http: /text, check: [{regex: "(?s)begin\n(.*)end", equals: "one\nzwei\nthree\n"}]}`, `regex`, "-zwei\n+two\n"},
		{"XPath", `{http: /xml, check: [{xpath: "//p[1]", equals: "` + strings.Repeat("another paragraph, ", 4) + `"}]}`, `xpath //p[1] equals`, "+a long paragraph"},
		{"XPath of several", `{http: /xml, check: [{xpath: //p, equals: [one, two]}]}`, `xpath //p equals`, "-  \"one\",\n+  \"a long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, server.URL, "- "+tt.step, fstest.MapFS{"old.json": {Data: []byte(`{"state":"OPEN"}`)}})
			if r.err == nil {
				t.Fatal("it passed")
			}
			diffs, _ := r.Steps()[0].Detail["diffs"].([]any)
			if len(diffs) != 1 {
				t.Fatalf("%d differences in %v", len(diffs), r.Steps()[0].Detail)
			}
			got := diffs[0].(map[string]any)
			if name, text := got["check"].(string), got["diff"].(string); !strings.HasPrefix(name, tt.check) || !strings.Contains(text, tt.want) {
				t.Errorf("%s: %s\nwant %s: %s", name, text, tt.check, tt.want)
			}
		})
	}
}
