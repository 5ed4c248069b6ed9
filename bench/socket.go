//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// socket is one graphql-transport-ws connection that serves one subscription
// after the other.
type socket struct {
	conn *websocket.Conn
	last int
}

// event is what the subscriptions here ask for.
type event struct {
	Seq  int64
	Type string
}

type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func dial(ctx context.Context, url, token string) (*socket, error) {
	conn, _, err := websocket.Dial(ctx, url+"/graphql", &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		Subprotocols: []string{"graphql-transport-ws"},
		HTTPHeader:   http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &socket{conn: conn}
	err = wsjson.Write(ctx, conn, frame{Type: "connection_init"})
	var ack frame
	if err == nil {
		err = wsjson.Read(ctx, conn, &ack)
	}
	if err == nil && ack.Type != "connection_ack" {
		err = fmt.Errorf("the server answered %s %s", ack.Type, ack.Payload)
	}
	if err != nil {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return s, nil
}

func (s *socket) close() error { return s.conn.Close(websocket.StatusNormalClosure, "") }

// follow calls next with every event of a run, and when it came, until the last
// one.
func (s *socket) follow(ctx context.Context, runID string, next func(event, time.Time) error) error {
	s.last++
	id := strconv.Itoa(s.last)
	payload, err := json.Marshal(map[string]any{
		"query":     `subscription($runId: ID!) { runEvents(runId: $runId, after: 0) { seq type } }`,
		"variables": map[string]any{"runId": runID},
	})
	if err != nil {
		return fmt.Errorf("encode the subscription: %w", err)
	}
	if err := wsjson.Write(ctx, s.conn, frame{ID: id, Type: "subscribe", Payload: payload}); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for {
		_, data, err := s.conn.Read(ctx)
		at := time.Now()
		if err != nil {
			return fmt.Errorf("follow the run: %w", err)
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("follow the run: %w", err)
		}
		switch f.Type {
		case "next":
			var item struct {
				Data   struct{ RunEvents event }
				Errors json.RawMessage
			}
			if err := json.Unmarshal(f.Payload, &item); err != nil {
				return fmt.Errorf("follow the run: %w", err)
			}
			if len(item.Errors) > 0 {
				return fmt.Errorf("follow the run: %s", item.Errors)
			}
			if err := next(item.Data.RunEvents, at); err != nil {
				return err
			}
		case "complete":
			return nil
		case "error":
			return fmt.Errorf("the subscription failed: %s", f.Payload)
		case "ping":
			if err := wsjson.Write(ctx, s.conn, frame{Type: "pong"}); err != nil {
				return fmt.Errorf("follow the run: %w", err)
			}
		}
	}
}
