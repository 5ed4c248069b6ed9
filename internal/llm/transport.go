package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// maxBody is the longest answer of a provider that is read, in bytes: vectors of
// a few hundred texts are the longest.
const maxBody = 16 << 20

// call carries what go-openai neither sends nor tells past it, through the
// context of its request: it leaves a temperature of 0 out, and keeps headers and
// the shapes of errors to itself.
type call struct {
	set  map[string]any // members of the request's body, nil to leave one out
	live bool           // the answer is read while it comes

	status int
	header http.Header
	body   []byte // of an answer that is not live
}

type callKey struct{}

func (c *call) in(ctx context.Context) context.Context { return context.WithValue(ctx, callKey{}, c) }

// doer is the HTTP client of go-openai.
type doer struct{ client *http.Client }

// Do implements openai.HTTPDoer.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	c, ok := req.Context().Value(callKey{}).(*call)
	if !ok {
		return nil, fmt.Errorf("a request to %s carries no call", req.URL.Host)
	}
	if err := c.rewrite(req); err != nil {
		return nil, err
	}
	resp, err := d.client.Do(req) //nolint:gosec // its dialer asks the egress policy
	if err != nil {
		return nil, err
	}
	c.status, c.header = resp.StatusCode, resp.Header
	if c.live && resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		resp.Body = &bounded{ReadCloser: resp.Body, left: maxBody}
		return resp, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	_ = resp.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	c.body = body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if c.live && resp.StatusCode == http.StatusOK {
		return nil, errNoStream
	}
	return resp, nil
}

func (c *call) rewrite(req *http.Request) error {
	if req.Body == nil || len(c.set) == 0 {
		return nil
	}
	data, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return fmt.Errorf("read our own request: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return fmt.Errorf("read our own request: %w", err)
	}
	for name, value := range c.set {
		if value == nil {
			delete(members, name)
			continue
		}
		if members[name], err = json.Marshal(value); err != nil {
			return fmt.Errorf("write our own request: %w", err)
		}
	}
	if data, err = json.Marshal(members); err != nil {
		return fmt.Errorf("write our own request: %w", err)
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	return nil
}

func (c *call) with(name string, value any) {
	if c.set == nil {
		c.set = map[string]any{}
	}
	c.set[name] = value
}

// retryAfter is how long the provider wants to be left alone, 0 when it does not
// say.
func (c *call) retryAfter(now time.Time) time.Duration {
	if ms, err := time.ParseDuration(c.header.Get("Retry-After-Ms") + "ms"); err == nil && ms > 0 {
		return ms
	}
	after := c.header.Get("Retry-After")
	if s, err := time.ParseDuration(after + "s"); err == nil && s > 0 {
		return s
	}
	if at, err := http.ParseTime(after); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// told is what the provider says about its error, in whichever shape.
func (c *call) told() (code, message string) {
	var answer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	raw := json.RawMessage(bytes.TrimSpace(c.body))
	if list := []json.RawMessage{}; json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		raw = list[0]
	}
	if json.Unmarshal(raw, &answer) != nil {
		return "", ""
	}
	var detailed struct {
		Message string `json:"message"`
		Code    string `json:"code"`
		Type    string `json:"type"`
	}
	var plain string
	switch {
	case json.Unmarshal(answer.Error, &plain) == nil && plain != "":
		return "", plain
	case len(answer.Error) > 0 && lenient(answer.Error, &detailed) && detailed.Message != "":
		return detailed.Code + " " + detailed.Type, detailed.Message
	case answer.Message != "":
		return "", answer.Message
	case len(answer.Detail) > 0:
		return "", string(answer.Detail)
	}
	return "", ""
}

// lenient reads an object's texts; what is no text is left out.
func lenient(data json.RawMessage, into any) bool {
	var members map[string]any
	if json.Unmarshal(data, &members) != nil {
		return false
	}
	texts := maps.Clone(members)
	for k, v := range members {
		if _, ok := v.(string); !ok {
			delete(texts, k)
		}
	}
	again, err := json.Marshal(texts)
	return err == nil && json.Unmarshal(again, into) == nil
}

// bounded ends a body that is too long with an error.
type bounded struct {
	io.ReadCloser
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
