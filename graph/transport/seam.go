package transport

import (
	"context"
	"sync"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// After returns the number after which a resolver begins: the one asked for in
// the field's argument, unless this execution begins elsewhere.
func After(ctx context.Context, asked int64) int64 {
	if s := streamOf(ctx); s != nil && s.resumed {
		return s.after
	}
	return asked
}

// Again reports whether an operation is one that was asked for before: what
// executes for a group, the second time and later.
func Again(ctx context.Context) bool { return streamOf(ctx) != nil }

// Number tells the number of the payload that a resolver is about to send. One
// that numbers a payload numbers all of them.
func Number(ctx context.Context, n int64) {
	if s := streamOf(ctx); s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.numbers = append(s.numbers, n)
	}
}

// Fail ends a subscription with an error once its resolver closes the channel,
// which it does next.
func Fail(ctx context.Context, err *gqlerror.Error) {
	if s := streamOf(ctx); s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failed = append(s.failed, err)
	}
}

// stream is what the resolver of a subscription and its execution tell one
// another.
type stream struct {
	after   int64
	resumed bool

	mu      sync.Mutex
	numbers []int64 // of payloads on their way, in order
	failed  gqlerror.List
}

type streamKey struct{}

func withStream(ctx context.Context, s *stream) context.Context {
	return context.WithValue(ctx, streamKey{}, s)
}

func streamOf(ctx context.Context) *stream {
	s, _ := ctx.Value(streamKey{}).(*stream)
	return s
}

// next returns the number of the payload that has just come.
func (s *stream) next() (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.numbers) == 0 {
		return 0, false
	}
	n := s.numbers[0]
	s.numbers = s.numbers[1:]
	return n, true
}

func (s *stream) errors() gqlerror.List {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}
