package persisted

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/redis/go-redis/v9"
)

// Bounds of what is kept. The caller bounds the length of a document.
const (
	inMemory = 500
	inRedis  = 2000
	keptFor  = 24 * time.Hour

	redisTimeout = 500 * time.Millisecond // of one command
	awayFor      = time.Second            // how long Redis is not asked after it did not answer
)

// The documents by their hash, and the hashes by when their document was last
// sent. The braces keep both on one node of a cluster.
const (
	textsKey = "semantest:{documents}"
	timesKey = "semantest:{documents}:sent"
)

// Documents keeps documents. Its methods may be called from many goroutines.
type Documents struct {
	memory *lru.Cache[string, string]
	client redis.UniversalClient // nil where this process is the only one
	away   atomic.Int64          // Unix nanoseconds until which Redis is left alone
}

// New returns documents that processes share through a client, or this process
// has to itself without one. Nothing of it needs to be closed.
func New(client redis.UniversalClient) *Documents {
	memory, err := lru.New[string, string](inMemory)
	if err != nil {
		panic(err) // the size is a constant
	}
	if c, ok := client.(*redis.Client); ok {
		client = c.WithTimeout(redisTimeout) // shares the connections
	}
	return &Documents{memory: memory, client: client}
}

// Get returns the document of a hash, which is the SHA-256 in hex.
func (d *Documents) Get(ctx context.Context, hash string) (text string, ok bool) {
	if text, ok = d.memory.Get(hash); ok {
		return text, true
	}
	err := d.ask(ctx, func(ctx context.Context) (err error) {
		text, err = d.client.HGet(ctx, textsKey, hash).Result()
		return err
	})
	// Whoever else writes to this Redis must not choose what others execute.
	if sum := sha256.Sum256([]byte(text)); err != nil || hex.EncodeToString(sum[:]) != hash {
		return "", false
	}
	d.memory.Add(hash, text)
	return text, true
}

// put stores a document and drops what is old or too much. KEYS: texts, times.
// ARGV: hash, text, now, oldest, most documents, milliseconds to keep them.
var put = redis.NewScript(`
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
local function drop(hashes)
	for _, hash in ipairs(hashes) do
		redis.call('HDEL', KEYS[1], hash)
		redis.call('ZREM', KEYS[2], hash)
	end
end
drop(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[4], 'LIMIT', 0, 100))
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[5])
if over > 0 then drop(redis.call('ZRANGE', KEYS[2], 0, over - 1)) end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 1`)

// Put keeps a document under its hash, which the caller has verified.
func (d *Documents) Put(ctx context.Context, hash, text string) {
	d.memory.Add(hash, text)
	now := time.Now()
	// When Redis is away the client sends the document again.
	_ = d.ask(ctx, func(ctx context.Context) error {
		return put.Run(ctx, d.client, []string{textsKey, timesKey}, hash, text,
			now.UnixMilli(), now.Add(-keptFor).UnixMilli(), inRedis, keptFor.Milliseconds()).Err()
	})
}

var errAway = errors.New("redis did not answer a moment ago")

func (d *Documents) ask(ctx context.Context, command func(context.Context) error) error {
	if d.client == nil || time.Now().UnixNano() < d.away.Load() {
		return errAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*redisTimeout)
	defer cancel()
	err := command(ctx)
	if err != nil && !errors.Is(err, redis.Nil) {
		d.away.Store(time.Now().Add(awayFor).UnixNano())
	}
	return err
}
