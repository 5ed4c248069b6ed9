package transport

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// group is one execution and who follows it. Its context is that of the scope,
// or of the session where it is not shared, and ends when the last member
// leaves.
//
// Locks are taken in this order: a connection's, the Live's, a group's, a
// crew's.
type group struct {
	live     *Live
	key      string // empty when it is not shared
	field    Field
	numbered bool // whether numbers are the resolver's, and a member may resume by one
	params   graphql.RawParams
	exec     graphql.GraphExecutor
	stream   *stream
	cancel   context.CancelFunc
	view     atomic.Pointer[view]

	// A group with one member goes no faster than it reads. With the second one
	// it is bound to nobody.
	first   *subscriber
	pacing  atomic.Bool
	moved   chan struct{}
	waiting atomic.Bool
	main    atomic.Bool // whether the Live knows it by its key, so that others join it

	mu       sync.Mutex
	members  int
	over     bool // nobody can join any more
	sessions map[*session]int
	crews    []*crew  // by writer
	trailing []*group // replays that are about to join
}

func (l *Live) newGroup(s *subscriber, key string, f Field, op request) *group {
	values := s.conn.session.Context
	if key != "" {
		values = s.conn.session.Shared
	}
	ctx, cancel := context.WithCancel(values)
	g := &group{
		live: l, key: key, field: f, numbered: key != "" && !f.Snapshot, params: op.params, exec: op.exec, cancel: cancel,
		stream: &stream{after: op.after, resumed: key != "" && f.Cursor != ""},
		first:  s, moved: make(chan struct{}, 1),
		sessions: map[*session]int{}, crews: make([]*crew, len(l.writers)),
	}
	g.params.Headers = nil // one client's
	g.pacing.Store(true)
	g.view.Store(&view{floor: op.after})
	g.admit(s, op.after)
	l.running.Go(func() { g.run(withStream(ctx, g.stream)) })
	l.executions.Add(1)
	return g
}

// request is an operation that a client asks for.
type request struct {
	exec   graphql.GraphExecutor
	params graphql.RawParams
	after  int64
}

// admit makes a subscriber that has seen everything up to a number a member, if
// the group holds what follows. The caller holds the connection.
func (g *group) admit(s *subscriber, seen int64) bool {
	g.mu.Lock()
	v := g.view.Load()
	if g.over {
		g.mu.Unlock()
		return false
	}
	pos, ok := v.base, true
	switch {
	case g.field.Snapshot:
		pos = max(v.next()-1, v.base)
	case g.numbered:
		pos, ok = v.after(seen)
	}
	if !ok {
		g.mu.Unlock()
		return false
	}
	g.members++
	g.live.members.Add(1)
	if g.members > 1 {
		g.pacing.Store(false)
	}
	g.sessions[s.conn.session]++
	c := s.conn
	if g.crews[c.writer.index] == nil {
		g.crews[c.writer.index] = &crew{group: g, writer: c.writer}
	}
	to := g.crews[c.writer.index]
	g.mu.Unlock()
	s.group, s.pos, s.seen = g, pos, seen
	to.join(s)
	g.advanced()
	return true
}

// leave lets a member of a session go; with the last one the execution ends.
func (g *group) leave(of *session) {
	g.mu.Lock()
	g.members--
	g.live.members.Add(-1)
	if n := g.sessions[of] - 1; n > 0 {
		g.sessions[of] = n
	} else {
		delete(g.sessions, of)
	}
	last := g.members == 0
	g.over = g.over || last
	g.mu.Unlock()
	if last {
		g.cancel()
		g.live.forget(g)
	}
	g.advanced()
}

// advanced wakes an execution that waits for its member.
func (g *group) advanced() {
	if g.waiting.Load() {
		select {
		case g.moved <- struct{}{}:
		default:
		}
	}
}

func (g *group) run(ctx context.Context) {
	ended := g.execute(ctx)
	if ctx.Err() != nil {
		return // there is nobody to tell
	}
	g.mu.Lock()
	g.over = true
	v := *g.view.Load()
	v.ended = ended
	g.view.Store(&v)
	g.mu.Unlock()
	g.live.forget(g)
	g.wake()
}

// execute runs the operation and publishes its payloads.
func (g *group) execute(ctx context.Context) (end *ending) {
	ctx = graphql.StartOperationTrace(ctx)
	params := g.params
	op, errs := g.exec.CreateOperationContext(ctx, &params)
	ctx = graphql.WithOperationContext(ctx, op)
	if errs != nil {
		return &ending{errors: encodeErrors(g.exec.DispatchError(ctx, errs).Errors)}
	}
	defer func() {
		if p := recover(); p != nil {
			err := graphqlError(op.Recover(ctx, p))
			end = &ending{errors: encodeErrors(g.exec.DispatchError(ctx, gqlerror.List{err}).Errors)}
		}
	}()
	responses, ctx := g.exec.DispatchOperation(ctx, op)
	for first := true; ; first = false {
		r := responses(ctx)
		if errs := g.stream.errors(); r == nil && len(errs) > 0 {
			return &ending{errors: encodeErrors(g.exec.DispatchError(ctx, errs).Errors)}
		}
		if r == nil {
			return &ending{}
		}
		if first && failed(r) && op.Operation.Operation == ast.Subscription {
			return &ending{errors: encodeErrors(r.Errors)}
		}
		keep, ok := g.room(ctx)
		if !ok || !g.live.mayDeliver(ctx, g) {
			return &ending{}
		}
		g.publish(encode(r), keep)
		g.live.catchUp(g)
	}
}

// publish appends a payload and wakes the writers.
func (g *group) publish(payload []byte, keep int64) {
	g.mu.Lock()
	v := g.view.Load()
	n, ok := g.stream.next()
	if !ok {
		n = v.last() + 1
	}
	g.view.Store(v.with(entry{number: n, payload: payload, packed: &packed{}}, g.live.o.Ring, g.live.o.RingBytes, keep))
	trailing := g.trailing
	g.trailing = nil
	g.mu.Unlock()
	g.wake()
	for _, other := range trailing {
		if g.live.merge(other, g) {
			continue
		}
		g.mu.Lock()
		g.trailing = append(g.trailing, other)
		g.mu.Unlock()
	}
}

func (g *group) wake() {
	g.mu.Lock()
	crews := append(make([]*crew, 0, 4), g.crews...)
	g.mu.Unlock()
	for _, c := range crews {
		if c != nil {
			c.writer.enqueue(c)
		}
	}
}

// room waits until the ring can take a payload, and returns from which position
// on the sole member still needs what there is. It returns false when the group
// is over.
func (g *group) room(ctx context.Context) (keep int64, ok bool) {
	defer g.waiting.Store(false)
	for g.pacing.Load() && !g.field.Snapshot {
		s, v := g.first, g.view.Load()
		g.waiting.Store(true)
		s.conn.mu.Lock()
		keep, ok = s.pos, s.group == g
		s.conn.mu.Unlock()
		if !ok {
			break
		}
		if keep > v.base || !v.full(g.live.o.Ring, g.live.o.RingBytes) {
			return keep, true
		}
		select {
		case <-ctx.Done():
			return 0, false
		case <-g.moved:
		}
	}
	return math.MaxInt64, ctx.Err() == nil
}
