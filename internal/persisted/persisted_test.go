package persisted_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/persisted"
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func process(t *testing.T, server *miniredis.Miniredis) *persisted.Documents {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return persisted.New(client)
}

func TestAlone(t *testing.T) {
	t.Parallel()
	d := persisted.New(nil)
	if _, ok := d.Get(t.Context(), hashOf("{a}")); ok {
		t.Error("it has what nobody sent")
	}
	d.Put(t.Context(), hashOf("{a}"), "{a}")
	if text, ok := d.Get(t.Context(), hashOf("{a}")); !ok || text != "{a}" {
		t.Errorf("it has %q", text)
	}
}

func TestProcessesShare(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	a, b := process(t, server), process(t, server)
	a.Put(t.Context(), hashOf("{a}"), "{a}")
	if text, ok := b.Get(t.Context(), hashOf("{a}")); !ok || text != "{a}" {
		t.Errorf("the other process has %q", text)
	}
	server.Close()
	if _, ok := b.Get(t.Context(), hashOf("{a}")); !ok {
		t.Error("without Redis it forgets what it knew")
	}
	if _, ok := b.Get(t.Context(), hashOf("{b}")); ok {
		t.Error("without Redis it has what nobody sent")
	}
	b.Put(t.Context(), hashOf("{b}"), "{b}")
	if _, ok := b.Get(t.Context(), hashOf("{b}")); !ok {
		t.Error("without Redis it keeps nothing")
	}
}

func TestWhatIsNotTheDocumentOfItsHash(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.HSet("semantest:{documents}", hashOf("{a}"), "{evil}")
	if text, ok := process(t, server).Get(t.Context(), hashOf("{a}")); ok {
		t.Errorf("it gives %q for the hash of something else", text)
	}
}

func TestRedisIsBounded(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	d := process(t, server)
	for i := range 2050 {
		text := fmt.Sprintf("{a%d}", i)
		d.Put(context.WithoutCancel(t.Context()), hashOf(text), text)
	}
	for _, key := range []string{"semantest:{documents}", "semantest:{documents}:sent"} {
		if server.TTL(key) <= 0 {
			t.Errorf("%s is kept for ever", key)
		}
	}
	if hashes, err := server.HKeys("semantest:{documents}"); err != nil || len(hashes) != 2000 {
		t.Errorf("%d documents are kept (%v), want 2000", len(hashes), err)
	}
	if _, ok := process(t, server).Get(t.Context(), hashOf("{a2049}")); !ok {
		t.Error("the newest one is gone")
	}
}
