package load_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/internal/spec"
)

// raw is a target that answers each request with bytes of its own choice, and
// then hangs up where it says so.
func raw(tb testing.TB, answer func(w io.Writer, nth int64) (hangUp bool)) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var all sync.WaitGroup
	var nth atomic.Int64
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = c.Close() }() // the client may be gone already
				in := bufio.NewReader(c)
				for {
					if _, err := http.ReadRequest(in); err != nil || answer(c, nth.Add(1)) {
						return
					}
				}
			})
		}
	})
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
		all.Wait()
	})
	return "http://" + l.Addr().String()
}

// text answers with the same bytes each time.
func text(s string) func(io.Writer, int64) bool {
	return func(w io.Writer, _ int64) bool { _, err := io.WriteString(w, s); return err != nil }
}

// endless repeats a text until the client hangs up.
func endless(head, s string) func(io.Writer, int64) bool {
	return func(w io.Writer, _ int64) bool {
		_, err := io.WriteString(w, head)
		for chunk := strings.Repeat(s, 1+4096/len(s)); err == nil; {
			_, err = io.WriteString(w, chunk)
		}
		return true
	}
}

func closing(s string) func(io.Writer, int64) bool {
	return func(w io.Writer, _ int64) bool { _, _ = io.WriteString(w, s); return true }
}

func bomb(tb testing.TB) string {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(make([]byte, 11<<20)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// TestHostileTargets lets three users meet each target twice. Nothing may hang,
// grow or crash, and a note says what was wrong.
func TestHostileTargets(t *testing.T) {
	t.Parallel()
	zipped := bomb(t)
	for _, tt := range []struct {
		name   string
		answer func(io.Writer, int64) bool
		want   string
	}{
		{"endless headers", endless("HTTP/1.1 200 OK\r\n", "X-A: b\r\n"), "the headers of the answer are larger than the limit of 256 KiB"},
		{"one endless header", endless("HTTP/1.1 200 OK\r\nX-A: ", "aaaaaaaa"), "the headers of the answer are larger"},
		{"endless chunks", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n"+strings.Repeat("a", 1024)+"\r\n"), "the body of the answer is larger than the limit of 10 MiB"},
		{"endless body", endless("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "aaaaaaaa"), "the body of the answer is larger"},
		{"endless interim answers", endless("", "HTTP/1.1 100 Continue\r\n\r\n"), "not valid HTTP"},
		{"endless trailers", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: b\r\n"), "not valid HTTP"},
		{"a length beyond the limit", closing("HTTP/1.1 200 OK\r\nContent-Length: 10485761\r\n\r\n"), "the body of the answer is larger"},
		{"a length that is no number", closing("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nok"), "not valid HTTP"},
		{"a body that is too short", closing("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok"), "closed in the middle of the answer"},
		{"headers that end early", closing("HTTP/1.1 200 OK\r\nContent-Le"), "closed in the middle of the answer"},
		{"chunks that end early", closing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), "closed in the middle of the answer"},
		{"a chunk without a size", closing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "not valid HTTP"},
		{"another protocol", closing("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "not valid HTTP"},
		{"an upgrade", text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), "switched to another protocol"},
		{"nothing", closing(""), "closed without an answer"},
		{"silence", func(w io.Writer, _ int64) bool { _, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n"); return false }, "no answer in time"},
		{"a gzip bomb", text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + itoa(len(zipped)) + "\r\n\r\n" + zipped), "the body of the answer is larger"},
		{"what is not gzip", text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"), "cannot be decoded"},
		{"redirects in a circle", text("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), "redirected more than 10 times"},
		{"a redirect to a file", text("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"), "redirects to an address that cannot be followed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			timeout := "1m" // a machine that is busy must not turn another mistake into this one
			if tt.name == "silence" {
				timeout = "300ms"
			}
			r := execute(t, dev(t), taskOf(t, raw(t, tt.answer), `
  - id: l
    kind: load
    steps: [{http: /, timeout: `+timeout+`, check: [{body: {contains: never}}]}]
    scenarios: {one: {executor: per-vu-iterations, vus: 3, iterations: 2}}
    thresholds: {iterations: ["count==6"], checks: ["rate==0"]}
`))
			if r.outcome != spec.OutcomePassed {
				t.Errorf("%s: %s", r.outcome, r.text())
			}
			if notes := notesOf(summaryOf(t, r)); !strings.Contains(notes, tt.want) {
				t.Errorf("want a note with %q, got\n%s", tt.want, notes)
			}
		})
	}
}

func itoa(n int) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// TestConnections looks at what an HTTP client must know to keep a connection.
func TestConnections(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer func(io.Writer, int64) bool
		dials  string
	}{
		{"kept after a length", text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "1"},
		{"kept after chunks and trailers", text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: b\r\n\r\n"), "1"},
		{"kept without a body", text("HTTP/1.1 204 No Content\r\n\r\n"), "1"},
		{"kept after interim answers", text("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "1"},
		{"kept with long headers", text("HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 100_000) + "\r\nContent-Length: 2\r\n\r\nok"), "1"},
		{"closed when the target says so", text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"), "5"},
		{"closed after a body to the end", closing("HTTP/1.1 200 OK\r\n\r\nok"), "5"},
		{"made anew when the target has hung up", func(w io.Writer, nth int64) bool {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			return nth == 3
		}, "2"},
	} {
		for _, check := range []string{"{status: 2xx}", `{body: {matches: "^(ok)?$"}}`} { // the body is skipped, or kept
			t.Run(tt.name+" "+check, func(t *testing.T) {
				t.Parallel()
				r := execute(t, dev(t), taskOf(t, raw(t, tt.answer), `
  - id: l
    kind: load
    steps: [{http: /, check: [`+check+`]}]
    scenarios: {one: {executor: per-vu-iterations, iterations: 5}}
    thresholds: {checks: ["rate==1"], http_reqs: ["count==5"], http_req_connecting: ["count==`+tt.dials+`"]}
`))
				if r.outcome != spec.OutcomePassed {
					t.Errorf("%s: %s\n%s", r.outcome, r.text(), notesOf(summaryOf(t, r)))
				}
			})
		}
	}
}
