package browser

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// watches reports whether a case judges what its pages ask for.
func watches(c spec.Case) bool {
	return slices.ContainsFunc(c.BrowserSteps, func(s spec.BrowserStep) bool {
		return s.AwaitRequest != nil || s.AwaitResponse != nil || s.Expect != nil && (s.Expect.Request != nil || s.Expect.Requests != "")
	})
}

// watch makes a page tell of its traffic, where the case judges it.
func (r *run) watch(ctx context.Context, pg *page) error {
	pg.update(func(s *state) { s.traffic = r.traffic })
	judged := watches(r.task.Case)
	if !judged && !r.wants(r.kept.HAR) && !r.wants(r.kept.Playwright) {
		return nil
	}
	power, ok := driver.Power[driver.Traffic](pg.Page)
	if !ok && !judged {
		return nil // what cannot be kept is told of at the end
	}
	if !ok {
		return executors.Errorf("the browser tells nothing of its requests")
	}
	err := power.WatchRequests(ctx)
	if err != nil && !judged && ctx.Err() == nil && pg.gone.Err() == nil {
		r.lack("the HTTP archive", err)
		return nil
	}
	return err
}

// wantBodies says whose bodies the case judges. What a variable makes of an
// address is not known yet, so all of those may be wanted.
func (r *run) wantBodies() {
	for _, s := range r.task.Case.BrowserSteps {
		a := s.AwaitResponse
		if a == nil || a.Body == nil && len(a.JSON) == 0 && len(a.Capture) == 0 {
			continue
		}
		fits := func(string, string) bool { return true }
		if p, err := spec.Expand(r.task.Scope, a.RequestPattern); err == nil {
			if urls, err := p.URLs(r.task.Scope.ResolveURL); err == nil {
				fits = func(method, url string) bool { return (p.Method == "" || p.Method == method) && urls(url) }
			}
		}
		r.traffic.wanted = append(r.traffic.wanted, fits)
	}
}

// acts reports whether a step does something, so that what is waited for next
// may have come of it.
func acts(s spec.BrowserStep) bool {
	return s.Wait == nil && s.Expect == nil && s.AwaitRequest == nil && s.AwaitResponse == nil && s.Screenshot == nil && s.Audit == nil &&
		s.Route == nil && s.Dialog == nil
}

// awaited is what is asked of an exchange.
type awaited struct {
	what    string // request, response
	pattern spec.RequestPattern
	status  *spec.Matcher
	headers map[string]spec.Matcher
	body    *spec.Matcher
	json    []spec.JSONCheck
	capture map[string]string
}

func (st *step) awaitRequest(a spec.AwaitedRequest) error {
	return st.awaitExchange(awaited{"request", a.RequestPattern, nil, a.Headers, a.Body, a.JSON, a.Capture})
}

func (st *step) awaitResponse(a spec.AwaitedResponse) error {
	return st.awaitExchange(awaited{"response", a.RequestPattern, a.Status, a.Headers, a.Body, a.JSON, a.Capture})
}

// awaitExchange waits until an exchange passes all checks, and tells what was
// wrong with the last one that was meant.
func (st *step) awaitExchange(a awaited) error {
	fits, err := st.pattern(a.pattern)
	if err != nil {
		return err
	}
	var last []titled
	var found *exchange
	var flaw error
	ctx, cancel := context.WithDeadline(st.ctx, st.end)
	defer cancel()
	err = st.traffic.await(ctx, st.first.gone, func() bool {
		last, found, flaw = nil, nil, nil
		for _, x := range st.traffic.since(st.traffic.mark) {
			if !fits(x.request.Method, x.request.URL) || !x.complete(a) {
				continue
			}
			verdicts, err := x.judge(a)
			last, found, flaw = verdicts, &x, err
			if err == nil && allPassed(verdicts) {
				return true
			}
		}
		return false
	})
	if err != nil && (!st.late(err) || st.ctx.Err() != nil) {
		return err
	}
	if found == nil {
		return st.gaveUp(executors.Failf("no %s to %s came within %s%s", a.what, a.pattern, st.limit, st.instead()))
	}
	st.report.Set(a.what, map[string]any{"method": found.request.Method, "url": short(found.request.URL, 2000), "status": found.status})
	if flaw != nil {
		return st.gaveUp(executors.Failf("the %s to %s cannot be judged: %s", a.what, a.pattern, oneLine(flaw.Error())))
	}
	for _, t := range last {
		if err := st.judgeAll(t.subject, t.verdicts); err != nil {
			return err
		}
	}
	if allPassed(last) {
		return st.captureFrom(a, found)
	}
	return nil
}

// complete reports whether enough of an exchange is known to judge it.
func (x *exchange) complete(a awaited) bool {
	if a.what == "request" {
		return true
	}
	if a.body != nil || len(a.json) > 0 || len(a.capture) > 0 {
		return x.ended && x.hasBody
	}
	return x.status != 0
}

// content is the body that is judged.
func (x *exchange) content(a awaited) ([]byte, error) {
	switch {
	case a.what == "request":
		return x.request.Body, nil
	case x.err != "":
		return nil, fmt.Errorf("it failed: %s", x.err)
	case x.bodyErr != nil:
		return nil, fmt.Errorf("its body cannot be read: %w", x.bodyErr)
	}
	return x.body, nil
}

func (x *exchange) judge(a awaited) ([]titled, error) {
	var out []titled
	if a.status != nil {
		out = append(out, titled{"status", a.status.Evaluate(spec.NumberActual(x.status))})
	}
	headers := x.headers
	if a.what == "request" {
		headers = x.request.Headers
	}
	for _, name := range slices.Sorted(maps.Keys(a.headers)) {
		actual := spec.NoActual()
		if value, ok := headers[strings.ToLower(name)]; ok {
			actual = spec.TextActual(value)
		}
		m := a.headers[name]
		out = append(out, titled{"header " + name, m.Evaluate(actual)})
	}
	if a.body == nil && len(a.json) == 0 {
		return out, nil
	}
	body, err := x.content(a)
	if err != nil {
		return out, err
	}
	if a.body != nil {
		out = append(out, titled{"body", a.body.Evaluate(spec.TextActual(string(body)))})
	}
	found, err := judgeJSON(body, a.json)
	return append(out, found...), err
}

func allPassed(all []titled) bool {
	return !slices.ContainsFunc(all, func(t titled) bool { return !passed(t.verdicts) })
}

// captureFrom keeps values of a body as variables of the later steps.
func (st *step) captureFrom(a awaited, x *exchange) error {
	if len(a.capture) == 0 {
		return nil
	}
	body, err := x.content(a)
	if err != nil {
		return executors.Failf("the %s to %s cannot be captured from: %s", a.what, a.pattern, oneLine(err.Error()))
	}
	doc, err := decodeJSON(body)
	if err != nil {
		return executors.Failf("the %s to %s cannot be captured from: %s", a.what, a.pattern, err)
	}
	for _, name := range slices.Sorted(maps.Keys(a.capture)) {
		found, err := findJSON(doc, a.capture[name])
		if err != nil {
			return executors.Errorf("%w", err)
		}
		if !found.Exists {
			return executors.Failf("the %s to %s has nothing at %s for the variable %s", a.what, a.pattern, a.capture[name], name)
		}
		st.task.Scope.Set(name, plain(found.Value))
	}
	return nil
}

// instead lists the last requests that were made.
func (st *step) instead() string {
	all := st.traffic.since(st.traffic.mark)
	if len(all) == 0 {
		return "; the page has asked for nothing since the last step that acted"
	}
	var said []string
	for _, x := range all[max(0, len(all)-5):] {
		said = append(said, x.request.Method+" "+short(x.request.URL, 120))
	}
	return "; the last ones were " + strings.Join(said, ", ")
}

// expectRequest judges how many such requests the case has made.
func (st *step) expectRequest(e spec.MadeRequests) error {
	fits, err := st.pattern(e.RequestPattern)
	if err != nil {
		return err
	}
	m := spec.Matcher{GTE: &spec.Value{V: int64(1)}}
	if e.Times != nil {
		m = *e.Times
	}
	var verdicts []spec.Verdict
	ctx, cancel := context.WithDeadline(st.ctx, st.end)
	defer cancel()
	err = st.traffic.await(ctx, st.first.gone, func() bool {
		n := 0
		for _, x := range st.traffic.since(0) {
			if fits(x.request.Method, x.request.URL) {
				n++
			}
		}
		verdicts = m.Evaluate(spec.NumberActual(n))
		return passed(verdicts)
	})
	if err != nil && (!st.late(err) || st.ctx.Err() != nil) {
		return err
	}
	return st.judgeAll("requests to "+e.RequestPattern.String(), verdicts)
}
