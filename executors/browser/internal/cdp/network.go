package cdp

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Routes  = (*Page)(nil)
	_ driver.Traffic = (*Page)(nil)
)

// watching bounds what the browser keeps of bodies, in bytes.
var watching = network.EnableParams{
	MaxTotalBufferSize: new(int64(50 << 20)), MaxResourceBufferSize: new(int64(10 << 20)), MaxPostDataSize: new(int64(1 << 20)),
}

// CatchRequests implements driver.Routes.
func (pg *Page) CatchRequests(ctx context.Context, on bool) error {
	pg.mu.Lock()
	pg.routing = on
	pg.mu.Unlock()
	if on {
		return pg.lasting(ctx, order{fetch.Enable.Method, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}}})
	}
	return pg.lasting(ctx, order{fetch.Disable.Method, cdp.Empty{}})
}

// onPaused tells of a request that waits for a decision.
func (pg *Page) onPaused(e devtools.Event, s *devtools.Session) {
	ev, ok := devtools.Decode(e, fetch.RequestPaused)
	if !ok {
		return
	}
	if ev.Request == nil {
		devtools.Post(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
		return
	}
	pg.tell(driver.RequestPaused{
		Request: requestOf(string(ev.NetworkID), ev.Request),
		Decide:  func(d driver.Decision) { decide(s, ev.RequestID, d) },
	})
}

var abortReasons = map[string]network.ErrorReason{
	"failed": network.ErrorReasonFailed, "timedout": network.ErrorReasonTimedOut, "refused": network.ErrorReasonConnectionRefused,
	"reset": network.ErrorReasonConnectionReset, "disconnected": network.ErrorReasonInternetDisconnected,
	"unresolved": network.ErrorReasonNameNotResolved, "blocked": network.ErrorReasonBlockedByClient,
}

func decide(s *devtools.Session, id fetch.RequestID, d driver.Decision) {
	switch {
	case d.Abort != "":
		devtools.Post(s, fetch.FailRequest, fetch.FailRequestParams{RequestID: id, ErrorReason: abortReasons[d.Abort]})
	case d.Answer != nil:
		devtools.Post(s, fetch.FulfillRequest, fetch.FulfillRequestParams{
			RequestID: id, ResponseCode: int64(d.Answer.Status), ResponseHeaders: headerEntries(d.Answer.Headers), Body: d.Answer.Body,
		})
	case d.Change != nil:
		devtools.Post(s, fetch.ContinueRequest, fetch.ContinueRequestParams{
			RequestID: id, Method: d.Change.Method, PostData: d.Change.Body, Headers: headerEntries(d.Change.Headers),
		})
	default:
		devtools.Post(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
	}
}

func headerEntries(headers map[string]string) []*fetch.HeaderEntry {
	var out []*fetch.HeaderEntry
	for name, value := range headers {
		out = append(out, &fetch.HeaderEntry{Name: name, Value: value})
	}
	return out
}

func requestOf(id string, r *network.Request) driver.Request {
	out := driver.Request{ID: id, URL: r.URL, Method: r.Method, Headers: headersOf(r.Headers)}
	for _, part := range r.PostDataEntries {
		if part != nil {
			out.Body = append(out.Body, part.Bytes...)
		}
	}
	return out
}

func headersOf(in network.Headers) map[string]string {
	out := make(map[string]string, len(in))
	for name, value := range in {
		out[strings.ToLower(name)] = fmt.Sprint(value)
	}
	return out
}

// WatchRequests implements driver.Traffic.
func (pg *Page) WatchRequests(ctx context.Context) error {
	return pg.lasting(ctx, order{network.Enable.Method, watching})
}

// ResponseBody implements driver.Traffic.
func (pg *Page) ResponseBody(ctx context.Context, id string) ([]byte, error) {
	pg.mu.Lock()
	sessions := []*devtools.Session{pg.session}
	for _, s := range pg.remote {
		sessions = append(sessions, s)
	}
	pg.mu.Unlock()
	var first error
	for _, s := range sessions {
		var res network.GetResponseBodyResult
		err := pg.wait(ctx, s.Start(network.GetResponseBody.Method, network.GetResponseBodyParams{RequestID: network.RequestID(id)}), &res)
		if err == nil {
			return res.Body, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// onTraffic tells what the page asks for and gets.
func (pg *Page) onTraffic(e devtools.Event) {
	switch e.Method {
	case network.RequestWillBeSent.Method:
		if ev, ok := devtools.Decode(e, network.RequestWillBeSent); ok && ev.Request != nil {
			if r := ev.RedirectResponse; r != nil {
				pg.tell(driver.ResponseCame{ID: string(ev.RequestID), Status: int(r.Status), Headers: headersOf(r.Headers)})
				pg.tell(driver.RequestEnded{ID: string(ev.RequestID), Bytes: int64(r.EncodedDataLength)})
			}
			sent := requestOf(string(ev.RequestID), ev.Request)
			sent.Type = string(ev.Type)
			pg.tell(driver.RequestSent{Request: sent})
		}
	case network.ResponseReceived.Method:
		if ev, ok := devtools.Decode(e, network.ResponseReceived); ok && ev.Response != nil {
			pg.tell(driver.ResponseCame{ID: string(ev.RequestID), Status: int(ev.Response.Status), Headers: headersOf(ev.Response.Headers)})
		}
	case network.LoadingFinished.Method:
		if ev, ok := devtools.Decode(e, network.LoadingFinished); ok {
			pg.tell(driver.RequestEnded{ID: string(ev.RequestID), Bytes: int64(ev.EncodedDataLength)})
		}
	case network.LoadingFailed.Method:
		if ev, ok := devtools.Decode(e, network.LoadingFailed); ok {
			pg.tell(driver.RequestEnded{ID: string(ev.RequestID), Err: ev.ErrorText, Canceled: ev.Canceled})
		}
	}
}
