package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/internal/spec"
)

const large = 200 << 20

// zeros is a file system whose every file has so many zeros.
type zeros int64

func (z zeros) Open(name string) (fs.File, error) {
	return &zeroFile{name: name, left: int64(z), size: int64(z)}, nil
}

type zeroFile struct {
	name       string
	left, size int64
}

func (f *zeroFile) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), f.left))
	clear(p[:n])
	f.left -= int64(n)
	return n, nil
}

func (f *zeroFile) Close() error               { return nil }
func (f *zeroFile) Stat() (fs.FileInfo, error) { return zeroInfo{f}, nil }

type zeroInfo struct{ f *zeroFile }

func (i zeroInfo) Name() string       { return i.f.name }
func (i zeroInfo) Size() int64        { return i.f.size }
func (i zeroInfo) Mode() fs.FileMode  { return 0o400 }
func (i zeroInfo) ModTime() time.Time { return time.Time{} }
func (i zeroInfo) IsDir() bool        { return false }
func (i zeroInfo) Sys() any           { return nil }

// countingSink reads attachments as a store does, and holds none.
type countingSink struct {
	kept map[string]int64
	full bool
}

func (*countingSink) Emit(executors.Event) {}

func (s *countingSink) Attach(_ context.Context, a executors.Attachment) error {
	limit := int64(1 << 40)
	if s.full {
		limit = 1000
	}
	n, err := io.Copy(io.Discard, io.LimitReader(a.Body, limit))
	s.kept[a.Name] += n
	if s.full {
		err = errors.New("the store is full")
	}
	return errors.Join(err, a.Body.Close())
}

// TestLargeBodiesAreNotHeld sends and receives 200 MB, and allocates a fraction of
// it in all, both sides together. It runs alone: other tests allocate too.
func TestLargeBodiesAreNotHeld(t *testing.T) {
	block := make([]byte, 64<<10)
	sum := sha256.New()
	for range large / len(block) {
		_, _ = sum.Write(block)
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := sha256.New()
		n, _ := io.CopyBuffer(onlyWriter{got}, r.Body, make([]byte, 64<<10))
		if r.Method == http.MethodPost {
			w.Header().Set("X-Got", fmt.Sprintf("%d %d %s", n, r.ContentLength, hex.EncodeToString(got.Sum(nil))))
			return
		}
		w.Header().Set("Content-Type", "application/zip")
		for range large / len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	task := planTask(t, server.URL, fmt.Sprintf(`
- http: {url: /down, save: all.zip}
  check: [{size: %d}, {sha256: %s}, {status: 200}, {md5: {length: 32}}]
- http: {url: /up, method: POST, file: "file://zeros.bin"}
  check: [{header: X-Got, equals: "%d %d %s"}]
- http: {url: /up, method: POST, multipart: [{name: a, value: b}, {name: f, file: "file://zeros.bin"}]}
  check: [{header: X-Got, matches: "^2097"}]
- http: {url: /up, method: POST, file: "file://zeros.bin", auth: {hmac: {secret: planted-key}}}
- http: {url: /up, method: POST, file: "file://zeros.bin", compress: zstd}
  check: [{header: X-Got, matches: " -1 "}]
`, large, digest, large, large, digest), nil)
	task.Files = zeros(large)
	e := newExecutor(t)
	sink := &countingSink{kept: map[string]int64{}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	outcome, err := e.Execute(t.Context(), task, sink)
	runtime.ReadMemStats(&after)
	if outcome != spec.OutcomePassed {
		t.Fatalf("%s: %v", outcome, err)
	}
	if n := sink.kept["step-1-all.zip"]; n != large {
		t.Errorf("%d bytes were kept", n)
	}
	const most = 48 << 20
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > most {
		t.Errorf("%d MiB were allocated for five bodies of %d MiB, want at most %d", allocated>>20, large>>20, most>>20)
	} else {
		t.Logf("%.1f MiB were allocated", float64(allocated)/(1<<20))
	}
}

// onlyWriter has no ReadFrom that would bring a buffer of its own.
type onlyWriter struct{ io.Writer }

// TestUploads looks at what arrives of bodies that are read while they are sent.
func TestUploads(t *testing.T) {
	t.Parallel()
	data := []byte(strings.Repeat("0123456789", 20_000))
	files := fstest.MapFS{"a.bin": {Data: data}, "b.bin": {Data: data[:70_000]}}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			_, _ = io.Copy(io.Discard, r.Body)
			http.Redirect(w, r, "/file", http.StatusTemporaryRedirect)
		case "/file":
			body, _ := io.ReadAll(r.Body)
			mac := hmac.New(sha256.New, []byte("planted-key"))
			_, _ = mac.Write(append([]byte("POST."), body...))
			_, _ = fmt.Fprintf(w, "%v %d %v %v", bytes.Equal(body, data), r.ContentLength, r.TransferEncoding, r.Header.Get("X-Signature") == hex.EncodeToString(mac.Sum(nil)))
		case "/gzip":
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			body, err := io.ReadAll(z)
			_, _ = fmt.Fprintf(w, "%v %v", bytes.Equal(body, data), err)
		case "/parts":
			length := r.ContentLength
			parts, err := r.MultipartReader()
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			_, _ = fmt.Fprintf(w, "%v", length > 270_000)
			for {
				var p *multipart.Part
				if p, err = parts.NextPart(); err != nil {
					return
				}
				body, _ := io.ReadAll(p)
				_, _ = fmt.Fprintf(w, " %s:%s:%d:%v", p.FormName(), p.FileName(), len(body), bytes.HasPrefix(data, body) || string(body) == "v")
			}
		case "/deaf": // answers before it has read
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	tests := []struct{ name, step, err string }{
		{"file", `{http: {url: /file, method: POST, file: "file://a.bin"}, check: [{body: "true 200000 [] false"}]}`, ""},
		{"in chunks", `{http: {url: /file, method: POST, file: "file://a.bin", chunked: true}, check: [{body: "true -1 [chunked] false"}]}`, ""},
		{"again after a redirect", `{http: {url: /moved, method: POST, file: "file://a.bin"}, check: [{body: "true 200000 [] false"}]}`, ""},
		{"signed", `{http: {url: /file, method: POST, file: "file://a.bin", auth: {hmac: {secret: planted-key, over: "{method}.{body}"}}}, check: [{body: "true 200000 [] true"}]}`, ""},
		{"compressed", `{http: {url: /gzip, method: POST, file: "file://a.bin", compress: gzip}, check: [{body: "true <nil>"}]}`, ""},
		{"parts", `{http: {url: /parts, method: POST, multipart: [{name: a, file: "file://a.bin"}, {name: n, value: v}, {name: b, file: "file://b.bin", filename: c.bin}]}, check: [{body: "true a:a.bin:200000:true n::1:true b:c.bin:70000:true"}]}`, ""},
		{"not wanted", `{http: {url: /deaf, method: POST, file: "file://a.bin"}, check: [{status: 413}]}`, ""},
		{"no such file", `{http: {url: /file, method: POST, file: "file://none.bin"}}`, "there is no file none.bin beside the plan"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := planTask(t, server.URL, "- "+tt.step, files)
			task.Use.HAR = "always"
			r := perform(t, newExecutor(t), task)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
		})
	}
}

// TestUploadOfAFileThatChanges says so.
func TestUploadOfAFileThatChanges(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	task := planTask(t, server.URL, `- {http: {url: /, method: POST, file: "file://a.bin"}}`, nil)
	task.Files = shrunk{}
	if r := perform(t, newExecutor(t), task); r.outcome != spec.OutcomeErrored || !strings.Contains(r.text(), "a file changed while it was sent to ") {
		t.Errorf("%s: %s", r.outcome, r.text())
	}
}

type shrunk struct{}

func (shrunk) Open(name string) (fs.File, error) {
	return &zeroFile{name: name, left: 50_000, size: 100_000}, nil
}

// TestDownloads looks at answers that are kept while they come.
func TestDownloads(t *testing.T) {
	t.Parallel()
	const secret = "planted-in-a-download"
	text := strings.Repeat("line of a long text\n", 100_000)
	sum, other := sha256.Sum256([]byte(text)), md5.Sum([]byte(text))
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/text":
			w.Header().Set("Content-Type", "text/csv")
			_, _ = io.WriteString(w, text)
		case "/gzip":
			w.Header().Set("Content-Type", "application/pdf")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, text)
			_ = z.Close()
		case "/secret":
			_, _ = io.WriteString(w, text+secret+text)
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/cut":
			w.Header().Set("Content-Length", "2000000")
			_, _ = io.WriteString(w, text[:1000])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	checks := fmt.Sprintf(`check: [{size: %d}, {sha256: %x}, {md5: %x}]`, len(text), sum, other)
	tests := []struct {
		name, steps, err string
		kept             map[string]string
	}{
		{"text", `- {http: {url: /text, save: a.csv}, ` + checks + `}`, "", map[string]string{"step-1-a.csv": text}},
		{"compressed", `- {http: {url: /gzip, save: a.pdf}, ` + checks + `}`, "", map[string]string{"step-1-a.pdf": text}},
		{"read as well", `- {http: {url: /text, save: a.csv}, check: [{size: 2000000}, {body: {contains: a long}}]}`, "", map[string]string{"step-1-a.csv": text}},
		{"with a secret", `- {http: {url: /secret, save: a.txt}, check: [{size: ` + fmt.Sprint(2*len(text)+len(secret)) + `}]}`, "", map[string]string{"step-1-a.txt": text + "***" + text}},
		{"empty", `- {http: {url: /empty, save: a.bin}, check: [{size: 0}, {status: 204}]}`, "", map[string]string{"step-1-a.bin": ""}},
		{"wrong sum", `- {http: {url: /text, save: a.csv}, check: [{sha256: "00"}]}`, `sha256 should equal "00", but is "` + hex.EncodeToString(sum[:]), map[string]string{"step-1-a.csv": text}},
		{"cut off", `- {http: {url: /cut, save: a.bin}, check: [{size: 7}]}`, server.URL + " closed the connection in the middle of its answer", nil},
		{"beside others", `
- group:
    parallel: true
    steps:
      - {http: {url: /text, save: a.csv}, ` + checks + `}
      - {http: {url: /gzip, save: b.pdf}, ` + checks + `}`, "", map[string]string{"step-2-a.csv": text, "step-3-b.pdf": text}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := planTask(t, server.URL, tt.steps, nil)
			if err := task.Scope.AddSecret(secret); err != nil {
				t.Fatal(err)
			}
			r := perform(t, newExecutor(t), task)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
			for name, want := range tt.kept {
				if got, ok := kept(r, name); !ok || got != want {
					t.Errorf("%s has %d bytes, want %d", name, len(got), len(want))
				}
			}
		})
	}
}

func kept(r result, name string) (string, bool) {
	for _, a := range r.Attachments() {
		if a.Name == name {
			return string(a.Data), true
		}
	}
	return "", false
}

// TestDownloadToAFullStore is judged all the same.
func TestDownloadToAFullStore(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 300_000)) })
	task := planTask(t, server.URL, `- {http: {url: /, save: a.bin}, check: [{size: 300000}]}`, nil)
	sink := &countingSink{kept: map[string]int64{}, full: true}
	if outcome, err := newExecutor(t).Execute(t.Context(), task, sink); outcome != spec.OutcomePassed || sink.kept["step-1-a.bin"] != 1000 {
		t.Errorf("%s: %v, %v", outcome, err, sink.kept)
	}
}

// TestHostileDownloads are bounded as all answers are.
func TestHostileDownloads(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	chunk, bomb := strings.Repeat("a", 1<<16), gzipped(30)
	for name, tt := range map[string]struct {
		target func(net.Conn)
		want   string
	}{
		"endless chunks": {forever(ok+"Transfer-Encoding: chunked\r\n\r\n", "10000\r\n"+chunk+"\r\n"), "the body of the answer of ORIGIN is larger than the limit of 24 MiB"},
		"gzip bomb": {func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Content-Encoding: gzip\r\n\r\n")
			_, _ = c.Write(bomb)
		}, "the body of the answer of ORIGIN is larger than the limit of 24 MiB"},
		"no gzip": {once(ok + "Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\nnot at all"), "says that it is gzip, but it cannot be decoded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := listen(t, tt.target)
			task := planTask(t, base, `- {http: {url: /, save: a.bin}, timeout: 1m, check: [{size: 1}]}`, nil)
			sink := &countingSink{kept: map[string]int64{}}
			outcome, err := newExecutor(t, api.WithMaxDownload(24<<20)).Execute(t.Context(), task, sink)
			if want := strings.ReplaceAll(tt.want, "ORIGIN", base); outcome != spec.OutcomeFailed || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", outcome, err, want)
			}
		})
	}
}
