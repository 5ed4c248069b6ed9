package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/har"
	"github.com/semantest/semantest/internal/spec"
)

// archive is every exchange of an attempt, for the HTTP archive (HAR 1.2).
type archive struct {
	mu      sync.Mutex
	off     bool
	entries []exchanged
	bytes   int
	dropped int
}

// exchanged is one exchange. Bodies are held, not copied: the archive is only
// written when it is wanted.
type exchanged struct {
	out     *request
	in      *response
	started time.Time
	problem string

	call     bool // of gRPC
	messages *transcript
}

func (h *archive) add(out *request, in *response, started time.Time, err error) {
	h.keep(exchanged{out: out, in: in, started: started}, err)
}

// addCall adds a gRPC call, whose messages are kept as JSON.
func (h *archive) addCall(out *request, in *response, started time.Time, err error) {
	shown := *out
	shown.header = out.header.Clone()
	shown.header.Set("Content-Type", "application/json")
	out = &shown
	answer := *in
	answer.proto = "HTTP/2.0"
	if err == nil {
		answer.status = http.StatusOK
	}
	h.keep(exchanged{out: out, in: &answer, started: started, call: true}, err)
}

// addStream adds the opening of a stream, and returns what its messages are
// written down in.
func (h *archive) addStream(out *request, in *response, started time.Time, err error) *transcript {
	t := &transcript{archive: h, events: out.header.Get("Accept") == "text/event-stream"}
	if !h.keep(exchanged{out: out, in: in, started: started, messages: t}, err) {
		t.archive = nil
	}
	return t
}

// keep reports whether there was room for an exchange.
func (h *archive) keep(e exchanged, err error) bool {
	if h.off {
		return false
	}
	out, in := e.out, e.in
	h.mu.Lock()
	defer h.mu.Unlock()
	size := min(len(out.body), har.MaxBody) + min(len(in.body), har.MaxBody)
	if len(h.entries) >= har.MaxEntries || h.bytes+size > har.MaxBodies {
		h.dropped++
		return false
	}
	h.bytes += size
	if err != nil {
		e.problem = err.Error()
	}
	h.entries = append(h.entries, e)
	return true
}

// reserve takes room for so many bytes.
func (h *archive) reserve(size int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bytes+size > har.MaxBodies {
		return false
	}
	h.bytes += size
	return true
}

// keepArchive attaches the archive where the plan wants it.
func (a *attempt) keepArchive(ctx context.Context, outcome spec.Outcome) {
	when := a.task.Use.HAR
	if len(a.archive.entries) == 0 || when == "never" || when != "always" && outcome == spec.OutcomePassed {
		return
	}
	data, err := json.Marshal(a.archive.log(a.task.Scope))
	if err == nil {
		err = a.sink.Attach(ctx, executors.Attachment{Name: "exchanges.har", Kind: executors.AttachmentLog, ContentType: "application/json",
			Step: -1, Body: io.NopCloser(bytes.NewReader(data))})
	}
	if err != nil {
		a.sink.Emit(executors.Log{Level: "warn", Message: "the HTTP archive could not be kept: " + oneLine(err.Error()), At: time.Now()})
	}
}

type object = har.Object

func (h *archive) log(scope *spec.Scope) object {
	entries := make([]any, len(h.entries))
	for i, e := range h.entries {
		entries[i] = e.entry(scope)
	}
	return har.Archive(entries, h.dropped)
}

func (e exchanged) entry(scope *spec.Scope) object {
	t := e.in.timings
	entry := object{
		"startedDateTime": e.started.UTC().Format(time.RFC3339Nano),
		"time":            ms(t.total),
		"cache":           object{},
		"timings": object{"blocked": -1, "dns": ms(t.dns), "connect": ms(t.connect + t.tls), "ssl": ms(t.tls), "send": 0,
			"wait": ms(t.firstByte), "receive": ms(max(t.duration-t.firstByte, 0))},
		"request":  e.request(scope),
		"response": e.response(scope),
	}
	if e.problem != "" {
		entry["_error"] = scope.Mask(e.problem)
	}
	if e.call {
		entry["_grpcStatus"] = statusName(e.in.grpc.Code())
		entry["comment"] = "a gRPC call; its messages are shown as JSON"
	}
	if e.messages != nil {
		e.messages.describe(entry, scope)
	}
	return entry
}

func (e exchanged) request(scope *spec.Scope) object {
	out := object{
		"method": e.out.method, "url": scope.Mask(e.out.url.Redacted()), "httpVersion": e.version(), "cookies": []any{},
		"headers": har.Headers(e.out.header, scope), "queryString": har.Query(e.out.url.RawQuery, scope), "headersSize": -1, "bodySize": e.out.bodySize(),
	}
	if len(e.out.body) > 0 {
		text, encoding := har.Body(e.out.body, scope)
		post := object{"mimeType": e.out.header.Get("Content-Type"), "text": text}
		if encoding != "" {
			post["_encoding"] = encoding
		}
		out["postData"] = post
	}
	if e.out.upload != nil {
		out["postData"] = object{"mimeType": e.out.header.Get("Content-Type"), "text": "", "comment": e.out.upload.said()}
	}
	return out
}

func (e exchanged) version() string {
	if e.in.proto == "" {
		return "HTTP/1.1"
	}
	return e.in.proto
}

func (e exchanged) response(scope *spec.Scope) object {
	text, encoding := har.Body(e.in.body, scope)
	content := object{"size": e.in.size(), "mimeType": e.in.header.Get("Content-Type"), "text": text}
	if encoding != "" {
		content["encoding"] = encoding
	}
	return object{
		"status": e.in.status, "statusText": http.StatusText(e.in.status), "httpVersion": e.version(), "cookies": []any{},
		"headers": har.Headers(e.in.header, scope), "content": content, "redirectURL": scope.Mask(e.in.header.Get("Location")),
		"headersSize": -1, "bodySize": e.in.size(),
	}
}
