package playwright

import (
	"archive/zip"
	"bytes"
	"crypto/sha1" //nolint:gosec // the format names files by it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // pictures of pages are of either kind
	_ "image/png"
	"io"
	"mime"
	"strings"
	"time"
)

// Version of the format that is written: that of Playwright 1.45 to 1.52. Later
// viewers open it, too.
const Version = 7

// origin is the time at which a trace begins, in milliseconds: none of its times
// is zero, which viewers take for an unknown one.
const origin = 1000

// MaxFiles bounds the bytes of pictures, bodies and attachments in a trace.
// What there is no room for is left out, what comes first is kept.
const MaxFiles = 24 << 20

// Write writes a trace as a zip file. Mask is applied to all texts, also to
// those of bodies; what is shown in pictures is left as it is.
func Write(out io.Writer, t Trace, mask func(string) string) error {
	w := &writer{trace: t, mask: mask, files: map[string][]byte{}, left: MaxFiles}
	w.context()
	w.pages()
	for i, a := range t.Actions {
		w.action(CallID(i), a)
	}
	w.console()
	w.film()
	w.requests()
	if w.err != nil {
		return w.err
	}
	return w.zip(out)
}

// object is a JSON object.
type object = map[string]any

type writer struct {
	trace Trace
	mask  func(string) string

	events  bytes.Buffer // of trace.trace
	network bytes.Buffer // of trace.network
	names   []string     // of files, in their order
	files   map[string][]byte
	left    int
	err     error // the first one
}

// at is a time as the format has it.
func (w *writer) at(t time.Time) float64 {
	if t.IsZero() {
		return origin
	}
	return max(origin, origin+float64(t.Sub(w.trace.Began).Microseconds())/1000)
}

// CallID is the ID of an action, by its place in the trace.
func CallID(index int) string { return fmt.Sprintf("call@%d", index+1) }

func (w *writer) context() {
	t := w.trace
	options := object{"viewport": t.Viewport, "deviceScaleFactor": t.Scale, "isMobile": t.Mobile}
	if t.BaseURL != "" {
		options["baseURL"] = t.BaseURL
	}
	if t.Agent != "" {
		options["userAgent"] = t.Agent
	}
	w.emit(&w.events, object{
		"version": Version, "type": "context-options", "origin": "library", "browserName": t.Browser, "platform": t.Platform, "title": t.Title,
		"options": options, "wallTime": t.Began.UnixMilli(), "monotonicTime": origin, "sdkLanguage": "javascript", "contextId": "context@1",
	})
}

func (w *writer) pages() {
	for _, p := range w.trace.Pages {
		w.event(p.Opened, "page", p.ID, object{"pageId": p.ID})
		if !p.Closed.IsZero() {
			w.event(p.Closed, "pageClosed", p.ID, object{"pageId": p.ID})
		}
	}
}

func (w *writer) event(at time.Time, method, page string, params object) {
	w.emit(&w.events, object{"type": "event", "time": w.at(at), "class": "BrowserContext", "method": method, "params": params, "pageId": page})
}

// action writes a step. A snapshot is announced by name before it comes, which
// is how viewers know what it shows.
func (w *writer) action(id string, a Action) {
	before := object{"type": "before", "callId": id, "stepId": id, "startTime": w.at(a.Began), "apiName": a.Title, "class": "Step", "method": a.Method,
		"params": orEmpty(a.Params), "pageId": a.Page}
	name(before, "beforeSnapshot", "before", id, a.Before)
	w.emit(&w.events, before)
	w.snapshot("before", id, a.Before)
	if a.Point != nil || a.During != nil {
		input := object{"type": "input", "callId": id}
		if a.Point != nil {
			input["point"] = a.Point
		}
		name(input, "inputSnapshot", "input", id, a.During)
		w.emit(&w.events, input)
		w.snapshot("input", id, a.During)
	}
	for _, line := range a.Log {
		w.emit(&w.events, object{"type": "log", "callId": id, "time": w.at(a.Ended), "message": line})
	}
	after := object{"type": "after", "callId": id, "endTime": w.at(a.Ended)}
	if len(a.Result) > 0 {
		after["result"] = a.Result
	}
	if a.Error != "" {
		after["error"] = object{"name": "Error", "message": a.Error}
	}
	if a.Point != nil {
		after["point"] = a.Point
	}
	if files := w.attachments(a.Attachments); len(files) > 0 {
		after["attachments"] = files
	}
	name(after, "afterSnapshot", "after", id, a.After)
	w.emit(&w.events, after)
	w.snapshot("after", id, a.After)
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return object{}
	}
	return m
}

func (w *writer) attachments(all []Attachment) []any {
	var out []any
	for _, a := range all {
		if file := w.file(a.Body, a.ContentType); file != "" {
			out = append(out, object{"name": a.Name, "contentType": a.ContentType, "sha1": file})
		}
	}
	return out
}

func (w *writer) console() {
	for _, m := range w.trace.Console {
		if m.Uncaught {
			w.event(m.At, "pageError", m.Page, object{"error": object{"error": object{"name": "", "message": m.Text, "stack": at(m)}}})
			continue
		}
		level := m.Level
		if level == "info" {
			level = "log"
		}
		w.emit(&w.events, object{"type": "console", "messageType": level, "text": m.Text, "args": []any{}, "time": w.at(m.At), "pageId": m.Page,
			"location": object{"url": m.URL, "lineNumber": m.Line, "columnNumber": m.Column}})
	}
}

// at is where an exception was thrown, as a line of a stack.
func at(m Message) string {
	if m.URL == "" {
		return ""
	}
	return fmt.Sprintf("    at %s:%d:%d", m.URL, m.Line+1, m.Column+1)
}

func (w *writer) film() {
	for _, f := range w.trace.Film {
		config, kind, err := image.DecodeConfig(bytes.NewReader(f.Picture))
		if err != nil {
			continue
		}
		if file := w.file(f.Picture, "image/"+kind); file != "" {
			w.emit(&w.events, object{"type": "screencast-frame", "pageId": f.Page, "sha1": file, "width": config.Width, "height": config.Height, "timestamp": w.at(f.At)})
		}
	}
}

func (w *writer) requests() {
	for _, r := range w.trace.Requests {
		e := r.Entry
		e["pageref"], e["_frameref"], e["_monotonicTime"] = r.Page, mainFrame(r.Page), w.at(r.At)
		if request, _ := e["request"].(object); request != nil {
			if sent, ok := request["postData"].(object); ok {
				w.body(sent, r.Sent, r.SentType)
			}
		}
		if response, _ := e["response"].(object); response != nil {
			if content, ok := response["content"].(object); ok {
				w.body(content, r.Body, r.BodyType)
			}
		}
		w.emit(&w.network, object{"type": "resource-snapshot", "snapshot": e})
	}
}

// body refers to a body in a file.
func (w *writer) body(in object, body []byte, contentType string) {
	if len(body) == 0 {
		return
	}
	if file := w.file([]byte(w.mask(string(body))), contentType); file != "" {
		in["_sha1"] = file
	}
}

// file keeps a content under a name of its own, and returns that; empty where
// there is no room.
func (w *writer) file(body []byte, contentType string) string {
	sum := sha1.Sum(body) //nolint:gosec // as above
	name := hex.EncodeToString(sum[:]) + extension(contentType)
	if _, ok := w.files[name]; ok {
		return name
	}
	if len(body) > w.left {
		return ""
	}
	w.left -= len(body)
	w.files[name], w.names = body, append(w.names, name)
	return name
}

// extension is for those who unpack a trace.
func extension(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ".dat"
	}
	switch media {
	case "text/html":
		return ".html"
	case "text/css":
		return ".css"
	case "application/json":
		return ".json"
	case "image/jpeg":
		return ".jpeg"
	case "image/png":
		return ".png"
	case "image/svg+xml":
		return ".svg"
	}
	if strings.Contains(media, "javascript") {
		return ".js"
	}
	return ".dat"
}

func (w *writer) zip(out io.Writer) error {
	z := zip.NewWriter(out)
	put := func(name string, method uint16, body []byte) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = f.Write(body)
		}
		w.fail(err)
	}
	put("trace.trace", zip.Deflate, w.events.Bytes())
	put("trace.network", zip.Deflate, w.network.Bytes())
	for _, name := range w.names {
		method := zip.Deflate
		if strings.HasSuffix(name, ".jpeg") || strings.HasSuffix(name, ".png") {
			method = zip.Store
		}
		put("resources/"+name, method, w.files[name])
	}
	w.fail(z.Close())
	return w.err
}

func (w *writer) fail(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("the trace cannot be written: %w", err)
	}
}

// emit writes an event, with the secrets in its texts hidden.
func (w *writer) emit(to *bytes.Buffer, event object) {
	enc := json.NewEncoder(to) // which ends each with a line feed
	enc.SetEscapeHTML(false)
	w.fail(enc.Encode(Masked(event, w.mask)))
}
