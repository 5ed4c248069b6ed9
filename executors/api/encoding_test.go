package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/semantest/semantest/internal/spec"
)

func encoded(tb testing.TB, encoding string, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			tb.Fatal(err)
		}
		w = z
	}
	if _, err := w.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestEncodedAnswers(t *testing.T) {
	t.Parallel()
	bodies := map[string][]byte{}
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		text := encoded(t, encoding, []byte(strings.Repeat("hello ", 100)))
		bodies["/"+encoding+"/good"] = text
		bodies["/"+encoding+"/bomb"] = encoded(t, encoding, make([]byte, 12<<20))
		bodies["/"+encoding+"/broken"] = append([]byte("no such thing"), text...)
		bodies["/"+encoding+"/empty"] = nil
	}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", strings.Split(r.URL.Path, "/")[1])
		w.Header().Set("Content-Type", "text/plain")
		if data := bodies[r.URL.Path]; data != nil {
			_, _ = w.Write(data)
		} else {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		for _, tt := range []struct{ path, check, err string }{
			{"good", "{body: {contains: hello hello}}", ""},
			{"empty", "{status: 204}", ""},
			{"bomb", "{status: 200}", "is larger than the limit of 10 MiB"},
			{"broken", "{status: 200}", "says that it is " + encoding + ", but it cannot be decoded"},
		} {
			t.Run(encoding+" "+tt.path, func(t *testing.T) {
				t.Parallel()
				r := run(t, server.URL, fmt.Sprintf("- {http: /%s/%s, check: [%s]}", encoding, tt.path, tt.check), nil)
				if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
					t.Errorf("error %q, want %q", r.text(), tt.err)
				}
			})
		}
	}
}

func TestUploadsAndDownloads(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"photo.png": {Data: bytes.Repeat([]byte("pixel"), 10_000)}}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var in io.Reader = r.Body
		switch r.Header.Get("Content-Encoding") {
		case "gzip":
			in, _ = gzip.NewReader(r.Body)
		case "br":
			in = brotli.NewReader(r.Body)
		case "zstd":
			z, _ := zstd.NewReader(r.Body)
			defer z.Close()
			in = z
		}
		n, err := io.Copy(io.Discard, in)
		_, _ = fmt.Fprintf(w, "%d bytes of %s, length %d, %v", n, r.Header.Get("Content-Type"), r.ContentLength, err)
	})
	for _, tt := range []struct{ name, request, want string }{
		{"file", "", "50000 bytes of image/png, length 50000, <nil>"},
		{"chunked", ", chunked: true", "50000 bytes of image/png, length -1, <nil>"},
		{"gzip", ", compress: gzip, chunked: true", "50000 bytes of image/png, length -1, <nil>"},
		{"br", ", compress: br, chunked: true", "50000 bytes of image/png, length -1, <nil>"},
		{"zstd", ", compress: zstd, chunked: true", "50000 bytes of image/png, length -1, <nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, server.URL, `- {http: {url: /, method: PUT, file: file://photo.png, save: answer.txt`+tt.request+`}, check: [{body: "`+tt.want+`"}]}`, files)
			if r.outcome != spec.OutcomePassed {
				t.Error(r.err)
			}
			if all := r.Attachments(); len(all) != 1 || all[0].Name != "step-1-answer.txt" || string(all[0].Data) != tt.want {
				t.Errorf("%+v", all)
			}
		})
	}
}
