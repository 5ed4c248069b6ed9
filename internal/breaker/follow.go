package breaker

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"
)

// syncEvery bounds how long a process may be wrong after a message was lost.
const syncEvery = 5 * time.Second

// follow applies what other processes change. Messages are never left to wait:
// a subscriber that does not read holds Redis up.
func (s *Set) follow(ctx context.Context) {
	subscription := s.shared.client.Subscribe(ctx, channel)
	defer func() { _ = subscription.Close() }() // nobody is left to read from it
	messages := subscription.ChannelWithSubscriptions()
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	s.sync(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.sync(ctx)
		case m, open := <-messages:
			if !open {
				return
			}
			switch m := m.(type) {
			case *redis.Subscription: // also after the connection was lost
				s.sync(ctx)
			case *redis.Message:
				s.receive(m.Payload)
			}
		}
	}
}

func (s *Set) receive(payload string) {
	var c change
	if json.Unmarshal([]byte(payload), &c) != nil || c.From == s.shared.self {
		return
	}
	key, ok := parseKey(c.Key)
	if !ok {
		return
	}
	s.adopt(key, c.Record, c.Rev)
}

// sync reads all records, and shares what this process found out while Redis
// was away.
func (s *Set) sync(ctx context.Context) {
	before := map[Key]int64{}
	for _, key := range s.known.Keys() {
		if e, ok := s.known.Peek(key); ok {
			before[key] = e.current.Load().Rev
		}
	}
	records, err := s.shared.all(ctx)
	if err != nil {
		return // the next time
	}
	for text, raw := range records {
		key, ok := parseKey(text)
		if !ok {
			continue
		}
		if r := decode(raw); time.Since(r.Changed) <= s.forget {
			s.adopt(key, raw, r.Rev)
			delete(before, key)
		}
	}
	for _, key := range s.known.Keys() {
		if e, ok := s.known.Peek(key); ok {
			s.reconcile(ctx, key, e, before[key])
		}
	}
}

// adopt takes another process's record over, unless this one has a newer one.
func (s *Set) adopt(key Key, raw string, rev int64) {
	if _, known := s.known.Peek(key); !known && raw == "" {
		return
	}
	e := s.entry(key)
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.current.Load()
	switch {
	case r.Rev < rev:
		e.raw, e.alone = raw, false
		s.keep(key, e, decode(raw))
	case e.alone:
		e.raw = raw
	}
}

// reconcile shares what the process found out alone, and forgets what has gone
// from Redis since it had the revision.
func (s *Set) reconcile(ctx context.Context, key Key, e *entry, gone int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if gone != 0 {
		e.raw = ""
	}
	r := *e.current.Load()
	switch {
	case e.alone:
		if stored, _, won, err := s.shared.swap(ctx, key, e.raw, r); err == nil && won {
			e.raw, e.alone = stored, false
		}
	case gone != 0 && r.Rev == gone:
		s.keep(key, e, record{})
	}
}
