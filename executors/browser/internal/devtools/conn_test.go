package devtools_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"go.uber.org/goleak"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the browser's end of a connection.
type peer struct {
	t    *testing.T
	conn *devtools.Conn
	in   *bufio.Reader
	out  *io.PipeWriter
}

type command struct {
	ID        int64           `json:"id"`
	SessionID string          `json:"sessionId"`
	Method    string          `json:"method"`
	Params    json.RawMessage `json:"params"`
}

func connect(t *testing.T, onEvent func(devtools.Event)) *peer {
	t.Helper()
	fromBrowser, out := io.Pipe()
	in, toBrowser := io.Pipe()
	p := &peer{t: t, in: bufio.NewReader(in), out: out, conn: devtools.NewConn(fromBrowser, toBrowser, onEvent)}
	t.Cleanup(func() {
		if err := p.conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *peer) read() command {
	p.t.Helper()
	frame, err := p.in.ReadBytes(0)
	if err != nil {
		p.t.Fatal(err)
	}
	var c command
	if err := json.Unmarshal(frame[:len(frame)-1], &c); err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *peer) write(format string, args ...any) {
	p.t.Helper()
	if _, err := io.WriteString(p.out, fmt.Sprintf(format, args...)+"\x00"); err != nil {
		p.t.Error(err)
	}
}

func TestCall(t *testing.T) {
	p := connect(t, nil)
	go func() {
		c := p.read()
		p.write(`{"id":%d,"result":{"product":"P/1","ignored":1}}`, c.ID)
	}()
	v, err := devtools.Call(t.Context(), p.conn.Root(), browser.GetVersion, cdp.Empty{})
	if err != nil || v.Product != "P/1" {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestCallsAreSentInOrderAndAnsweredInAny(t *testing.T) {
	p := connect(t, nil)
	s := p.conn.Attach("S", nil)
	first := s.Start(page.Navigate.Method, page.NavigateParams{URL: "one"})
	second := s.Start(page.Navigate.Method, page.NavigateParams{URL: "two"})
	a, b := p.read(), p.read()
	if a.SessionID != "S" || !strings.Contains(string(a.Params), "one") || !strings.Contains(string(b.Params), "two") {
		t.Fatalf("sent %+v, %+v", a, b)
	}
	p.write(`{"id":%d,"sessionId":"S","result":{"frameId":"second"}}`, b.ID)
	p.write(`{"id":%d,"sessionId":"S","result":{"frameId":"first"}}`, a.ID)
	for want, pending := range map[cdp.FrameID]*devtools.Pending{"first": first, "second": second} {
		var res page.NavigateResult
		if err := pending.Wait(t.Context(), &res); err != nil || res.FrameID != want {
			t.Errorf("got %q, %v, want %q", res.FrameID, err, want)
		}
	}
}

func TestRefusedCall(t *testing.T) {
	p := connect(t, nil)
	go func() { p.write(`{"id":%d,"error":{"code":-32000,"message":"no"}}`, p.read().ID) }()
	_, err := devtools.Call(t.Context(), p.conn.Root(), browser.GetVersion, cdp.Empty{})
	if e, ok := errors.AsType[*cdproto.Error](err); !ok || e.Message != "no" {
		t.Errorf("got %v", err)
	}
}

func TestCancelledCall(t *testing.T) {
	p := connect(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	pending := p.conn.Root().Start(browser.GetVersion.Method, cdp.Empty{})
	c := p.read()
	cancel()
	if err := pending.Wait(ctx, nil); !errors.Is(err, context.Canceled) || errors.Is(err, devtools.ErrLost) {
		t.Errorf("got %v", err)
	}
	p.write(`{"id":%d,"result":{}}`, c.ID) // too late: nobody minds
	go func() { p.write(`{"id":%d,"result":{}}`, p.read().ID) }()
	if _, err := devtools.Call(t.Context(), p.conn.Root(), browser.GetVersion, cdp.Empty{}); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestLostConnection(t *testing.T) {
	p := connect(t, nil)
	pending := p.conn.Root().Start(browser.GetVersion.Method, cdp.Empty{})
	p.read()
	if err := p.out.Close(); err != nil {
		t.Fatal(err)
	}
	err := pending.Wait(t.Context(), nil)
	if !errors.Is(err, devtools.ErrLost) || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-p.conn.Life().Done()
	if cause := context.Cause(p.conn.Life()); !errors.Is(cause, devtools.ErrLost) {
		t.Errorf("the cause is %v", cause)
	}
	if _, err := devtools.Call(t.Context(), p.conn.Root(), browser.GetVersion, cdp.Empty{}); !errors.Is(err, devtools.ErrLost) {
		t.Errorf("a later call: %v", err)
	}
}

func TestDetachedSession(t *testing.T) {
	p := connect(t, nil)
	s := p.conn.Attach("S", nil)
	pending := s.Start(page.Enable.Method, page.EnableParams{})
	p.read()
	p.write(`{"method":"Target.detachedFromTarget","params":{"sessionId":"S"}}`)
	if err := pending.Wait(t.Context(), nil); !errors.Is(err, devtools.ErrDetached) {
		t.Errorf("got %v", err)
	}
	if err := s.Call(t.Context(), page.Enable.Method, page.EnableParams{}, nil); !errors.Is(err, devtools.ErrDetached) {
		t.Errorf("a later call: %v", err)
	}
}

func TestEventsReachTheirSession(t *testing.T) {
	got := make(chan string, 10)
	note := func(name string) func(devtools.Event) {
		return func(e devtools.Event) {
			ev, ok := devtools.Decode(e, target.TargetCrashed)
			got <- fmt.Sprintf("%s %s %s %v", name, e.Method, ev.Status, ok)
		}
	}
	p := connect(t, note("root"))
	p.conn.Attach("A", note("A"))
	p.write(`{"method":"Target.targetCrashed","params":{"targetId":"T","status":"x","errorCode":1},"sessionId":"A"}`)
	p.write(`{"method":"Target.targetCrashed","params":{"targetId":"T","status":"x","errorCode":1},"sessionId":"nobody's"}`)
	p.write(`{"method":"Target.targetCrashed","params":{"targetId":"T","status":"half \ud800 pair","errorCode":1}}`)
	p.write(`{"method":"Target.targetCrashed","params":[]}`)
	for _, want := range []string{
		"A Target.targetCrashed x true", "root Target.targetCrashed half \ufffd pair true", "root Target.targetCrashed  false",
	} {
		if g := <-got; g != want {
			t.Errorf("got %q, want %q", g, want)
		}
	}
}

// TestFlood: events that nobody asked for do not hold up an answer, and a
// browser that reads nothing does not hold up those who send.
func TestFlood(t *testing.T) {
	p := connect(t, nil)
	s := p.conn.Attach("S", func(devtools.Event) {})
	pending := s.Start(page.Enable.Method, page.EnableParams{})
	c := p.read()
	for range 20000 {
		p.write(`{"method":"Runtime.consoleAPICalled","params":{},"sessionId":"S"}`)
	}
	p.write(`{"id":%d,"result":{}}`, c.ID)
	if err := pending.Wait(t.Context(), nil); err != nil {
		t.Error(err)
	}
	began := time.Now()
	for range 100_000 {
		devtools.Post(s, page.Enable, page.EnableParams{})
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("posting took %s", took)
	}
	if err := s.Call(t.Context(), page.Enable.Method, page.EnableParams{}, nil); !errors.Is(err, devtools.ErrLost) {
		t.Errorf("a browser that reads nothing: %v", err)
	}
}

func TestNoJSON(t *testing.T) {
	p := connect(t, nil)
	p.write(`hello`)
	<-p.conn.Life().Done()
	if cause := context.Cause(p.conn.Life()); !errors.Is(cause, devtools.ErrLost) || !strings.Contains(cause.Error(), "no JSON") {
		t.Errorf("the cause is %v", cause)
	}
}
