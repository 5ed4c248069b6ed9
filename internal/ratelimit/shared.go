package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	redisTimeout = 500 * time.Millisecond // of one command
	awayFor      = time.Second            // how long Redis is not asked after it did not answer
)

// shared is what lies in Redis.
type shared struct {
	client redis.UniversalClient
	logger *slog.Logger
	away   atomic.Int64 // Unix nanoseconds until which Redis is left alone; 0 while it answers
}

var errAway = errors.New("redis did not answer a moment ago")

func newShared(client redis.UniversalClient, logger *slog.Logger) *shared {
	if c, ok := client.(*redis.Client); ok {
		client = c.WithTimeout(redisTimeout) // shares the connections
	}
	return &shared{client: client, logger: logger}
}

// takeScript takes a cost of all limits or of none. A key holds a hash of
// counts by the number of their slice. KEYS: one a limit. ARGV: the cost, the
// slices of a window, then for each limit its maximum and the milliseconds of a
// slice. It returns for each limit whether it allows, what is used, and the
// milliseconds until all and until enough of it is free.
var takeScript = redis.NewScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local slices = tonumber(ARGV[2])
local out, all, costs, current, widths = {}, true, {}, {}, {}
for i, key in ipairs(KEYS) do
	local max, width = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
	local slice, cost = math.floor(now / width), math.min(tonumber(ARGV[1]), max)
	local list, used, moved = {}, 0, 0
	local held = redis.call('HGETALL', key)
	for j = 1, #held, 2 do
		local at, count = tonumber(held[j]), tonumber(held[j + 1])
		if at == nil or count == nil or at < slice - slices then
			redis.call('HDEL', key, held[j])
		elseif at > slice then
			redis.call('HDEL', key, held[j])
			moved = moved + count
		else
			list[#list + 1] = {at, count}
			used = used + count
		end
	end
	if moved > 0 then
		redis.call('HINCRBY', key, slice, moved)
		list[#list + 1] = {slice, moved}
		used = used + moved
	end
	table.sort(list, function(a, b) return a[1] < b[1] end)
	local left, wait, reset = used, 0, 0
	for _, one in ipairs(list) do
		local leaves = (one[1] + slices + 1) * width - now
		if left + cost > max then wait = leaves end
		left = left - one[2]
		reset = leaves
	end
	costs[i], current[i], widths[i] = cost, slice, width
	out[i] = {1, used, reset, wait}
	if used + cost > max then
		all = false
		out[i][1] = 0
	end
end
if all then
	for i, key in ipairs(KEYS) do
		redis.call('HINCRBY', key, current[i], costs[i])
		redis.call('PEXPIRE', key, (slices + 1) * widths[i])
		out[i][2] = out[i][2] + costs[i]
		out[i][3] = (current[i] + slices + 1) * widths[i] - now
		out[i][4] = 0
	end
end
return out`)

func (s *shared) take(ctx context.Context, limits []Limit, id string, cost int) ([]view, error) {
	names, args := make([]string, len(limits)), []any{cost, slices}
	for i, l := range limits {
		names[i] = nameOf(l, id)
		args = append(args, l.Max, widthOf(l).Milliseconds())
	}
	rows, err := ask(ctx, s, func(ctx context.Context) ([]any, error) {
		return takeScript.Run(ctx, s.client, names, args...).Slice()
	})
	if err != nil {
		return nil, err
	}
	out := make([]view, len(limits))
	for i := range out {
		row, ok := rows[i].([]any)
		if !ok || len(row) != 4 {
			return nil, fmt.Errorf("redis answered %v", rows)
		}
		n := func(j int) int64 { v, _ := row[j].(int64); return v }
		out[i] = view{
			allowed: n(0) == 1, used: int(n(1)),
			reset: time.Duration(n(2)) * time.Millisecond, wait: time.Duration(n(3)) * time.Millisecond,
		}
	}
	return out, nil
}

// nameOf is a key in Redis. The braces keep those of one client on one node of a
// cluster, for a script must not reach over two.
func nameOf(l Limit, id string) string {
	return fmt.Sprintf("semantest:limit:{%s}:%s:%d", id, l.Name, l.Per.Milliseconds())
}

// ask asks Redis unless it is away, and remembers whether it answered.
func ask[T any](ctx context.Context, s *shared, command func(context.Context) (T, error)) (out T, err error) {
	away := s.away.Load()
	now := time.Now()
	// After its failure one caller tries, and the others do not wait for it.
	if away != 0 && (now.UnixNano() < away || !s.away.CompareAndSwap(away, now.Add(awayFor).UnixNano())) {
		return out, errAway
	}
	// A client that hangs up must not make Redis look away, nor take for nothing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*redisTimeout)
	defer cancel()
	if out, err = command(ctx); err != nil {
		if s.away.Swap(time.Now().Add(awayFor).UnixNano()) == 0 {
			s.logger.Warn("redis does not answer; this process counts for rate limits alone", "error", err)
		}
		return out, err
	}
	if s.away.Swap(0) != 0 {
		s.logger.Info("redis answers again; rate limits are shared")
	}
	return out, nil
}
