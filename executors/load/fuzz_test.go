package load

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/executors"
)

// recorded is a connection on which all answers lie ready.
type recorded struct {
	net.Conn
	*bytes.Reader
}

func (r recorded) Read(p []byte) (int, error) { return r.Reader.Read(p) }

// FuzzAnswer reads answers until they end. Nothing may crash or be kept beyond
// its limit, and what was reserved for bodies is given back.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 302 Found\r\nLocation: http://[::1\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
		"HTTP/1.0 200\r\n\r\nto the end", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 5000) + "\r\nContent-Length: 0\r\n\r\n",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, keep bool) {
		c := &conn{Conn: recorded{Reader: bytes.NewReader(data)}}
		c.in = bufio.NewReaderSize(c, readBuffer)
		var a answer
		var held atomic.Int64
		for n := 0; ; n++ {
			if n > len(data) {
				t.Fatalf("%d answers in %d bytes", n, len(data))
			}
			if err := a.read(c, http.MethodGet, keep, &held); err != nil {
				if text := sentence(err, "x"); text == "" || len(text) > 2*maxNote || strings.ContainsAny(text, "\r\n") {
					t.Fatalf("an unfit sentence: %q", text)
				}
				break
			}
			if a.status < 200 || len(a.body) > maxBodyBytes || !keep && len(a.body) > 0 {
				t.Fatalf("status %d with %d bytes of a body", a.status, len(a.body))
			}
			a.headers()
			a.cookies()
			a.release()
			if a.header.ConnectionClose() {
				break
			}
		}
		if held.Load() != 0 {
			t.Fatalf("%d bytes stay reserved", held.Load())
		}
	})
}

func FuzzParseBaseline(f *testing.F) {
	for _, seed := range []string{`{"version":1,"figures":{"http_reqs":{"count":20}}}`, `{"version":1,"figures":{"a":null}}`, `{"figures":[]}`, `{`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		known, err := parseBaseline("old.json", data)
		if (err == nil) != (known != nil) {
			t.Fatalf("%v and %v", known, err)
		}
		if _, ok := known.of(&limit{}); ok && len(known) == 0 {
			t.Fatal("there is a figure of nothing")
		}
	})
}

func FuzzParseK6Summary(f *testing.F) {
	for _, seed := range []string{
		`{"metrics":{"http_reqs":{"count":4,"rate":2.5,"thresholds":{"count>3":false}}},"root_group":{"groups":{"a":{"name":"a","checks":{"c":{"name":"c","passes":1,"fails":2}}}}}}`,
		`{"metrics":{"a{b:c}":{"p(95)":1e308}},"root_group":{"checks":{"a":null},"groups":{"b":null}}}`, `{"metrics":[]}`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		told, err := parseK6Summary(data)
		if err != nil {
			return
		}
		told.tell(silent{}, &executors.Report{Sink: silent{}})
		for _, c := range told.verdicts() {
			if !c.Passed && c.Message == "" {
				t.Fatalf("%+v says nothing", c)
			}
		}
	})
}
