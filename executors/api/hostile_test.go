package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// listen answers every connection by f, after it has read the head of a
// request, and returns the address. Nothing outlives the test.
func listen(tb testing.TB, f func(net.Conn)) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if strings.TrimSpace(line) == "" {
						break
					}
				}
				f(c)
			})
		}
	})
	tb.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return "http://" + l.Addr().String()
}

// forever writes text until the other side has had enough.
func forever(head, text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := io.WriteString(c, head); err != nil {
			return
		}
		for i := 0; ; i++ {
			if _, err := io.WriteString(c, strings.ReplaceAll(text, "#", strconv.Itoa(i))); err != nil {
				return
			}
		}
	}
}

func once(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// answerIn answers with a body in an encoding.
func answerIn(encoding string, data []byte) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n", encoding, len(data))
		_, _ = c.Write(data)
	}
}

func gzipped(n int) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	zeros := make([]byte, 1<<20)
	for range n {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	return b.Bytes()
}

func TestMisbehavingTargets(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	chunk := strings.Repeat("a", 1000)
	bomb := gzipped(200)
	emptyBlocks := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 3<<20)...)
	gz := func(data []byte) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = fmt.Fprintf(c, ok+"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(data))
			_, _ = c.Write(data)
		}
	}
	tests := []struct {
		name    string
		target  func(net.Conn)
		outcome spec.Outcome
		err     string
	}{
		{"endless headers", forever(ok, "X-#: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"), spec.OutcomeFailed, "the headers of the answer of ORIGIN are larger than the limit of 256 KiB"},
		{"endless header line", forever(ok+"X: ", chunk), spec.OutcomeFailed, "the headers of the answer of ORIGIN are larger than the limit of 256 KiB"},
		{"endless informational answers", forever("", "HTTP/1.1 103 Early Hints\r\n\r\n"), spec.OutcomeFailed, "ORIGIN"},
		{"endless chunks", forever(ok+"Transfer-Encoding: chunked\r\n\r\n", "3e8\r\n"+chunk+"\r\n"), spec.OutcomeFailed, "the body of the answer of ORIGIN is larger than the limit of 10 MiB"},
		{"endless body without a length", forever(ok+"\r\n", chunk), spec.OutcomeFailed, "the body of the answer of ORIGIN is larger than the limit of 10 MiB"},
		{"gzip bomb", gz(bomb), spec.OutcomeFailed, "the body of the answer of ORIGIN is larger than the limit of 10 MiB"},
		{"gzip of nothing, for ever", gz(emptyBlocks), spec.OutcomeFailed, "the body of the answer of ORIGIN is larger than the limit of 10 MiB"},
		{"gzip that is none", gz([]byte("hello, this is no gzip")), spec.OutcomeFailed, "the answer of ORIGIN says that it is gzip, but it cannot be decoded"},
		{"gzip that is damaged", gz(append(bytes.Clone(bomb[:100]), bytes.Repeat([]byte{0xff}, 50)...)), spec.OutcomeFailed, "gzip"},
		{"gzip that ends early", gz(bomb[:50]), spec.OutcomeFailed, "ORIGIN closed the connection in the middle of its answer"},
		{"zstd that wants a large window", answerIn("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0, 0}), spec.OutcomeFailed, "the answer of ORIGIN says that it is zstd, but it cannot be decoded"},
		{"endless trailers", forever(ok+"Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-#: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"), spec.OutcomeFailed, "ORIGIN"},
		{"endless chunk extension", forever(ok+"Transfer-Encoding: chunked\r\n\r\n1;", chunk), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"chunks of one byte with long extensions", forever(ok+"Transfer-Encoding: chunked\r\n\r\n", "1;"+chunk+"\r\na\r\n"), spec.OutcomeFailed, "ORIGIN"},
		{"negative length", once(ok + "Content-Length: -5\r\n\r\nhello"), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"length beyond any number", once(ok + "Content-Length: 99999999999999999999999\r\n\r\nhello"), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"length of terabytes", once(ok + "Content-Length: 9223372036854775807\r\n\r\nhello"), spec.OutcomeFailed, "ORIGIN closed the connection in the middle of its answer"},
		{"length and chunks", once(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), spec.OutcomeFailed, "body should equal"},
		{"changes the protocol unasked", once("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nhello"), spec.OutcomeFailed, "ORIGIN answered 101 (it changed to h2c), which the request did not ask for"},
		{"closes without an answer", once(""), spec.OutcomeFailed, "ORIGIN closed the connection without an answer"},
		{"closes in the headers", once(ok + "Content-Le"), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"closes in the body", once(ok + "Content-Length: 100\r\n\r\nhalf"), spec.OutcomeFailed, "ORIGIN closed the connection in the middle of its answer"},
		{"closes in a chunk", once(ok + "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf"), spec.OutcomeFailed, "ORIGIN closed the connection in the middle of its answer"},
		{"length that is no number", once(ok + "Content-Length: many\r\n\r\n"), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"two lengths", once(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"chunk size that is no number", once(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"not HTTP", once("220 smtp.test ready\r\n\x00\x01\n\n"), spec.OutcomeFailed, "the answer of ORIGIN is not valid HTTP"},
		{"never answers", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, spec.OutcomeTimedOut, "did not finish within the step's limit of 300ms: still waiting for an answer from ORIGIN"},
		{"never ends its answer", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Content-Length: 100\r\n\r\nhalf")
			_, _ = io.Copy(io.Discard, c)
		}, spec.OutcomeTimedOut, "did not finish within the step's limit of 300ms: still reading the answer of ORIGIN"},
		{"redirects to a port where nothing listens", once("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n"), spec.OutcomeErrored, "could not connect to http://127.0.0.1:1: connection refused"},
		{"text that no database takes", once(ok + "Content-Type: text/plain\r\nContent-Length: 6\r\n\r\na\x00b\xff\xfec"), spec.OutcomeFailed, "body should equal"},
	}
	e := newExecutor(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			base := listen(t, tt.target)
			step := get("/", spec.Check{Body: ptr(equals("never"))})
			if tt.outcome == spec.OutcomeTimedOut {
				step.Timeout = spec.Duration(300 * time.Millisecond)
			}
			r := execute(t, e, task(base, step))
			if want := strings.ReplaceAll(tt.err, "ORIGIN", base); r.outcome != tt.outcome || !strings.Contains(r.text(), want) {
				t.Errorf("got %s: %s\nwant %s: %s", r.outcome, r.text(), tt.outcome, want)
			}
			away := map[string]string{
				"closes without an answer":                  strings.TrimPrefix(base, "http://"),
				"never answers":                             strings.TrimPrefix(base, "http://"),
				"redirects to a port where nothing listens": "127.0.0.1:1",
			}[tt.name]
			if got := r.unreachable(); got != away {
				t.Errorf("%q is said to be unreachable, want %q", got, away)
			}
			for _, a := range r.Attachments() {
				if len(a.Data) > 1<<20 {
					t.Errorf("the attachment %s has %d bytes", a.Name, len(a.Data))
				}
			}
			for _, s := range r.Steps() {
				if text := fmt.Sprint(s.Detail, s.Error); strings.ContainsRune(text, 0) || strings.ToValidUTF8(text, "") != text {
					t.Errorf("the step holds text that is not clean: %q", text)
				}
			}
		})
	}
}

func TestUnreachableTargets(t *testing.T) {
	t.Parallel()
	selfSigned := httptest.NewUnstartedServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0) // clients are to refuse it
	selfSigned.StartTLS()
	t.Cleanup(selfSigned.Close)
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	closed := closedPort(t)
	_, port, _ := net.SplitHostPort(selfSigned.Listener.Addr().String())
	tests := []struct {
		name string
		url  string
		opts []api.Option
		want string
	}{
		{"nothing listens", "http://" + closed, nil, "could not connect to http://" + closed + ": connection refused; is the application running?"},
		{"no such host", "http://no-such-host.invalid/", nil, "could not connect to http://no-such-host.invalid: "},
		{"certificate of nobody", selfSigned.URL, nil, "could not make a secure connection to " + selfSigned.URL + ": its certificate is signed by an authority that is not trusted here"},
		{"certificate of another host", "https://localhost:" + port, []api.Option{trusting(selfSigned)}, "could not make a secure connection to https://localhost:" + port + ": x509: certificate is"},
		{"no TLS there", strings.Replace(plain.URL, "http:", "https:", 1), nil, "the server does not speak TLS on this port; is http:// meant?"},
		{"cloud metadata", "http://169.254.169.254/latest/meta-data", nil, "the egress policy (dev) does not allow 169.254.169.254:80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := execute(t, newExecutor(t, tt.opts...), task("", get(tt.url), get("/next")))
			if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), tt.want) {
				t.Errorf("got %s: %s\nwant %s", r.outcome, r.text(), tt.want)
			}
			u, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			want := executors.TargetOf(u)
			if tt.name == "cloud metadata" {
				want = "" // it may well be there
			}
			if away := r.unreachable(); away != want {
				t.Errorf("%q is said to be unreachable, want %q", away, want)
			}
		})
	}
}

// A target that has answered is not away when one of its answers does not come.
func TestATargetThatHasAnsweredIsReachable(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/cut":
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	slow := get("/slow")
	slow.Timeout = spec.Duration(300 * time.Millisecond)
	for _, step := range []spec.APIStep{slow, get("/cut")} {
		for _, tt := range []struct {
			steps []spec.APIStep
			want  string
		}{
			{[]spec.APIStep{step}, server.Listener.Addr().String()},
			{[]spec.APIStep{get("/"), step}, ""},
		} {
			r := execute(t, newExecutor(t), task(server.URL, tt.steps...))
			if away := r.unreachable(); r.outcome == spec.OutcomePassed || away != tt.want {
				t.Errorf("after %d steps: %s, %q is said to be unreachable, want %q", len(tt.steps), r.text(), away, tt.want)
			}
		}
	}
}

func TestEgressPolicyIsAskedAfterRedirects(t *testing.T) {
	t.Parallel()
	inner := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the inner server was reached") })
	outer := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL, http.StatusFound) })
	policy, err := egress.New(egress.Dev, netip.MustParseAddrPort(inner.Listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	e := api.New(policy)
	t.Cleanup(func() { _ = e.Close() })
	r := execute(t, e, task(outer.URL, get("/")))
	if r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), "the egress policy (dev) does not allow") {
		t.Errorf("got %s: %s", r.outcome, r.text())
	}
}

// TestHandshakeEndsWithTheStep would leave a goroutine in the handshake, which
// net/http alone lets go on.
func TestHandshakeEndsWithTheStep(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(io.Discard, c) // until the client hangs up
	}()
	step := get("https://" + l.Addr().String())
	step.Timeout = spec.Duration(100 * time.Millisecond)
	r := execute(t, newExecutor(t), task("", step))
	if want := "still connecting to https://" + l.Addr().String(); r.outcome != spec.OutcomeTimedOut || !strings.Contains(r.text(), want) {
		t.Errorf("got %s: %s", r.outcome, r.text())
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the handshake goes on after the step")
	}
}

func TestCancelSaysWhy(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	base := listen(t, func(c net.Conn) {
		close(arrived)
		_, _ = io.Copy(io.Discard, c)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(errors.New("stopped by ada"))
	}()
	sink := &executortest.Recorder{}
	outcome, err := newExecutor(t).Execute(ctx, task(base, get("/")), sink)
	if err := sink.Verify(1, outcome, err); err != nil {
		t.Error(err)
	}
	if outcome != spec.OutcomeCancelled || err.Error() != "step 1 (GET /): cancelled: stopped by ada" {
		t.Errorf("got %s: %v", outcome, err)
	}
}

// TestSecretsAtTheEdge puts a secret where texts are cut: half of it could not
// be recognised any more.
func TestSecretsAtTheEdge(t *testing.T) {
	t.Parallel()
	const secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, before := range []int{480, 490, 495, 4080, 4090, 1<<20 - 10} {
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			t.Parallel()
			body := strings.Repeat("x", before) + secret + strings.Repeat("y", 2000)
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Long", body[:min(len(body), 9000)])
				w.Header().Set("Content-Type", "application/octet-stream")
				_, _ = io.WriteString(w, `{"`+body+`":"`+body+`"}`)
			})
			task := task(server.URL, get("/", spec.Check{Body: ptr(equals("no"))},
				spec.Check{JSONPath: "$.*", Matcher: equals(int64(1))}, spec.Check{JSONPath: "$", Matcher: equals(int64(1))},
				spec.Check{Header: "X-Long", Matcher: equals("no")},
				spec.Check{Schema: &spec.Schema{Inline: map[string]any{"additionalProperties": map[string]any{"const": "no"}}}},
				spec.Check{Body: ptr(equals(strings.Repeat("z", before) + "${{ S }}"))}))
			task.Scope = spec.NewScope(map[string]any{"BASE_URL": server.URL}, map[string]string{"S": secret})
			r := execute(t, newExecutor(t), task)
			if len(r.Steps()[0].Checks) != 6 {
				t.Fatalf("%d checks", len(r.Steps()[0].Checks))
			}
			for n := len(secret); n >= 4; n-- {
				if i := strings.Index(r.Text()+r.text(), secret[:n]); i >= 0 {
					t.Fatalf("%d letters of the secret show: %s", n, r.Text()[max(0, i-60):i+n])
				}
			}
		})
	}
}
