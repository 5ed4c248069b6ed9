package llm

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/redis/go-redis/v9"
)

// Store keeps what the caches know. What it does not answer is not known.
type Store interface {
	Get(ctx context.Context, key string) ([]byte, bool)
	Set(ctx context.Context, key string, value []byte, ttl time.Duration)
}

const (
	maxStored    = 512 << 10 // bytes of one value
	inMemory     = 500       // values of a MemoryStore
	redisPrefix  = "semantest:llm:"
	redisTimeout = 500 * time.Millisecond // of one command
	awayFor      = time.Second            // how long Redis is not asked after it did not answer
)

// MemoryStore keeps values within a process.
type MemoryStore struct {
	values *lru.Cache[string, stored]
	now    func() time.Time
}

type stored struct {
	value []byte
	until time.Time
}

// NewMemoryStore returns a store of some hundred values. now is time.Now when
// nil.
func NewMemoryStore(now func() time.Time) *MemoryStore {
	if now == nil {
		now = time.Now
	}
	values, _ := lru.New[string, stored](inMemory) // fails for sizes below 1 only
	return &MemoryStore{values, now}
}

// Get implements Store.
func (s *MemoryStore) Get(_ context.Context, key string) ([]byte, bool) {
	v, ok := s.values.Get(key)
	if !ok || !s.now().Before(v.until) {
		return nil, false
	}
	return v.value, true
}

// Set implements Store.
func (s *MemoryStore) Set(_ context.Context, key string, value []byte, ttl time.Duration) {
	if len(value) <= maxStored {
		s.values.Add(key, stored{value, s.now().Add(ttl)})
	}
}

// RedisStore shares values among processes. While Redis is away nothing is known,
// and nobody waits for it longer than a second.
type RedisStore struct {
	client redis.UniversalClient
	away   atomic.Int64 // Unix nanoseconds until which Redis is left alone
}

// NewRedisStore returns a store. Nothing of it needs to be closed.
func NewRedisStore(client redis.UniversalClient) *RedisStore {
	if c, ok := client.(*redis.Client); ok {
		client = c.WithTimeout(redisTimeout) // shares the connections
	}
	return &RedisStore{client: client}
}

// Get implements Store.
func (s *RedisStore) Get(ctx context.Context, key string) (value []byte, ok bool) {
	err := s.ask(ctx, func(ctx context.Context) (err error) {
		value, err = s.client.Get(ctx, redisPrefix+key).Bytes()
		return err
	})
	return value, err == nil && len(value) <= maxStored
}

// Set implements Store.
func (s *RedisStore) Set(ctx context.Context, key string, value []byte, ttl time.Duration) {
	if len(value) > maxStored {
		return
	}
	// What is not kept is asked for again.
	_ = s.ask(ctx, func(ctx context.Context) error {
		return s.client.Set(ctx, redisPrefix+key, value, ttl).Err()
	})
}

var errAway = errors.New("redis did not answer a moment ago")

func (s *RedisStore) ask(ctx context.Context, command func(context.Context) error) error {
	if time.Now().UnixNano() < s.away.Load() {
		return errAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*redisTimeout)
	defer cancel()
	err := command(ctx)
	if err != nil && !errors.Is(err, redis.Nil) {
		s.away.Store(time.Now().Add(awayFor).UnixNano())
	}
	return err
}
