package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// sse performs a step that listens to server-sent events.
func (a *attempt) sse(ctx context.Context, step spec.APIStep, r *executors.Report) error {
	e := *step.SSE
	acts := e.Events
	e.Events = nil // as in websocket
	e, err := spec.Expand(a.task.Scope, e)
	if err != nil {
		return executors.Errorf("the step cannot be filled in: %w", err)
	}
	if e.On != "" {
		s, err := a.streams.get(e.On)
		if err != nil {
			return err
		}
		return a.talk(ctx, s, acts, r)
	}
	method := e.Method
	if method == "" && e.JSON != nil {
		method = http.MethodPost
	}
	out, err := a.build(spec.HTTPRequest{Method: method, URL: e.URL, Headers: e.Headers, JSON: e.JSON})
	if err != nil {
		return err
	}
	if e.LastEventID != "" {
		out.header.Set("Last-Event-ID", e.LastEventID)
	}
	s, err := a.openEvents(ctx, out, r, nil)
	if err != nil {
		return err
	}
	return a.converse(ctx, s, e.As, acts, r)
}

// openEvents asks for a stream of events. A filter turns them into messages of
// a protocol on top.
func (a *attempt) openEvents(ctx context.Context, out *request, r *executors.Report, filter func(message) (message, error)) (*stream, error) {
	out.header.Set("Accept", "text/event-stream")
	out.header.Set("Cache-Control", "no-store")
	out.header.Del("Accept-Encoding")
	if err := a.authorize(ctx, out); err != nil {
		return nil, err
	}
	r.Set("request", out.detail(a.task.Scope))
	// The stream may outlive the step, but not the time that the step has to open it.
	open, cancel := context.WithCancel(a.base)
	unlink := context.AfterFunc(ctx, cancel)
	x := &exchange{ctx: ctx, started: time.Now(), phase: phaseConnect}
	traced := context.WithValue(httptrace.WithClientTrace(open, x.trace()), exchangeKey{}, x)
	resp, in, err := a.send(traced, out)
	if err != nil {
		unlink()
		cancel()
		return nil, a.explain(err, out, x)
	}
	in.timings = x.finish()
	said := a.archive.addStream(out, in, x.started, nil)
	name := originOf(out.url).name
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != http.StatusOK || mediaType != "text/event-stream" {
		in.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxExcerpt)) // as much of it as is there
		_ = resp.Body.Close()
		unlink()
		cancel()
		r.Set("response", in.detail(a.task.Scope))
		if resp.StatusCode != http.StatusOK {
			return nil, executors.Failf("%s opened no event stream: it answered %s", name, oneLine(excerpt.Of(resp.Status, maxCause)))
		}
		return nil, executors.Failf("%s opened no event stream: its content type is %q instead of text/event-stream", name, excerpt.Of(mediaType, 100))
	}
	r.Set("response", in.detail(a.task.Scope))
	unlink()
	s := newStream(name, cancel)
	events := &eventReader{r: bufio.NewReaderSize(resp.Body, 4096), name: name}
	s.read(func() (message, error) {
		m, err := events.next()
		if err == nil {
			said.add(false, m)
		}
		if err == nil && filter != nil {
			m, err = filter(m)
		}
		if err != nil && !errors.Is(err, errNoMessage) {
			_ = resp.Body.Close() // the stream is over
		}
		return m, err
	})
	return s, nil
}

// eventReader reads events as the HTML standard writes them down.
type eventReader struct {
	r      *bufio.Reader
	name   string
	id     string
	begun  bool
	skipLF bool
}

func (e *eventReader) next() (message, error) {
	var data bytes.Buffer
	event, lines, size := "", 0, 0
	for {
		line, err := e.line(maxMessage - size)
		if err != nil {
			return message{}, e.ended(err)
		}
		size += len(line) + 1
		if line == "" {
			if lines == 0 {
				event, size = "", 0
				continue // an event without data is none
			}
			if event == "" {
				event = "message"
			}
			header := http.Header{"Event": {event}}
			if e.id != "" {
				header["Id"] = []string{e.id}
			}
			return message{data: data.Bytes(), header: header}, nil
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			if lines++; lines > 1 {
				data.WriteByte('\n')
			}
			data.WriteString(value)
		case "event":
			event = value
		case "id":
			if !strings.ContainsRune(value, 0) {
				e.id = value
			}
		}
	}
}

// line reads up to a line feed, a carriage return, or both.
func (e *eventReader) line(limit int) (string, error) {
	var b []byte
	for {
		c, err := e.r.ReadByte()
		if err != nil {
			return "", err
		}
		if skip := e.skipLF; c == '\n' && skip {
			e.skipLF = false
			continue
		}
		e.skipLF = c == '\r'
		if c == '\r' || c == '\n' {
			text := string(b)
			if !e.begun {
				text, e.begun = strings.TrimPrefix(text, "\uFEFF"), true
			}
			return text, nil
		}
		if b = append(b, c); len(b) > limit {
			return "", errMessageTooLarge
		}
	}
}

var errMessageTooLarge = errors.New("the message is too large")

func (e *eventReader) ended(err error) error {
	switch {
	case errors.Is(err, errMessageTooLarge):
		return &ended{lost: fmt.Sprintf("%s sent an event larger than the limit of %d MiB", e.name, maxMessage>>20)}
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return &ended{}
	case broken(err):
		return &ended{lost: e.name + " broke the stream of events off"}
	}
	return &ended{lost: fmt.Sprintf("the stream of events of %s broke: %s", e.name, cause(err))}
}
