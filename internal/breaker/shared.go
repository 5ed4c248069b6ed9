package breaker

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
)

// What the processes share: a hash of records by key, the times of their last
// change, and a channel on which each change is told. The braces keep them on
// one node of a cluster.
const (
	recordsKey = "semantest:{breakers}"
	changesKey = "semantest:{breakers}:changed"
	channel    = "semantest:breakers"
)

const (
	redisTimeout = 500 * time.Millisecond // of one command
	awayFor      = time.Second            // how long Redis is not asked after it did not answer
)

// shared is the part of the state that lies in Redis.
type shared struct {
	client redis.UniversalClient
	self   string // of this process, to know its own changes
	forget time.Duration
	max    int
	away   atomic.Int64 // unix nanoseconds until which Redis is left alone
}

// change is what the channel carries.
type change struct {
	From   string `json:"from"`
	Key    string `json:"key"`
	Rev    int64  `json:"rev"`
	Record string `json:"record"` // empty when there is nothing to remember
}

var errAway = errors.New("redis did not answer a moment ago")

func newShared(client redis.UniversalClient, self string, forget time.Duration, limit int) *shared {
	if c, ok := client.(*redis.Client); ok {
		client = c.WithTimeout(redisTimeout) // shares the connections
	}
	return &shared{client: client, self: self, forget: forget, max: limit}
}

// swap replaces a record when it still is the old one, tells everyone, and drops
// what nobody has changed for long and what is too much. KEYS: records, changes.
var swap = redis.NewScript(`
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then return current end
if ARGV[3] == '' then
	redis.call('HDEL', KEYS[1], ARGV[1])
	redis.call('ZREM', KEYS[2], ARGV[1])
else
	redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
	redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
end
local function drop(keys)
	for _, key in ipairs(keys) do
		redis.call('HDEL', KEYS[1], key)
		redis.call('ZREM', KEYS[2], key)
	end
end
drop(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[5], 'LIMIT', 0, 100))
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[6])
if over > 0 then drop(redis.call('ZRANGE', KEYS[2], 0, over - 1)) end
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('PUBLISH', ARGV[8], ARGV[9])
return false`)

// swap stores next unless another process has changed the record since it was
// old, and returns then what it is now.
func (s *shared) swap(ctx context.Context, key Key, old string, next record) (stored, current string, won bool, err error) {
	now := time.Now()
	if now.UnixNano() < s.away.Load() {
		return "", "", false, errAway
	}
	if !next.clean() {
		stored = encode(next)
	}
	message, err := json.Marshal(change{From: s.self, Key: key.String(), Rev: next.Rev, Record: stored})
	if err != nil {
		return "", "", false, err
	}
	// What was found out is told although the one who found it may be ending.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*redisTimeout)
	defer cancel()
	current, err = swap.Run(ctx, s.client, []string{recordsKey, changesKey}, key.String(), old, stored,
		now.UnixMilli(), now.Add(-s.forget).UnixMilli(), s.max, s.forget.Milliseconds(), channel, message).Text()
	if errors.Is(err, redis.Nil) {
		return stored, "", true, nil
	}
	if err != nil {
		s.away.Store(time.Now().Add(awayFor).UnixNano())
	}
	return "", current, false, err
}

// all returns the records of all keys.
func (s *shared) all(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*redisTimeout)
	defer cancel()
	out, err := s.client.HGetAll(ctx, recordsKey).Result()
	if err != nil {
		return nil, err
	}
	s.away.Store(0)
	return out, nil
}

func encode(r record) string {
	data, _ := json.Marshal(r) // numbers, texts and times always marshal
	return string(data)
}

// decode reads a record; what cannot be read counts as nothing and is
// overwritten.
func decode(text string) record {
	var r record
	if text == "" || json.Unmarshal([]byte(text), &r) != nil || r.Rev <= 0 || r.Failures < 0 ||
		r.Shared.State < gobreaker.StateClosed || r.Shared.State > gobreaker.StateOpen {
		return record{}
	}
	return r
}
