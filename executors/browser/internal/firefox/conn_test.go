package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

// server plays a browser: answer gets each command and says what is sent back;
// nothing is sent for what is empty.
func server(t *testing.T, answer func(id int64, method string) []string) (*conn, chan string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = socket.CloseNow() }() // the client has gone
		for {
			_, data, err := socket.Read(r.Context())
			if err != nil {
				return
			}
			var m struct {
				ID     int64
				Method string
			}
			if json.Unmarshal(data, &m) != nil {
				return
			}
			for _, out := range answer(m.ID, m.Method) {
				if out == hangUp {
					return
				}
				if socket.Write(r.Context(), websocket.MessageText, []byte(strings.ReplaceAll(out, "ID", jsonOf(m.ID)))) != nil {
					return
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	events := make(chan string, 100)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := dial(ctx, "ws"+strings.TrimPrefix(s.URL, "http"), func(method string, _ json.RawMessage) { events <- method })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close) // which waits for its goroutines
	return c, events
}

const hangUp = "hang up"

func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a number
	}
	return string(raw)
}

// TestHostileAnswers: whatever comes, a call ends, and with a clear error.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		says []string
		lost bool   // the connection is no more
		err  string // part of the error; empty for none
	}{
		"an answer":                        {says: []string{`{"type":"success","id":ID,"result":{"a":1}}`}},
		"a refusal":                        {says: []string{`{"type":"error","id":ID,"error":"no such frame","message":"gone"}`}, err: "no such frame: gone"},
		"a refusal of wrong types":         {says: []string{`{"type":"error","id":ID,"error":5}`}, lost: true, err: "no JSON"},
		"another shape":                    {says: []string{`{"type":"success","id":ID,"result":[1]}`}, err: "decoding the answer to test"},
		"no result":                        {says: []string{`{"type":"success","id":ID}`}, err: "decoding the answer to test"},
		"an unknown id before":             {says: []string{`{"type":"success","id":999}`, `{"type":"success","id":ID,"result":{"a":1}}`}},
		"the id twice":                     {says: []string{`{"type":"success","id":ID,"result":{"a":1}}`, `{"type":"success","id":ID,"result":{"a":2}}`}},
		"an event before":                  {says: []string{`{"type":"event","method":"x","params":7}`, `{"type":"success","id":ID,"result":{"a":1}}`}},
		"an event and no id":               {says: []string{`{"type":"event"}`, `{"type":"success","id":ID,"result":{"a":1}}`}},
		"an error of nobody":               {says: []string{`{"type":"error","id":null,"error":"invalid argument","message":"x"}`, `{"type":"success","id":ID,"result":{"a":1}}`}},
		"no JSON":                          {says: []string{`hello`}, lost: true, err: "no JSON"},
		"an id that is none":               {says: []string{`{"type":"success","id":"one"}`}, lost: true, err: "no JSON"},
		"nothing, and the connection ends": {says: []string{hangUp}, lost: true, err: driver.ErrLost.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := server(t, func(int64, string) []string { return tt.says })
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var got struct{ A int }
			err := c.call(ctx, "test", object{}, &got)
			switch {
			case tt.err == "" && (err != nil || got.A != 1):
				t.Errorf("got %d, %v", got.A, err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got %v, want %q", err, tt.err)
			}
			if errors.Is(err, driver.ErrLost) != tt.lost {
				t.Errorf("the connection is lost: %v, want %v", err, tt.lost)
			}
			if tt.lost && c.call(ctx, "again", object{}, nil) == nil {
				t.Error("a connection that is lost takes commands")
			}
		})
	}
}

// TestDeadline: a browser that says nothing holds a call up no longer than it may
// take, and what comes late disturbs nobody.
func TestDeadline(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c, _ := server(t, func(_ int64, method string) []string {
		if method == "silent" {
			<-release
		}
		return []string{`{"type":"success","id":ID,"result":{}}`}
	})
	ctx, cancel := context.WithCancel(t.Context())
	p := c.start("silent", object{})
	cancel()
	if err := p.wait(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	bound, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.call(bound, "next", object{}, nil); err != nil {
		t.Errorf("the next call: %v", err)
	}
	if c.mu.Lock(); len(c.calls) != 0 {
		t.Errorf("%d calls are remembered", len(c.calls))
	}
	c.mu.Unlock()
}

// TestThen calls back on an answer, and not when the connection ends.
func TestThen(t *testing.T) {
	t.Parallel()
	c, _ := server(t, func(_ int64, method string) []string {
		if method == "bye" {
			return []string{hangUp}
		}
		return []string{`{"type":"success","id":ID,"result":{"a":1}}`}
	})
	back := make(chan string, 10)
	c.then("hello", object{}, func(result json.RawMessage, err error) { back <- string(result) })
	select {
	case got := <-back:
		if got != `{"a":1}` {
			t.Errorf("got %s", got)
		}
	case <-time.After(patience):
		t.Fatal("it does not call back")
	}
	c.then("bye", object{}, func(json.RawMessage, error) { back <- "called" })
	<-c.life.Done()
	c.wg.Wait()
	if len(back) > 0 {
		t.Error("it calls back although the connection has ended")
	}
}

// FuzzEvents: no event, whatever its parameters, breaks what reads it.
func FuzzEvents(f *testing.F) {
	methods := []string{
		"browsingContext.contextCreated", "browsingContext.contextDestroyed", "browsingContext.userPromptOpened", "browsingContext.navigationCommitted",
		"browsingContext.navigationStarted", "browsingContext.navigationFailed", "browsingContext.downloadWillBegin", "browsingContext.downloadEnd",
		"browsingContext.fragmentNavigated", "browsingContext.load", "script.realmCreated", "script.realmDestroyed", "log.entryAdded", "network.authRequired",
		"network.beforeRequestSent", "network.responseStarted", "network.responseCompleted", "network.fetchError", "input.fileDialogOpened", "unknown",
	}
	for _, params := range []string{
		`{"context":"c","userContext":"u","parent":null,"url":"about:blank"}`, `{"context":"f","userContext":"u","parent":"c","url":""}`, `null`, `[]`, `{"context":7}`,
		`{"context":"c","navigation":"n","url":"about:neterror?u=%zz"}`, `{"realm":"r","context":"c","type":"window","sandbox":"semantest"}`,
		`{"type":"console","method":"assert","level":"error","args":[{"type":"","value":1},{"type":"number","value":"NaN"}],"source":{"context":"c"},"stackTrace":{"callFrames":[{}]}}`,
		`{"context":"c","isBlocked":true,"request":{"request":"1","url":"http://a/","method":"POST","bodySize":3,"headers":[{"name":"A","value":{"type":"base64","value":"%"}}]}}`,
		`{"context":"c","status":"complete","filepath":"/etc/passwd","navigation":"n"}`, `{"context":"c","multiple":true,"element":null}`,
	} {
		for n := range methods {
			f.Add(n, params)
		}
	}
	f.Fuzz(func(t *testing.T, n int, params string) {
		c := &conn{calls: map[int64]func(answer){}, wake: make(chan struct{}, 1)}
		b := &Browser{conn: c, users: map[string]*Page{}, contexts: map[string]browsingContext{}}
		life, end := context.WithCancel(t.Context())
		defer end()
		pg := &Page{browser: b, user: "u", life: life, worlds: newWorlds(), on: func(_ driver.Page, e driver.Event) {
			switch e := e.(type) {
			case driver.RequestPaused:
				e.Decide(driver.Decision{})
			case driver.DialogOpened:
				e.Answer(driver.DialogAnswer{Accept: true})
			case driver.PopupOpened:
				e.Close()
			}
		}}
		pg.traffic.watching = true
		b.watch(pg)
		b.onEvent("browsingContext.contextCreated", json.RawMessage(`{"context":"c","userContext":"u"}`))
		b.onEvent(methods[uint(n)%uint(len(methods))], json.RawMessage(params))
		pg.stopIdle()
		b.unwatch(pg)
		if len(b.contexts) > 0 {
			t.Errorf("left: %v", b.contexts)
		}
	})
}
