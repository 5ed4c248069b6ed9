package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/semantest/semantest/internal/apperr"
)

// Bounds of a password in bytes.
const (
	MinLength = 12
	MaxLength = 256
)

// Check says whether a text may be a password. Every character is welcome.
func Check(field, password string) error {
	if len(password) < MinLength || len(password) > MaxLength {
		return apperr.Invalid(field, "a password has %d to %d bytes", MinLength, MaxLength)
	}
	return nil
}

// Options of New. Zero values stand for the defaults in brackets.
type Options struct {
	AtOnce  int           // hashes computed at once (one a core)
	Waiting int           // callers that may wait for a place (64 a core)
	Within  time.Duration // how long one waits (10 s)
}

// Hasher computes hashes. Its methods may be called from many goroutines; where
// too many do, they fail with Unavailable.
type Hasher struct {
	places  chan struct{}
	waiting atomic.Int64
	most    int64
	within  time.Duration
}

// New returns a hasher.
func New(o Options) *Hasher {
	if o.AtOnce == 0 {
		o.AtOnce = runtime.GOMAXPROCS(0)
	}
	if o.Waiting == 0 {
		o.Waiting = 64 * runtime.GOMAXPROCS(0)
	}
	if o.Within == 0 {
		o.Within = 10 * time.Second
	}
	return &Hasher{places: make(chan struct{}, o.AtOnce), most: int64(o.Waiting), within: o.Within}
}

// Hash returns the hash of a password in PHC form, with a salt of its own.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := Check("password", password); err != nil {
		return "", err
	}
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails
	key, err := h.derive(ctx, password, phc{current, salt, make([]byte, keyLength)})
	if err != nil {
		return "", err
	}
	return phc{current, salt, key}.String(), nil
}

// Verify reports whether a password is the one of a hash. A hash that is not one
// of ours, or that would take more than it may, is an error.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (bool, error) {
	p, err := parse(hash)
	if err != nil {
		return false, fmt.Errorf("read a password's hash: %w", err)
	}
	if len(password) > MaxLength {
		return false, nil
	}
	key, err := h.derive(ctx, password, p)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

// Pretend costs as much as Verify, for an account that does not exist: how long
// a refusal takes must not tell whether it does.
func (h *Hasher) Pretend(ctx context.Context, password string) error {
	if len(password) > MaxLength {
		return nil
	}
	_, err := h.derive(ctx, password, phc{current, make([]byte, saltLength), make([]byte, keyLength)})
	return err
}

// NeedsRehash reports whether a hash was made with other parameters than those
// of today, or cannot be read.
func NeedsRehash(hash string) bool {
	p, err := parse(hash)
	return err != nil || p.parameters != current || len(p.salt) != saltLength || len(p.key) != keyLength
}

// derive computes a key of the length of p's once there is a place.
func (h *Hasher) derive(ctx context.Context, password string, p phc) ([]byte, error) {
	if err := h.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-h.places }()
	return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, uint32(len(p.key))), nil //nolint:gosec // bounded by parse
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.places <- struct{}{}:
		return nil
	default:
	}
	if h.waiting.Add(1) > h.most {
		h.waiting.Add(-1)
		return apperr.New(apperr.Unavailable, "too many people sign in at this moment; try again in a few seconds")
	}
	defer h.waiting.Add(-1)
	late := time.NewTimer(h.within)
	defer late.Stop()
	select {
	case h.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-late.C:
		return apperr.New(apperr.Unavailable, "too many people sign in at this moment; try again in a few seconds")
	}
}
