package embedded_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/embedded"
)

func TestRedis(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := embedded.StartRedis(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	opts, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opts)
	defer client.Close()

	sub := client.Subscribe(ctx, "c")
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	if err := client.Publish(ctx, "c", "hello").Err(); err != nil {
		t.Fatal(err)
	}
	if msg, err := sub.ReceiveMessage(ctx); err != nil || msg.Payload != "hello" {
		t.Errorf("got %v, %v", msg, err)
	}

	if err := client.Set(ctx, "short", "v", 500*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	for {
		err := client.Get(ctx, "short").Err()
		if errors.Is(err, redis.Nil) {
			break
		}
		if err != nil {
			t.Fatalf("the key never expired: %v", err)
		}
	}

	stranger := redis.NewClient(&redis.Options{Addr: r.Addr(), MaxRetries: -1})
	defer stranger.Close()
	if err := stranger.Get(ctx, "short").Err(); err == nil || errors.Is(err, redis.Nil) {
		t.Errorf("a client without the password was answered: %v", err)
	}

	r.Close()
	r.Close()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Error("it answers after Close")
	}
}
