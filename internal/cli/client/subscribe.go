package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/internal/apperr"
)

// Bounds of a subscription.
const (
	handshakeWithin = 10 * time.Second
	maxMessage      = 4 << 20
)

// Close codes of the graphql-transport-ws protocol.
const (
	closeUnauthorized websocket.StatusCode = 4401
	closeForbidden    websocket.StatusCode = 4403
)

// frame is a message of the graphql-transport-ws protocol.
type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Subscribe performs a subscription and calls next with each item's data until
// the server completes it (nil), next returns an error, or the connection ends,
// which is an Unavailable error: the caller may subscribe again.
func (c *Client) Subscribe(ctx context.Context, query string, variables map[string]any, next func(json.RawMessage) error) error {
	var began error // what has begun is not repeated
	err := c.patiently(ctx, func() error {
		begun := false
		err := c.subscribe(ctx, query, variables, func(data json.RawMessage) error {
			begun = true
			return next(data)
		})
		if begun {
			began = err
			return nil
		}
		return err
	})
	if began != nil {
		return began
	}
	return err
}

func (c *Client) subscribe(ctx context.Context, query string, variables map[string]any, next func(json.RawMessage) error) error {
	conn, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	payload, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return fmt.Errorf("encode the subscription: %w", err)
	}
	if err := wsjson.Write(ctx, conn, frame{ID: "1", Type: "subscribe", Payload: payload}); err != nil {
		return c.broken(ctx, err)
	}
	for {
		var f frame
		if err := wsjson.Read(ctx, conn, &f); err != nil {
			return c.broken(ctx, err)
		}
		switch f.Type {
		case "next":
			if err := deliver(f.Payload, next); err != nil {
				return err
			}
		case "complete":
			return nil
		case "error":
			var errs []graphError
			if err := json.Unmarshal(f.Payload, &errs); err != nil || len(errs) == 0 {
				return fmt.Errorf("the subscription failed: %s", f.Payload)
			}
			return errs[0].asError()
		case "ping":
			if err := wsjson.Write(ctx, conn, frame{Type: "pong"}); err != nil {
				return c.broken(ctx, err)
			}
		}
	}
}

func deliver(payload json.RawMessage, next func(json.RawMessage) error) error {
	var item struct {
		Data   json.RawMessage `json:"data"`
		Errors []graphError    `json:"errors"`
	}
	if err := json.Unmarshal(payload, &item); err != nil {
		return fmt.Errorf("read an item of the subscription: %w", err)
	}
	if len(item.Errors) > 0 {
		return item.Errors[0].asError()
	}
	return next(item.Data)
}

// open connects and introduces itself.
func (c *Client) open(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeWithin)
	defer cancel()
	header := http.Header{}
	if c.token != "" {
		header.Set("Authorization", "Bearer "+c.token)
	}
	conn, res, err := websocket.Dial(ctx, c.base.JoinPath("graphql").String(), &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
	})
	if err != nil {
		if res != nil && (res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden) {
			return nil, apperr.Wrap(err, apperr.Unauthenticated, "the server refused the subscription")
		}
		return nil, c.broken(ctx, err)
	}
	conn.SetReadLimit(maxMessage)
	if err := wsjson.Write(ctx, conn, frame{Type: "connection_init"}); err != nil {
		return nil, c.broken(ctx, err)
	}
	var ack frame
	if err := wsjson.Read(ctx, conn, &ack); err != nil {
		return nil, c.broken(ctx, err)
	}
	if ack.Type != "connection_ack" {
		_ = conn.CloseNow()
		return nil, apperr.New(apperr.Unauthenticated, "the server refused the subscription: %s", ack.Payload)
	}
	return conn, nil
}

func (c *Client) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// To ask again with the same token would not help.
	var closed websocket.CloseError
	if errors.As(err, &closed) && (closed.Code == closeUnauthorized || closed.Code == closeForbidden) {
		return apperr.New(apperr.Unauthenticated, "%s", closed.Reason)
	}
	return apperr.Wrap(err, apperr.Unavailable, "the connection to %s broke", c.base)
}
