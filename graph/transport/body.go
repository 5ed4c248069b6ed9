package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/semantest/semantest/internal/apperr"
)

// Bodies bounds what requests bring. Zero values stand for the defaults in
// brackets.
type Bodies struct {
	Most    int // bytes of a body (256 KiB)
	Upload  int // bytes of one from somebody who is signed in; POST alone takes it (16 MiB)
	Nesting int // lists and objects within one another, in variables (32)

	// Signed reports whether somebody is signed in (nobody ever is).
	Signed func(ctx context.Context) bool
}

// uploads is how many bodies above Most are in memory at once.
const uploads = 8

var uploading = make(chan struct{}, uploads)

func (b Bodies) withDefaults() Bodies {
	set(&b.Most, 256<<10)
	set(&b.Upload, 16<<20)
	set(&b.Nesting, 32)
	if b.Signed == nil {
		b.Signed = func(context.Context) bool { return false }
	}
	return b
}

// refusal is an answer to a request that is not carried out.
type refusal struct {
	status  int
	code    apperr.Code
	message string
	details map[string]any
}

func (r *refusal) write(w http.ResponseWriter) {
	extensions := map[string]any{"code": r.code}
	for k, v := range r.details {
		extensions[k] = v
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if r.status == http.StatusRequestEntityTooLarge || r.status == http.StatusRequestTimeout {
		w.Header().Set("Connection", "close") // what is left of the body is not read
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(encodeJSON(map[string]any{ // the client may be gone
		"errors": []any{map[string]any{"message": r.message, "extensions": extensions}},
	}))
}

func invalid(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: apperr.InvalidInput, message: message}
}

func exceeded(status int, limit, what string, actual, most int) *refusal {
	r := &refusal{status, apperr.InvalidInput, fmt.Sprintf("the request has too many %s; the limit (%s) is %d", what, limit, most),
		map[string]any{"limit": limit, "max": most}}
	if actual > 0 { // else nobody has counted to the end
		r.details["actual"] = actual
		r.message = fmt.Sprintf("the request has too many %s: %d; the limit (%s) is %d", what, actual, limit, most)
	}
	return r
}

// read reads a body. Strangers get no more memory than Most. How slowly it may
// come whoever serves the connection decides, by a deadline.
func (b Bodies) read(r *http.Request, upload bool) ([]byte, func(), *refusal) {
	release := func() {}
	upload = upload && b.Signed(r.Context())
	most := b.Most
	if upload {
		most = b.Upload
	}
	tooLarge := func(n int64) *refusal {
		return exceeded(http.StatusRequestEntityTooLarge, "body", "bytes", int(max(n, 0)), most)
	}
	if r.ContentLength > int64(most) {
		return nil, release, tooLarge(r.ContentLength)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(b.Most)+1))
	if err == nil && len(body) > b.Most {
		if !upload {
			return nil, release, tooLarge(0)
		}
		select {
		case uploading <- struct{}{}:
			release = func() { <-uploading }
		default:
			return nil, release, &refusal{http.StatusServiceUnavailable, apperr.Unavailable,
				"the server takes as many large requests at once as it may; send it again", nil}
		}
		whole := bytes.NewBuffer(make([]byte, 0, max(int(r.ContentLength)+1, len(body))))
		whole.Write(body)
		_, err = io.Copy(whole, io.LimitReader(r.Body, int64(b.Upload-len(body)+1)))
		body = whole.Bytes()
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, release, &refusal{http.StatusRequestTimeout, apperr.InvalidInput, "the request came too slowly; send its body at once",
			map[string]any{"limit": "bodyTime"}}
	case err != nil:
		return nil, release, invalid("the request broke off")
	case len(body) > most:
		return nil, release, tooLarge(0)
	}
	return body, release, nil
}

// params reads an operation from a body.
func (b Bodies) params(body []byte) (p graphql.RawParams, refused *refusal) {
	switch trimmed := bytes.TrimLeft(body, " \t\r\n"); {
	case len(trimmed) > 0 && trimmed[0] == '[':
		return p, exceeded(http.StatusBadRequest, "operations", "operations, for it is a list of them", 0, 1)
	case !utf8.Valid(body):
		return p, invalid("the request is not UTF-8")
	}
	if n := nesting(body) - 2; n > b.Nesting { // the request and its variables are objects
		return p, exceeded(http.StatusBadRequest, "nesting", "lists and objects within one another", n, b.Nesting)
	}
	if !object(body) || decodeStrictly(bytes.NewReader(body), &p) != nil {
		return p, invalid("send an object with query, a text, and variables, an object, where there are any")
	}
	if p.Query == "" && p.Extensions["persistedQuery"] == nil {
		return p, invalid("the request has no query; send an object with query, and variables where there are any")
	}
	return p, nil
}

// nesting is how many lists and objects are within one another in a text that
// may be JSON.
func nesting(b []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// retryAfter tells a client when to come again, where an error says it.
func retryAfter(h http.Header, extensions map[string]any) {
	if seconds, ok := extensions["retryAfter"].(int); ok {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
}
