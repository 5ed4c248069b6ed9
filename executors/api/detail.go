package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/har"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxExcerpt  = 4 << 10 // of a body in the detail of a step
	maxKept     = 1 << 20 // of a body as an attachment
	maxHeader   = 2 << 10 // of one header's value in the detail
	maxHeaderNo = 100     // headers in the detail
	maxURL      = 2 << 10 // of an address in the detail
)

// detail is the request as the page of a step shows it. Secrets are masked
// before anything is cut, since half a secret would not be recognised.
func (r *request) detail(scope *spec.Scope) map[string]any {
	d := map[string]any{
		"method":  r.method,
		"url":     excerpt.Of(scope.Mask(r.url.Redacted()), maxURL),
		"headers": headers(r.header, scope),
	}
	if len(r.body) > 0 {
		d["body"] = bodyExcerpt(r.body, scope)
		d["bodyBytes"] = len(r.body)
	}
	if r.upload != nil {
		d["body"] = r.upload.said()
		if r.upload.size >= 0 {
			d["bodyBytes"] = r.upload.size
		}
	}
	return d
}

func (r *response) detail(scope *spec.Scope) map[string]any {
	d := map[string]any{
		"status":    r.status,
		"protocol":  r.proto,
		"url":       excerpt.Of(scope.Mask(r.url), maxURL),
		"headers":   headers(r.header, scope),
		"body":      bodyExcerpt(r.body, scope),
		"bodyBytes": r.size(),
		"timings": map[string]any{
			"dns": ms(r.timings.dns), "connect": ms(r.timings.connect), "tls": ms(r.timings.tls),
			"firstByte": ms(r.timings.firstByte), "duration": ms(r.timings.duration), "total": ms(r.timings.total),
		},
	}
	if len(r.hops) > 0 {
		hops := make([]any, len(r.hops))
		for i, h := range r.hops {
			hops[i] = excerpt.Of(scope.Mask(h), maxURL)
		}
		d["redirects"] = hops
	}
	return d
}

func headers(h http.Header, scope *spec.Scope) map[string]any {
	out := make(map[string]any, len(h))
	for _, name := range sorted(h) {
		if len(out) == maxHeaderNo {
			break
		}
		if value := strings.Join(h[name], ", "); har.Sensitive(name) {
			out[name] = hidden
		} else {
			out[name] = excerpt.Of(scope.Mask(value), maxHeader)
		}
	}
	return out
}

// bodyExcerpt is the beginning of a body. Only as much is masked as could
// reach into the excerpt.
func bodyExcerpt(body []byte, scope *spec.Scope) string {
	if enough := maxExcerpt * 16; len(body) > enough {
		return excerpt.Of(scope.MaskCut(string(body[:enough])), maxExcerpt)
	}
	return excerpt.Of(scope.Mask(string(body)), maxExcerpt)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// keepBody attaches the body of an answer that did not pass, for people to look
// into. A store that is full does not change the outcome.
func (a *attempt) keepBody(ctx context.Context, in *response, r *executors.Report) {
	contentType := in.header.Get("Content-Type")
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		contentType, mediaType = "application/octet-stream", ""
	}
	kept := []byte(a.task.Scope.Mask(string(in.body)))
	if len(kept) > maxKept {
		kept = kept[:maxKept]
	}
	a.attach(ctx, r, "body"+extension(mediaType), contentType, kept)
}

// keepSnapshots shows how the body differs from what was kept, and attaches it
// in the form of a snapshot, to be put into the place of the file.
func (a *attempt) keepSnapshots(ctx context.Context, in *response, r *executors.Report) {
	diffs, _ := r.Detail["diffs"].([]any)
	for _, d := range in.diffs {
		if d.diff == "" {
			continue
		}
		diffs = append(diffs, map[string]any{"check": d.check, "diff": d.diff})
	}
	if len(diffs) > 0 {
		r.Set("diffs", diffs)
	}
	told, _ := r.Detail["snapshots"].([]any)
	attached := map[string]bool{}
	for _, s := range in.snapshots {
		told = append(told, map[string]any{"file": s.file, "same": s.same})
		if base := path.Base(s.file); !s.same && !attached[base] {
			attached[base] = true
			a.attach(ctx, r, "snapshot-"+base, "text/plain; charset=utf-8", in.accepted())
		}
	}
	r.Set("snapshots", told)
}

// attach keeps something of the step. A store that is full does not change the
// outcome.
func (a *attempt) attach(ctx context.Context, r *executors.Report, name, contentType string, data []byte) {
	a.attachFrom(ctx, r, name, contentType, io.NopCloser(bytes.NewReader(data)))
}

func (a *attempt) attachFrom(ctx context.Context, r *executors.Report, name, contentType string, body io.ReadCloser) {
	err := r.Sink.Attach(ctx, executors.Attachment{Name: executors.StepFile(r.Index, name), Kind: executors.AttachmentBody,
		ContentType: contentType, Step: r.Index, Body: body})
	if err != nil {
		r.Set("attachmentError", "the body of the answer could not be kept: "+oneLine(err.Error()))
	}
}

func extension(mediaType string) string {
	switch {
	case mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"):
		return ".json"
	case mediaType == "text/html":
		return ".html"
	case mediaType == "application/xml" || mediaType == "text/xml" || strings.HasSuffix(mediaType, "+xml"):
		return ".xml"
	case strings.HasPrefix(mediaType, "text/"):
		return ".txt"
	}
	return ".bin"
}

// measure emits what load tools call these metrics.
func (a *attempt) measure(title string, out *request, in *response) {
	now := time.Now()
	tags := map[string]string{"method": out.method, "status": strconv.Itoa(in.status), "name": title}
	emit := func(name, unit string, value float64) {
		a.sink.Emit(executors.Metric{Name: name, Unit: unit, Value: value, Tags: tags, At: now})
	}
	failed := 0.0
	if in.status == 0 || in.status >= http.StatusBadRequest {
		failed = 1
	}
	emit("http_reqs", "1", 1)
	emit("http_req_failed", "1", failed)
	if in.answered() {
		emit("http_req_duration", "ms", ms(in.timings.duration))
		emit("http_req_waiting", "ms", ms(in.timings.firstByte))
	}
}
