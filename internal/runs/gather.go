package runs

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// gatherer performs work that waits for the same lock together. What arrives
// while a transaction is under way shares the next one, so that the lock, the
// round trips and the log's flush are paid once for many cases under load, and
// a lone case waits for nobody.
type gatherer[T any] struct {
	// perform does the work of all items in one transaction and says what became
	// of each. An error instead means that nothing of it happened.
	perform func(ctx context.Context, items []T) ([]error, error)

	mu      sync.Mutex
	waiting map[string][]waiter[T] // by key, which is there while its work is under way
}

type waiter[T any] struct {
	item T
	done chan error
}

const (
	// gatherLimit bounds the items of one transaction, and so how long it holds
	// its locks.
	gatherLimit = 100
	// gatherWithin bounds one transaction. It does not end with the context of
	// one of its callers, since it works for the others too.
	gatherWithin = 30 * time.Second
)

func newGatherer[T any](perform func(context.Context, []T) ([]error, error)) *gatherer[T] {
	return &gatherer[T]{perform: perform, waiting: map[string][]waiter[T]{}}
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
		go g.work(context.WithoutCancel(ctx), key)
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
		n := min(len(queue), gatherLimit)
		g.waiting[key] = append([]waiter[T](nil), queue[n:]...)
		g.mu.Unlock()
		g.together(ctx, queue[:n])
	}
}

// together performs items in one transaction. Where that fails, each is tried
// alone, so that one which Postgres refuses spoils nothing for the others.
func (g *gatherer[T]) together(ctx context.Context, batch []waiter[T]) {
	items := make([]T, len(batch))
	for i, w := range batch {
		items[i] = w.item
	}
	errs, err := g.attempt(ctx, items)
	switch {
	case err == nil:
		for i, w := range batch {
			w.done <- errs[i]
		}
	case len(batch) == 1:
		batch[0].done <- err
	default:
		for i := range batch {
			g.together(ctx, batch[i:i+1])
		}
	}
}

// attempt keeps a panic from taking the process down: the callers are jobs,
// whose queue would have caught it.
func (g *gatherer[T]) attempt(ctx context.Context, items []T) (errs []error, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, gatherWithin, fmt.Errorf("not done within %s", gatherWithin))
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return g.perform(ctx, items)
}
