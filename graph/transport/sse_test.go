package transport_test

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/graph/transport"
)

func (w *world) stream(t testing.TB, more http.Header, query string) *answer {
	t.Helper()
	h := http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}}
	for k, v := range more {
		h[k] = v
	}
	return w.get(t, http.MethodPost, "/", h, string(encodeQuery(t, query)))
}

// lines reads until the stream ends or a line comes that begins with until.
func lines(t testing.TB, r *bufio.Reader, until string) string {
	t.Helper()
	var out strings.Builder
	for {
		line, err := r.ReadString('\n')
		out.WriteString(line)
		if err == io.EOF || until != "" && strings.HasPrefix(line, until) {
			return out.String()
		}
		if err != nil {
			t.Fatalf("after %s: %v", out.String(), err)
		}
	}
}

func TestEventStream(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, query string
		header      http.Header
		want        string
	}{
		{name: "from the beginning", query: `subscription { events(id: 1) { seq } }`,
			want: ":\n\nid: 1\nevent: next\ndata: {\"data\":{\"events\":{\"pad\":\"\",\"seq\":1,\"who\":\"a\"}}}\n\nid: 2\nevent: next\ndata: {\"data\":{\"events\":{\"pad\":\"\",\"seq\":2,\"who\":\"a\"}}}\n\nevent: complete\ndata:\n\n"},
		{name: "after the last event that was seen", query: `subscription { events(id: 1) { seq } }`, header: http.Header{"Last-Event-Id": {"1"}},
			want: ":\n\nid: 2\nevent: next\ndata: {\"data\":{\"events\":{\"pad\":\"\",\"seq\":2,\"who\":\"a\"}}}\n\nevent: complete\ndata:\n\n"},
		{name: "a query", query: `{ name(of: "x") }`, want: ":\n\nevent: next\ndata: {\"data\":{\"name\":\"x\"}}\n\nevent: complete\ndata:\n\n"},
		{name: "one that cannot begin", query: `subscription { failing { seq } }`,
			want: ":\n\nevent: next\ndata: {\"errors\":[{\"message\":\"there is none\"}]}\n\nevent: complete\ndata:\n\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.feed.add(2, "")
			w.feed.end()
			res := w.stream(t, tt.header, tt.query)
			if res.status != http.StatusOK || res.header.Get("Content-Type") != "text/event-stream" {
				t.Errorf("status %d, %s", res.status, res.header.Get("Content-Type"))
			}
			if got := lines(t, res.lines, ""); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestStreamsShareWithSockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	socket := w.open(t, "a1")
	socket.send(subscribe("1", `subscription { events(id: 1) { seq } }`))
	waitFor(t, "the socket is a member", func() bool { return w.live.Stats().Subscriptions == 1 })
	stream := w.stream(t, nil, `subscription { events(id: 1) { seq } }`).lines
	waitFor(t, "both are members", func() bool { return w.live.Stats().Subscriptions == 2 })
	w.feed.add(1, "")
	if got := lines(t, stream, "data: "); !strings.Contains(got, "id: 1\n") {
		t.Errorf("the stream got %s", got)
	}
	consecutive(t, socket.numbers("1", 1), 1, 1)
	if n := w.watches.Load(); n != 1 {
		t.Errorf("%d executions", n)
	}
	w.feed.fail(gqlerror.Errorf("the source broke"))
	if got := lines(t, stream, ""); !strings.Contains(got, `data: {"errors":[{"message":"the source broke"}]}`) || !strings.HasSuffix(got, "event: complete\ndata:\n\n") {
		t.Errorf("the stream ends with %s", got)
	}
}

func TestStreamEndsWithoutCompleteAtShutdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) { o.PingEvery = 20 * time.Millisecond })
	stream := w.stream(t, nil, `subscription { events(id: 1) { seq } }`).lines
	lines(t, stream, ":") // it has begun
	lines(t, stream, ":") // a comment that keeps it alive
	done := make(chan struct{})
	go func() { defer close(done); w.live.Shutdown(t.Context()) }()
	if got := lines(t, stream, ""); strings.Contains(got, "complete") {
		t.Errorf("the stream ends with %s", got)
	}
	<-done
}

func TestStreamOfAClientThatLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	res := w.stream(t, nil, `subscription { events(id: 1) { seq } }`)
	waitFor(t, "it is a member", func() bool { return w.live.Stats().Subscriptions == 1 })
	res.leave()
	waitFor(t, "nothing is left", func() bool { return w.live.Stats() == transport.Stats{Executions: 1} })
}

func TestStreamOfAClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) { o.WriteWithin, o.Ring = 100*time.Millisecond, 4 })
	w.stream(t, nil, `subscription { events(id: 1) { seq pad } }`)
	waitFor(t, "it is cut", func() bool {
		w.feed.add(1, strings.Repeat("x", 256<<10))
		s := w.live.Stats()
		return s.Executions > 0 && s.Connections == 0
	})
}

func TestRequestsThatAreNoStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	escape := url.QueryEscape
	for _, tt := range []struct {
		name, method, path, accept, kind, body string
		status                                 int
	}{
		{name: "another content type", method: "POST", accept: "text/event-stream", kind: "text/plain", body: `{"query":"{ name }"}`, status: 415},
		{name: "another content type, and no stream", method: "POST", accept: "application/json", kind: "text/plain", body: `{"query":"{ name }"}`, status: 415},
		{name: "no JSON", method: "POST", accept: "text/event-stream", kind: "application/json", body: `{`, status: 400},
		{name: "no query", method: "POST", accept: "text/event-stream", kind: "application/json", body: `{}`, status: 400},
		{name: "no GraphQL", method: "POST", accept: "text/event-stream", kind: "application/json", body: `{"query":"{"}`, status: 400},
		{name: "several accepted", method: "POST", accept: "application/json;q=0.5, text/event-stream", kind: "application/json", body: `{"query":"{ name }"}`, status: 200},
		{name: "GET", method: "GET", path: "/?query=" + escape(`query($x: String) { name(of: $x) }`) + "&variables=" + escape(`{"x":"y"}`), accept: "text/event-stream", status: 200},
		{name: "GET with bad variables", method: "GET", path: "/?query=" + escape(`{ name }`) + "&variables=[", accept: "text/event-stream", status: 400},
		{name: "GET that changes something", method: "GET", path: "/?query=" + escape(`mutation { count }`), accept: "text/event-stream", status: 400},
		{name: "GET that is no stream", method: "GET", path: "/?query=" + escape(`{ name }`), accept: "*/*", status: 405},
		{name: "another method", method: "PUT", accept: "text/event-stream", status: 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"Accept": {tt.accept}}
			if tt.kind != "" {
				h.Set("Content-Type", tt.kind)
			}
			res := w.get(t, tt.method, tt.path, h, tt.body)
			if res.status != tt.status {
				t.Errorf("status %d, want %d", res.status, tt.status)
			}
		})
	}
	if n := w.counted.Load(); n != 0 {
		t.Errorf("%d mutations were performed", n)
	}
}
