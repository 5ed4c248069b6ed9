package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// message is what a client sends.
type message struct {
	ID      *string         `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// maxID is how long a subscription's id may be, in bytes of JSON.
const maxID = 1 << 10

func decodeMessage(b []byte) (message, error) {
	var m message
	if !object(b) || json.Unmarshal(b, &m) != nil {
		return m, badRequest("it is not a message of the protocol graphql-transport-ws")
	}
	return m, nil
}

func badRequest(why string) error {
	return &broken{closeBadRequest, "Invalid message received: " + why}
}

// object reports whether JSON is an object rather than something else.
func object(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && b[0] == '{'
}

// fields reads a payload that is an object or absent.
func (m message) fields() (map[string]any, error) {
	if absent(m.Payload) {
		return nil, nil
	}
	var out map[string]any
	if !object(m.Payload) || json.Unmarshal(m.Payload, &out) != nil {
		return nil, badRequest("the payload of " + m.Type + " is not an object")
	}
	return out, nil
}

func absent(payload json.RawMessage) bool { return len(payload) == 0 || string(payload) == "null" }

// id returns the message's id as it is written into answers.
func (m message) id() (string, error) {
	if m.ID == nil || *m.ID == "" {
		return "", badRequest("the " + m.Type + " has no id")
	}
	id := encodeJSON(*m.ID)
	if len(id) > maxID {
		return "", badRequest("the id is too long")
	}
	return string(id), nil
}

// params reads the payload of a subscribe.
func (m message) params() (graphql.RawParams, error) {
	var p graphql.RawParams
	if !object(m.Payload) {
		return p, badRequest("the payload of subscribe is not an object")
	}
	if err := decodeStrictly(bytes.NewReader(m.Payload), &p); err != nil {
		return p, badRequest("the payload of subscribe has a part of a wrong type")
	}
	if p.Query == "" && p.Extensions["persistedQuery"] == nil {
		return p, badRequest("the payload of subscribe has no query")
	}
	return p, nil
}

// decodeStrictly reads one value and nothing after it. Numbers keep what a float
// would lose.
func decodeStrictly(r io.Reader, to any) error {
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the value")
	}
	return nil
}

// encodeJSON encodes without the escapes that only HTML needs.
func encodeJSON(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		out.Reset()
		out.WriteString(`{"errors":[{"message":"the answer cannot be encoded","extensions":{"code":"INTERNAL"}}],"data":null}`)
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}

func encode(r *graphql.Response) []byte { return encodeJSON(r) }

func encodeErrors(errs gqlerror.List) []byte { return encodeJSON(errs) }

const (
	nextHead  = `{"id":`
	nextBody  = `,"type":"next","payload":`
	nextTail  = `}`
	errorBody = `,"type":"error","payload":`
	completed = `,"type":"complete"}`

	eventTail = "event: complete\ndata:\n\n"
)

var (
	ackFrame  = appendText(nil, `{"type":"connection_ack"}`)
	pongFrame = appendText(nil, `{"type":"pong"}`)
)

func appendText(b []byte, text string) []byte {
	return append(appendHeader(b, finText, len(text)), text...)
}

// appendNext appends one payload for a subscriber.
func (c *conn) appendNext(b []byte, s *subscriber, g *group, e *entry) []byte {
	if c.events {
		return appendEvent(b, g, e)
	}
	if c.frames.deflates {
		if blocks := e.packed.of(e.payload); blocks != nil {
			const stored = 5 // bytes that a stored block has beside its content
			n := stored + len(nextHead) + len(s.id) + len(nextBody) + len(blocks) + stored + len(nextTail) + 1
			b = appendHeader(b, finText|rsv1, n)
			b = appendStored(b, nextHead, s.id, nextBody)
			b = append(b, blocks...)
			b = appendStored(b, nextTail)
			return append(b, 0)
		}
	}
	b = appendHeader(b, finText, len(nextHead)+len(s.id)+len(nextBody)+len(e.payload)+len(nextTail))
	b = append(b, nextHead...)
	b = append(b, s.id...)
	b = append(b, nextBody...)
	b = append(b, e.payload...)
	return append(b, nextTail...)
}

// appendEnd appends how a subscriber's operation ended: an error is never
// followed by a complete.
func (c *conn) appendEnd(b []byte, s *subscriber, end *ending) []byte {
	switch {
	case c.events:
		if end.errors != nil {
			b = append(b, "event: next\ndata: {\"errors\":"...)
			b = append(b, end.errors...)
			b = append(b, "}\n\n"...)
		}
		return append(b, eventTail...)
	case end.errors != nil:
		b = appendHeader(b, finText, len(nextHead)+len(s.id)+len(errorBody)+len(end.errors)+1)
		b = append(append(b, nextHead...), s.id...)
		b = append(append(b, errorBody...), end.errors...)
		return append(b, '}')
	}
	b = appendHeader(b, finText, len(nextHead)+len(s.id)+len(completed))
	return append(append(append(b, nextHead...), s.id...), completed...)
}
