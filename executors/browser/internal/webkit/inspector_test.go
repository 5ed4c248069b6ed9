package webkit

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

// browser plays one that is inspected: it shows a page, and answers each command
// to it with what answer says.
func browser(t *testing.T, answer func(id int64, method string) []string) (*inspector, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() }) // it may have ended
	go func() {
		defer func() { _ = theirs.Close() }()
		for {
			var head [5]byte
			if _, err := io.ReadFull(theirs, head[:]); err != nil {
				return
			}
			message := make([]byte, binary.BigEndian.Uint32(head[:4]))
			if _, err := io.ReadFull(theirs, message); err != nil {
				return
			}
			name, body, _ := strings.Cut(string(message), "\x00")
			var m struct {
				ID     int64
				Method string
				Params struct{ Message string }
			}
			out := []string{frontend(`{"method":"Target.targetCreated","params":{"targetInfo":{"targetId":"page-1","type":"page"}}}`)}
			switch {
			case name == "SendMessageToBackend" && len(body) > 16:
				if json.Unmarshal([]byte(strings.TrimRight(body[16:], "\x00")), &m) != nil {
					return
				}
				if out = answer(m.ID, m.Method); m.Method == "Target.sendMessageToTarget" {
					if json.Unmarshal([]byte(m.Params.Message), &m) != nil {
						return
					}
					out = answer(m.ID, m.Method)
				}
			case name != "Setup":
				out = nil
			}
			for _, one := range out {
				if one == hangUp {
					return
				}
				if _, err := theirs.Write([]byte(one)); err != nil {
					return
				}
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	i, err := inspect(ctx, ours, nil, func(string, json.RawMessage) {})
	if err == nil {
		t.Cleanup(i.close) // which waits for its goroutine
	}
	return i, err
}

const hangUp = "hang up"

// framed is a message as it is sent.
func framed(name, body string) string {
	size := binary.BigEndian.AppendUint32(nil, uint32(len(name)+1+len(body)))
	return string(append(size, littleEndian)) + name + "\x00" + body
}

func frontend(text string) string {
	return framed("SendMessageToFrontend", strings.Repeat("\x01\x00\x00\x00\x00\x00\x00\x00", 2)+text+"\x00")
}

// inner is what the process of the page says.
func inner(text string) string {
	raw, err := json.Marshal(object{"method": "Target.dispatchMessageFromTarget", "params": object{"targetId": "page-1", "message": text}})
	if err != nil {
		panic(err) // a text
	}
	return frontend(string(raw))
}

// TestHostileInspector: whatever comes, a call ends, and with a clear error.
func TestHostileInspector(t *testing.T) {
	t.Parallel()
	good := inner(`{"id":ID,"result":{"a":1}}`)
	for name, tt := range map[string]struct {
		says []string
		err  string // part of the error; empty for none
	}{
		"an answer":              {[]string{good}, ""},
		"a refusal":              {[]string{inner(`{"id":ID,"error":{"message":"no such thing"}}`)}, "no such thing"},
		"a process that is gone": {[]string{frontend(`{"method":"Target.targetDestroyed","params":{"targetId":"page-1"}}`)}, driver.ErrNavigated.Error()},
		"a page that is gone":    {[]string{frontend(`{"id":ID,"error":{"message":"Missing target"}}`)}, driver.ErrNavigated.Error()},
		"another shape":          {[]string{inner(`{"id":ID,"result":7}`)}, "decoding the answer to test"},
		"noise before": {[]string{frontend("x"), framed("SetTargetList", "zzz"), framed("", ""), framed("SendMessageToFrontend", "short"), inner("y"),
			frontend(`{"method":"Target.targetCreated","params":[]}`), inner(`{"id":77777,"result":{}}`), inner(`{"method":"Console.messageAdded"}`), good}, ""},
		"the id twice":           {[]string{good, good}, ""},
		"the end":                {[]string{hangUp}, driver.ErrClosed.Error()},
		"half of a head":         {[]string{"\x00\x00", hangUp}, driver.ErrClosed.Error()},
		"too large":              {[]string{"\xff\xff\xff\xff\x01"}, "larger than is read"},
		"less than is announced": {[]string{"\x00\x00\x10\x00\x01SendMessage", hangUp}, driver.ErrClosed.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, err := browser(t, func(id int64, method string) []string {
				if method != "test" {
					return nil
				}
				out := make([]string, len(tt.says))
				for n, s := range tt.says {
					out[n] = renumbered(s, id)
				}
				return out
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var got struct{ A int }
			err = i.call(ctx, "test", nil, &got)
			switch {
			case tt.err == "" && (err != nil || got.A != 1):
				t.Errorf("got %d, %v", got.A, err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

// renumbered writes an id into a message.
func renumbered(message string, id int64) string {
	if len(message) < 5 || !strings.Contains(message, "ID") {
		return message
	}
	name, body, _ := strings.Cut(message[5:], "\x00")
	return framed(name, strings.Replace(body, "ID", fmt.Sprint(id), 1))
}

// TestInspectorGivesUp: a browser that shows no page, or says nothing, holds
// nobody up.
func TestInspectorGivesUp(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	t.Cleanup(func() { _ = theirs.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := inspect(ctx, ours, nil, nil); err == nil || err.Error() != "the browser's inspector shows no page" {
		t.Errorf("got %v", err)
	}
	i, err := browser(t, func(int64, string) []string { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := i.call(ctx, "silent", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	i.close()
	if err := i.call(t.Context(), "late", nil, nil); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestNewProcess: one that comes to show the page gets its orders before it goes
// on, and what was asked of the old one ends.
func TestNewProcess(t *testing.T) {
	t.Parallel()
	orders := make(chan string, 10)
	i, err := browser(t, func(_ int64, method string) []string {
		orders <- method
		if method == "test" {
			return []string{
				frontend(`{"method":"Target.targetCreated","params":{"targetInfo":{"targetId":"page-2","type":"page","isProvisional":true,"isPaused":true}}}`),
				frontend(`{"method":"Target.didCommitProvisionalTarget","params":{"oldTargetId":"page-1","newTargetId":"page-2"}}`),
				frontend(`{"method":"Target.targetDestroyed","params":{"targetId":"page-1"}}`),
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	i.orders = []order{{"Console.enable", nil}}
	i.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := i.call(ctx, "test", nil, nil); !errors.Is(err, driver.ErrNavigated) {
		t.Errorf("got %v", err)
	}
	if i.mu.Lock(); i.target != "page-2" {
		t.Errorf("the page is shown by %s", i.target)
	}
	i.mu.Unlock()
	var got []string
	for len(got) == 0 || got[len(got)-1] != "Target.resume" {
		select {
		case method := <-orders:
			got = append(got, method)
		case <-ctx.Done():
			t.Fatalf("it does not go on: %v", got)
		}
	}
	if n := len(got); n < 2 || got[n-2] != "Console.enable" {
		t.Errorf("it goes on without its orders: %v", got)
	}
}

// FuzzInspector: no message, and no event, breaks what reads it.
func FuzzInspector(f *testing.F) {
	for _, text := range []string{
		`{"method":"Console.messageAdded","params":{"message":{"source":"console-api","level":"error","text":"x","parameters":[{"type":"object"},{"type":"string","value":7}]}}}`,
		`{"method":"Network.requestWillBeSent","params":{"requestId":"1","request":{"url":"http://a/","method":"POST","postData":"p"},"redirectResponse":{"status":302}}}`,
		`{"method":"Network.requestIntercepted","params":{"requestId":"1","request":{"headers":{"A":"b"}}}}`, `{"method":"Network.loadingFailed","params":null}`,
		`{"method":"Console.messageRepeatCountUpdated"}`, `{"id":1}`, `{"id":1,"error":{}}`, `null`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		ours, theirs := net.Pipe()
		_ = theirs.Close() // commands go nowhere
		pg := &Page{browser: &Browser{}}
		pg.inspector = &inspector{conn: ours, onEvent: pg.onInspector, calls: map[int64]call{1: {answer: make(chan answer, 1)}}, shown: make(chan struct{}), wake: make(chan struct{}, 1), ended: make(chan struct{})}
		pg.on = func(_ driver.Page, e driver.Event) {
			if e, ok := e.(driver.RequestPaused); ok {
				e.Decide(driver.Decision{})
			}
		}
		pg.traffic.watching = true
		pg.inspector.take(raw)
		pg.inspector.takeInner(raw)
		pg.stopIdle()
	})
}
