package devtools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
)

// ErrLost is wrapped by every error of a call that could not end because the
// connection did.
var ErrLost = errors.New("the connection to the browser is lost")

// ErrDetached is the error of a call on a session that the browser has ended.
var ErrDetached = errors.New("the page is closed")

// maxPending bounds the commands that wait to be written. A browser that reads
// nothing is as good as dead.
const maxPending = 1 << 16

// Conn is a connection to one browser. It is safe for concurrent use.
type Conn struct {
	r *frameReader
	w io.WriteCloser

	mu       sync.Mutex
	nextID   int64
	calls    map[int64]*call
	sessions map[target.SessionID]*Session
	outgoing [][]byte
	wake     chan struct{}
	err      error

	life context.Context
	end  context.CancelCauseFunc
	wg   sync.WaitGroup
	root *Session
}

type call struct {
	session target.SessionID
	answer  chan answer
}

type answer struct {
	result json.RawMessage
	err    error
}

type message struct {
	ID        int64            `json:"id,omitempty"`
	SessionID target.SessionID `json:"sessionId,omitempty"`
	Method    string           `json:"method,omitempty"`
	Params    json.RawMessage  `json:"params,omitempty"`
	Result    json.RawMessage  `json:"result,omitempty"`
	Error     *cdproto.Error   `json:"error,omitempty"`
}

// NewConn takes over both ends of the pipe and starts to read. onEvent gets
// the events that belong to no session; it runs on the reading goroutine, so
// it must not block and must not call the browser.
func NewConn(r io.ReadCloser, w io.WriteCloser, onEvent func(Event)) *Conn {
	life, end := context.WithCancelCause(context.Background())
	c := &Conn{
		r:        newFrameReader(r, maxFrame),
		w:        w,
		calls:    map[int64]*call{},
		sessions: map[target.SessionID]*Session{},
		wake:     make(chan struct{}, 1),
		life:     life,
		end:      end,
	}
	c.root = &Session{conn: c, onEvent: onEvent}
	c.wg.Go(c.read)
	c.wg.Go(c.write)
	return c
}

// Root is the session of the browser itself.
func (c *Conn) Root() *Session { return c.root }

// Attach registers a session that the browser has opened. Its events go to
// onEvent under the rules of NewConn.
func (c *Conn) Attach(id target.SessionID, onEvent func(Event)) *Session {
	s := &Session{conn: c, id: id, onEvent: onEvent}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[id] = s
	return s
}

// Life ends when the connection does, with a cause that wraps ErrLost.
func (c *Conn) Life() context.Context { return c.life }

// Close ends the connection and waits for its goroutines. Calls that are under
// way fail with ErrLost.
func (c *Conn) Close() error {
	c.fail(errors.New("it was closed"))
	c.wg.Wait()
	return nil
}

func (c *Conn) fail(cause error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = fmt.Errorf("%w: %w", ErrLost, cause)
	calls := c.calls
	c.calls = nil
	c.outgoing = nil
	c.sessions = map[target.SessionID]*Session{}
	c.mu.Unlock()
	for _, p := range calls {
		p.answer <- answer{err: c.err}
	}
	c.end(c.err)
	// The ends are closed from here because a blocked read or write returns
	// only then; what closing answers no longer matters.
	_ = c.w.Close()
	_ = c.r.Close()
}

func (c *Conn) read() {
	for {
		frame, err := c.r.Next()
		var large *tooLargeError
		if errors.As(err, &large) {
			c.answer(large.id, answer{err: err})
			continue
		}
		if err != nil {
			c.fail(err)
			return
		}
		var m message
		if err := json.Unmarshal(frame, &m); err != nil {
			c.fail(fmt.Errorf("the browser sent no JSON: %w", err))
			return
		}
		if m.ID != 0 {
			a := answer{result: m.Result}
			if m.Error != nil {
				a.err = m.Error
			}
			c.answer(m.ID, a)
			continue
		}
		c.event(m)
	}
}

func (c *Conn) answer(id int64, a answer) {
	c.mu.Lock()
	p := c.calls[id]
	delete(c.calls, id)
	c.mu.Unlock()
	if p != nil {
		p.answer <- a
	}
}

func (c *Conn) event(m message) {
	s := c.root
	if m.SessionID != "" {
		c.mu.Lock()
		s = c.sessions[m.SessionID]
		c.mu.Unlock()
	}
	if s != nil && s.onEvent != nil {
		s.onEvent(Event{Session: m.SessionID, Method: m.Method, params: m.Params})
	}
	if m.Method == target.DetachedFromTarget.Method {
		var ev target.EventDetachedFromTarget
		if jsonv2.Unmarshal(jsonv2.Value(m.Params), &ev, decoding) == nil {
			c.detach(ev.SessionID)
		}
	}
}

// detach forgets a session and ends its calls.
func (c *Conn) detach(id target.SessionID) {
	c.mu.Lock()
	delete(c.sessions, id)
	var ended []*call
	for n, p := range c.calls {
		if p.session == id {
			ended = append(ended, p)
			delete(c.calls, n)
		}
	}
	c.mu.Unlock()
	for _, p := range ended {
		p.answer <- answer{err: ErrDetached}
	}
}

func (c *Conn) write() {
	for {
		select {
		case <-c.life.Done():
			return
		case <-c.wake:
		}
		c.mu.Lock()
		frames := c.outgoing
		c.outgoing = nil
		c.mu.Unlock()
		for _, f := range frames {
			if _, err := c.w.Write(f); err != nil {
				c.fail(err)
				return
			}
		}
	}
}

// send queues a command and returns its number. It never blocks.
func (c *Conn) send(session target.SessionID, method string, params any, p *call) (int64, error) {
	raw, err := jsonv2.Marshal(params, encoding)
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", method, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if session != "" && c.sessions[session] == nil {
		return 0, ErrDetached
	}
	if len(c.outgoing) >= maxPending {
		return 0, fmt.Errorf("%w: it takes no more commands", ErrLost)
	}
	c.nextID++
	frame, err := json.Marshal(message{ID: c.nextID, SessionID: session, Method: method, Params: json.RawMessage(raw)})
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", method, err)
	}
	if p != nil {
		c.calls[c.nextID] = p
	}
	c.outgoing = append(c.outgoing, append(frame, 0))
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return c.nextID, nil
}

func (c *Conn) forget(id int64) {
	c.mu.Lock()
	delete(c.calls, id)
	c.mu.Unlock()
}

// Call runs a command of the protocol on a session.
func Call[P, R any](ctx context.Context, s *Session, cmd cdp.Command[P, R], params P) (R, error) {
	var res R
	err := s.Call(ctx, cmd.Method, params, &res)
	return res, err
}

// Post sends a command whose answer nobody waits for.
func Post[P, R any](s *Session, cmd cdp.Command[P, R], params P) {
	// An error means that the session or the browser is gone, and with it the
	// reason to send.
	_, _ = s.conn.send(s.id, cmd.Method, params, nil)
}
