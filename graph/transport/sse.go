package transport

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/semantest/semantest/internal/apperr"
)

type eventStream struct{ live *Live }

const eventStreamType = "text/event-stream"

// Supports implements graphql.Transport.
func (eventStream) Supports(r *http.Request) bool {
	return (r.Method == http.MethodPost || r.Method == http.MethodGet) && accepts(r, eventStreamType)
}

// Do implements graphql.Transport. The handler's goroutine writes until the
// stream ends.
func (t eventStream) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params, refused := t.live.o.Bodies.paramsOfStream(r)
	if refused != nil {
		refused.write(w)
		return
	}
	s, err := t.live.o.Authenticate(r.Context(), nil)
	if err != nil {
		refuseError(w, err)
		return
	}
	now := time.Now()
	c := &conn{live: t.live, exec: exec, events: true, busy: true, readOnly: r.Method == http.MethodGet, more: make(chan struct{}, 1), opened: now, pinged: now}
	c.session = t.live.adopt(s)
	if !t.live.enter(c) {
		t.live.abandon(c.session)
		refuseBusy(w)
		return
	}
	defer c.gone()
	defer context.AfterFunc(r.Context(), c.kill)()
	sub := &subscriber{conn: c, id: `""`}
	c.subs = append(c.subs, sub)
	if errs := c.begin(sub, params); errs != nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		retryAfter(w.Header(), errs[0].Extensions)
		w.WriteHeader(statusOf(errs, responseType))
		_, _ = w.Write(encodeJSON(requestError{Errors: errs})) // the client may be gone
		return
	}
	h := w.Header()
	h.Set("Content-Type", eventStreamType)
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no") // or a proxy keeps events to itself
	c.stream(w)
}

// stream writes what comes until the operation ends or the client is gone.
func (c *conn) stream(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection may serve other requests
	write := func(b []byte) error {
		_ = control.SetWriteDeadline(time.Now().Add(c.live.o.WriteWithin)) // a recorder in a test has none
		_, err := w.Write(b)
		return errors.Join(err, control.Flush())
	}
	if write([]byte(":\n\n")) != nil {
		return
	}
	for {
		c.mu.Lock()
		b, over := c.take(), c.dead || c.closed || len(c.subs) == 0
		c.progressed = time.Now()
		c.mu.Unlock()
		switch {
		case len(b) > 0:
			if write(b) != nil {
				return
			}
			c.mu.Lock()
			c.out = c.out[min(len(b), len(c.out)):]
			c.mu.Unlock()
		case over:
			return
		default:
			<-c.more
		}
	}
}

// appendEvent appends one payload as an event. Its id is the number by which a
// client resumes.
func appendEvent(b []byte, g *group, e *entry) []byte {
	if g.numbered {
		b = append(strconv.AppendInt(append(b, "id: "...), e.number, 10), '\n')
	}
	b = append(b, "event: next\ndata: "...)
	b = append(b, e.payload...) // JSON on one line
	return append(b, "\n\n"...)
}

// paramsOfStream reads the operation of a stream. A GET, which a page of another
// origin may cause, only subscribes and queries.
func (b Bodies) paramsOfStream(r *http.Request) (p graphql.RawParams, refused *refusal) {
	if r.Method == http.MethodGet {
		p, refused = b.paramsOfURL(r)
	} else {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != legacyType {
			return p, &refusal{http.StatusUnsupportedMediaType, apperr.InvalidInput, "send the operation as application/json", nil}
		}
		var body []byte
		if body, _, refused = b.read(r, false); refused == nil {
			p, refused = b.params(body)
		}
	}
	if refused != nil {
		return p, refused
	}
	if n, ok := number(r.Header.Get("Last-Event-ID")); ok {
		if p.Extensions == nil {
			p.Extensions = map[string]any{}
		}
		p.Extensions["resumeAfter"] = n
	}
	return p, nil
}

func (b Bodies) paramsOfURL(r *http.Request) (p graphql.RawParams, refused *refusal) {
	q := r.URL.Query()
	p.Query, p.OperationName = q.Get("query"), q.Get("operationName")
	for name, to := range map[string]*map[string]any{"variables": &p.Variables, "extensions": &p.Extensions} {
		text := q.Get(name)
		if n := nesting([]byte(text)) - 1; n > b.Nesting {
			return p, exceeded(http.StatusBadRequest, "nesting", "lists and objects within one another", n, b.Nesting)
		}
		if text != "" && decodeStrictly(strings.NewReader(text), to) != nil {
			return p, invalid(name + " must be an object in JSON")
		}
	}
	switch {
	case !utf8.ValidString(p.Query) || !utf8.ValidString(p.OperationName):
		return p, invalid("the request is not UTF-8")
	case p.Query == "" && p.Extensions["persistedQuery"] == nil:
		return p, invalid("the request has no query")
	}
	p.Headers = r.Header
	return p, nil
}

// accepts reports whether the client names a media type among those it takes.
func accepts(r *http.Request, kind string) bool {
	for _, line := range r.Header.Values("Accept") {
		for _, one := range strings.Split(line, ",") {
			name, params, err := mime.ParseMediaType(one)
			if err == nil && name == kind && params["q"] != "0" {
				return true
			}
		}
	}
	return false
}

func refuseError(w http.ResponseWriter, err error) {
	code := apperr.CodeOf(err)
	switch code {
	case apperr.Unauthenticated:
		refuse(w, http.StatusUnauthorized, code, apperr.Message(err))
	case apperr.Forbidden:
		refuse(w, http.StatusForbidden, code, apperr.Message(err))
	default:
		refuse(w, http.StatusServiceUnavailable, apperr.Unavailable, "the server cannot look the token up; try again")
	}
}
