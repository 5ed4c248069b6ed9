package devtools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/chromedp/cdproto"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// ErrLost is wrapped by every error of a call that could not end because the
// connection did.
var ErrLost = driver.ErrLost

// ErrDetached is the error of a call on a session that the browser has ended.
var ErrDetached = errors.New("the page is closed")

var errTakesNoMore = errors.New("it takes no more commands")

// maxPending bounds the commands that wait to be written. A browser that reads
// nothing is as good as dead.
const maxPending = 1 << 16

// firstID is where the numbers of the sessions' commands begin. Those of
// chromedp begin at 1, and the browser knows none beyond 1<<31 - 1.
const firstID = 1 << 30

// Conn is a connection to one browser. It is safe for concurrent use.
type Conn struct {
	frames  *frameReader
	w       io.WriteCloser
	onEvent func(Event)
	browser *Browser

	mu       sync.Mutex
	lastID   int64
	calls    map[int64]*call // of the sessions
	sessions map[target.SessionID]*Session
	outgoing [][]byte
	wake     chan struct{}
	err      error

	life context.Context
	end  context.CancelCauseFunc
	wg   sync.WaitGroup
}

type call struct {
	session target.SessionID
	answer  chan answer
}

type answer struct {
	result jsonv2.Value
	err    error
}

// NewConn takes over both ends of the pipe and starts to read. onEvent gets
// the events that belong to no session; it runs on the reading goroutine, so
// it must not block and must not wait for the browser.
func NewConn(r io.ReadCloser, w io.WriteCloser, onEvent func(Event)) *Conn {
	return newConn(newFrameReader(r, maxFrame), w, onEvent)
}

func newConn(frames *frameReader, w io.WriteCloser, onEvent func(Event)) *Conn {
	life, end := context.WithCancelCause(context.Background())
	c := &Conn{
		frames:   frames,
		w:        w,
		onEvent:  onEvent,
		lastID:   firstID - 1,
		calls:    map[int64]*call{},
		sessions: map[target.SessionID]*Session{},
		wake:     make(chan struct{}, 1),
		life:     life,
		end:      end,
	}
	c.wg.Go(c.write)
	c.browser = newBrowser(c)
	return c
}

// Root is the browser itself.
func (c *Conn) Root() *Browser { return c.browser }

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
	c.browser.wait()
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
	_ = c.frames.Close()
}

// lost returns why the connection has ended, and nil while it has not.
func (c *Conn) lost() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// spawn runs f on a goroutine that Close waits for, unless it is too late.
func (c *Conn) spawn(f func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.wg.Go(f)
	}
	return c.err
}

// next returns the next message that is for chromedp: the answer to one of its
// commands. All else is dealt with here, without a queue, so that no page can
// fill one that others wait for.
func (c *Conn) next() (*cdproto.Message, error) {
	for {
		frame, err := c.frames.Next()
		if large, ok := errors.AsType[*tooLargeError](err); ok {
			if large.id > 0 && large.id < firstID {
				return &cdproto.Message{ID: large.id, Error: &cdproto.Error{Message: large.Error()}}, nil
			}
			c.answer(large.id, answer{err: large})
			continue
		}
		if err != nil {
			return nil, err
		}
		// Not by jsonv2, which refuses a name that comes twice in an object: the
		// whole connection would end, where one call or event will do.
		m := new(cdproto.Message)
		if err := json.Unmarshal(frame, m); err != nil {
			return nil, fmt.Errorf("the browser sent no JSON: %w", err)
		}
		switch {
		case m.ID >= firstID:
			a := answer{result: m.Result}
			if m.Error != nil {
				a.err = m.Error
			}
			c.answer(m.ID, a)
		case m.ID != 0:
			return m, nil
		default:
			c.event(m)
		}
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

func (c *Conn) event(m *cdproto.Message) {
	onEvent := c.onEvent
	if m.SessionID != "" {
		c.mu.Lock()
		onEvent = nil
		if s := c.sessions[m.SessionID]; s != nil {
			onEvent = s.onEvent
		}
		c.mu.Unlock()
	}
	if onEvent != nil {
		onEvent(Event{Session: m.SessionID, Method: string(m.Method), params: m.Params})
	}
	if string(m.Method) == target.DetachedFromTarget.Method {
		var ev target.EventDetachedFromTarget
		if jsonv2.Unmarshal(m.Params, &ev, chromedp.DefaultUnmarshalOptions) == nil {
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

// send queues a session's command and returns its number. It never blocks.
func (c *Conn) send(session target.SessionID, method string, params any, p *call) (int64, error) {
	raw, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", method, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if c.sessions[session] == nil {
		return 0, ErrDetached
	}
	id := c.lastID + 1
	err = c.enqueue(&cdproto.Message{ID: id, SessionID: session, Method: cdproto.MethodType(method), Params: raw})
	if errors.Is(err, errTakesNoMore) {
		return 0, fmt.Errorf("%w: %w", ErrLost, err)
	}
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", method, err)
	}
	c.lastID = id
	if p != nil {
		c.calls[id] = p
	}
	return id, nil
}

// enqueue leaves a message to the writing goroutine. The caller holds mu.
func (c *Conn) enqueue(m *cdproto.Message) error {
	if len(c.outgoing) >= maxPending {
		return errTakesNoMore
	}
	frame, err := jsonv2.Marshal(m, chromedp.DefaultMarshalOptions)
	if err != nil {
		return err
	}
	c.outgoing = append(c.outgoing, append(frame, 0))
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return nil
}

func (c *Conn) forget(id int64) {
	c.mu.Lock()
	delete(c.calls, id)
	c.mu.Unlock()
}
