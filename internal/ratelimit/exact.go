package ratelimit

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/redis/go-redis/v9"
)

// Exact is a limit that keeps the time of each attempt: no more than Max pass
// within any Per, and the next one passes as soon as that allows. It costs Max
// numbers for each key.
type Exact struct {
	limiter *Limiter
	limit   Limit
}

// Exact returns a limit that counts exactly. Its name must be its own.
func (l *Limiter) Exact(limit Limit) *Exact { return &Exact{l, limit} }

// Take counts one attempt of a key, any text, or refuses it: then the error is
// RATE_LIMITED, with the detail retryAfter in seconds, and nothing is counted.
func (e *Exact) Take(ctx context.Context, key string) error {
	if e.limit.Max <= 0 {
		return nil
	}
	id, l := identify(key), e.limiter
	if l.shared != nil {
		wait, err := l.shared.log(ctx, e.limit, id)
		switch {
		case err == nil && wait > 0:
			return refusal(e.limit, wait)
		case err == nil:
			l.alone.log(e.limit, id, true) // so that it is not forgotten with Redis
			return nil
		}
	}
	if wait := l.alone.log(e.limit, id, false); wait > 0 {
		return refusal(e.limit, wait)
	}
	return nil
}

// Reset forgets the attempts of a key, as after a login that succeeded. While
// Redis is away this process alone forgets.
func (e *Exact) Reset(ctx context.Context, key string) error {
	id, l := identify(key), e.limiter
	l.alone.forget(e.limit, id)
	if l.shared == nil {
		return nil
	}
	// That Redis is away has been logged, and leaves the attempts to their time.
	_, _ = ask(ctx, l.shared, func(ctx context.Context) (int64, error) {
		return l.shared.client.Del(ctx, nameOf(e.limit, id)).Result()
	})
	return ctx.Err()
}

// logScript keeps the times of attempts, in microseconds. KEYS: the log. ARGV:
// the maximum, the microseconds of the window, a name for this attempt. It
// returns the microseconds until the next attempt, 0 when this one is counted.
var logScript = redis.NewScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local max, per = tonumber(ARGV[1]), tonumber(ARGV[2])
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
	redis.call('ZADD', KEYS[1], string.format('%.0f', now), member)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - per))
local over = redis.call('ZCARD', KEYS[1]) - max
if over >= 0 then
	local next = redis.call('ZRANGE', KEYS[1], over, over, 'WITHSCORES')
	return math.max(tonumber(next[2]) + per - now, 1)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(per / 1000))
return 0`)

func (s *shared) log(ctx context.Context, l Limit, id string) (wait time.Duration, err error) {
	micros, err := ask(ctx, s, func(ctx context.Context) (int64, error) {
		return logScript.Run(ctx, s.client, []string{nameOf(l, id)}, l.Max, l.Per.Microseconds(), rand.Text()).Int64()
	})
	return time.Duration(micros) * time.Microsecond, err
}

// log counts an attempt and returns 0, or how long to wait. An attempt that
// Redis has allowed is counted whatever is known here.
func (m *memory) log(l Limit, id string, decided bool) time.Duration {
	key, now := windowKey{l, id}, m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	times, _ := m.logs.Get(key)
	for len(times) > 0 && times[0] <= now-l.Per {
		times = times[1:]
	}
	if len(times) >= l.Max {
		if !decided {
			return times[len(times)-l.Max] + l.Per - now
		}
		times = times[1:]
	}
	// A copy, or the array would grow for as long as the key is used.
	m.logs.Add(key, append(append(make([]time.Duration, 0, len(times)+1), times...), now))
	return 0
}

func (m *memory) forget(l Limit, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.logs.Remove(windowKey{l, id})
}
