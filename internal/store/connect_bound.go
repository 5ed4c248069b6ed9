package store

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// bounds cuts a connection on which something outlives its context by more than
// Postgres needs to cancel it. lib/pq alone waits for ever for a Postgres that
// has gone silent, with the statement and with its cancelling. A transaction and
// a statement in it may each have a context of their own.
type bounds struct {
	raw          net.Conn
	cancelWithin time.Duration

	mu            sync.Mutex
	tx, statement time.Time // when the connection is cut; zero while the context has not ended
}

// begin bounds what is done until the returned function is called. The field is
// one of b's own.
func (b *bounds) begin(ctx context.Context, field *time.Time) (end func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		b.set(field, time.Now().Add(b.cancelWithin))
	})
	return sync.OnceFunc(func() {
		if !stop() {
			<-ended
			b.set(field, time.Time{})
		}
	})
}

func (b *bounds) set(field *time.Time, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*field = at
	cut := b.tx
	if cut.IsZero() || !b.statement.IsZero() && b.statement.Before(cut) {
		cut = b.statement
	}
	_ = b.raw.SetDeadline(cut) // it fails only where the connection is closed
}

// part bounds the closing: it tells Postgres, whom it may not reach.
func (b *bounds) part() { b.set(&b.statement, time.Now().Add(b.cancelWithin)) }

// maxQueueQuery bounds a query of River's that has no limit of its own, as that
// for new jobs: a worker whose Postgres has gone silent in the middle of it
// would never take a case again.
const maxQueueQuery = 30 * time.Second

// queryLimit gives each query of a pgx connection a limit where its context has
// none. pgx lets go of a query as soon as its context ends.
type queryLimit struct{ limit time.Duration }

type queryLimitKey struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (q queryLimit) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	if _, ok := ctx.Deadline(); ok {
		return ctx
	}
	ctx, cancel := context.WithTimeout(ctx, q.limit)
	return context.WithValue(ctx, queryLimitKey{}, cancel)
}

// TraceQueryEnd implements pgx.QueryTracer; rows have been read by then.
func (q queryLimit) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if cancel, ok := ctx.Value(queryLimitKey{}).(context.CancelFunc); ok {
		cancel()
	}
}
