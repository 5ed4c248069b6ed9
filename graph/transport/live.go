package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
)

// Live is everything live in a process: connections, groups, writers. Its
// transports are to be added to a gqlgen server.
type Live struct {
	o       Options
	writers []*writer
	plans   *lru.LRU[*plan]

	mu       sync.Mutex
	groups   map[string]*group
	conns    map[*conn]struct{}
	sessions map[string]*session
	next     int           // writer of the next connection
	draining chan struct{} // closed by Shutdown
	empty    chan struct{} // closed when the last connection is gone after that

	start   sync.Once
	stop    chan struct{}
	running sync.WaitGroup

	members    atomic.Int64
	executions atomic.Int64
}

// New returns a Live. Shutdown ends it.
func New(o Options) *Live {
	l := &Live{
		o: o.withDefaults(), plans: lru.New[*plan](1000),
		groups: map[string]*group{}, conns: map[*conn]struct{}{}, sessions: map[string]*session{},
		draining: make(chan struct{}), empty: make(chan struct{}), stop: make(chan struct{}),
	}
	for i := range l.o.Writers {
		l.writers = append(l.writers, &writer{index: i, live: l, wake: make(chan struct{}, 1)})
	}
	return l
}

// WebSocket returns the transport of the protocol graphql-transport-ws.
func (l *Live) WebSocket() graphql.Transport { return webSocket{l} }

// SSE returns the transport of server-sent events in distinct connection mode.
func (l *Live) SSE() graphql.Transport { return eventStream{l} }

// Stats are numbers of a moment.
type Stats struct {
	Connections   int
	Subscriptions int64 // operations under way
	Groups        int   // shared executions under way
	Executions    int64 // begun so far, shared or not
}

// Stats returns how much is live.
func (l *Live) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{
		Connections: len(l.conns), Subscriptions: l.members.Load(),
		Groups: len(l.groups), Executions: l.executions.Load(),
	}
}

// Shutdown closes every socket with 1012 and ends every stream without
// completing it, so that clients resume elsewhere. It waits until they have
// read that, or until ctx is done, and refuses whoever comes from now on.
func (l *Live) Shutdown(ctx context.Context) {
	l.mu.Lock()
	select {
	case <-l.draining:
		l.mu.Unlock()
		return
	default:
	}
	close(l.draining)
	if len(l.conns) == 0 {
		close(l.empty)
	}
	l.mu.Unlock()
	for _, c := range l.connections(nil) {
		c.close(closeRestart, "the server is shutting down; connect again")
	}
	select {
	case <-l.empty:
	case <-ctx.Done():
		for _, c := range l.connections(nil) {
			c.kill()
		}
		<-l.empty
	}
	close(l.stop)
	l.running.Wait()
}

// enter registers a connection. It returns false above the limit and while
// draining.
func (l *Live) enter(c *conn) bool {
	l.start.Do(func() {
		for _, w := range l.writers {
			l.running.Go(w.run)
		}
		l.running.Go(l.sweep)
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.draining:
		return false
	default:
	}
	if len(l.conns) >= l.o.Connections {
		return false
	}
	c.writer = l.writers[l.next%len(l.writers)]
	l.next++
	l.conns[c] = struct{}{}
	return true
}

func (l *Live) exit(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	select {
	case <-l.draining:
		if len(l.conns) == 0 {
			close(l.empty)
		}
	default:
	}
}

func (l *Live) connections(buf []*conn) []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		buf = append(buf, c)
	}
	return buf
}

// sweep looks at the deadlines of all connections: a timer for each would cost
// more memory than all else that an idle one needs.
func (l *Live) sweep() {
	tick := time.NewTicker(l.o.sweepEvery())
	defer tick.Stop()
	var all []*conn
	for {
		select {
		case <-l.stop:
			return
		case now := <-tick.C:
			all = l.connections(all[:0])
			for _, c := range all {
				c.tick(now)
			}
			clear(all)
		}
	}
}

// open makes a subscriber a member of the group of a key, or of one of its own
// where the key is empty or what it has seen is too old for the group. The
// caller holds the connection.
func (l *Live) open(s *subscriber, key string, f Field, op request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if key == "" {
		l.newGroup(s, key, f, op)
		return
	}
	main := l.groups[key]
	if main != nil && main.admit(s, op.after) {
		return
	}
	g := l.newGroup(s, key, f, op)
	if main == nil || !main.trail(g) {
		g.main.Store(true)
		l.groups[key] = g
	}
}

// trail keeps a replay in mind that joins once it is near enough.
func (g *group) trail(other *group) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over || !g.numbered {
		return false
	}
	g.trailing = append(g.trailing, other)
	return true
}

// replay gives a member that fell behind the ring an execution of its own, from
// where it stands. The caller holds the connection.
func (l *Live) replay(s *subscriber, g *group) {
	g.leave(s.conn.session)
	l.open(s, g.key, g.field, request{exec: g.exec, params: g.params, after: s.seen})
}

// catchUp lets the member of a replay join the group of its key; where there is
// none, the replay becomes it.
func (l *Live) catchUp(g *group) {
	if g.key == "" || g.main.Load() {
		return
	}
	c := g.first.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.first.group != g {
		return
	}
	l.mu.Lock()
	main := l.groups[g.key]
	if main == nil {
		g.main.Store(true)
		l.groups[g.key] = g
	}
	l.mu.Unlock()
	if main != nil && main.admit(g.first, g.first.seen) {
		g.leave(c.session)
	}
}

// merge reports whether a replay need not be thought of any longer: its member
// joined, or left.
func (l *Live) merge(replay, main *group) bool {
	c := replay.first.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if replay.first.group != replay || replay.main.Load() {
		return true
	}
	if !main.admit(replay.first, replay.first.seen) {
		return false
	}
	replay.leave(c.session)
	return true
}

func (l *Live) forget(g *group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.key != "" && l.groups[g.key] == g {
		delete(l.groups, g.key)
	}
}
