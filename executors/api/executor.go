package api

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/httpauth"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// Limits of every exchange.
const (
	defaultStepTimeout = 30 * time.Second
	connectTimeout     = 10 * time.Second // for the connection and for TLS, each
	maxRedirects       = 10
	maxHeaderBytes     = 256 << 10
	maxBodyBytes       = 10 << 20 // after decompression
)

// Executor performs api cases. Connections are shared by all attempts; cookies
// and variables belong to one attempt.
type Executor struct {
	policy    *egress.Policy
	dialer    *dialer
	transport *http.Transport
	schemas   *schemaCache
	closed    atomic.Bool

	maxDownload int64
}

// Option changes a new Executor.
type Option func(*Executor)

// WithRootCAs trusts these certificate authorities instead of the system's.
func WithRootCAs(pool *x509.CertPool) Option {
	return func(e *Executor) { e.dialer.tls.RootCAs = pool }
}

// New returns an executor whose every connection is dialled through policy.
func New(policy *egress.Policy, opts ...Option) *Executor {
	d := newDialer(policy.Dialer(connectTimeout))
	e := &Executor{policy: policy, dialer: d, transport: newTransport(d), schemas: newSchemaCache(), maxDownload: maxDownload}
	for _, o := range opts {
		o(e)
	}
	return e
}

// Kind implements executors.Executor.
func (e *Executor) Kind() spec.Kind { return spec.KindAPI }

// Execute implements executors.Executor. A target that cannot be reached is
// OutcomeErrored; an answer that breaks HTTP, a limit or a check is
// OutcomeFailed.
func (e *Executor) Execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	if e.closed.Load() {
		return spec.OutcomeErrored, errors.New("the api executor is closed")
	}
	a, err := e.newAttempt(ctx, task, executors.MaskSink(sink, task.Scope))
	if err != nil {
		return spec.OutcomeErrored, err
	}
	defer a.closeOwn()
	a.unusable = a.ownTransport()
	outcome, err := executors.RunSteps(ctx, a.sink, a.steps(task.Case.APISteps, ""))
	a.streams.closeAll()
	a.keepArchive(ctx, outcome)
	return outcome, executors.MaskError(err, task.Scope)
}

// Close implements executors.Executor.
func (e *Executor) Close() error {
	e.closed.Store(true)
	e.transport.CloseIdleConnections()
	e.dialer.closeAll()
	return nil
}

// attempt is the state of one Execute.
type attempt struct {
	executor    *Executor
	task        executors.Task
	sink        executors.Sink
	jar         *cookiejar.Jar
	answered    *targets        // that have answered something
	base        context.Context // of the attempt, for connections that outlive a step
	streams     *streams
	schemas     *schemas // of GraphQL targets
	tokens      *httpauth.Tokens
	descriptors *descriptors // of gRPC targets
	archive     *archive
	load        bool // it is one of very many

	// Of this attempt alone where its plan says how connections are secured, else
	// those of the executor.
	dialer    *dialer
	transport *http.Transport
	routes    *routes
	unusable  error // why there are no such connections
}

func (e *Executor) newAttempt(ctx context.Context, task executors.Task, sink executors.Sink) (*attempt, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &attempt{executor: e, task: task, sink: sink, jar: jar, answered: &targets{}, base: ctx, streams: &streams{}, schemas: &schemas{}, tokens: &httpauth.Tokens{}, descriptors: &descriptors{},
		archive: &archive{off: task.Use.HAR == "never"}, routes: &routes{}, dialer: e.dialer, transport: e.transport}, nil
}

// perform does one step: send, report what was seen, check, capture.
func (a *attempt) perform(ctx context.Context, step spec.APIStep, r *executors.Report) error {
	switch {
	case a.unusable != nil:
		return a.unusable
	case step.WebSocket != nil:
		return a.websocket(ctx, step, r)
	case step.SSE != nil:
		return a.sse(ctx, step, r)
	case step.GRPC != nil:
		return a.grpc(ctx, step, r)
	case step.GraphQL != nil:
		return a.graphql(ctx, step, r)
	}
	title := step.Title()
	step, err := spec.Expand(a.task.Scope, step)
	if err != nil {
		return executors.Errorf("the step cannot be filled in: %w", err)
	}
	if step.HTTP == nil {
		return executors.Errorf("the step has no action: give it http")
	}
	out, err := a.build(*step.HTTP)
	if err != nil {
		return err
	}
	return a.roundTrip(ctx, title, step, out, r, nil)
}

// roundTrip sends a request, reports what was seen, checks and captures. What
// judge finds wrong comes before the checks of the step.
func (a *attempt) roundTrip(ctx context.Context, title string, step spec.APIStep, out *request, r *executors.Report, judge func(*response)) error {
	r.Set("request", out.detail(a.task.Scope))
	receive := receiver(hold)
	saved := step.HTTP != nil && step.HTTP.Save != ""
	if saved && !readsBody(step) {
		receive = a.download(step, r)
	}
	in, err := a.exchange(ctx, out, receive)
	a.measure(title, out, in)
	if err == nil {
		err = a.concealCaptured(step.Capture, in)
	}
	if in.answered() {
		r.Set("response", in.detail(a.task.Scope))
	}
	if err == nil {
		if judge != nil {
			judge(in)
		}
		a.check(ctx, step.Checks, in, r)
		a.capture(step.Capture, in, r)
	}
	if (err != nil || r.Failed()) && len(in.body) > 0 && in.passed == nil {
		a.keepBody(ctx, in, r)
	}
	if saved && in.answered() && in.passed == nil {
		a.attach(ctx, r, step.HTTP.Save, cmp.Or(in.header.Get("Content-Type"), "application/octet-stream"), in.body)
	}
	if len(in.snapshots) > 0 {
		a.keepSnapshots(ctx, in, r)
	}
	return err
}

// targets is a set that branches of an attempt share.
type targets struct {
	mu    sync.Mutex
	known map[string]bool
}

func (t *targets) add(target string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[string]bool{}
	}
	t.known[target] = true
}

func (t *targets) has(target string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[target]
}
