package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/theory/jsonpath"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/llm/internal/assertion"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// application is a target that is asked as its own users ask it.
type application struct {
	spec         *spec.LLMTarget
	scope        *spec.Scope // of this conversation
	web          *http.Client
	conversation string
}

func (t *application) hear(ctx context.Context, history []message) (*said, error) {
	t.scope.Set(spec.VarPrompt, history[len(history)-1].Content)
	t.scope.Set(spec.VarMessages, listOf(history))
	t.scope.Set(spec.VarConversation, t.conversation)
	k, err := spec.Expand(t.scope, *t.spec)
	if err != nil {
		return nil, executors.Errorf("target: %w", err)
	}
	address, err := t.scope.ResolveURL(k.URL)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	place, err := placeOf(k.Answer)
	if err != nil {
		return nil, executors.Errorf("target.answer: %w", err)
	}
	method := k.Method
	if method == "" {
		method = http.MethodPost
	}
	var pieces strings.Builder
	var read func(io.Reader) error
	switch k.Stream {
	case "sse":
		read = func(r io.Reader) error { return events(r, place, &pieces) }
	case "lines":
		read = func(r io.Reader) error { return lines(r, place, &pieces) }
	}
	resp, err := send(ctx, t.web, method, address, k.Headers, k.Body.V, read)
	if err != nil {
		return nil, err
	}
	if read != nil {
		return &said{out: assertion.Output{Text: pieces.String()}}, nil
	}
	text, err := place(resp.body)
	if err != nil {
		return nil, faultf("there is no answer in the response (%s): %s", resp.contentType, err)
	}
	return &said{out: assertion.Output{Text: text}}, nil
}

// listOf is a conversation as a value of the plan's language.
func listOf(history []message) []any {
	out := make([]any, len(history))
	for i, m := range history {
		out[i] = map[string]any{"role": m.Role, "content": m.Content}
	}
	return out
}

// place finds the answer in a response.
type place func(body []byte) (string, error)

// errNone says that there is no answer at a place; in a stream, pieces without
// one are passed over.
var errNone = errors.New("nothing stands there")

func placeOf(a *spec.LLMAnswer) (place, error) {
	switch {
	case a == nil:
		return func(body []byte) (string, error) { return string(body), nil }, nil
	case a.Regex != "":
		pattern, err := regexp.Compile(a.Regex)
		if err != nil {
			return nil, fmt.Errorf("%q is no regular expression: %w", a.Regex, err)
		}
		return func(body []byte) (string, error) {
			found := pattern.FindSubmatch(body)
			if found == nil {
				return "", fmt.Errorf("%w: /%s/ does not match %s", errNone, a.Regex, excerpt.Line(string(body), maxShown))
			}
			return string(found[min(1, len(found)-1)]), nil
		}, nil
	}
	path, err := jsonpath.Parse(a.JSONPath)
	if err != nil {
		return nil, fmt.Errorf("%s is no JSONPath: %w", a.JSONPath, err)
	}
	return func(body []byte) (string, error) {
		doc, err := decode(body)
		if err != nil {
			return "", fmt.Errorf("%w: %s", err, excerpt.Line(string(body), maxShown))
		}
		found := path.Select(doc)
		if len(found) == 0 || found[0] == nil {
			return "", fmt.Errorf("%w: %s finds nothing in %s", errNone, a.JSONPath, excerpt.Line(string(body), maxShown))
		}
		if text, ok := found[0].(string); ok {
			return text, nil
		}
		text, err := json.Marshal(found[0])
		return string(text), err
	}, nil
}

// The longest event or line of a stream, in bytes.
const maxPiece = 1 << 20

// events reads server-sent events, and joins the answers in their data.
func events(r io.Reader, at place, into *strings.Builder) error {
	var data bytes.Buffer
	ended := false
	event := func() error {
		defer data.Reset()
		if data.Len() == 0 || ended {
			return nil
		}
		if data.String() == "[DONE]" {
			ended = true
			return nil
		}
		return add(data.Bytes(), at, into)
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxPiece)
	for s.Scan() {
		line := strings.TrimSuffix(s.Text(), "\r")
		if line == "" {
			if err := event(); err != nil {
				return err
			}
			continue
		}
		if rest, ok := strings.CutPrefix(line, "data:"); ok {
			if data.Len() > 0 {
				data.WriteByte('\n')
			}
			data.WriteString(strings.TrimPrefix(rest, " "))
		}
	}
	if err := scanned(s); err != nil {
		return err
	}
	return event() // a last one without an empty line behind it
}

// lines reads a JSON document in each line.
func lines(r io.Reader, at place, into *strings.Builder) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxPiece)
	for s.Scan() {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		if err := add(s.Bytes(), at, into); err != nil {
			return err
		}
	}
	return scanned(s)
}

func scanned(s *bufio.Scanner) error {
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return faultf("a piece of the stream is larger than the limit of %d MiB", maxPiece>>20)
	}
	return s.Err()
}

func add(piece []byte, at place, into *strings.Builder) error {
	text, err := at(piece)
	if errors.Is(err, errNone) {
		return nil
	}
	if err != nil {
		return faultf("a piece of the stream cannot be read: %s", err)
	}
	into.WriteString(text)
	return nil
}
