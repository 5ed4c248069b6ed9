package secrets

import (
	"context"
	"time"

	"github.com/semantest/semantest/internal/seal"
)

// KeyFile is a key file that all servers read again when it changes.
type KeyFile struct {
	Path string
	// Settle is how long the servers may take to notice a change. It is longer
	// than seal.Reread, by what a network file system needs to show a change to
	// other machines.
	Settle time.Duration
}

// Load implements KeyStore.
func (f KeyFile) Load() (*seal.Keys, error) { return seal.ReadFile(f.Path) }

// Save implements KeyStore.
func (f KeyFile) Save(ctx context.Context, keys *seal.Keys) (Saved, error) {
	if err := seal.WriteFile(f.Path, keys); err != nil {
		return Everywhere, err
	}
	if keys.Stage() == seal.Settled {
		return Everywhere, nil // nothing follows that would have to wait
	}
	select {
	case <-time.After(f.Settle):
		return Everywhere, nil
	case <-ctx.Done():
		return Everywhere, context.Cause(ctx)
	}
}

// KeyText are keys in the environment of each server, which only people change.
type KeyText struct {
	Text string
	// Announce is told the next value, and what it is for.
	Announce func(text string, stage seal.Stage) error
}

// Load implements KeyStore.
func (k KeyText) Load() (*seal.Keys, error) { return seal.ParseKeys(k.Text) }

// Save implements KeyStore.
func (k KeyText) Save(_ context.Context, keys *seal.Keys) (Saved, error) {
	text, err := keys.Text()
	if err != nil {
		return Announced, err
	}
	return Announced, k.Announce(text, keys.Stage())
}
