package devtools

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Peer is who carries out commands: a *Browser or a *Session.
type Peer interface {
	Call(ctx context.Context, method string, params, result any) error
	post(method string, params any)
}

// Call runs a command of the protocol.
func Call[P, R any](ctx context.Context, p Peer, cmd cdp.Command[P, R], params P) (R, error) {
	var res R
	err := p.Call(ctx, cmd.Method, params, &res)
	return res, err
}

// Post sends a command whose answer nobody waits for.
func Post[P, R any](p Peer, cmd cdp.Command[P, R], params P) { p.post(cmd.Method, params) }

// Event is something that the browser told on its own.
type Event struct {
	Session target.SessionID // empty: about the browser
	Method  string
	params  jsonv2.Value
}

// Size is the length of the event's parameters in bytes.
func (e Event) Size() int { return len(e.params) }

// Decode returns the parameters of an event of a known kind, and false when
// they do not have its shape.
func Decode[E any](e Event, _ cdp.Event[E]) (E, bool) {
	var v E
	err := jsonv2.Unmarshal(e.params, &v, chromedp.DefaultUnmarshalOptions)
	return v, err == nil
}

// Session is the conversation with a page. It is safe for concurrent use.
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
	return &Pending{method: method, answer: c.answer, forget: func() { s.conn.forget(id) }, err: err}
}

func (s *Session) post(method string, params any) {
	// An error means that the session or the browser is gone, and with it the
	// reason to send.
	_, _ = s.conn.send(s.id, method, params, nil)
}

// Close forgets the session: its calls end and its events are dropped.
func (s *Session) Close() { s.conn.detach(s.id) }

// Pending is a command that was sent.
type Pending struct {
	method string
	answer chan answer
	forget func()
	err    error
}

// Wait waits for the answer, as Session.Call does.
func (p *Pending) Wait(ctx context.Context, result any) error {
	if p.err != nil {
		return p.err
	}
	select {
	case <-ctx.Done():
		p.forget()
		return ctx.Err()
	case a := <-p.answer:
		if a.err != nil {
			return a.err
		}
		if result == nil {
			return nil
		}
		if err := jsonv2.Unmarshal(a.result, result, chromedp.DefaultUnmarshalOptions); err != nil {
			return fmt.Errorf("decoding the answer to %s: %w", p.method, err)
		}
		return nil
	}
}
