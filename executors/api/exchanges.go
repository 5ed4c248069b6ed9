package api

import (
	"context"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// Prepare implements executors.Exchanges.
func (e *Executor) Prepare(task executors.Task, r spec.HTTPRequest) (*executors.HTTPRequest, error) {
	a := &attempt{executor: e, task: task, load: true}
	if task.Use.TLS != nil {
		return nil, executors.Errorf("use.tls is for api cases only: a load makes its own connections")
	}
	if task.Use.Proxy != nil || r.Proxy != nil {
		return nil, executors.Errorf("a proxy is for api cases only: a load makes its own connections")
	}
	out, err := a.build(r)
	if err != nil {
		return nil, err
	}
	if auth := out.auth; auth != nil && auth.Basic == nil && auth.Bearer == "" {
		return nil, executors.Errorf("a load authenticates by basic or bearer only; let its setup capture a token, and send that")
	}
	if err := a.authorize(context.Background(), out); err != nil { // neither of the two waits for anything
		return nil, err
	}
	body, err := a.heldBody(out)
	if err != nil {
		return nil, err
	}
	return &executors.HTTPRequest{Method: out.method, URL: out.url, Header: out.header, Body: body, Follow: out.follow}, nil
}

// Judge implements executors.Exchanges.
func (e *Executor) Judge(ctx context.Context, task executors.Task, step spec.APIStep, answer *executors.HTTPAnswer, r *executors.Report) {
	a := &attempt{executor: e, task: task, sink: r.Sink}
	in := &response{
		status: answer.Status, proto: "HTTP/1.1", header: answer.Header, url: answer.URL.Redacted(),
		cookies: answer.Cookies, body: answer.Body, timings: timings{duration: answer.Duration, total: answer.Duration},
	}
	before := len(r.Checks)
	unknown := a.addCaptured(step.Capture, in) != nil
	a.check(ctx, step.Checks, in, r)
	a.capture(step.Capture, in, r)
	if unknown {
		// A load has more users than secrets can be looked for: what would quote the
		// answer of one of those beyond says no more than what was judged.
		hide(r.Checks[before:], "answer")
		delete(r.Detail, "diffs")
		delete(r.Detail, "captured")
	}
}
