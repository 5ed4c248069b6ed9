package ratelimit_test

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	redis.SetLogger(noLog{}) // Redis is away on purpose
	goleak.VerifyTestMain(m)
}

type noLog struct{}

func (noLog) Printf(context.Context, string, ...any) {}
