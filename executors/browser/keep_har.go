package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/har"
)

// Bounds of the bodies that are fetched from the browser for the archive.
const (
	maxHARFetches = 60
	harFetchLimit = 2 * time.Second // for all of them
)

// storeHAR attaches what the pages have asked for and got.
func (r *run) storeHAR(ctx context.Context) {
	all, dropped := r.exchanges(ctx)
	if len(all) == 0 {
		return
	}
	entries := make([]any, len(all))
	room := har.MaxBodies
	for i := len(all) - 1; i >= 0; i-- {
		entries[i] = r.entry(&all[i], &room)
	}
	data, err := json.Marshal(har.Archive(entries, dropped))
	if err != nil {
		r.lack("the HTTP archive", err)
		return
	}
	r.give(ctx, executors.Attachment{Name: "network.har", Kind: executors.AttachmentHAR, ContentType: "application/json", Step: -1}, data)
}

// exchanges are the last ones, since a failure is the end, with the texts that
// the browser still has, and how many are not among them.
func (r *run) exchanges(ctx context.Context) ([]exchange, int) {
	if r.kept.exchanges == nil {
		all := r.traffic.since(0)
		r.kept.dropped = max(0, len(all)-har.MaxEntries)
		r.kept.exchanges = all[r.kept.dropped:]
		r.fetchBodies(ctx, r.kept.exchanges, textual)
	}
	return r.kept.exchanges, r.kept.dropped
}

// fetchBodies asks the browser for bodies of the wanted types that it still has,
// the last ones first.
func (r *run) fetchBodies(ctx context.Context, all []exchange, wanted func(mime string) bool) {
	power, ok := driver.Power[driver.Traffic](r.page.Page)
	if !ok || r.page.gone.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, harFetchLimit)
	defer cancel()
	fetched := 0
	for i := len(all) - 1; i >= 0 && fetched < maxHARFetches && ctx.Err() == nil; i-- {
		x := &all[i]
		if x.body != nil || !x.ended || x.err != "" || x.status == 0 || x.bytes > har.MaxBody*4 || !wanted(x.mime()) {
			continue
		}
		fetched++
		if body, err := power.ResponseBody(ctx, x.request.ID); err == nil && len(body) <= maxBody {
			x.body = body
		}
	}
}

// mime is the type of an answer; what the head says where the engine does not.
func (x *exchange) mime() string {
	if x.about.MIME != "" {
		return x.about.MIME
	}
	mime, _, _ := strings.Cut(x.headers["content-type"], ";")
	return strings.TrimSpace(mime)
}

func textual(mime string) bool {
	return strings.HasPrefix(mime, "text/") || strings.Contains(mime, "json") || strings.Contains(mime, "xml") || strings.Contains(mime, "javascript")
}

func (r *run) entry(x *exchange, room *int) har.Object {
	scope := r.task.Scope
	ended := x.closed
	if ended.IsZero() {
		ended = x.answered
	}
	out := har.Object{
		"startedDateTime": x.sent.UTC().Format(time.RFC3339Nano), "time": har.Millis(max(ended.Sub(x.sent), 0)), "cache": har.Object{},
		"timings": x.timings(ended), "request": r.entryRequest(x, room), "response": r.entryResponse(x, room),
	}
	if x.kind != "" {
		out["_resourceType"] = x.kind
	}
	if host, _, ok := strings.Cut(x.about.Remote, "]"); ok || x.about.Remote != "" {
		if !ok {
			host = x.about.Remote[:strings.LastIndexByte(x.about.Remote, ':')]
		}
		out["serverIPAddress"] = strings.TrimPrefix(host, "[")
	}
	if x.err != "" {
		out["_error"] = scope.Mask(x.err)
	}
	return out
}

// timings are the parts of the time; -1 for those that there were not.
func (x *exchange) timings(ended time.Time) har.Object {
	t := x.about.Timing
	if t == nil {
		return har.Object{"send": 0, "wait": har.Millis(max(x.answered.Sub(x.sent), 0)), "receive": har.Millis(max(ended.Sub(x.answered), 0))}
	}
	part := func(d time.Duration) float64 {
		if d < 0 {
			return -1
		}
		return har.Millis(d)
	}
	return har.Object{"blocked": part(t.Blocked), "dns": part(t.DNS), "connect": part(t.Connect), "ssl": part(t.TLS), "send": max(part(t.Send), 0),
		"wait": max(part(t.Wait), 0), "receive": har.Millis(max(ended.Sub(x.answered), 0))}
}

func (r *run) entryRequest(x *exchange, room *int) har.Object {
	address, query := x.request.URL, ""
	if u, err := url.Parse(address); err == nil {
		address, query = u.Redacted(), u.RawQuery
	}
	out := har.Object{"method": x.request.Method, "url": short(r.task.Scope.Mask(address), maxHARAddress), "httpVersion": protocol(x.about.Protocol), "cookies": []any{},
		"headers": har.Headers(headersOf(x.request.Headers), r.task.Scope), "queryString": har.Query(query, r.task.Scope), "headersSize": -1, "bodySize": len(x.request.Body)}
	if len(x.request.Body) > 0 {
		out["postData"] = har.Object{"mimeType": x.request.Headers["content-type"], "text": ""}
		if *room -= min(len(x.request.Body), har.MaxBody); *room >= 0 {
			text, encoding := har.Body(x.request.Body, r.task.Scope)
			out["postData"] = har.Object{"mimeType": x.request.Headers["content-type"], "text": text, "_encoding": encoding}
		}
	}
	return out
}

// maxHARAddress bounds an address: a page may put a file into one.
const maxHARAddress = 8 << 10

func (r *run) entryResponse(x *exchange, room *int) har.Object {
	content := har.Object{"size": len(x.body), "mimeType": x.mime()}
	if len(x.body) > 0 {
		if *room -= min(len(x.body), har.MaxBody); *room >= 0 {
			text, encoding := har.Body(x.body, r.task.Scope)
			content["text"] = text
			if encoding != "" {
				content["encoding"] = encoding
			}
		}
	}
	status := x.about.StatusText
	if status == "" {
		status = http.StatusText(x.status)
	}
	return har.Object{"status": x.status, "statusText": status, "httpVersion": protocol(x.about.Protocol), "cookies": []any{},
		"headers": har.Headers(headersOf(x.headers), r.task.Scope), "content": content, "redirectURL": r.task.Scope.Mask(x.headers["location"]),
		"headersSize": -1, "bodySize": x.bytes, "_fromCache": x.about.Cached}
}

func headersOf(h map[string]string) http.Header {
	out := make(http.Header, len(h))
	for name, value := range h {
		out[name] = []string{value}
	}
	return out
}

// protocol is the name of a protocol as archives have it.
func protocol(name string) string {
	switch name {
	case "", "http/1.1":
		return "HTTP/1.1"
	case "h2":
		return "HTTP/2.0"
	case "h3":
		return "HTTP/3.0"
	}
	return name
}
