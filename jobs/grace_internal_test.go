package jobs

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// deaf is an executor that does not listen to its context.
type deaf struct{ until chan struct{} }

func (deaf) Kind() spec.Kind { return spec.KindAPI }
func (deaf) Close() error    { return nil }
func (d deaf) Execute(context.Context, executors.Task, executors.Sink) (spec.Outcome, error) {
	<-d.until
	return spec.OutcomePassed, nil
}

// An executor that breaks its contract must not keep its slot for ever.
func TestExecutorThatDoesNotEndIsLeftBehind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(context.Context) (context.Context, context.CancelFunc)
		want spec.Outcome
	}{
		{"stopped", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errStopped)
			return ctx, func() {}
		}, spec.OutcomeCancelled},
		{"out of time", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Now().Add(-time.Second))
		}, spec.OutcomeTimedOut},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := deaf{until: make(chan struct{})}
			defer close(d.until)
			h := &Host{
				executors: map[spec.Kind]executors.Executor{spec.KindAPI: d}, grace: time.Millisecond,
				logger: slog.New(slog.DiscardHandler),
			}
			ctx, cancel := tt.end(t.Context())
			defer cancel()
			claim := &runs.Claim{Case: spec.Case{Kind: spec.KindAPI}, Result: &ent.Result{}}
			outcome, err := h.execute(ctx, claim, nil)
			if outcome != tt.want || err == nil {
				t.Errorf("outcome %s (%v), want %s", outcome, err, tt.want)
			}
		})
	}
}
