//go:build linux

package viewers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Protocol is how viewers and server talk.
type Protocol string

// The protocols.
const (
	GraphQL    Protocol = "graphql-transport-ws"
	Centrifuge Protocol = "centrifuge-json"
)

// words are what a viewer sends and looks for.
type words struct {
	hello      []byte
	helloDone  []byte // in the answer to hello
	subscribe  []byte
	subscribed []byte // in the answer to that; empty where there is none
	event      []byte // in each message with an event
	id         []byte // in each message with an event
}

// wordsOf returns the words of one viewer that has seen the events up to after.
func (o *Options) wordsOf(id string, after int64) (words, error) {
	if o.Protocol == Centrifuge {
		channel, err := json.Marshal(o.Channel)
		if err != nil {
			return words{}, fmt.Errorf("encode the channel: %w", err)
		}
		return words{
			hello: []byte(`{"id":1,"connect":{}}`), helloDone: []byte(`"connect":`),
			subscribe:  fmt.Appendf(nil, `{"id":2,"subscribe":{"channel":%s}}`, channel),
			subscribed: []byte(`"subscribe":`), event: []byte(`"push":`), id: fmt.Appendf(nil, `"channel":%s`, channel),
		}, nil
	}
	hello, err := json.Marshal(map[string]any{"type": "connection_init", "payload": o.Init})
	if err != nil {
		return words{}, fmt.Errorf("encode connection_init: %w", err)
	}
	variables := map[string]any{"after": after}
	for k, v := range o.Variables {
		variables[k] = v
	}
	subscribe, err := json.Marshal(map[string]any{
		"id": id, "type": "subscribe", "payload": map[string]any{"query": o.Query, "variables": variables},
	})
	if err != nil {
		return words{}, fmt.Errorf("encode the subscription: %w", err)
	}
	return words{
		hello: hello, helloDone: []byte(`"connection_ack"`), subscribe: subscribe, subscribed: []byte(o.Subscribed),
		event: []byte(`"next"`), id: fmt.Appendf(nil, `"id":"%s"`, id),
	}, nil
}

var (
	numberKey  = []byte(`"seq":`)
	pingWord   = []byte(`"ping"`)
	pongAnswer = []byte(`{"type":"pong"}`)
	emptyPing  = []byte(`{}`)
)

// pongFor returns what a message asks for that keeps the connection alive, nil
// when it is no ping.
func (p Protocol) pongFor(message []byte) []byte {
	switch {
	case p == Centrifuge && bytes.Equal(message, emptyPing):
		return emptyPing
	case p == GraphQL && len(message) < 64 && bytes.Contains(message, pingWord):
		return pongAnswer
	}
	return nil
}

// numberOf reads the number of the event in a message.
func numberOf(message []byte) (int64, error) {
	_, rest, found := bytes.Cut(message, numberKey)
	n, digits := int64(0), 0
	for found && digits < len(rest) && digits < 18 && rest[digits] >= '0' && rest[digits] <= '9' {
		n = n*10 + int64(rest[digits]-'0')
		digits++
	}
	if digits == 0 {
		return 0, errors.New("an event has no number")
	}
	return n, nil
}
