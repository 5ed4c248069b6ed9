package firefox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Routes  = (*Page)(nil)
	_ driver.Traffic = (*Page)(nil)
)

// traffic is what a page tells of its requests. It is guarded by Page.mu.
type traffic struct {
	watching  bool
	intercept string                    // by which requests wait; empty where they do not
	held      map[string][]driver.Event // what follows requests whose bodies are being asked for
}

// maxKept bounds a body that the browser keeps: 10 MiB. maxSent bounds one that
// the page has sent and that is asked for: 1 MiB.
const (
	maxKept = 10 << 20
	maxSent = 1 << 20
)

// CatchRequests implements driver.Routes.
func (pg *Page) CatchRequests(ctx context.Context, on bool) error {
	pg.mu.Lock()
	had := pg.traffic.intercept
	pg.mu.Unlock()
	if on == (had != "") {
		return nil
	}
	var made struct {
		Intercept string `json:"intercept"`
	}
	conn := pg.browser.conn
	p := conn.start("network.removeIntercept", object{"intercept": had})
	if on {
		p = conn.start("network.addIntercept", object{"phases": []string{"beforeRequestSent"}, "contexts": []string{pg.context()}})
	}
	err := pg.wait(ctx, p, &made)
	if err == nil {
		pg.mu.Lock()
		pg.traffic.intercept = made.Intercept
		pg.mu.Unlock()
	}
	return err
}

// WatchRequests implements driver.Traffic.
func (pg *Page) WatchRequests(ctx context.Context) error {
	pg.mu.Lock()
	pg.traffic.watching = true
	pg.mu.Unlock()
	conn, here := pg.browser.conn, []string{pg.context()}
	sent := []*pending{
		conn.start("session.subscribe", object{"events": []string{"network.responseStarted"}, "contexts": here}),
		conn.start("network.addDataCollector", object{"dataTypes": []string{"request", "response"}, "maxEncodedDataSize": maxKept, "contexts": here}),
	}
	for _, p := range sent {
		if err := pg.wait(ctx, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// ResponseBody implements driver.Traffic.
func (pg *Page) ResponseBody(ctx context.Context, id string) ([]byte, error) {
	var got struct {
		Bytes bytesValue `json:"bytes"`
	}
	err := pg.wait(ctx, pg.browser.conn.start("network.getData", object{"dataType": "response", "request": id}), &got)
	return got.Bytes.bytes(), err
}

// networkEvent is what the events of the network have in common.
type networkEvent struct {
	Navigation string   `json:"navigation"`
	Blocked    bool     `json:"isBlocked"`
	ErrorText  string   `json:"errorText"`
	Intercepts []string `json:"intercepts"`
	Request    struct {
		ID       string   `json:"request"`
		URL      string   `json:"url"`
		Method   string   `json:"method"`
		Headers  []header `json:"headers"`
		BodySize int64    `json:"bodySize"`
	} `json:"request"`
	Response struct {
		Status  int      `json:"status"`
		Headers []header `json:"headers"`
	} `json:"response"`
}

type header struct {
	Name  string     `json:"name"`
	Value bytesValue `json:"value"`
}

func headersOf(all []header) map[string]string {
	out := make(map[string]string, len(all))
	for _, h := range all {
		name, value := strings.ToLower(h.Name), string(h.Value.bytes())
		if before, again := out[name]; again {
			sep := ", "
			if name == "set-cookie" {
				sep = "\n"
			}
			value = before + sep + value
		}
		out[name] = value
	}
	return out
}

func (ev networkEvent) request() driver.Request {
	return driver.Request{ID: ev.Request.ID, URL: ev.Request.URL, Method: ev.Request.Method, Headers: headersOf(ev.Request.Headers)}
}

// onTraffic tells of a request what is asked for.
func (pg *Page) onTraffic(method string, ev networkEvent) {
	pg.mu.Lock()
	watching := pg.traffic.watching
	pg.mu.Unlock()
	if watching {
		pg.tellTraffic(method, ev)
	}
	if method == "network.beforeRequestSent" && ev.Blocked {
		pg.tell(driver.RequestPaused{Request: ev.request(), Decide: func(d driver.Decision) { pg.browser.decide(ev.Request.ID, d) }})
	}
}

func (pg *Page) tellTraffic(method string, ev networkEvent) {
	id := ev.Request.ID
	switch method {
	case "network.beforeRequestSent":
		if ev.Request.BodySize > 0 && ev.Request.BodySize <= maxSent {
			pg.tellWithBody(ev)
			return
		}
		pg.inOrder(id, driver.RequestSent{Request: ev.request()})
	case "network.responseStarted":
		pg.inOrder(id, driver.ResponseCame{ID: id, Status: ev.Response.Status, Headers: headersOf(ev.Response.Headers)})
	case "network.responseCompleted":
		pg.inOrder(id, driver.ResponseCame{ID: id, Status: ev.Response.Status, Headers: headersOf(ev.Response.Headers)}, driver.RequestEnded{ID: id})
	case "network.fetchError":
		pg.inOrder(id, driver.RequestEnded{ID: id, Err: ev.ErrorText, Canceled: ev.ErrorText == noContent || ev.ErrorText == "NS_ERROR_ABORT"})
	}
}

// tellWithBody asks for what the page has sent, and holds back until it is there
// what follows about the request.
func (pg *Page) tellWithBody(ev networkEvent) {
	id := ev.Request.ID
	pg.mu.Lock()
	if pg.traffic.held == nil {
		pg.traffic.held = map[string][]driver.Event{}
	}
	full := len(pg.traffic.held) >= maxRequests
	if !full {
		pg.traffic.held[id] = append(pg.traffic.held[id], nil) // its place
	}
	pg.mu.Unlock()
	sent := driver.RequestSent{Request: ev.request()}
	if full {
		pg.tell(sent)
		return
	}
	pg.browser.conn.then("network.getData", object{"dataType": "request", "request": id}, func(raw json.RawMessage, err error) {
		got, ok := decode[struct {
			Bytes bytesValue `json:"bytes"`
		}](raw)
		if err == nil && ok {
			sent.Request.Body = got.Bytes.bytes()
		}
		pg.mu.Lock()
		held := pg.traffic.held[id]
		delete(pg.traffic.held, id)
		pg.mu.Unlock()
		for _, e := range held {
			if e == nil {
				e = sent
			}
			pg.tell(e)
		}
	})
}

// inOrder tells events of a request after those that are held back.
func (pg *Page) inOrder(id string, all ...driver.Event) {
	pg.mu.Lock()
	held, waits := pg.traffic.held[id]
	if waits {
		pg.traffic.held[id] = append(held, all...)
	}
	pg.mu.Unlock()
	if waits {
		return
	}
	for _, e := range all {
		pg.tell(e)
	}
}

// decide tells a request that waits what becomes of it.
func (b *Browser) decide(id string, d driver.Decision) {
	switch {
	case d.Abort != "": // the protocol knows one way to fail
		b.conn.post("network.failRequest", object{"request": id})
	case d.Answer != nil:
		b.conn.post("network.provideResponse", object{
			"request": id, "statusCode": d.Answer.Status, "headers": headersFrom(d.Answer.Headers), "body": base64Of(d.Answer.Body),
		})
	case d.Change != nil:
		params := object{"request": id}
		if d.Change.Method != "" {
			params["method"] = d.Change.Method
		}
		if d.Change.Headers != nil {
			params["headers"] = headersFrom(d.Change.Headers)
		}
		if d.Change.Body != nil {
			params["body"] = base64Of(d.Change.Body)
		}
		b.conn.post("network.continueRequest", params)
	default:
		b.conn.post("network.continueRequest", object{"request": id})
	}
}

func headersFrom(all map[string]string) []header {
	out := make([]header, 0, len(all))
	for name, v := range all {
		out = append(out, header{name, bytesValue{"string", v}})
	}
	return out
}

func base64Of(body []byte) bytesValue {
	return bytesValue{"base64", base64.StdEncoding.EncodeToString(body)}
}

// answerVisit gives a window of ours the empty document that it is for.
func (pg *Page) answerVisit(where string, method string, ev networkEvent) (ours bool) {
	pg.mu.Lock()
	ours = pg.visited[where]
	pg.mu.Unlock()
	if ours && method == "network.beforeRequestSent" && ev.Blocked {
		pg.browser.decide(ev.Request.ID, driver.Decision{Answer: &driver.Answer{Status: 200, Headers: map[string]string{"content-type": "text/html"}}})
	}
	return ours
}
