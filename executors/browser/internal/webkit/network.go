package webkit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Routes  = (*Page)(nil)
	_ driver.Traffic = (*Page)(nil)
)

const (
	// quiet is how long nothing may be under way until the network counts as idle.
	quiet = 500 * time.Millisecond

	// maxRequests bounds the requests whose end is waited for.
	maxRequests = 10_000
)

// traffic is what the page asks for. It is guarded by Page.mu.
type traffic struct {
	watching bool
	routing  bool
	open     map[string]bool // requests under way
	load     string          // the document whose idleness is waited for; empty before it is loaded
	timer    *time.Timer
	ended    bool
}

// begins are given to every process that shows the page.
func begins() []order {
	return []order{{"Page.enable", nil}, {"Runtime.enable", nil}, {"Console.enable", nil}, {"Network.enable", nil}}
}

// onInspector runs on the inspector's reading goroutine.
func (pg *Page) onInspector(method string, params json.RawMessage) {
	switch method {
	case "Console.messageAdded":
		pg.onConsole(params)
	case "Console.messageRepeatCountUpdated":
		pg.onRepeated()
	case "Network.requestWillBeSent", "Network.responseReceived", "Network.loadingFinished", "Network.loadingFailed":
		pg.onTraffic(method, params)
	case "Network.requestIntercepted":
		pg.onPaused(params)
	}
}

type request struct {
	URL      string            `json:"url"`
	Method   string            `json:"method"`
	Headers  map[string]string `json:"headers"`
	PostData string            `json:"postData"`
}

func (r request) as(id string) driver.Request {
	out := driver.Request{ID: id, URL: r.URL, Method: r.Method, Headers: lower(r.Headers)}
	if r.PostData != "" {
		out.Body = []byte(r.PostData)
	}
	return out
}

func lower(in map[string]string) map[string]string {
	out := make(map[string]string, len(in))
	for name, v := range in {
		out[strings.ToLower(name)] = v
	}
	return out
}

type response struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
}

func (pg *Page) onTraffic(method string, params json.RawMessage) {
	ev, ok := decode[struct {
		ID        string    `json:"requestId"`
		Request   request   `json:"request"`
		Redirect  *response `json:"redirectResponse"`
		Response  response  `json:"response"`
		ErrorText string    `json:"errorText"`
		Canceled  bool      `json:"canceled"`
	}](params)
	if !ok {
		return
	}
	pg.mu.Lock()
	if pg.traffic.open == nil {
		pg.traffic.open = map[string]bool{}
	}
	switch {
	case method == "Network.requestWillBeSent" && len(pg.traffic.open) < maxRequests:
		pg.traffic.open[ev.ID] = true
	case strings.HasPrefix(method, "Network.loading"):
		delete(pg.traffic.open, ev.ID)
	}
	pg.watchIdle()
	watching := pg.traffic.watching
	pg.mu.Unlock()
	if !watching {
		return
	}
	switch method {
	case "Network.requestWillBeSent":
		if r := ev.Redirect; r != nil {
			pg.tell(driver.ResponseCame{ID: ev.ID, Status: r.Status, Headers: lower(r.Headers)})
			pg.tell(driver.RequestEnded{ID: ev.ID})
		}
		pg.tell(driver.RequestSent{Request: ev.Request.as(ev.ID)})
	case "Network.responseReceived":
		pg.tell(driver.ResponseCame{ID: ev.ID, Status: ev.Response.Status, Headers: lower(ev.Response.Headers)})
	case "Network.loadingFinished":
		pg.tell(driver.RequestEnded{ID: ev.ID})
	case "Network.loadingFailed":
		pg.tell(driver.RequestEnded{ID: ev.ID, Err: ev.ErrorText, Canceled: ev.Canceled || strings.Contains(ev.ErrorText, "cancel")})
	}
}

// loaded begins to wait for an idle network, once the document is loaded.
func (pg *Page) loaded(load string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.traffic.load = load
	pg.watchIdle()
}

// watchIdle begins to wait anew. The caller holds pg.mu.
func (pg *Page) watchIdle() {
	t := &pg.traffic
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if t.ended || t.load == "" || len(t.open) > 0 {
		return
	}
	load := t.load
	t.timer = time.AfterFunc(quiet, func() {
		pg.mu.Lock()
		holds := !t.ended && t.load == load && len(t.open) == 0
		pg.mu.Unlock()
		if holds {
			pg.tell(driver.Reached{Load: load, State: "networkIdle"})
		}
	})
}

func (pg *Page) stopIdle() {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.traffic.ended = true
	if pg.traffic.timer != nil {
		pg.traffic.timer.Stop()
	}
}

// WatchRequests implements driver.Traffic.
func (pg *Page) WatchRequests(context.Context) error {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.traffic.watching = true
	return nil
}

// ResponseBody implements driver.Traffic.
func (pg *Page) ResponseBody(ctx context.Context, id string) ([]byte, error) {
	var got struct {
		Body    string `json:"body"`
		Encoded bool   `json:"base64Encoded"`
	}
	if err := pg.inspect(ctx, "Network.getResponseBody", object{"requestId": id}, &got); err != nil {
		return nil, err
	}
	if !got.Encoded {
		return []byte(got.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(got.Body)
	if err != nil {
		return nil, fmt.Errorf("decoding the body: %w", err)
	}
	return body, nil
}

// CatchRequests implements driver.Routes.
func (pg *Page) CatchRequests(ctx context.Context, on bool) error {
	pg.mu.Lock()
	had := pg.traffic.routing
	pg.traffic.routing = on
	pg.mu.Unlock()
	if on == had {
		return nil
	}
	if err := pg.inspector.lasting(ctx, "Network.setInterceptionEnabled", object{"enabled": on}); err != nil || !on {
		return err
	}
	return pg.inspector.lasting(ctx, "Network.addInterception", object{"url": ".*", "isRegex": true, "stage": "request"})
}

// onPaused tells of a request that waits for a decision.
func (pg *Page) onPaused(params json.RawMessage) {
	ev, ok := decode[struct {
		ID      string  `json:"requestId"`
		Request request `json:"request"`
	}](params)
	if !ok {
		return
	}
	pg.tell(driver.RequestPaused{
		Request: ev.Request.as(ev.ID),
		Decide:  func(d driver.Decision) { pg.decide(ev.ID, d) },
	})
}

// aborts are the ways in which requests can fail here.
var aborts = map[string]string{"timedout": "Timeout", "blocked": "AccessControl"}

// decide tells a request what becomes of it, without waiting.
func (pg *Page) decide(id string, d driver.Decision) {
	switch {
	case d.Abort != "":
		why := aborts[d.Abort]
		if why == "" {
			why = "General"
		}
		pg.inspector.post("Network.interceptRequestWithError", object{"requestId": id, "errorType": why})
	case d.Answer != nil:
		headers := object{}
		for name, v := range d.Answer.Headers {
			headers[name] = v
		}
		kind, _, _ := strings.Cut(d.Answer.Headers["content-type"], ";")
		pg.inspector.post("Network.interceptRequestWithResponse", object{
			"requestId": id, "content": base64.StdEncoding.EncodeToString(d.Answer.Body), "base64Encoded": true,
			"mimeType": kind, "status": d.Answer.Status, "statusText": http.StatusText(d.Answer.Status), "headers": headers,
		})
	case d.Change != nil:
		change := object{"requestId": id}
		if d.Change.Method != "" {
			change["method"] = d.Change.Method
		}
		if d.Change.Headers != nil {
			change["headers"] = d.Change.Headers
		}
		if d.Change.Body != nil {
			change["postData"] = base64.StdEncoding.EncodeToString(d.Change.Body)
		}
		pg.inspector.post("Network.interceptWithRequest", change)
	default:
		pg.inspector.post("Network.interceptContinue", object{"requestId": id, "stage": "request"})
	}
}

// inspect runs a command of the inspector, but not beyond the end of the page.
func (pg *Page) inspect(ctx context.Context, method string, params, result any) error {
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(pg.life, cancel)()
	return pg.ended(ctx, pg.inspector.call(bound, method, params, result))
}
