package cdp

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

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
			at := pg.setClock(ev.WallTime.Float64(), ev.Timestamp.Float64())
			if r := ev.RedirectResponse; r != nil {
				pg.tell(responseOf(string(ev.RequestID), r, at))
				pg.tell(driver.RequestEnded{ID: string(ev.RequestID), At: at, Bytes: int64(r.EncodedDataLength)})
			}
			sent := requestOf(string(ev.RequestID), ev.Request)
			sent.Type = string(ev.Type)
			pg.tell(driver.RequestSent{Request: sent, At: at})
		}
	case network.ResponseReceived.Method:
		if ev, ok := devtools.Decode(e, network.ResponseReceived); ok && ev.Response != nil {
			pg.tell(responseOf(string(ev.RequestID), ev.Response, pg.clockAt(ev.Timestamp.Float64())))
		}
	case network.LoadingFinished.Method:
		if ev, ok := devtools.Decode(e, network.LoadingFinished); ok {
			pg.tell(driver.RequestEnded{ID: string(ev.RequestID), At: pg.clockAt(ev.Timestamp.Float64()), Bytes: int64(ev.EncodedDataLength)})
		}
	case network.LoadingFailed.Method:
		if ev, ok := devtools.Decode(e, network.LoadingFailed); ok {
			pg.tell(driver.RequestEnded{ID: string(ev.RequestID), Err: ev.ErrorText, Canceled: ev.Canceled, At: pg.clockAt(ev.Timestamp.Float64())})
		}
	}
}

// setClock notes what the browser's steady clock shows at a time of day, both in
// seconds, and returns that time.
func (pg *Page) setClock(wall, steady float64) time.Time {
	if wall <= 0 {
		return time.Now()
	}
	at := time.UnixMicro(int64(wall * 1e6))
	pg.mu.Lock()
	pg.zero = at.Add(-time.Duration(steady * float64(time.Second)))
	pg.mu.Unlock()
	return at
}

// clockAt is the time of day at which the steady clock showed so many seconds.
func (pg *Page) clockAt(steady float64) time.Time {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	if pg.zero.IsZero() {
		return time.Now()
	}
	return pg.zero.Add(time.Duration(steady * float64(time.Second)))
}

func responseOf(id string, r *network.Response, at time.Time) driver.ResponseCame {
	out := driver.ResponseCame{ID: id, Status: int(r.Status), Headers: headersOf(r.Headers), At: at, About: driver.Response{
		StatusText: r.StatusText, Protocol: r.Protocol, MIME: r.MimeType, Cached: r.FromDiskCache || r.FromServiceWorker || r.FromPrefetchCache,
	}}
	if r.RemoteIPAddress != "" {
		out.About.Remote = net.JoinHostPort(strings.Trim(r.RemoteIPAddress, "[]"), strconv.FormatInt(r.RemotePort, 10))
	}
	if t := r.Timing; t != nil {
		first := t.SendStart
		for _, start := range []float64{t.DNSStart, t.ConnectStart} {
			if start >= 0 {
				first = min(first, start)
			}
		}
		out.About.Timing = &driver.Timing{Blocked: span(0, first), DNS: span(t.DNSStart, t.DNSEnd), Connect: span(t.ConnectStart, t.ConnectEnd),
			TLS: span(t.SslStart, t.SslEnd), Send: span(t.SendStart, t.SendEnd), Wait: span(t.SendEnd, t.ReceiveHeadersEnd)}
	}
	return out
}

// span is a part of a request, given in ms; negative where there was none.
func span(from, to float64) time.Duration {
	if from < 0 || to < from {
		return -1
	}
	return time.Duration((to - from) * float64(time.Millisecond))
}
