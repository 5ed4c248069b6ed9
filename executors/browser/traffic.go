package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/theory/jsonpath"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxExchanges = 2000    // remembered of a case; the oldest go first
	maxBodies    = 200     // of them that are kept, in the order in which they ended
	maxBody      = 1 << 20 // bytes of a body that is judged
	bodyLimit    = 5 * time.Second
)

// traffic is what the pages of a case ask for and get. It is safe for
// concurrent use.
type traffic struct {
	ctx  context.Context //nolint:containedctx // the case's: bodies are fetched while it lasts
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu     sync.Mutex
	woken  chan struct{}
	list   []*exchange // in the order in which the requests were sent
	sent   int         // so far; the last one in the list has this number
	mark   int         // how many had been sent when the last acting step began
	bodies int
	wanted []func(method, url string) bool // whose bodies are judged

	routes []*route
}

// exchange is a request and what became of it.
type exchange struct {
	number   int
	from     driver.Page
	request  driver.Request
	kind     string // what it is for
	sent     time.Time
	answered time.Time
	about    driver.Response
	closed   time.Time
	bytes    int64
	status   int // 0: no answer yet
	headers  map[string]string
	ended    bool
	err      string
	canceled bool // by the page or the browser, as when it goes elsewhere
	body     []byte
	bodyErr  error
	hasBody  bool // body and bodyErr are final
}

func newTraffic(ctx context.Context) *traffic {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	return &traffic{ctx: ctx, stop: stop, woken: make(chan struct{})}
}

// end stops what is under way and waits for it.
func (t *traffic) end() {
	t.stop()
	t.wg.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.routes {
		r.forget()
	}
	t.routes = nil
}

func (t *traffic) wake() {
	close(t.woken)
	t.woken = make(chan struct{})
}

// on takes an event of the driver, under the rules of driver.PageOptions.
func (t *traffic) on(p driver.Page, e driver.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case driver.RequestPaused:
		t.decide(e)
	case driver.RequestSent:
		t.sent++
		t.list = append(t.list, &exchange{number: t.sent, from: p, request: e.Request, kind: strings.ToLower(e.Request.Type), sent: orNow(e.At)})
		if len(t.list) > maxExchanges {
			t.list = t.list[len(t.list)-maxExchanges/2:]
		}
	case driver.ResponseCame:
		if x := t.latest(e.ID); x != nil {
			x.status, x.headers, x.answered, x.about = e.Status, e.Headers, orNow(e.At), e.About
		}
	case driver.RequestEnded:
		if x := t.latest(e.ID); x != nil && !x.ended {
			x.ended, x.err, x.canceled, x.closed, x.bytes = true, e.Err, e.Canceled, orNow(e.At), e.Bytes
			t.keepBody(p, x)
		}
	}
	t.wake()
}

// orNow is when something happened; now where the engine does not tell.
func orNow(at time.Time) time.Time {
	if at.IsZero() {
		return time.Now()
	}
	return at
}

// latest is the last exchange of an id: a redirect has that of what led to it.
func (t *traffic) latest(id string) *exchange {
	for _, x := range slices.Backward(t.list) {
		if x.request.ID == id {
			return x
		}
	}
	return nil
}

// keepBody fetches a body that a step will judge, before the browser forgets it.
func (t *traffic) keepBody(p driver.Page, x *exchange) {
	power, ok := driver.Power[driver.Traffic](p)
	wanted := slices.ContainsFunc(t.wanted, func(fits func(string, string) bool) bool { return fits(x.request.Method, x.request.URL) })
	if !ok || x.err != "" || !wanted || t.bodies >= maxBodies || t.ctx.Err() != nil {
		x.hasBody = true
		if wanted {
			x.bodyErr = fmt.Errorf("it was not kept")
		}
		return
	}
	t.bodies++
	t.wg.Go(func() {
		ctx, cancel := context.WithTimeout(t.ctx, bodyLimit)
		defer cancel()
		body, err := power.ResponseBody(ctx, x.request.ID)
		if len(body) > maxBody {
			body, err = nil, fmt.Errorf("it has more than %d MiB", maxBody>>20)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		x.body, x.bodyErr, x.hasBody = body, err, true
		t.wake()
	})
}

// begin notes that a step does something: what is waited for comes after it.
func (t *traffic) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark = t.sent
}

// since lists the exchanges that have begun after so many.
func (t *traffic) since(number int) []exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []exchange
	for _, x := range t.list {
		if x.number > number {
			out = append(out, *x)
		}
	}
	return out
}

// await calls back after every change until it answers true or ctx ends.
func (t *traffic) await(ctx context.Context, gone context.Context, holds func() bool) error {
	for {
		t.mu.Lock()
		woken := t.woken
		t.mu.Unlock()
		if holds() {
			return nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return ctx.Err()
		case <-gone.Done():
			return context.Cause(gone)
		}
	}
}

// judgeJSON evaluates checks and captures on a body. It returns the verdicts
// with their subjects, and what was captured.
func judgeJSON(body []byte, checks []spec.JSONCheck) ([]titled, error) {
	if len(checks) == 0 {
		return nil, nil
	}
	doc, err := decodeJSON(body)
	if err != nil {
		return nil, err
	}
	var out []titled
	for _, c := range checks {
		actual, err := findJSON(doc, c.JSONPath)
		if err != nil {
			return nil, err
		}
		m := c.Matcher
		if m.IsZero() {
			m.Exists = new(true)
		}
		out = append(out, titled{"jsonpath " + c.JSONPath, m.Evaluate(actual)})
	}
	return out, nil
}

// titled are verdicts on one subject.
type titled struct {
	subject  string
	verdicts []spec.Verdict
}

// plain is a value as variables hold it.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key := range v {
			out[key] = plain(v[key])
		}
		return out
	}
	return v
}

func decodeJSON(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %s", oneLine(err.Error()))
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("the body is not JSON: something follows the first value")
	}
	return doc, nil
}

// findJSON is the node that an expression finds, or the list of them where it
// can find several.
func findJSON(doc any, expression string) (spec.Actual, error) {
	if strings.Count(expression, "..") > 1 {
		return spec.NoActual(), fmt.Errorf("%s looks through everything more than once", short(expression, 200))
	}
	path, err := jsonpath.Parse(expression)
	if err != nil {
		return spec.NoActual(), fmt.Errorf("%s is no JSONPath expression: %s", short(expression, 200), oneLine(err.Error()))
	}
	nodes := path.Select(doc)
	switch {
	case len(nodes) == 0:
		return spec.NoActual(), nil
	case len(nodes) == 1 && path.Query().Singular() != nil:
		return spec.JSONActual(nodes[0]), nil
	}
	return spec.JSONActual([]any(nodes)), nil
}
