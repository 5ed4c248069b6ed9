package transport

import (
	"context"
	"sync/atomic"
	"time"
)

// session is what connections with one token share.
type session struct {
	Session
	uses    int          // connections, guarded by the Live
	checked atomic.Int64 // when Check last accepted the token, in Unix nanoseconds
}

// adopt returns the session of a token that other connections may have too.
func (l *Live) adopt(s Session) *session {
	if s.Context == nil {
		s.Context = context.Background()
	}
	if s.Shared == nil {
		s.Shared = s.Context
	}
	now := time.Now().UnixNano()
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.sessions[s.Token]
	if s.Token == "" || known == nil || known.Scope != s.Scope || !known.Expires.Equal(s.Expires) {
		known = &session{Session: s}
		if s.Token != "" {
			l.sessions[s.Token] = known
		}
	}
	known.checked.Store(now)
	known.uses++
	return known
}

func (l *Live) abandon(s *session) {
	if s == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.uses--; s.uses == 0 && l.sessions[s.Token] == s {
		delete(l.sessions, s.Token)
	}
}

// retryCheck is how long to wait before tokens are asked for again that could
// not be looked up.
const retryCheck = 250 * time.Millisecond

// mayDeliver makes sure that every member of a group may still have what comes,
// and closes the connections of those that may not. It returns false when the
// group is over.
func (l *Live) mayDeliver(ctx context.Context, g *group) bool {
	return l.check(ctx, func() []*session { return g.due(time.Now().Add(-l.o.CheckEvery)) })
}

// mayAsk makes sure that a session is still good.
func (l *Live) mayAsk(ctx context.Context, s *session) bool {
	return l.check(ctx, func() []*session {
		if s.Token == "" || s.checked.Load() >= time.Now().Add(-l.o.CheckEvery).UnixNano() {
			return nil
		}
		return []*session{s}
	})
}

// check looks up the tokens that are due. While they can't be looked up it
// waits, and nothing is lost by that.
func (l *Live) check(ctx context.Context, pending func() []*session) bool {
	for l.o.Check != nil && ctx.Err() == nil {
		due := pending()
		if len(due) == 0 {
			break
		}
		tokens := make([]string, len(due))
		for i, s := range due {
			tokens[i] = s.Token
		}
		asked := time.Now().UnixNano()
		refused, err := l.o.Check(ctx, tokens)
		if err == nil {
			l.evict(refused)
			for _, s := range due {
				s.checked.Store(asked)
			}
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryCheck):
		}
	}
	return ctx.Err() == nil
}

// due returns the sessions of members whose token was last looked up before a
// time.
func (g *group) due(before time.Time) (due []*session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.sessions {
		if s.Token != "" && s.checked.Load() < before.UnixNano() {
			due = append(due, s)
		}
	}
	return due
}

// evict closes all connections with one of the tokens.
func (l *Live) evict(tokens []string) {
	if len(tokens) == 0 {
		return
	}
	refused := make(map[string]bool, len(tokens))
	for _, t := range tokens {
		refused[t] = true
	}
	for _, c := range l.connections(nil) {
		c.mu.Lock()
		if c.session != nil && refused[c.session.Token] {
			c.closeLocked(closeForbidden, "the token is not valid any more")
		}
		c.mu.Unlock()
	}
}
