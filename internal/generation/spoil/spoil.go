// Package spoil serves a target with a fault in every answer, so that it can be
// seen whether a case notices. It forwards to one target and to nothing else.
package spoil

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/semantest/semantest/internal/generation/accept"
)

// maxBody bounds an answer that is changed: 8 MiB. What is longer is passed on
// without its rest.
const maxBody = 8 << 20

// Handler forwards requests to the target and spoils the answers.
func Handler(target *url.URL, transport http.RoundTripper, fault accept.Fault) http.Handler {
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding") // what is compressed cannot be changed
		},
		ModifyResponse: func(answer *http.Response) error { return spoil(answer, fault) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
}

func spoil(answer *http.Response, fault accept.Fault) error {
	if fault == accept.ServerError {
		answer.StatusCode, answer.Status = http.StatusInternalServerError, "500 Internal Server Error"
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if closeErr := answer.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > 0 {
		kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")) // what cannot be read is no kind that is known
		body = changed(body, kind, fault)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.ContentLength = int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

func changed(body []byte, kind string, fault accept.Fault) []byte {
	isJSON := strings.HasSuffix(kind, "json")
	switch {
	case fault == accept.EmptyAnswer && isJSON:
		return []byte("{}")
	case fault == accept.EmptyAnswer && (kind == "text/html" || strings.HasPrefix(kind, "text/plain")):
		return nil
	case fault != accept.OtherValues:
		return body
	case isJSON:
		return otherJSON(body)
	case kind == "text/html":
		return otherPage(body)
	}
	return body
}

// otherJSON changes every value and no key.
func otherJSON(body []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return body
	}
	out, err := json.Marshal(other(v))
	if err != nil {
		return body
	}
	return out
}

func other(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = other(e)
		}
	case []any:
		for i, e := range v {
			v[i] = other(e)
		}
	case string:
		return "spoiled " + v
	case bool:
		return !v
	case json.Number:
		if n, err := v.Float64(); err == nil {
			return -n - 1.5
		}
	}
	return v
}

// otherPage changes the texts of a page and none of its elements.
func otherPage(body []byte) []byte {
	var b bytes.Buffer
	raw := false // within a script or a style
	z := html.NewTokenizer(bytes.NewReader(body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.Bytes()
		case html.StartTagToken:
			text := bytes.Clone(z.Raw())
			name, _ := z.TagName()
			raw = string(name) == "script" || string(name) == "style"
			b.Write(text)
		case html.TextToken:
			text := z.Raw()
			if raw || len(bytes.TrimSpace(text)) == 0 {
				b.Write(text)
				continue
			}
			b.WriteString("spoiled")
		case html.EndTagToken:
			raw = false
			b.Write(z.Raw())
		default:
			b.Write(z.Raw())
		}
	}
}
