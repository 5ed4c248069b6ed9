package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	// maxMessage is the most bytes of one message: enough for the picture of a
	// long page, and a bound for what a page can make us hold.
	maxMessage = 128 << 20

	// maxPending bounds the commands that wait to be written. A browser that reads
	// nothing is as good as dead.
	maxPending = 1 << 16
)

// remoteError is what the browser answers to a command that it refuses.
type remoteError struct {
	Code    string `json:"error"`
	Message string `json:"message"`
}

func (e *remoteError) Error() string { return e.Code + ": " + e.Message }

// refused reports whether the browser refused a command with one of the codes.
func refused(err error, codes ...string) bool {
	e, ok := errors.AsType[*remoteError](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}

// conn is a connection to one browser. It is safe for concurrent use.
type conn struct {
	socket  *websocket.Conn
	onEvent func(method string, params json.RawMessage)

	mu       sync.Mutex
	lastID   int64
	calls    map[int64]func(answer)
	outgoing [][]byte
	wake     chan struct{}
	err      error

	life context.Context //nolint:containedctx // the connection's own
	end  context.CancelCauseFunc
	wg   sync.WaitGroup
}

type answer struct {
	result json.RawMessage
	err    error
}

// dial connects and starts to read. onEvent runs on the reading goroutine, so it
// must not block and must not wait for the browser.
func dial(ctx context.Context, address string, onEvent func(string, json.RawMessage)) (*conn, error) {
	socket, res, err := websocket.Dial(ctx, address, nil)
	if res != nil && res.Body != nil {
		_ = res.Body.Close() // it is empty once the protocol was switched
	}
	if err != nil {
		return nil, fmt.Errorf("connecting to the browser: %w", err)
	}
	socket.SetReadLimit(maxMessage)
	life, end := context.WithCancelCause(context.Background())
	c := &conn{socket: socket, onEvent: onEvent, calls: map[int64]func(answer){}, wake: make(chan struct{}, 1), life: life, end: end}
	c.wg.Go(c.read)
	c.wg.Go(c.write)
	return c, nil
}

// close ends the connection and waits for its goroutines.
func (c *conn) close() {
	c.fail(errors.New("it was closed"))
	c.wg.Wait()
}

func (c *conn) fail(cause error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = fmt.Errorf("%w: %w", driver.ErrLost, cause)
	calls := c.calls
	c.calls, c.outgoing = nil, nil
	c.mu.Unlock()
	for _, waiting := range calls {
		waiting(answer{err: c.err})
	}
	c.end(c.err)
	_ = c.socket.CloseNow() // a blocked read or write returns only then
}

func (c *conn) read() {
	for {
		_, data, err := c.socket.Read(c.life)
		if err != nil {
			c.fail(err)
			return
		}
		var m struct {
			ID     *int64          `json:"id"`
			Type   string          `json:"type"`
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
			Result json.RawMessage `json:"result"`
			remoteError
		}
		if err := json.Unmarshal(data, &m); err != nil {
			c.fail(fmt.Errorf("the browser sent no JSON: %w", err))
			return
		}
		switch {
		case m.Type == "event":
			c.onEvent(m.Method, m.Params)
		case m.ID != nil && m.Type == "error":
			refusal := m.remoteError
			c.answer(*m.ID, answer{err: &refusal})
		case m.ID != nil:
			c.answer(*m.ID, answer{result: m.Result})
		}
	}
}

func (c *conn) answer(id int64, a answer) {
	c.mu.Lock()
	waiting := c.calls[id]
	delete(c.calls, id)
	c.mu.Unlock()
	if waiting != nil {
		waiting(a)
	}
}

func (c *conn) write() {
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
			if err := c.socket.Write(c.life, websocket.MessageText, f); err != nil {
				c.fail(err)
				return
			}
		}
	}
}

// pending is a command that was sent.
type pending struct {
	conn   *conn
	id     int64
	method string
	answer chan answer
	err    error
}

// start sends a command without waiting. Commands are begun in the order in
// which they were started.
func (c *conn) start(method string, params any) *pending {
	p := &pending{conn: c, method: method, answer: make(chan answer, 1)}
	p.id, p.err = c.send(method, params, func(a answer) { p.answer <- a })
	return p
}

// post sends a command whose answer nobody waits for.
func (c *conn) post(method string, params any) {
	// An error means that the browser is gone, and with it the reason to send.
	_, _ = c.send(method, params, nil)
}

// then sends a command and calls back with its answer, on the goroutine that
// reads, or not at all where the connection ends.
func (c *conn) then(method string, params any, back func(result json.RawMessage, err error)) {
	_, err := c.send(method, params, func(a answer) {
		if !errors.Is(a.err, driver.ErrLost) {
			back(a.result, a.err)
		}
	})
	_ = err // the connection has ended
}

// call runs a command and decodes its answer into result, which may be nil.
func (c *conn) call(ctx context.Context, method string, params, result any) error {
	return c.start(method, params).wait(ctx, result)
}

func (p *pending) wait(ctx context.Context, result any) error {
	if p.err != nil {
		return p.err
	}
	select {
	case <-ctx.Done():
		p.conn.mu.Lock()
		delete(p.conn.calls, p.id)
		p.conn.mu.Unlock()
		return ctx.Err()
	case a := <-p.answer:
		if a.err != nil || result == nil {
			return a.err
		}
		if err := json.Unmarshal(a.result, result); err != nil {
			return fmt.Errorf("decoding the answer to %s: %w", p.method, err)
		}
		return nil
	}
}

func (c *conn) send(method string, params any, waiting func(answer)) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if len(c.outgoing) >= maxPending {
		return 0, fmt.Errorf("%w: it takes no more commands", driver.ErrLost)
	}
	c.lastID++
	frame, err := json.Marshal(map[string]any{"id": c.lastID, "method": method, "params": params})
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", method, err)
	}
	if waiting != nil {
		c.calls[c.lastID] = waiting
	}
	c.outgoing = append(c.outgoing, frame)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return c.lastID, nil
}
