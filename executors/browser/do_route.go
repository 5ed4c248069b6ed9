package browser

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxRoutes    = 100
	maxRouteFile = 10 << 20 // bytes of a file that a route answers with
)

// route decides about some requests.
type route struct {
	key    spec.RequestPattern
	fits   func(method, url string) bool
	answer *driver.Answer
	abort  string
	change *spec.RequestChange
	body   []byte // that is sent otherwise
	delay  time.Duration
	left   int // how often it is done; -1 without end

	timers map[*time.Timer]struct{} // of requests that wait
}

// forget ends the waiting of requests. The page that has made them goes.
func (r *route) forget() {
	for timer := range r.timers {
		timer.Stop()
	}
	r.timers = nil
}

// pattern reads which requests are meant.
func (st *step) pattern(p spec.RequestPattern) (func(method, url string) bool, error) {
	urls, err := p.URLs(st.task.Scope.ResolveURL)
	if err != nil {
		return nil, executors.Errorf("which requests are meant cannot be told: %w", err)
	}
	return func(method, url string) bool { return (p.Method == "" || p.Method == method) && urls(url) }, nil
}

// route sets, or removes, what decides about requests.
func (st *step) route(r spec.Route) error {
	fits, err := st.pattern(r.RequestPattern)
	if err != nil {
		return err
	}
	if r.Remove {
		st.traffic.mu.Lock()
		defer st.traffic.mu.Unlock()
		st.traffic.routes = slices.DeleteFunc(st.traffic.routes, func(old *route) bool {
			if old.key == r.RequestPattern {
				old.forget()
				return true
			}
			return false
		})
		return nil
	}
	made := &route{key: r.RequestPattern, fits: fits, abort: r.Abort, change: r.Change, delay: time.Duration(r.Delay), left: -1}
	if r.Times != nil {
		made.left = *r.Times
	}
	if made.answer, err = st.routeAnswer(r); err != nil {
		return err
	}
	if c := r.Change; c != nil {
		switch {
		case c.JSON != nil:
			if made.body, err = json.Marshal(c.JSON.V); err != nil {
				return executors.Errorf("the body cannot be written as JSON: %w", err)
			}
		case c.Body != nil:
			made.body = []byte(*c.Body)
		}
	}
	st.traffic.mu.Lock()
	full := len(st.traffic.routes) >= maxRoutes
	if !full {
		st.traffic.routes = append(st.traffic.routes, made)
	}
	st.traffic.mu.Unlock()
	if full {
		return executors.Errorf("a case has at most %d routes", maxRoutes)
	}
	return st.catchRequests(st.ctx, st.pages()...)
}

// catchRequests makes pages ask what becomes of their requests, once.
func (r *run) catchRequests(ctx context.Context, pages ...*page) error {
	for _, one := range pages {
		if look(one, func(s *state) bool { return s.routed }) {
			continue
		}
		power, ok := driver.Power[driver.Routes](one.Page)
		if !ok {
			return executors.Errorf("the browser has no routes")
		}
		if err := power.CatchRequests(ctx, true); err != nil {
			if one.gone.Err() != nil && one != r.first {
				continue // it was closed
			}
			return err
		}
		one.update(func(s *state) { s.routed = true })
	}
	return nil
}

// routeAnswer is what a route answers with; nil where it gives no answer.
func (st *step) routeAnswer(r spec.Route) (*driver.Answer, error) {
	if r.Status == nil && len(r.Headers) == 0 && r.JSON == nil && r.Body == nil && r.File == "" {
		return nil, nil //nolint:nilnil // no answer is no fault
	}
	// The page may be of another origin than what it asks for.
	out := &driver.Answer{Status: 200, Headers: map[string]string{"access-control-allow-origin": "*"}}
	if r.Status != nil {
		out.Status = *r.Status
	}
	switch {
	case r.JSON != nil:
		raw, err := json.Marshal(r.JSON.V)
		if err != nil {
			return nil, executors.Errorf("the body cannot be written as JSON: %w", err)
		}
		out.Body, out.Headers["content-type"] = raw, "application/json"
	case r.Body != nil:
		out.Body, out.Headers["content-type"] = []byte(*r.Body), "text/plain; charset=utf-8"
	case r.File != "":
		f, name, err := executors.OpenFile(st.task.Files, r.File)
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(io.LimitReader(f, maxRouteFile+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, executors.Errorf("the file %s cannot be read: %w", name, err)
		}
		if len(raw) > maxRouteFile {
			return nil, executors.Errorf("the file %s has more than %d MiB, too much for a route", name, maxRouteFile>>20)
		}
		out.Body = raw
		if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
			out.Headers["content-type"] = kind
		}
	}
	for name, value := range r.Headers {
		out.Headers[strings.ToLower(name)] = value
	}
	return out, nil
}

// decide tells a request what becomes of it. The caller holds mu.
func (t *traffic) decide(e driver.RequestPaused) {
	for _, r := range slices.Backward(t.routes) {
		if r.left == 0 || !r.fits(e.Request.Method, e.Request.URL) {
			continue
		}
		if r.left > 0 {
			r.left--
		}
		decision := r.decision(e.Request)
		if r.delay == 0 {
			e.Decide(decision)
			return
		}
		if r.timers == nil {
			r.timers = map[*time.Timer]struct{}{}
		}
		var timer *time.Timer
		timer = time.AfterFunc(r.delay, func() {
			t.mu.Lock()
			delete(r.timers, timer)
			t.mu.Unlock()
			e.Decide(decision)
		})
		r.timers[timer] = struct{}{}
		return
	}
	e.Decide(driver.Decision{})
}

func (r *route) decision(request driver.Request) driver.Decision {
	switch {
	case r.abort != "":
		return driver.Decision{Abort: r.abort}
	case r.answer != nil:
		return driver.Decision{Answer: r.answer}
	case r.change == nil:
		return driver.Decision{}
	}
	out := &driver.Change{Method: r.change.Method, Body: r.body}
	if len(r.change.Headers) > 0 || len(r.change.Remove) > 0 {
		out.Headers = maps.Clone(request.Headers)
		for _, name := range r.change.Remove {
			delete(out.Headers, strings.ToLower(name))
		}
		for name, value := range r.change.Headers {
			out.Headers[strings.ToLower(name)] = value
		}
	}
	return driver.Decision{Change: out}
}
