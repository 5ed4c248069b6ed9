package executors

import (
	"context"
	"io"
	"maps"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// MaskSink returns a sink that hides the secrets of scope in every text that
// passes through it: names, errors, checks, details, logs, tags of metrics,
// and attachments but pictures, sound, video and archives. Executors wrap the
// sink that they are given first thing, so that no later code can forget a
// secret. Texts of events come out as valid UTF-8 without NUL, whatever a
// target answered, because databases and JSON refuse anything else.
func MaskSink(sink Sink, scope *spec.Scope) Sink {
	return &maskSink{sink: sink, mask: func(text string) string { return printable(scope.Mask(text)) }, scope: scope}
}

// printable replaces NUL and what is not UTF-8 by the replacement character.
func printable(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

type maskSink struct {
	sink  Sink
	mask  func(string) string // for events
	scope *spec.Scope         // for attachments, which keep their bytes
}

// Emit implements Sink.
func (m *maskSink) Emit(e Event) {
	switch e := e.(type) {
	case StepStarted:
		e.Name = m.mask(e.Name)
		m.sink.Emit(e)
	case StepFinished:
		e.Name, e.Error = m.mask(e.Name), m.mask(e.Error)
		checks := make([]Check, len(e.Checks))
		for i, c := range e.Checks {
			checks[i] = Check{Name: m.mask(c.Name), Passed: c.Passed,
				Expected: m.mask(c.Expected), Actual: m.mask(c.Actual), Message: m.mask(c.Message)}
		}
		e.Checks = checks
		if e.Detail != nil {
			e.Detail = m.value(e.Detail).(map[string]any)
		}
		m.sink.Emit(e)
	case Metric:
		e.Tags = m.tags(e.Tags)
		m.sink.Emit(e)
	case Log:
		e.Message = m.mask(e.Message)
		m.sink.Emit(e)
	default:
		m.sink.Emit(e)
	}
}

// Attach implements Sink.
func (m *maskSink) Attach(ctx context.Context, a Attachment) error {
	a.Name = m.mask(a.Name)
	if !isOpaque(a.ContentType) {
		a.Body = maskedBody{m.scope.MaskReader(a.Body), a.Body}
	}
	return m.sink.Attach(ctx, a)
}

// maskedBody is a body without secrets.
type maskedBody struct {
	io.Reader
	io.Closer
}

// tags copies only when it must: metrics are many and their tags seldom secret.
func (m *maskSink) tags(tags map[string]string) map[string]string {
	var out map[string]string
	for k, v := range tags {
		if masked := m.mask(v); masked != v {
			if out == nil {
				out = maps.Clone(tags)
			}
			out[k] = masked
		}
	}
	if out == nil {
		return tags
	}
	return out
}

// value masks a detail, which is JSON-like.
func (m *maskSink) value(v any) any {
	switch v := v.(type) {
	case string:
		return m.mask(v)
	case []string:
		out := make([]string, len(v))
		for i, s := range v {
			out[i] = m.mask(s)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = m.value(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[m.mask(k)] = m.value(e)
		}
		return out
	case map[string]string:
		out := make(map[string]string, len(v))
		for k, s := range v {
			out[m.mask(k)] = m.mask(s)
		}
		return out
	}
	return v
}

// isOpaque reports whether a content has no text that people could read. What
// is not known may have.
func isOpaque(contentType string) bool {
	mediaType, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(contentType)), ";")
	switch mediaType = strings.TrimSpace(mediaType); mediaType {
	case "image/svg+xml":
		return false
	case "application/zip", "application/gzip", "application/pdf", "application/wasm":
		return true
	}
	kind, _, _ := strings.Cut(mediaType, "/")
	return kind == "image" || kind == "audio" || kind == "video" || kind == "font"
}

// MaskError returns err with the secrets of scope hidden in its text; Execute
// returns it. The chain stays, for errors.Is and errors.As.
func MaskError(err error, scope *spec.Scope) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if masked := printable(scope.Mask(text)); masked != text {
		return maskedError{text: masked, err: err}
	}
	return err
}

type maskedError struct {
	text string
	err  error
}

func (e maskedError) Error() string { return e.text }
func (e maskedError) Unwrap() error { return e.err }
