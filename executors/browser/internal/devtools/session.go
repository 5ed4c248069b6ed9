package devtools

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A page may put half a surrogate pair into any text, so invalid UTF-8 must
// not fail the decoding.
var (
	decoding = chromedp.DefaultUnmarshalOptions
	encoding = chromedp.DefaultMarshalOptions
)

// Event is something that the browser told on its own.
type Event struct {
	Session target.SessionID // empty: about the browser
	Method  string
	params  json.RawMessage
}

// Size is the length of the event's parameters in bytes.
func (e Event) Size() int { return len(e.params) }

// Decode returns the parameters of an event of a known kind, and false when
// they do not have its shape.
func Decode[E any](e Event, _ cdp.Event[E]) (E, bool) {
	var v E
	err := jsonv2.Unmarshal(jsonv2.Value(e.params), &v, decoding)
	return v, err == nil
}

// Session is a conversation with the browser or one of its pages. It is safe
// for concurrent use.
type Session struct {
	conn    *Conn
	id      target.SessionID
	onEvent func(Event)
}

// Call runs a command and decodes its answer into result, which may be nil. It
// returns the context's error when ctx ends first, a *cdproto.Error when the
// browser refuses, ErrDetached or ErrLost.
func (s *Session) Call(ctx context.Context, method string, params, result any) error {
	return s.Start(method, params).Wait(ctx, result)
}

// Start sends a command without waiting; commands of one session are carried
// out in the order in which they were started.
func (s *Session) Start(method string, params any) *Pending {
	c := &call{session: s.id, answer: make(chan answer, 1)}
	id, err := s.conn.send(s.id, method, params, c)
	return &Pending{session: s, method: method, id: id, call: c, err: err}
}

// Close forgets the session: its calls end and its events are dropped.
func (s *Session) Close() { s.conn.detach(s.id) }

// Pending is a command that was sent.
type Pending struct {
	session *Session
	method  string
	id      int64
	call    *call
	err     error
}

// Wait waits for the answer, as Session.Call does.
func (p *Pending) Wait(ctx context.Context, result any) error {
	if p.err != nil {
		return p.err
	}
	select {
	case <-ctx.Done():
		p.session.conn.forget(p.id)
		return ctx.Err()
	case a := <-p.call.answer:
		if a.err != nil {
			return a.err
		}
		if result == nil {
			return nil
		}
		if err := jsonv2.Unmarshal(jsonv2.Value(a.result), result, decoding); err != nil {
			return fmt.Errorf("decoding the answer to %s: %w", p.method, err)
		}
		return nil
	}
}
