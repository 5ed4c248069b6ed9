package browser

import (
	"context"
	"errors"
	"log/slog"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/memory"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// Options configure an Executor. The zero value is usable.
type Options struct {
	// Path of Chromium, and of Firefox and WebKit's driver; by default those that
	// are installed.
	Path, Firefox, WebKit string

	// Egress decides what pages may reach: each of their connections is made by a
	// proxy of ours that asks it. Nil lets them reach what the machine reaches.
	Egress *egress.Policy

	// CasesPerBrowser says after how many cases a browser is replaced, since
	// long-lived browsers grow. 300 when zero.
	CasesPerBrowser int

	// Model chooses what act steps mean that have no record. Nil is none.
	Model Model

	// Memory is measured by it; by what Linux tells when nil.
	Memory Meter

	// Log gets what is of use to whoever runs the machine. Nothing when nil.
	Log *slog.Logger
}

// Executor performs browser cases. It is safe for concurrent use.
type Executor struct {
	pool  *pool            // of the default browser
	pools map[string]*pool // of all, by the plan's word
	model Model
}

var (
	_ executors.Executor = (*Executor)(nil)
	_ executors.Roomy    = (*Executor)(nil)
)

// New returns an executor. No browser is started before Warm or the first case.
func New(opts Options) *Executor {
	if opts.CasesPerBrowser <= 0 {
		opts.CasesPerBrowser = 300
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Memory == nil {
		opts.Memory = memory.Meter{}
	}
	e := &Executor{pools: map[string]*pool{}, model: opts.Model}
	for i, engine := range engines() {
		p := newPool(engine, opts.pathOf(engine.Name()), opts)
		e.pools[engine.Name()] = p
		if i == 0 {
			e.pool = p
		}
	}
	return e
}

// Kind implements executors.Executor.
func (e *Executor) Kind() spec.Kind { return spec.KindBrowser }

// Warm starts the default browser, so that the first case need not wait for it. It
// returns an error that says what to do when there is none.
func (e *Executor) Warm(ctx context.Context) error {
	p, err := e.pool.acquire(ctx)
	if err != nil {
		return err
	}
	e.pool.release(p)
	return nil
}

// Execute implements executors.Executor.
func (e *Executor) Execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	sink = executors.MaskSink(sink, task.Scope)
	outcome, err := e.execute(ctx, task, sink)
	return outcome, executors.MaskError(err, task.Scope)
}

// Close implements executors.Executor: it ends the browsers and removes their
// files.
func (e *Executor) Close() error {
	var errs []error
	for _, p := range e.pools {
		errs = append(errs, p.close())
	}
	return errors.Join(errs...)
}
