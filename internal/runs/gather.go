package runs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/store"
)

// gatherer performs work that waits for the same lock together. What arrives
// while a transaction is under way shares the next one, so that the lock, the
// round trips and the log's flush are paid once for many cases under load, and
// a lone case waits for nobody.
type gatherer[T any] struct {
	// perform does the work of all items in one transaction and says what became
	// of each. An error instead means that nothing of it happened.
	perform func(ctx context.Context, items []T) ([]error, error)
	// rows is about how many rows an item writes.
	rows func(item T) int

	mu      sync.Mutex
	waiting map[string][]waiter[T] // by key, which is there while its work is under way
}

type waiter[T any] struct {
	item T
	done chan error
}

const (
	// gatherLimit and gatherRows bound one transaction, and so how long it holds
	// its locks. An item that writes more than that has one of its own.
	gatherLimit = 100
	gatherRows  = 5000
	// gatherWithin bounds one transaction. It does not end with the context of
	// one of its callers, since it works for the others too.
	gatherWithin = 15 * time.Second
)

func newGatherer[T any](perform func(context.Context, []T) ([]error, error), rows func(T) int) *gatherer[T] {
	return &gatherer[T]{perform: perform, rows: rows, waiting: map[string][]waiter[T]{}}
}

// do performs an item, perhaps with others of the same key, and returns when it
// is committed or refused.
func (g *gatherer[T]) do(ctx context.Context, key string, item T) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	w := waiter[T]{item: item, done: make(chan error, 1)}
	g.mu.Lock()
	queue, underWay := g.waiting[key]
	g.waiting[key] = append(queue, w)
	g.mu.Unlock()
	if !underWay {
		go g.work(store.AllProjects(context.WithoutCancel(ctx)), key)
	}
	return <-w.done
}

// work goes on until nothing waits for the key.
func (g *gatherer[T]) work(ctx context.Context, key string) {
	for {
		g.mu.Lock()
		queue := g.waiting[key]
		if len(queue) == 0 {
			delete(g.waiting, key)
			g.mu.Unlock()
			return
		}
		n := g.fit(queue)
		g.waiting[key] = append([]waiter[T](nil), queue[n:]...)
		g.mu.Unlock()
		g.together(ctx, queue[:n])
	}
}

// fit returns how many of the queue go into one transaction, at least one.
func (g *gatherer[T]) fit(queue []waiter[T]) int {
	rows := g.rows(queue[0].item)
	for n := 1; n < min(len(queue), gatherLimit); n++ {
		if rows += g.rows(queue[n].item); rows > gatherRows {
			return n
		}
	}
	return min(len(queue), gatherLimit)
}

// together performs a batch in one transaction. Where that fails, each item is
// tried alone, so that one which Postgres refuses spoils nothing for the others.
func (g *gatherer[T]) together(ctx context.Context, batch []waiter[T]) {
	err := g.attempt(ctx, batch)
	switch {
	case err == nil:
	case len(batch) == 1 || errors.Is(err, errSlow):
		refuse(batch, err)
	default:
		g.alone(ctx, batch)
	}
}

func (g *gatherer[T]) alone(ctx context.Context, batch []waiter[T]) {
	for i := range batch {
		err := g.attempt(ctx, batch[i:i+1])
		if errors.Is(err, errSlow) { // the others need not find out one by one
			refuse(batch[i:], err)
			return
		}
		if err != nil {
			refuse(batch[i:i+1], err)
		}
	}
}

func refuse[T any](batch []waiter[T], err error) {
	for _, w := range batch {
		w.done <- err
	}
}

var errSlow = apperr.New(apperr.Unavailable, "the database did not answer within %s", gatherWithin)

// attempt performs a batch and answers its waiters, unless it returns an error.
// It keeps a panic from taking the process down: the callers are jobs, whose
// queue would have caught it.
func (g *gatherer[T]) attempt(ctx context.Context, batch []waiter[T]) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, gatherWithin, errSlow)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil && ctx.Err() != nil {
			err = errors.Join(errSlow, err)
		}
	}()
	items := make([]T, len(batch))
	for i, w := range batch {
		items[i] = w.item
	}
	errs, err := g.perform(ctx, items)
	if err != nil {
		return err
	}
	for i, w := range batch {
		w.done <- errs[i]
	}
	return nil
}
