package webkit

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	// inspectorLimit is how long the browser may take to show its page.
	inspectorLimit = 20 * time.Second

	// writeLimit is how long it may take to read a command. One that reads nothing
	// is as good as dead.
	writeLimit = 10 * time.Second

	// maxPending bounds the commands that wait to be written.
	maxPending = 1 << 14

	// littleEndian is how the numbers in a message are written.
	littleEndian = 1
)

// inspector is a connection to the inspector of one browser's page, which tells
// what WebDriver does not. The browser listens for its driver, and takes one
// inspector beside it. It is safe for concurrent use.
type inspector struct {
	conn    net.Conn
	onEvent func(method string, params json.RawMessage) // on the reading goroutine

	mu     sync.Mutex
	lastID int64
	calls  map[int64]call
	orders []order // that hold for each process that shows the page
	target string  // such a process; empty before the first
	shown  chan struct{}
	err    error

	outgoing [][]byte // the reading goroutine must not wait for the browser to read
	wake     chan struct{}
	ended    chan struct{} // closed with the connection
	wg       sync.WaitGroup
}

type order struct {
	method string
	params any
}

type call struct {
	target string
	answer chan<- answer // nil where nobody waits
}

type answer struct {
	result json.RawMessage
	err    error
}

// The first process to connect to the browser is the browser itself, and its
// first page is the one that the driver is given.
const firstConnection, firstPage = 1, 1

// inspect connects to a browser and waits for its page. The orders are given to
// every process that shows it, before it loads anything.
func inspect(ctx context.Context, conn net.Conn, orders []order, onEvent func(string, json.RawMessage)) (*inspector, error) {
	i := &inspector{conn: conn, onEvent: onEvent, calls: map[int64]call{}, orders: orders, shown: make(chan struct{}),
		wake: make(chan struct{}, 1), ended: make(chan struct{})}
	i.wg.Go(i.read)
	i.wg.Go(i.flush)
	ctx, cancel := context.WithTimeout(ctx, inspectorLimit)
	defer cancel()
	page := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, firstConnection), firstPage)
	for _, m := range []struct {
		name string
		body []byte
	}{{"SetupInspectorClient", []byte{0}}, {"Setup", page}} {
		if err := i.write(m.name, m.body); err != nil {
			i.close()
			return nil, err
		}
	}
	i.control("Target.setPauseOnStart", object{"pauseOnStart": true})
	select {
	case <-i.shown:
		return i, nil
	case <-ctx.Done():
		i.close()
		return nil, errors.New("the browser's inspector shows no page")
	}
}

// close ends the connection and waits for its goroutines.
func (i *inspector) close() {
	i.fail(errors.New("it was closed"))
	i.wg.Wait()
}

func (i *inspector) fail(cause error) {
	i.mu.Lock()
	if i.err != nil {
		i.mu.Unlock()
		return
	}
	i.err = fmt.Errorf("%w: %w", driver.ErrClosed, cause)
	calls := i.calls
	i.calls, i.outgoing = nil, nil
	close(i.ended)
	i.mu.Unlock()
	for _, c := range calls {
		c.reply(answer{err: i.err})
	}
	_ = i.conn.Close() // a blocked read returns only then
}

func (c call) reply(a answer) {
	if c.answer != nil {
		c.answer <- a
	}
}

// call runs a command in the process that shows the page, and decodes its answer
// into result, which may be nil.
func (i *inspector) call(ctx context.Context, method string, params, result any) error {
	got := make(chan answer, 1)
	id, err := i.send("", method, params, got)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		i.mu.Lock()
		delete(i.calls, id)
		i.mu.Unlock()
		return ctx.Err()
	case a := <-got:
		if a.err != nil || result == nil {
			return a.err
		}
		if err := json.Unmarshal(a.result, result); err != nil {
			return fmt.Errorf("decoding the answer to %s: %w", method, err)
		}
		return nil
	}
}

// post runs a command whose answer nobody waits for.
func (i *inspector) post(method string, params any) {
	// An error means that the browser is gone, and with it the reason to send.
	_, _ = i.send("", method, params, nil)
}

// lasting runs a command, now and in each process that comes to show the page.
func (i *inspector) lasting(ctx context.Context, method string, params any) error {
	i.mu.Lock()
	i.orders = append(i.orders, order{method, params})
	i.mu.Unlock()
	return i.call(ctx, method, params, nil)
}

// send sends a command to a process; the one that shows the page when it is
// empty.
func (i *inspector) send(target, method string, params any, got chan<- answer) (int64, error) {
	i.mu.Lock()
	if i.err != nil {
		defer i.mu.Unlock()
		return 0, i.err
	}
	if target == "" {
		target = i.target
	}
	i.lastID++
	id := i.lastID
	i.calls[id] = call{target: target, answer: got}
	i.mu.Unlock()
	if params == nil {
		params = object{}
	}
	inner, err := json.Marshal(object{"id": id, "method": method, "params": params})
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", method, err)
	}
	return id, i.deliver(id, "Target.sendMessageToTarget", object{"targetId": target, "message": string(inner)})
}

// control runs a command of the inspector itself, whose answer nobody waits for.
func (i *inspector) control(method string, params object) {
	i.mu.Lock()
	i.lastID++
	id := i.lastID
	i.mu.Unlock()
	_ = i.deliver(id, method, params) // an error has ended the connection
}

func (i *inspector) deliver(id int64, method string, params object) error {
	raw, err := json.Marshal(object{"id": id, "method": method, "params": params})
	if err != nil {
		return fmt.Errorf("encoding %s: %w", method, err)
	}
	body := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, firstConnection), firstPage)
	return i.write("SendMessageToBackend", append(append(body, raw...), 0))
}

// write queues a message: its size, how its numbers are written, its name and its
// parameters.
func (i *inspector) write(name string, body []byte) error {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(name)+1+len(body))) //nolint:gosec // our own commands
	out = append(append(append(append(out, littleEndian), name...), 0), body...)
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.err != nil:
		return i.err
	case len(i.outgoing) >= maxPending:
		return errors.New("the browser's inspector takes no more commands")
	}
	i.outgoing = append(i.outgoing, out)
	select {
	case i.wake <- struct{}{}:
	default:
	}
	return nil
}

// flush writes what is to be sent.
func (i *inspector) flush() {
	for {
		select {
		case <-i.wake:
		case <-i.ended:
			return
		}
		i.mu.Lock()
		messages := i.outgoing
		i.outgoing = nil
		i.mu.Unlock()
		for _, m := range messages {
			err := i.conn.SetWriteDeadline(time.Now().Add(writeLimit))
			if err == nil {
				_, err = i.conn.Write(m)
			}
			if err != nil {
				i.fail(err)
				return
			}
		}
	}
}

func (i *inspector) read() {
	var head [5]byte
	for {
		if _, err := io.ReadFull(i.conn, head[:]); err != nil {
			i.fail(err)
			return
		}
		size := binary.BigEndian.Uint32(head[:4])
		if size > maxAnswer {
			i.fail(fmt.Errorf("a message of %d MB is larger than is read", size>>20))
			return
		}
		// What is announced may never come: the memory grows with what does.
		var message bytes.Buffer
		if _, err := io.CopyN(&message, i.conn, int64(size)); err != nil {
			i.fail(err)
			return
		}
		name, body, _ := bytes.Cut(message.Bytes(), []byte{0})
		if string(name) != "SendMessageToFrontend" || len(body) < 16 {
			continue
		}
		i.take(bytes.TrimRight(body[16:], "\x00"))
	}
}

// take reads what the inspector says.
func (i *inspector) take(raw []byte) {
	var m struct {
		ID     *int64          `json:"id"`
		Error  *remoteError    `json:"error"`
		Method string          `json:"method"`
		Params json.RawMessage `json:"params"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	switch m.Method {
	case "":
		if m.ID != nil && m.Error != nil { // the process is no more
			i.answer(*m.ID, answer{err: driver.ErrNavigated})
		}
	case "Target.targetCreated":
		i.onTarget(m.Params)
	case "Target.didCommitProvisionalTarget":
		if ev, ok := decode[struct{ NewTargetID string }](m.Params); ok {
			i.mu.Lock()
			i.target = ev.NewTargetID
			i.mu.Unlock()
		}
	case "Target.targetDestroyed":
		if ev, ok := decode[struct{ TargetID string }](m.Params); ok {
			i.forget(ev.TargetID)
		}
	case "Target.dispatchMessageFromTarget":
		if ev, ok := decode[struct{ Message string }](m.Params); ok {
			i.takeInner([]byte(ev.Message))
		}
	}
}

type remoteError struct {
	Message string `json:"message"`
}

func (e *remoteError) Error() string { return e.Message }

func (i *inspector) takeInner(raw []byte) {
	var m struct {
		ID     *int64          `json:"id"`
		Error  *remoteError    `json:"error"`
		Result json.RawMessage `json:"result"`
		Method string          `json:"method"`
		Params json.RawMessage `json:"params"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	switch {
	case m.Method != "":
		i.onEvent(m.Method, m.Params)
	case m.ID != nil && m.Error != nil:
		i.answer(*m.ID, answer{err: m.Error})
	case m.ID != nil:
		i.answer(*m.ID, answer{result: m.Result})
	}
}

func (i *inspector) answer(id int64, a answer) {
	i.mu.Lock()
	c, ok := i.calls[id]
	delete(i.calls, id)
	i.mu.Unlock()
	if ok {
		c.reply(a)
	}
}

// onTarget gives a process that shows the page, or is about to, its orders.
func (i *inspector) onTarget(params json.RawMessage) {
	ev, ok := decode[struct {
		TargetInfo struct {
			TargetID      string
			Type          string
			IsProvisional bool
			IsPaused      bool
		}
	}](params)
	if !ok || ev.TargetInfo.Type != "page" {
		return
	}
	t := ev.TargetInfo
	i.mu.Lock()
	orders := append([]order(nil), i.orders...)
	first := i.target == ""
	if first || !t.IsProvisional {
		i.target = t.TargetID
	}
	i.mu.Unlock()
	for _, o := range orders {
		_, _ = i.send(t.TargetID, o.method, o.params, nil) // an error has ended the connection
	}
	if t.IsPaused {
		i.control("Target.resume", object{"targetId": t.TargetID})
	}
	if first {
		close(i.shown)
	}
}

// forget ends the calls that a process can answer no more.
func (i *inspector) forget(target string) {
	i.mu.Lock()
	var ended []call
	for id, c := range i.calls {
		if c.target == target {
			ended = append(ended, c)
			delete(i.calls, id)
		}
	}
	i.mu.Unlock()
	for _, c := range ended {
		c.reply(answer{err: driver.ErrNavigated})
	}
}

// decode reads an event's parameters, and tells whether they have its shape.
func decode[T any](params json.RawMessage) (T, bool) {
	var v T
	err := json.Unmarshal(params, &v)
	return v, err == nil
}
