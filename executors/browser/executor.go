package browser

import (
	"context"
	"log/slog"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/cdp"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// Options configure an Executor. The zero value is usable.
type Options struct {
	// Path of the browser; by default the one that is installed.
	Path string

	// Egress decides what pages may reach: each of their connections is made by a
	// proxy of ours that asks it. Nil lets them reach what the machine reaches.
	Egress *egress.Policy

	// CasesPerBrowser says after how many cases a browser is replaced, since
	// long-lived browsers grow. 300 when zero.
	CasesPerBrowser int

	// Log gets what is of use to whoever runs the machine. Nothing when nil.
	Log *slog.Logger
}

// Executor performs browser cases. It is safe for concurrent use.
type Executor struct {
	pool *pool
}

var _ executors.Executor = (*Executor)(nil)

// New returns an executor. No browser is started before Warm or the first case.
func New(opts Options) *Executor {
	if opts.CasesPerBrowser <= 0 {
		opts.CasesPerBrowser = 300
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Executor{pool: newPool(cdp.Engine{}, opts)}
}

// Kind implements executors.Executor.
func (e *Executor) Kind() spec.Kind { return spec.KindBrowser }

// Warm starts the browser, so that the first case need not wait for it. It
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

// Close implements executors.Executor: it ends the browser and removes its
// files.
func (e *Executor) Close() error { return e.pool.close() }
