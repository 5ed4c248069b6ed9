package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// subscribe listens to a subscription.
func (a *attempt) subscribe(ctx context.Context, g spec.GraphQL, payload map[string]any, acts []spec.StreamAct, r *executors.Report) error {
	open := a.subscribeOverWebSocket
	if g.Transport == "sse" {
		open = a.subscribeOverSSE
	}
	s, err := open(ctx, g, payload, r)
	if err != nil {
		return err
	}
	return a.converse(ctx, s, g.As, acts, r)
}

// subscribeOverSSE asks for "distinct connections mode" of graphql-sse: one
// request, whose events are next and complete.
func (a *attempt) subscribeOverSSE(ctx context.Context, g spec.GraphQL, payload map[string]any, r *executors.Report) (*stream, error) {
	out, err := a.build(spec.HTTPRequest{Method: http.MethodPost, URL: g.URLOr(), Headers: g.Headers, JSON: &spec.Value{V: payload}})
	if err != nil {
		return nil, err
	}
	return a.openEvents(ctx, out, r, func(m message) (message, error) {
		switch m.header.Get("Event") {
		case "next":
			return message{data: m.data}, nil
		case "complete":
			return message{}, &ended{}
		}
		return message{}, errNoMessage
	})
}

// frame is a message of graphql-transport-ws.
type frame struct {
	ID      string `json:"id,omitempty"`
	Type    string `json:"type"`
	Payload any    `json:"payload,omitempty"`
}

const subscriptionID = "1"

// subscribeOverWebSocket speaks graphql-transport-ws.
func (a *attempt) subscribeOverWebSocket(ctx context.Context, g spec.GraphQL, payload map[string]any, r *executors.Report) (*stream, error) {
	out, err := a.build(spec.HTTPRequest{URL: g.URLOr(), Headers: g.Headers})
	if err != nil {
		return nil, err
	}
	socket, err := a.dialWebSocket(ctx, out, []string{"graphql-transport-ws"}, r)
	if err != nil {
		return nil, err
	}
	init := frame{Type: "connection_init"}
	if g.Init != nil {
		init.Payload = g.Init
	}
	if err := acknowledged(ctx, socket, init); err != nil {
		socket.close()
		return nil, err
	}
	if err := sendFrame(ctx, socket, frame{ID: subscriptionID, Type: "subscribe", Payload: payload}); err != nil {
		socket.close()
		return nil, err
	}
	s := newStream(socket.name, socket.close)
	s.read(func() (message, error) {
		m, err := socket.next(context.Background()) // it ends with the socket, which close closes
		if err != nil {
			return message{}, err
		}
		return unwrap(a.base, socket, m)
	})
	return s, nil
}

// acknowledged opens the protocol and waits until the target has agreed.
func acknowledged(ctx context.Context, s *stream, init frame) error {
	if err := sendFrame(ctx, s, init); err != nil {
		return err
	}
	for {
		m, err := s.next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return executors.TimedOutf("still waiting for %s to acknowledge the GraphQL connection", s.name)
			}
			return executors.Failf("%s did not acknowledge the GraphQL connection: %s", s.name, oneLine(excerpt.Of(err.Error(), maxCause)))
		}
		f, err := readFrame(m)
		switch {
		case err != nil:
			return executors.Failf("%s does not speak graphql-transport-ws: %s", s.name, cause(err))
		case f.Type == "connection_ack":
			return nil
		case f.Type == "ping":
			if err := sendFrame(ctx, s, frame{Type: "pong"}); err != nil {
				return err
			}
		case f.Type != "pong":
			return executors.Failf("%s sent %q where it should acknowledge the GraphQL connection", s.name, excerpt.Of(f.Type, 100))
		}
	}
}

func sendFrame(ctx context.Context, s *stream, f frame) error {
	data, err := json.Marshal(f)
	if err != nil {
		return executors.Errorf("the message of graphql-transport-ws cannot be written: %w", err)
	}
	if err := s.send(ctx, message{data: data}); err != nil {
		return executors.Failf("the connection to %s broke: %s", s.name, cause(err))
	}
	return nil
}

type readPayload struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

func readFrame(m message) (readPayload, error) {
	var f readPayload
	if err := json.Unmarshal(m.data, &f); err != nil {
		return f, fmt.Errorf("a message is not JSON: %w", err)
	}
	return f, nil
}

// unwrap takes a result out of its frame, and keeps to itself what belongs to
// the protocol.
func unwrap(ctx context.Context, s *stream, m message) (message, error) {
	f, err := readFrame(m)
	if err != nil {
		return message{}, &ended{lost: fmt.Sprintf("%s does not speak graphql-transport-ws: %s", s.name, cause(err))}
	}
	switch f.Type {
	case "next":
		return message{data: f.Payload}, nil
	case "error":
		data, err := json.Marshal(map[string]any{"errors": f.Payload})
		if err != nil {
			return message{}, &ended{lost: fmt.Sprintf("%s sent an error that cannot be read", s.name)}
		}
		return message{data: data}, nil
	case "complete":
		return message{}, &ended{}
	case "ping":
		if err := s.send(ctx, message{data: []byte(`{"type":"pong"}`)}); err != nil {
			return message{}, &ended{lost: fmt.Sprintf("the connection to %s broke: %s", s.name, cause(err))}
		}
	}
	return message{}, errNoMessage
}
