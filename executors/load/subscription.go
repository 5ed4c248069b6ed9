package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

var (
	errNotGraphQL  = errors.New("the target does not speak graphql-transport-ws")
	errSubscribed  = errors.New("the target did not acknowledge the GraphQL connection")
	errOver        = errors.New("the subscription was completed by the target")
	subscriptionID = "1"
)

// frame is a message of graphql-transport-ws.
type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// subscription is the payload of a subscription, filled in.
func (u *user) subscription(g *spec.GraphQL) ([]byte, error) {
	filled, err := spec.Expand(u.task.Scope, struct {
		Query, OperationName string
		Variables            map[string]spec.Value
	}{g.Query, g.OperationName, g.Variables})
	if err != nil {
		return nil, executors.Errorf("the subscription cannot be filled in: %w", err)
	}
	payload := map[string]any{"query": filled.Query}
	if filled.OperationName != "" {
		payload["operationName"] = filled.OperationName
	}
	if len(filled.Variables) > 0 {
		variables := map[string]any{}
		for name, v := range filled.Variables {
			variables[name] = v.V
		}
		payload["variables"] = variables
	}
	data, err := json.Marshal(payload)
	if err != nil {
		return nil, executors.Errorf("the subscription cannot be written: %w", err)
	}
	return data, nil
}

// subscribe opens the protocol and subscribes.
func (d *session) subscribe(payload []byte) error {
	init := frame{Type: "connection_init"}
	if own := d.step.talk.graphql.Init; own != nil {
		filled, err := spec.Expand(d.task.Scope, own)
		if err != nil {
			return executors.Errorf("init of %q cannot be filled in: %w", d.step.title, err)
		}
		values := map[string]any{}
		for name, v := range filled {
			values[name] = v.V
		}
		if init.Payload, err = json.Marshal(values); err != nil {
			return executors.Errorf("init of %q cannot be written: %w", d.step.title, err)
		}
	}
	if err := d.sendFrame(init); err != nil {
		return err
	}
	for deadline := time.Now().Add(d.step.timeout); ; {
		data, _, err := d.socket.next(deadline)
		if errors.Is(err, errQuiet) {
			return errSubscribed
		}
		if err != nil {
			return err
		}
		f, err := readFrame(data)
		switch {
		case err != nil:
			return err
		case f.Type == "connection_ack":
			return d.sendFrame(frame{ID: subscriptionID, Type: "subscribe", Payload: payload})
		case f.Type == "ping":
			if err := d.sendFrame(frame{Type: "pong"}); err != nil {
				return err
			}
		case f.Type != "pong":
			return errSubscribed
		}
	}
}

func (d *session) sendFrame(f frame) error {
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("write a message of graphql-transport-ws: %w", err)
	}
	return d.socket.send(data, false)
}

func readFrame(data []byte) (f frame, err error) {
	if json.Unmarshal(data, &f) != nil {
		return f, errNotGraphQL
	}
	return f, nil
}

// unwrap takes a result out of its frame; mine is false for what belongs to the
// protocol.
func (d *session) unwrap(data []byte) (payload []byte, mine bool, err error) {
	f, err := readFrame(data)
	if err != nil {
		return nil, false, err
	}
	switch f.Type {
	case "next":
		return f.Payload, true, nil
	case "error":
		return append(append([]byte(`{"errors":`), f.Payload...), '}'), true, nil
	case "complete":
		return nil, false, errOver
	case "ping":
		return nil, false, d.sendFrame(frame{Type: "pong"})
	}
	return nil, false, nil
}
